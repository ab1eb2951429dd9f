"""The store in a file: nothing that happens to process, disk or file makes a number come twice."""

from __future__ import annotations

import errno
import fcntl
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from disk import Crash, Disk, crash_at
from psp_oracle import KEYS, PAGE, REQUESTS, Judge, open_page, secrets_page, seqno_of

from snpformat.channel import Channel
from snpformat.errors import KeyUnavailable, LocalError, StoreError
from snpformat.secrets import FileSecrets
from snpformat.secrets.form import FILE_SIZE, HEAD_SIZE

BODY = REQUESTS[5]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test can cut the power, so none waits for the disk; `Disk` knows what was flushed."""
    monkeypatch.setattr(os, "fsync", lambda opened: None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with four keys that has sealed one message under VMPCK 0, closed."""
    name = tmp_path / "store"
    with FileSecrets.create(name, secrets_page()) as store:
        assert seqno_of(store.seal(0, 5, BODY)) == 1
    return name


def key_bytes_in(folder: Path) -> list[str]:
    """Names of the files that hold a key."""
    return [
        file.name
        for file in sorted(folder.iterdir())
        if any(key in file.read_bytes() for key in KEYS)
    ]


# Making and opening.


def test_it_goes_on_where_it_was(path: Path) -> None:
    judge = Judge()
    for number in range(3, 13, 2):
        with FileSecrets(path) as store:
            assert judge.saw(store.seal(0, 5, os.urandom(96))).msg_seqno == number
    with FileSecrets(path) as store:
        assert bytes(store._page) == secrets_page([12, 0, 0, 0])
        assert store.path == str(path)
        assert repr(store) == "<FileSecrets with VMPCK 0, 1, 2, 3>"


@pytest.mark.parametrize("umask", [0, 0o022, 0o277])
def test_nobody_else_may_read_it(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with FileSecrets.create(tmp_path / "store", secrets_page()) as store:
            for _ in range(2):
                assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o600
                assert not (tmp_path / "store.lock").stat().st_mode & 0o077
                store.seal(0, 5, BODY)
    finally:
        os.umask(before)
    assert {file.name for file in tmp_path.iterdir()} == {"store", "store.lock"}


@pytest.mark.parametrize("size", [0, 1, PAGE - 1, PAGE + 1])
def test_it_is_made_of_a_page(tmp_path: Path, size: int) -> None:
    with pytest.raises(LocalError, match="4096 bytes"):
        FileSecrets.create(tmp_path / "store", bytes(size))
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["store", "file", "folder", "dangling link"])
def test_it_is_never_made_over_something(path: Path, kind: str) -> None:
    if kind != "store":
        path.unlink()
    if kind == "file":
        path.write_text("mine")
    elif kind == "folder":
        path.mkdir()
    before = path.read_bytes() if path.is_file() else None
    name = path
    if kind == "dangling link":
        name = path.with_name("link")
        name.symlink_to(path.with_name("gone") / "too")
    with pytest.raises(StoreError):
        FileSecrets.create(name, secrets_page())
    if before is not None:
        assert path.read_bytes() == before


def test_a_link_is_followed_to_the_one_file(path: Path) -> None:
    """The lock and the new states are those of the file, wherever it is opened from."""
    link = path.with_name("link")
    link.symlink_to(path)
    with FileSecrets(link) as store:
        with pytest.raises(StoreError, match="it is open already, here or elsewhere"):
            FileSecrets(path)
        assert seqno_of(store.seal(0, 5, BODY)) == 3
    assert link.is_symlink()
    with FileSecrets(path) as store:
        assert seqno_of(store.seal(0, 5, BODY)) == 5


