"""Entries of configfs-tsm: that nothing stays behind, real files, and the rules of the fake."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT as REPOSITORY
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

from snpformat.device import configfs
from snpformat.device.configfs import FileSystem, fresh_name, is_alive, sweep
from snpformat.device.errors import DeviceError, DeviceUnavailable
from snpformat.device.tsm import TsmDevice

if TYPE_CHECKING:
    from collections.abc import Callable

E = f"{ROOT}/e"

# That nothing stays behind


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError])
def test_whatever_comes_in_between_the_entry_is_removed(error: type[BaseException]) -> None:
    """At each operation in turn, also right behind mkdir."""
    quiet = FakeConfigfs()
    door(quiet).get_ext_report(DATA)
    for at in range(2, len(quiet.log) + 1):
        fake = FakeConfigfs()
        fake.hook = _raiser(fake, at, error)
        with pytest.raises(error), door(fake) as device:
            device.get_ext_report(DATA)
        assert not fake.entries, quiet.log[at - 1]


def _raiser(fake: FakeConfigfs, at: int, error: type[BaseException]) -> Callable[[str, str], None]:
    def hook(operation: str, path: str) -> None:
        if len(fake.log) == at:
            raise error

    return hook


def test_a_signal_right_behind_mkdir() -> None:
    class Late(FakeConfigfs):
        def mkdir(self, path: str) -> None:
            super().mkdir(path)
            raise KeyboardInterrupt

    fake = Late()
    with pytest.raises(KeyboardInterrupt):
        door(fake).get_report(DATA)
    assert fake.made == 1
    assert not fake.entries


def test_an_entry_that_is_held_open_is_removed_at_the_end() -> None:
    fake = FakeConfigfs()
    held: list[Report] = []
    fake.hook = lambda operation, path: (
        held.append(fake.hold(entry_of(path))) if operation == "read outblob" else None
    )  # fmt: skip
    device = door(fake)
    assert device.get_report(DATA).report_data == DATA
    assert len(fake.entries) == 1
    held[0].held = 0
    device.close()
    assert not fake.entries
    device.close()


def test_an_entry_that_cannot_be_removed_is_told_of() -> None:
    fake = FakeConfigfs(errors={"rmdir": errno.EBUSY})
    device = door(fake)
    assert device.get_report(DATA).report_data == DATA
    with pytest.warns(ResourceWarning, match=r"could not remove .*snpformat-.* \(EBUSY\)"):
        device.close()
    device.close()


def test_a_closed_door() -> None:
    fake = FakeConfigfs()
    with door(fake) as device:
        pass
    for ask in (device.get_report, device.get_ext_report):
        with pytest.raises(DeviceUnavailable, match="closed"):
            ask(DATA)
    assert fake.made == 0


def test_names_are_ours_and_never_the_same() -> None:
    names = {fresh_name() for _ in range(100)}
    assert len(names) == 100
    for name in names:
        match = configfs._OURS.fullmatch(name)
        assert match is not None
        assert int(match[2]) == os.getpid()


def test_what_dead_processes_left_is_swept() -> None:
    here = os.stat("/proc/self/ns/pid").st_ino
    tail = "0123456789abcdef"
    stale = f"snpformat-{here}-77-{tail}"
    kept = [
        f"snpformat-{here}-78-{tail}",  # alive
        f"snpformat-{here + 1}-77-{tail}",  # in another namespace, where 77 is another process
        f"snpformat-0-77-{tail}",  # in one that is not known
        f"snpformat-{here}-77-{tail}0", f"snpformat-{here}-77", f"snpformat-{here}-0-{tail}",
        f"snpformat-{here}-077-{tail}", f"xsnpformat-{here}-77-{tail}", "report0", "77",
    ]  # fmt: skip
    fake = FakeConfigfs(entries={name: Report() for name in [stale, *kept]})
    sweep(fake, ROOT, alive=lambda pid: pid != 77)
    assert list(fake.entries) == kept
    fake.entries[stale] = Report(held=1)
    sweep(fake, ROOT, alive=lambda pid: pid != 77)  # what is in use stays, and is no error
    assert stale in fake.entries


def test_the_door_sweeps_when_it_is_opened_but_not_for_an_entry_given() -> None:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    here = os.stat("/proc/self/ns/pid").st_ino
    stale = f"snpformat-{here}-{done.pid}-0123456789abcdef"
    fake = FakeConfigfs(entries={stale: Report(), "e": Report()})
    door(fake, entry="e")
    assert stale in fake.entries
    door(fake)
    assert list(fake.entries) == ["e"]


def test_who_is_alive() -> None:
    assert is_alive(os.getpid())
    assert is_alive(1)
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert not is_alive(done.pid)


# Real files, as far as a plain directory goes


def test_the_real_operations(tmp_path: Path) -> None:
    files = FileSystem()
    made = str(tmp_path / "entry")
    files.mkdir(made)
    assert files.listdir(str(tmp_path)) == ["entry"]
    (tmp_path / "attribute").write_bytes(b"0123456789")
    name = str(tmp_path / "attribute")
    assert files.read(name, 4) == b"0123"
    files.write(name, b"ab")
    assert files.read(name, 99) == b"ab23456789"  # in place: an attribute is not cut to size
    before = len(os.listdir("/proc/self/fd"))
    for act, number in (
        (lambda: files.write(str(tmp_path / "none"), b""), errno.ENOENT),
        (lambda: files.read(str(tmp_path / "none"), 1), errno.ENOENT),
        (lambda: files.read(made, 1), errno.EISDIR),
        (lambda: files.mkdir(made), errno.EEXIST),
        (lambda: files.rmdir(name), errno.ENOTDIR),
        (lambda: files.write("/dev/full", b"x"), errno.ENOSPC),
    ):
        with pytest.raises(OSError) as caught:  # noqa: PT011
            act()
        assert caught.value.errno == number
    assert len(os.listdir("/proc/self/fd")) == before
    files.rmdir(made)
    assert not (tmp_path / "none").exists()
    assert os.listdir(tmp_path) == ["attribute"]


def test_a_write_in_pieces_is_no_write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    monkeypatch.setattr(os, "write", lambda file, data: len(data) - 1)
    with pytest.raises(OSError, match="1 of 2 bytes were written"):
        FileSystem().write(str(tmp_path / "a"), b"ab")


def test_a_plain_directory_is_no_door(tmp_path: Path) -> None:
    """Entries get no attributes there; they are made and removed all the same."""
    with (
        TsmDevice(tmp_path) as device,
        pytest.raises(DeviceUnavailable, match="this is no configfs-tsm"),
    ):
        device.get_report(DATA)
    assert os.listdir(tmp_path) == []
    with pytest.raises(DeviceUnavailable):
        TsmDevice(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(DeviceUnavailable):
        TsmDevice(tmp_path / "file")


def test_a_tree_of_plain_files_that_does_not_count_is_disturbed(tmp_path: Path) -> None:
    entry = tmp_path / "e"
    entry.mkdir()
    texts = {"provider": "sev_guest\n", "generation": "0\n", "privlevel_floor": "0\n"}
    for name, text in texts.items():
        (entry / name).write_text(text)
    (entry / "inblob").touch()
    (entry / "privlevel").touch()
    with pytest.raises(DeviceError, match="generation was 0 where our own writes make 2"):
        TsmDevice(tmp_path, entry="e").get_report(DATA)
    assert (entry / "inblob").read_bytes() == DATA
    assert (entry / "privlevel").read_bytes() == b"0"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signals_and_real_files(tmp_path: Path, how: signal.Signals) -> None:
    """A process in the middle of a request: what can be caught leaves nothing behind, and what
    cannot is swept when the next one opens the door.
    """
    script = """
