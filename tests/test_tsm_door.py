"""The door that is a directory: what it hands out, and what it says when it does not."""

from __future__ import annotations

import errno
import threading

import pytest
from fake_configfs import (
    DATA,
    OTHER,
    ROOT,
    WRAP,
    FakeConfigfs,
    Report,
    Status,
    door,
    plain_report,
)
from hypothesis import given, strategies as st

from snpformat import FormatError
from snpformat.certtable import GUIDS, TableEntry, write_table
from snpformat.device.errors import DeviceError, DeviceUnavailable, KeyWiped, StatusError
from snpformat.device.tsm import AUXBLOB_MAX, OUTBLOB_MAX
from snpformat.formats import AttestationReport

# What works


def test_a_report() -> None:
    fake = FakeConfigfs()
    with door(fake) as device:
        report = device.get_report(DATA)
        assert device.name == ROOT
    assert report.report_data == DATA
    assert report.vmpl == 0
    assert not fake.entries
    assert "read auxblob" not in fake.log


def test_one_request_makes_one_report_and_the_certificates_come_with_it() -> None:
    table = write_table([TableEntry(GUIDS["VCEK"], b"leaf")])
    fake = FakeConfigfs(certificates=table)
    found = door(fake).get_ext_report(DATA)
    assert found.report.report_data == DATA
    assert found.certificates == table
    assert [(entry.name, entry.data) for entry in found.entries] == [("VCEK", b"leaf")]
    assert (fake.reports, fake.made) == (1, 1)
    assert door(FakeConfigfs()).get_ext_report(DATA).entries == ()


@pytest.mark.parametrize("floor", range(4))
def test_the_vmpl_left_out_is_the_guests_own(floor: int) -> None:
    fake = FakeConfigfs(floor=floor)
    assert door(fake).get_report(DATA).vmpl == floor
    assert door(fake).get_report(DATA, vmpl=3).vmpl == 3


@given(st.binary(min_size=64, max_size=64), st.integers(0, 3))
def test_whatever_is_asked_for_comes_back(data: bytes, vmpl: int) -> None:
    fake = FakeConfigfs()
    report = door(fake).get_report(data, vmpl=vmpl)
    assert (report.report_data, report.vmpl) == (data, vmpl)
    assert not fake.entries


def test_a_report_of_an_unknown_version_keeps_its_bytes() -> None:
    raw = b"\x63" + plain_report(DATA, 0)[1:]
    report = door(FakeConfigfs(get_report=lambda *_: raw)).get_report(DATA)
    assert report.version == 99
    assert report.build() == raw


def test_an_entry_that_is_there_is_used_and_left() -> None:
    fake = FakeConfigfs(entries={"e": Report(privlevel=3, written=7)})
    with door(fake, entry="e") as device:
        assert device.get_report(DATA).vmpl == 0  # whatever level it was left at
        assert device.get_report(OTHER, vmpl=2).report_data == OTHER
    assert list(fake.entries) == ["e"]
    assert fake.entries["e"].written == 11
    assert fake.made == 0


def test_the_counter_of_the_kernel_may_wrap() -> None:
    fake = FakeConfigfs(entries={"e": Report(written=WRAP - 1, read=5)})
    assert door(fake, entry="e").get_report(DATA).report_data == DATA
    assert fake.entries["e"].written == 1


def test_threads_may_share_a_door() -> None:
    fake = FakeConfigfs()
    device = door(fake)
    found: list[AttestationReport] = []

    def ask(number: int) -> None:
        for _ in range(10):
            report = device.get_report(bytes([number]) * 64)
            assert report.report_data == bytes([number]) * 64
            found.append(report)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 80
    assert not fake.entries


# Errors


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOENT, "there is no configfs-tsm here"),
        (errno.ENOTDIR, "no configfs-tsm"),
        (errno.ENXIO, "no driver makes reports"),
        (errno.EACCES, "may not make an entry"),
        (errno.EPERM, "may not make an entry"),
        (errno.EROFS, "read-only"),
        (errno.ENOSPC, "could not make"),
    ],
)
def test_no_entry(number: int, told: str) -> None:
    fake = FakeConfigfs(errors={"mkdir": number})
    with pytest.raises(DeviceUnavailable, match=told) as caught:
        door(fake).get_report(DATA)
    assert caught.value.errno == number
    assert (caught.value.door, caught.value.operation) == (ROOT, "get_report")
    assert "help: " in str(caught.value)


def test_no_door() -> None:
    with pytest.raises(DeviceUnavailable, match=r"Linux 6\.7 or later") as caught:
        door(FakeConfigfs(root=None))
    assert (caught.value.errno, caught.value.operation) == (errno.ENOENT, "open")
    with pytest.raises(DeviceUnavailable, match="cannot list"):
        door(FakeConfigfs(), entry="e")
    for name in ("", ".", "..", "a/b", "/e", "e\0"):
        with pytest.raises(ValueError, match="no name of a directory"):
            door(FakeConfigfs(), entry=name)


