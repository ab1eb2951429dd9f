"""configfs-tsm, shared: whatever others do to an entry, nobody gets another report than asked."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest
from fake_configfs import (
    DATA,
    OTHER,
    ROOT,
    FakeConfigfs,
    Report,
    door,
    entry_of,
    plain_report,
)
from hypothesis import given, strategies as st

from snpformat.device.errors import DeviceError
from snpformat.device.tsm import ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Callable

E = f"{ROOT}/e"

# (before which operation, what they do there); each leaves something to notice.
RACES: dict[str, tuple[str, Callable[[FakeConfigfs, str], object]]] = {
    "before we begin to write": (
        "write privlevel",
        lambda fake, entry: fake.write(f"{entry}/inblob", OTHER),
    ),
    "other report data, before we read": (
        "read outblob",
        lambda fake, entry: fake.write(f"{entry}/inblob", OTHER),
    ),
    "the same report data, before we read": (
        "read outblob",
        lambda fake, entry: fake.write(f"{entry}/inblob", DATA),
    ),
    "another vmpl, before we read": (
        "read outblob",
        lambda fake, entry: fake.write(f"{entry}/privlevel", b"3"),
    ),
    "half of the report data, before we read": (
        "read outblob",
        lambda fake, entry: fake.write(f"{entry}/inblob", OTHER[:32]),
    ),
    "other report data, between report and certificates": (
        "read auxblob",
        lambda fake, entry: fake.write(f"{entry}/inblob", OTHER),
    ),
    "the entry is removed": ("read outblob", lambda fake, entry: fake.rmdir(entry)),
    "the entry is removed early": ("read provider", lambda fake, entry: fake.rmdir(entry)),
}


@pytest.mark.parametrize("race", RACES)
def test_a_race_is_noticed_and_everything_is_done_again(race: str) -> None:
    place, act = RACES[race]
    fake = FakeConfigfs()
    acted: list[str] = []

    def hook(operation: str, path: str) -> None:
        if operation == place and not acted:
            acted.append(entry_of(path))
            act(fake, entry_of(path))

    fake.hook = hook
    found = door(fake).get_ext_report(DATA, vmpl=1)
    assert acted
    assert (found.report.report_data, found.report.vmpl) == (DATA, 1)
    assert fake.made == 2  # with an entry of its own
    assert not fake.entries


@pytest.mark.parametrize("race", RACES)
def test_who_is_disturbed_each_time_gives_up(race: str) -> None:
    place, act = RACES[race]
    fake = FakeConfigfs()

    def hook(operation: str, path: str) -> None:
        if operation == place:
            act(fake, entry_of(path))

    fake.hook = hook
    with pytest.raises(DeviceError, match=f"no undisturbed report in {ATTEMPTS} attempts"):
        door(fake).get_ext_report(DATA)
    assert fake.made == ATTEMPTS
    assert not fake.entries


def test_who_shares_an_entry_is_told_how_not_to() -> None:
    fake = FakeConfigfs(entries={"e": Report()})
    fake.hook = lambda operation, path: (
        fake.write(f"{E}/inblob", OTHER) if operation == "read outblob" else None
    )  # fmt: skip
    with pytest.raises(DeviceError, match="leave out entry="):
        door(fake, entry="e").get_report(DATA)


@given(st.lists(st.tuples(st.integers(0, 14), st.sampled_from(sorted(RACES))), max_size=6))
def test_no_interleaving_hands_out_another_report(plan: list[tuple[int, str]]) -> None:
    """Whatever others do, and when: the report that was asked for, or an error."""
    fake = FakeConfigfs()
    steps = {at: RACES[race][1] for at, race in plan}
    seen = [0]

    def hook(operation: str, path: str) -> None:
        seen[0] += 1
        if seen[0] in steps and entry_of(path).rsplit("/", 1)[-1] in fake.entries:
            steps[seen[0]](fake, entry_of(path))

    fake.hook = hook
    try:
        found = door(fake).get_ext_report(DATA, vmpl=2)
    except DeviceError:
        pass
    else:
        assert (found.report.report_data, found.report.vmpl) == (DATA, 2)
    assert not fake.entries


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (plain_report(OTHER, 0), "other report data"),
        (plain_report(DATA, 1), "for VMPL 1, not 0"),
    ],
)
def test_a_report_of_something_else_is_never_handed_out(raw: bytes, told: str) -> None:
    fake = FakeConfigfs(get_report=lambda *_: raw)
    with pytest.raises(DeviceError, match=told):
        door(fake).get_report(DATA)
    assert fake.made == ATTEMPTS


def test_a_write_that_the_kernel_drops_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """EBUSY at the close of inblob reaches nobody; the counter gives it away."""
    monkeypatch.setattr("snpformat.device.tsm.ATTEMPTS", 1)
    fake = FakeConfigfs(entries={"e": Report(inblob=DATA, written=5, read=7)})
    with pytest.raises(DeviceError, match="generation was 6 where our own writes make 7"):
        door(fake, entry="e").get_report(DATA)
    fake.entries["e"] = Report(inblob=DATA, written=5, read=6)
    with pytest.raises(DeviceError, match=r"write privlevel \(EBUSY\)"):
        door(fake, entry="e").get_report(DATA)
    assert not fake.reports


@pytest.mark.parametrize(
    ("operation", "number"),
    [
        ("mkdir", errno.EEXIST),
        *(
            (operation, number)
            for operation in ("write privlevel", "write inblob", "read outblob", "read generation")
            for number in (errno.EINTR, errno.EAGAIN, errno.EBUSY, errno.ENOENT)
        ),
    ],
)
def test_what_passes_is_tried_again(operation: str, number: int) -> None:
    fake = FakeConfigfs(errors={operation: number})

    def hook(current: str, path: str) -> None:
        if fake.log.count(operation) > 1:
            fake.errors.clear()

    fake.hook = hook
    assert door(fake).get_report(DATA).report_data == DATA
    assert not fake.entries