import signal, sys, time
from snpformat.device.configfs import FileSystem
from snpformat.device.tsm import TsmDevice

class Slow(FileSystem):
    def read(self, path, limit):
        print("waiting", flush=True)
        time.sleep(60)

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
TsmDevice(sys.argv[1], files=Slow()).get_report(bytes(64))
"""
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=REPOSITORY,
    )  # fmt: skip
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"waiting\n"
        TsmDevice(tmp_path).close()  # whose process lives is not swept
        assert len(os.listdir(tmp_path)) == 1
        child.send_signal(how)
    left = os.listdir(tmp_path)
    assert len(left) == (1 if how == signal.SIGKILL else 0)
    TsmDevice(tmp_path).close()
    assert os.listdir(tmp_path) == []


# The fake itself: the rules that the tests above rely on


def test_the_fake_keeps_the_kernels_rules() -> None:
    fake = FakeConfigfs(floor=1)
    fake.mkdir(E)

    def refused(number: int, operation: Callable[..., object], *arguments: object) -> None:
        with pytest.raises(OSError) as caught:  # noqa: PT011
            operation(*arguments)
        assert caught.value.errno == number

    def generation() -> int:
        return int(fake.read(f"{E}/generation", 99))

    refused(errno.EEXIST, fake.mkdir, E)
    refused(errno.EINVAL, fake.read, f"{E}/outblob", 99)
    refused(errno.EFBIG, fake.write, f"{E}/inblob", bytes(65))
    assert generation() == 0
    fake.write(f"{E}/inblob", bytes(63))
    assert generation() == 1
    refused(errno.EINVAL, fake.read, f"{E}/outblob", 99)
    for level in (b"0", b"4", b"-1", b"x", b""):
        refused(errno.EINVAL, fake.write, f"{E}/privlevel", level)
    fake.write(f"{E}/privlevel", b"2\n")
    fake.write(f"{E}/inblob", DATA)
    assert generation() == 3
    assert fake.read(f"{E}/outblob", 99999) == plain_report(DATA, 2)
    fake.read(f"{E}/outblob", 1)
    fake.read(f"{E}/auxblob", 1)
    assert fake.reports == 1
    fake.entries["e"].read = 4
    refused(errno.EBUSY, fake.write, f"{E}/privlevel", b"2")
    fake.write(f"{E}/inblob", OTHER)  # lost
    assert fake.entries["e"].inblob == DATA
    refused(errno.EACCES, fake.read, f"{E}/inblob", 99)
    refused(errno.EACCES, fake.write, f"{E}/outblob", b"")
    refused(errno.ENOENT, fake.read, f"{E}/other", 99)
    fake.hold(E)
    refused(errno.EBUSY, fake.rmdir, E)
    fake.entries["e"].held = 0
    fake.provider = None
    refused(errno.ENOTTY, fake.read, f"{E}/outblob", 99)
    refused(errno.ENXIO, fake.mkdir, f"{ROOT}/f")
    fake.rmdir(E)
    refused(errno.ENOENT, fake.rmdir, E)
    refused(errno.ENOENT, fake.mkdir, f"{ROOT}/a/b")