def test_no_provider_and_another_one() -> None:
    with pytest.raises(DeviceUnavailable, match="modprobe sev-guest"):
        door(FakeConfigfs(provider=None)).get_report(DATA)
    fake = FakeConfigfs(provider="tdx_guest")
    with pytest.raises(DeviceUnavailable, match="of 'tdx_guest', not of 'sev_guest'"):
        door(fake).get_report(DATA)
    assert not fake.reports
    assert not fake.entries


def test_a_vmpl_below_the_floor_names_the_floor() -> None:
    fake = FakeConfigfs(floor=2)
    with pytest.raises(
        DeviceError, match=r"vmpl 1 is not one of 2 \(privlevel_floor\) to 3"
    ) as caught:
        door(fake).get_report(DATA, vmpl=1)
    assert caught.value.errno == errno.EINVAL
    assert not fake.entries


@pytest.mark.parametrize(
    ("status", "number", "told"),
    [
        (0x16, errno.EINVAL, "STATUS 0x16 or 0x27"),
        (0x27, errno.EINVAL, "STATUS 0x16 or 0x27"),
        (0x3, errno.ENXIO, "a STATUS that configfs does not tell"),
    ],
)
def test_the_firmware_refuses(status: int, number: int, told: str) -> None:
    def refuse(report_data: bytes, vmpl: int) -> bytes:
        raise Status(status)

    fake = FakeConfigfs(get_report=refuse)
    with pytest.raises(StatusError, match=told) as caught:
        door(fake).get_report(DATA)
    assert caught.value.errno == number
    assert fake.made == 1  # a refusal is an answer, so it is not asked for again
    assert not fake.entries


def test_the_key_is_gone() -> None:
    fake = FakeConfigfs(key=False)
    device = door(fake)
    for _ in range(2):
        with pytest.raises(KeyWiped) as caught:
            device.get_report(DATA)
        assert caught.value.errno == errno.ENOTTY
    assert not fake.entries


@pytest.mark.parametrize(
    ("operation", "number", "kind"),
    [
        ("read outblob", errno.EBADMSG, KeyWiped),
        ("read outblob", errno.ETIMEDOUT, KeyWiped),
        ("read outblob", errno.EIO, DeviceError),
        ("read outblob", errno.ENOMEM, DeviceError),
        ("read auxblob", errno.EIO, DeviceError),
        ("read provider", errno.EACCES, DeviceUnavailable),
        ("write inblob", errno.EACCES, DeviceUnavailable),
        ("write privlevel", errno.ENOSPC, DeviceError),
    ],
)
def test_other_errors(operation: str, number: int, kind: type[DeviceError]) -> None:
    fake = FakeConfigfs(errors={operation: number})
    with pytest.raises(DeviceError, match=f"could not {operation}") as caught:
        door(fake).get_ext_report(DATA)
    assert type(caught.value) is kind
    assert caught.value.errno == number
    assert fake.made == 1
    assert not fake.entries


@pytest.mark.parametrize(
    "raw", [b"", bytes(1183), plain_report(DATA, 0) + b"\0", bytes(OUTBLOB_MAX)]
)
def test_what_is_no_report(raw: bytes) -> None:
    fake = FakeConfigfs(get_report=lambda *_: raw)
    with pytest.raises(DeviceError, match="what came is no report"):
        door(fake).get_report(DATA)


def test_blobs_are_bounded() -> None:
    fake = FakeConfigfs(get_report=lambda *_: bytes(OUTBLOB_MAX + 1))
    with pytest.raises(DeviceError, match="read outblob: it has more than 32768 bytes"):
        door(fake).get_report(DATA)
    fake = FakeConfigfs(certificates=bytes(AUXBLOB_MAX + 1))
    with pytest.raises(DeviceError, match="read auxblob: it has more than 16384 bytes"):
        door(fake).get_ext_report(DATA)
    assert door(fake).get_report(DATA)  # which does not ask for them


@pytest.mark.parametrize("text", ["", "x", "-1", "1 2", "9" * 21, "\u0663", "\x1b[2J"])
def test_a_counter_that_is_none(text: str) -> None:
    class Odd(FakeConfigfs):
        def read(self, path: str, limit: int) -> bytes:
            return text.encode() if path.endswith("/generation") else super().read(path, limit)

    with pytest.raises(DeviceError, match="is no number") as caught:
        door(Odd()).get_report(DATA)
    assert str(caught.value).replace("\n", "").isprintable()


def test_arguments_are_checked_before_anything_is_done() -> None:
    fake = FakeConfigfs()
    device = door(fake)
    before = list(fake.log)
    for bad in (DATA[:63], DATA + b"\0", b""):
        with pytest.raises(FormatError):
            device.get_report(bad)
    for vmpl in (-1, 4):
        with pytest.raises(FormatError):
            device.get_report(DATA, vmpl=vmpl)
    with pytest.raises(FormatError):
        device.get_report(DATA, key_sel=4)
    with pytest.raises(DeviceError, match="no choice of the signing key") as caught:
        device.get_ext_report(DATA, key_sel=1)
    assert "/dev/sev-guest" in str(caught.value)
    assert fake.log == before


def test_there_are_no_keys() -> None:
    device = door(FakeConfigfs())
    with pytest.raises(DeviceError, match="/dev/sev-guest"):
        device.get_derived_key()
    with pytest.raises(FormatError):
        device.get_derived_key(msg_version=2)