def _missing(path: Path) -> None:
    path.unlink()


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def _contents(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


def _lock_is_a_folder(path: Path) -> None:
    path.with_name("store.lock").unlink()
    path.with_name("store.lock").mkdir()


def _lock_is_a_link(path: Path) -> None:
    path.with_name("store.lock").unlink()
    path.with_name("store.lock").symlink_to("elsewhere")


def _linked(path: Path) -> None:
    os.link(path, path.with_name("other name"))


def _newer(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"secret\1", b"secret\2"))


# What a path may lead to that is no store, how that is told, and that it is left as it is.
UNFIT: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (_missing, "no such file"),
    "a folder": (_folder, "is a directory"),
    "a fifo": (_fifo, "is no regular file"),
    "an empty file": (_contents(b""), "is no store of secrets; it was left as it is"),
    "a text": (_contents(b"snpformat\n"), "is no store of secrets; it was left as it is"),
    "a secrets page": (_contents(secrets_page()), "is no store of secrets; it was left as it is"),
    "zeros": (_contents(bytes(FILE_SIZE)), "is no store of secrets; it was left as it is"),
    "a newer form": (
        lambda path: path.write_bytes(path.read_bytes().replace(b"secret\1", b"secret\2")),
        "has form 2; this version reads form 1",
    ),
    "a long file": (_contents(bytes(1 << 20)), "is no store of secrets; it was left as it is"),
    "open to the group": (lambda path: path.chmod(0o640), "others may use it; run chmod 600"),
    "open to all": (lambda path: path.chmod(0o606), "others may use it; run chmod 600"),
    "open to be run": (lambda path: path.chmod(0o601), "others may use it; run chmod 600"),
    "a second name": (_linked, "has another name"),
    "a lock that is a folder": (_lock_is_a_folder, "is a directory"),
    "a lock that is a link": (_lock_is_a_link, "symbolic link"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_is_no_store_is_left_as_it_is(path: Path, name: str) -> None:
    make, told = UNFIT[name]
    make(path)
    before = path.read_bytes() if path.is_file() else None
    names = sorted(path.parent.iterdir())
    with pytest.raises(StoreError, match=told) as caught:
        FileSecrets(path)
    assert str(path) in str(caught.value)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert sorted(path.parent.iterdir()) == names


@pytest.mark.parametrize("name", [name for name in UNFIT if not name.startswith("a lock")])
def test_no_lock_is_left_beside_what_is_no_store(path: Path, name: str) -> None:
    make, told = UNFIT[name]
    make(path)
    path.with_name("store.lock").unlink()
    names = sorted(path.parent.iterdir())
    with pytest.raises(StoreError, match=told):
        FileSecrets(path)
    assert sorted(path.parent.iterdir()) == names


WAITS: dict[str, float] = {
    "NaN": float("nan"),
    "none": 0.0,
    "less": -1.0,
    "infinitely less": -1e999,
}


@pytest.mark.parametrize("name", WAITS)
def test_waits_that_are_none(path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(_: float) -> None:
        raise AssertionError("it waits")

    monkeypatch.setattr(time, "sleep", sleep)
    with FileSecrets(path), pytest.raises(StoreError, match="it is open already"):
        FileSecrets(path, wait=WAITS[name])


PATHS: dict[str, Any] = {
    "NUL": "sto\0re", "NUL in bytes": b"sto\0re", "surrogate": "store\ud800",
    "bytes that are no text": b"store\xff\xfe", "bytes": b"store", "a number": 1, "nothing": None,
    "a list": ["store"], "a float": 1.5, "empty": "", "slash": "store/",
    "bytearray": bytearray(b"a"), "too long": "a" * 5000,
}  # fmt: skip


@pytest.mark.parametrize("name", PATHS)
def test_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Names of files work, all else is a StoreError."""
    monkeypatch.chdir(tmp_path)
    for make in (FileSecrets, lambda name: FileSecrets.create(name, secrets_page())):
        try:
            make(PATHS[name]).close()
        except StoreError:
            assert name not in ("bytes", "bytes that are no text") or make is FileSecrets
        else:
            FileSecrets(PATHS[name]).close()


def test_what_is_made_is_locked_at_once(tmp_path: Path) -> None:
    """And stays so: nobody comes between making and opening it."""

    def check(_: str, number: int) -> None:
        if number:  # the first makes it
            with open(tmp_path / "store.lock") as lock, pytest.raises(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    disk = Disk(check)
    with disk.mounted(), FileSecrets.create(tmp_path / "store", secrets_page()) as store:
        assert len(disk.calls) > 10
        assert seqno_of(store.seal(0, 5, BODY)) == 1
        with pytest.raises(StoreError, match="it is open already"):
            FileSecrets(tmp_path / "store")


@pytest.mark.parametrize("name", ["a store", "one that was refused", "one that failed"])
def test_a_store_that_is_dropped_frees_its_lock(path: Path, name: str) -> None:
    if name == "a store":
        FileSecrets(path)
    elif name == "one that was refused":
        path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(StoreError):
            FileSecrets(path)
    else:

        def fail(call: str, number: int) -> None:
            if number > 7:
                raise OSError(errno.EIO, os.strerror(errno.EIO))

        with Disk(fail).mounted(), pytest.raises(StoreError):
            FileSecrets(path)
    held = [fd.resolve() for fd in Path("/proc/self/fd").iterdir()]
    assert not [file for file in held if file.parent == path.parent]
    FileSecrets(path).close()


def test_folders_that_are_not_there_or_not_for_us(path: Path) -> None:
    for name in (path.parent / "gone" / "store", path / "store"):
        with pytest.raises(StoreError):
            FileSecrets(name)
        with pytest.raises(StoreError):
            FileSecrets.create(name, secrets_page())
    assert {file.name for file in path.parent.iterdir()} == {"store", "store.lock"}

    def refuse(name: str, _: int) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with Disk(refuse).mounted(), pytest.raises(StoreError, match="permission denied"):
        FileSecrets(path)


# The lock.

OPEN_AND_TELL = """
import sys
from snpformat.secrets import FileSecrets
from snpformat.errors import StoreError
try:
    with FileSecrets(sys.argv[1], wait=float(sys.argv[2])) as store:
        print(store.next_msg_seqno(0))
except StoreError as error:
    print(error)
"""


def elsewhere(code: str, *arguments: object) -> subprocess.Popen[bytes]:
    """Another process that runs `code`."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0)


def test_one_process_has_it(path: Path) -> None:
    with FileSecrets(path) as store:
        told, _ = elsewhere(OPEN_AND_TELL, path, 0).communicate()
        assert told.decode() == f"{path}: it is open already, here or elsewhere\n"
        with pytest.raises(StoreError, match="it is open already, here or elsewhere"):
            FileSecrets(path)
        with pytest.raises(StoreError, match="exists already"):
            FileSecrets.create(path, secrets_page())
        assert seqno_of(store.seal(0, 5, BODY)) == 3
    told, _ = elsewhere(OPEN_AND_TELL, path, 0).communicate()
    assert told == b"5\n"


def test_waiting_for_it(path: Path) -> None:
    with FileSecrets(path) as store:
        start = time.monotonic()
        with pytest.raises(StoreError):
            FileSecrets(path, wait=0.1)
        assert time.monotonic() - start >= 0.1
        other = elsewhere(OPEN_AND_TELL, path, 30)
        time.sleep(0.2)
        assert other.poll() is None
        store.seal(0, 5, BODY)
    assert other.communicate()[0] == b"5\n"


def test_a_child_does_not_keep_it(path: Path) -> None:
    """A forked child inherits the lock; neither its calls nor its end give it away or keep it."""
    reader, writer = os.pipe()
    store = FileSecrets(path)
    child = os.fork()
    if not child:
        found = b""
        calls: list[Callable[[], object]] = [
            lambda: store.seal(0, 5, BODY),
            lambda: store.retire(0),
            lambda: store.open(0, bytes(PAGE)),
        ]
        for call in calls:
            try:
                call()
                found += b"?"
            except LocalError:
                found += b"."
        store.close()
        os.write(writer, found)
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 10) == b"..."
    os.close(reader)
    os.close(writer)
    with pytest.raises(StoreError):
        FileSecrets(path)
    assert seqno_of(store.seal(0, 5, BODY)) == 3
    store.close()
    with FileSecrets(path) as again:
        assert again.has_key(0)


def test_closing(path: Path) -> None:
    store = FileSecrets(path)
    store.close()
    store.close()
    before = path.read_bytes()
    with pytest.raises(KeyUnavailable, match="the store of secrets is closed"):
        store.seal(0, 5, BODY)
    with pytest.raises(StoreError, match="the store is closed"):
        store.retire(0)
    assert repr(store) == "<FileSecrets, closed>"
    assert path.read_bytes() == before
    assert not any(store._page)
    with FileSecrets(path) as again:
        assert seqno_of(again.seal(0, 5, BODY)) == 3


# Retiring.


def test_a_retired_key_is_nowhere(path: Path) -> None:
    """Not in memory, not in the file, and not in the file that it replaced."""
    store = FileSecrets(path)
    replaced = os.open(path, os.O_RDONLY)
    store.retire(1)
    assert os.pread(replaced, FILE_SIZE, HEAD_SIZE) == bytes(FILE_SIZE - HEAD_SIZE)
    os.close(replaced)
    assert KEYS[1] not in bytes(store._page)
    assert KEYS[1] not in path.read_bytes()
    store.close()
    with FileSecrets(path) as store:
        assert [store.has_key(n) for n in range(4)] == [True, False, True, True]
        with pytest.raises(KeyUnavailable):
            Channel(store, 1)
        assert seqno_of(store.seal(0, 5, BODY)) == 3


def test_a_retired_key_is_not_left_under_another_name(path: Path) -> None:
    with FileSecrets(path) as store:
        os.link(path, path.with_name("other"))
        with pytest.raises(StoreError, match="has another name"):
            store.retire(0)
    assert key_bytes_in(path.parent) == []


def test_a_channel_retires_in_the_file(path: Path) -> None:
    with FileSecrets(path) as store:
        channel = Channel(store, 2)
        channel.request(5, BODY)
        channel.give_up()
    with FileSecrets(path) as store:
        assert not store.has_key(2)


# Files that are not what was written.


def assert_retired(path: Path) -> None:
    """What is there now has no keys, and says so when it is opened."""
    assert key_bytes_in(path.parent) in ([], ["original"])
    with FileSecrets(path) as store:
        assert not any(store.has_key(n) for n in range(4))


def test_torn_at_every_length(path: Path) -> None:
    whole = path.read_bytes()
    assert len(whole) == FILE_SIZE
    for length in [*range(FILE_SIZE), FILE_SIZE + 1, 2 * FILE_SIZE]:
        path.write_bytes((whole + whole)[:length])
        with pytest.raises(StoreError, match="is no store" if length == 0 else "is damaged"):
            FileSecrets(path)
        if length:
            assert KEYS[0] not in path.read_bytes()
            if length % 97 == 1:
                assert_retired(path)


def test_torn_to_zeros(path: Path) -> None:
    """Blocks that never reached the disk read as zeros."""
    whole = path.read_bytes()
    for length in range(16, FILE_SIZE - 1, 64):
        path.write_bytes(whole[:length].ljust(FILE_SIZE, b"\0"))
        with pytest.raises(StoreError, match="is damaged"):
            FileSecrets(path)
    assert_retired(path)


def test_every_byte_that_is_another(path: Path) -> None:
    whole = path.read_bytes()
    for place in [*range(HEAD_SIZE), *range(HEAD_SIZE, FILE_SIZE, 13), FILE_SIZE - 1]:
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        newer = place in range(17, 20)
        told = "is no store" if place < 16 else r"has form \d+;" if newer else "is damaged"
        with pytest.raises(StoreError, match=told):
            FileSecrets(path)
        assert (path.read_bytes() == changed) == (place < 16 or newer)
    assert_retired(path)


def test_two_states_mixed(path: Path) -> None:
    old = path.read_bytes()
    with FileSecrets(path) as store:
        store.seal(0, 5, BODY)
    new = path.read_bytes()
    for cut in (16, 24, 40, 48, HEAD_SIZE, HEAD_SIZE + 0xA0, FILE_SIZE - 32):
        path.write_bytes(new[:cut] + old[cut:])
        with pytest.raises(StoreError):
            FileSecrets(path)


COPIES: dict[str, Callable[[Path, Path], object]] = {
    "cp": shutil.copyfile,
    "cp -p": shutil.copy2,
}


@pytest.mark.parametrize("kind", COPIES)
@pytest.mark.parametrize("messages", range(1, 6))
def test_a_backup_that_is_put_back_is_told(path: Path, kind: str, messages: int) -> None:
    """Written over the store it may find the inode that it was copied from: file systems use
    numbers again.
    """
    backup = path.parent.parent / f"{path.parent.name} backup"
    COPIES[kind](path, backup)
    with FileSecrets(path) as store:
        for _ in range(messages):
            store.seal(0, 5, BODY)
    COPIES[kind](backup, path)
    backup.unlink()
    with pytest.raises(StoreError, match=r"is a(n earlier state| copy)"):
        FileSecrets(path)
    assert_retired(path)


def test_a_store_may_be_moved(path: Path) -> None:
    """With its lock; also to where another store was."""
    with FileSecrets.create(path.with_name("second"), secrets_page()) as store:
        for _ in range(9):
            store.seal(0, 5, BODY)
    path.rename(path.with_name("second"))
    path.with_name("store.lock").rename(path.with_name("second.lock"))
    with FileSecrets(path.with_name("second")) as store:
        assert seqno_of(store.seal(0, 5, BODY)) == 3


def _moved(path: Path) -> None:
    path.rename(path.with_name("other"))


def _replaced(path: Path) -> None:
    _moved(path)
    path.write_bytes(b"mine")


def _taken_over(path: Path) -> None:
    """Without its lock file the lock is no lock; whoever comes then finds a stranger's store."""
    path.with_name("store.lock").unlink()
    with pytest.raises(StoreError, match=r"does not stand beside the \.lock"):
        FileSecrets(path)


UNDERHAND = [_missing, _moved, _replaced, _taken_over, _linked]


@pytest.mark.parametrize("change", UNDERHAND)
def test_a_store_that_changes_its_name_while_it_is_open(
    path: Path, change: Callable[[Path], None]
) -> None:
    """It seals nothing more: under the other name an earlier state would live on."""
    judge = Judge()
    with judge.watching():
        with FileSecrets(path) as store:
            judge.saw(store.seal(0, 5, b"first"))
            change(path)
            before = path.read_bytes() if path.exists() else None
            for _ in range(2):
                with pytest.raises(StoreError):
                    store.seal(0, 5, b"second")
            assert (path.read_bytes() if path.exists() else None) == before
        for name in ("store", "other", "other name"):
            try:
                with FileSecrets(path.with_name(name)) as store:
                    judge.saw(store.seal(0, 5, name.encode()))
            except (StoreError, KeyUnavailable):
                pass


# What fails, and when.


def test_the_count_is_durable_before_anything_is_sealed(path: Path) -> None:
    disk = Disk()
    judge = Judge()
    sealing = judge.watching(crash=lambda: disk.calls.append("encrypt"))
    with disk.mounted(), sealing, FileSecrets(path) as store:
        disk.calls.clear()
        store.seal(0, 5, BODY)
    order = [call for call in disk.calls if call not in ("stat", "fstat", "fchmod")]
    written = ["open", "write", "fsync", "rename", "open", "fsync"]
    assert order == [*written, "pwrite", "pwrite", "encrypt"]  # over the old state; the note


def test_short_writes(path: Path) -> None:
    disk = Disk()
    disk.short = True
    with disk.mounted(), FileSecrets(path) as store:
        store.seal(0, 5, BODY)
        assert disk.calls.count("write") > 5
    with FileSecrets(path) as store:
        assert seqno_of(store.seal(0, 5, BODY)) == 5


def test_what_a_crash_left_is_removed(path: Path) -> None:
    left = path.with_name("store.tmp")
    left.write_bytes(b"left over")
    left.chmod(0o666)
    with FileSecrets(path) as store:
        store.seal(0, 5, BODY)
    assert not left.exists()
    left.symlink_to(path.with_name("elsewhere"))
    with FileSecrets(path) as store:
        store.seal(0, 5, BODY)
    assert {file.name for file in path.parent.iterdir()} == {"store", "store.lock"}


def conversation(path: Path, judge: Judge) -> None:
    """Some life of a store: opened twice, five messages, one key retired."""
    with FileSecrets(path) as store:
        judge.saw(store.seal(0, 5, os.urandom(96)))
        judge.saw(store.seal(1, 5, os.urandom(96)), 1)
        store.retire(1)
        judge.retired.add(1)
    with FileSecrets(path) as store:
        judge.saw(store.seal(0, 5, os.urandom(96)))
        judge.saw(store.seal(2, 5, os.urandom(96)), 2)


def goes_on(path: Path, judge: Judge) -> None:
    """The store opens, in the old state or the new one, and keeps its promises."""
    with FileSecrets(path) as store:
        for vmpck in (0, 1, 2, 0):
            if store.has_key(vmpck):
                judge.saw(store.seal(vmpck, 5, os.urandom(96)), vmpck)
        assert store.has_key(0) and store.has_key(2)
        assert store.has_key(1) or 1 in judge.retired or judge.pages.keys() >= {(1, 1)}
    assert not path.with_name("store.tmp").exists()


LOSSES: dict[str, dict[str, Any]] = {
    "nothing": {"renames": False},
    "renames": {"renames": True},
    "notes": {"renames": False, "notes": True},
    "renames and notes": {"renames": True, "notes": True},
    "contents": {"renames": False, "contents": lambda data: b""},
    "half of the contents": {"renames": False, "contents": lambda data: data[:2000]},
    "contents that read as zeros": {"renames": False, "contents": lambda data: bytes(len(data))},
}


@contextmanager
def fresh(folder: Path, number: object) -> Iterator[Path]:
    home = folder / str(number)
    home.mkdir()
    FileSecrets.create(home / "store", secrets_page()).close()
    yield home / "store"
    shutil.rmtree(home)


@pytest.mark.parametrize("after", [False, True], ids=["before a call", "behind a call"])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_crash_at_every_call(tmp_path: Path, loss: str, after: bool) -> None:
    """At every call that touches the disk; and once at the end, with the power."""
    crashed, number = True, 0
    while crashed:
        judge = Judge()
        with fresh(tmp_path, number) as path, judge.watching():
            disk = crash_at(number, after=after)
            with disk.mounted():
                try:
                    conversation(path, judge)
                    crashed = False
                except Crash:
                    pass
            disk.end()
            disk.lose(**LOSSES[loss])
            goes_on(path, judge)
        number += 1
    assert number > 50


def test_a_crash_while_it_is_made(tmp_path: Path) -> None:
    crashed, number = True, 0
    while crashed:
        home = tmp_path / str(number)
        home.mkdir()
        disk = crash_at(number)
        with disk.mounted():
            try:
                FileSecrets.create(home / "store", secrets_page()).close()
                crashed = False
            except Crash:
                pass
        disk.end()
        if not (home / "store").exists():
            FileSecrets.create(home / "store", secrets_page()).close()
        goes_on(home / "store", Judge())
        number += 1
    assert number > 10


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_disk_that_fails_at_every_call(tmp_path: Path, code: int) -> None:
    """One type of error; what was to be done is not done, and goes well when the disk does."""
    failed, number = True, 0
    while failed:
        failed = False

        def fail(name: str, current: int, number: int = number) -> None:
            nonlocal failed
            if current == number:
                failed = True
                raise OSError(code, os.strerror(code))

        judge = Judge()
        with fresh(tmp_path, number) as path, judge.watching():
            with Disk(fail).mounted():
                try:
                    with FileSecrets(path) as store:
                        _persistently(lambda: judge.saw(store.seal(0, 5, os.urandom(96))))  # noqa: B023
                        _persistently(lambda: store.retire(1))
                        judge.retired.add(1)
                        _persistently(lambda: judge.saw(store.seal(0, 5, os.urandom(96))))  # noqa: B023
                        assert judge.newest == {0: 3}  # no number was lost
                except StoreError as error:
                    told = str(error).lower()
                else:
                    told = os.strerror(code).lower()
                assert os.strerror(code).lower() in told
            goes_on(path, judge)
        number += 1
    assert number > 30


def _persistently(call: Callable[[], object]) -> None:
    """Twice, if need be: a disk fails once."""
    try:
        call()
    except StoreError:
        call()


# Other processes.

HAMMER = """
import os, sys
from snpformat.secrets import FileSecrets
for n in range(int(sys.argv[2])):
    with FileSecrets(sys.argv[1], wait=60) as store:
        for _ in range(2):
            page = store.seal(0, 5, os.urandom(96))
            with open(sys.argv[3], "ab") as pages:
                pages.write(page)
"""

TALK = """
import os, sys
from snpformat.secrets import FileSecrets
with FileSecrets(sys.argv[1], wait=60) as store:
    while True:
        for vmpck in (0, 1, 0):
            page = store.seal(vmpck, 5, os.urandom(96))
            assert os.write(1, page) == len(page)
"""


def pages_of(data: bytes) -> list[bytes]:
    """Whole pages: a pipe passes 4096 bytes in one piece, and what was cut was not sent."""
    return [data[at : at + PAGE] for at in range(0, len(data) - PAGE + 1, PAGE)]


def test_two_processes_take_turns(path: Path) -> None:
    sent = [path.with_name(f"pages {n}") for n in range(2)]
    others = [elsewhere(HAMMER, path, 15, name) for name in sent]
    for other in others:
        other.communicate()
    found = [pages_of(name.read_bytes()) for name in sent]
    assert [len(pages) for pages in found] == [30, 30]
    for pages in found:
        judge = Judge()
        for page in pages:
            judge.saw(page)
    assert sorted(map(seqno_of, [*found[0], *found[1]])) == list(range(3, 123, 2))


def test_killed_at_random(path: Path) -> None:
    """A process that sends messages is killed again and again: no page of any contradicts another,
    and the numbers grow over all of them.
    """
    judge, dice = Judge(), random.Random(4)
    seen = 0
    for _ in range(30):
        other = elsewhere(TALK, path)
        assert other.stdout is not None
        data = b""
        for _ in range(dice.randrange(1, 12)):  # it lives, and is in the middle
            data += other.stdout.read(PAGE)
        time.sleep(dice.random() / 300)
        other.send_signal(signal.SIGKILL)
        while more := other.stdout.read(PAGE):
            data += more
        other.wait()
        other.stdout.close()
        for page in pages_of(data):
            judge.saw(page, page[0x3C])
            seen += 1
    assert seen > 100
    with FileSecrets(path) as store:
        for vmpck in (0, 1):
            assert store.next_msg_seqno(vmpck) > judge.newest[vmpck]
            message = open_page(KEYS[vmpck], store.seal(vmpck, 5, BODY))
            assert message.payload == BODY
