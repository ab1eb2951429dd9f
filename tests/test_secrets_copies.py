"""Two files with one store's keys: only one of them is ever usable, and what was retired in none.

The judge of ``psp_oracle`` sees every call of the cipher, whichever store makes it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from disk import Disk
from psp_oracle import KEYS, REQUESTS, Judge, secrets_page, seqno_of

from snpformat.errors import KeyUnavailable, LocalError, StoreError
from snpformat.secrets import FileSecrets
from snpformat.secrets.form import FILE_SIZE, HEAD_SIZE

BODY = REQUESTS[5]
STATE, INODE, LOCK_INODE = (slice(32, 40), slice(40, 48), slice(48, 56))
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda opened: None)


@pytest.fixture
def judge() -> Iterator[Judge]:
    judge = Judge()
    with judge.watching():
        yield judge


@pytest.fixture
def path(tmp_path: Path, judge: Judge) -> Path:
    """A store with four keys that has sealed one message under VMPCK 0, closed."""
    name = tmp_path / "store"
    with FileSecrets.create(name, secrets_page()) as store:
        judge.saw(store.seal(0, 5, b"the first"))
    return name


def changed(raw: bytes, place: slice, number: int) -> bytes:
    """The bytes of a store with another number in its head, and the digest that fits."""
    raw = raw[: place.start] + number.to_bytes(8, "little") + raw[place.stop : -32]
    return raw + hashlib.sha256(raw).digest()


def at_home(raw: bytes, path: Path, lock: bool) -> bytes:
    """`raw` as if chance had given it the inode of the file at `path`, and of its lock."""
    raw = changed(raw, INODE, path.stat().st_ino)
    return changed(raw, LOCK_INODE, Path(f"{path}.lock").stat().st_ino) if lock else raw


def put(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
    path.chmod(0o600)


def keys_in(*names: Path) -> list[int]:
    """The keys that are in these files."""
    raw = b"".join(name.read_bytes() for name in names if name.is_file())
    return [n for n, key in enumerate(KEYS) if key in raw]


def refused_for_good(path: Path, told: str) -> None:
    """The store at `path` is refused, and its keys are gone from it."""
    with pytest.raises(StoreError, match=told):
        FileSecrets(path)
    assert keys_in(path) == []
    with FileSecrets(path) as store:
        assert not any(store.has_key(n) for n in range(4))


# 1: a copy has another lock, whatever its inode.

COPY = "is a copy of another store"
LOCK = "does not stand beside the .lock"


@pytest.mark.parametrize("while_open", [False, True])
@pytest.mark.parametrize(("inode", "told"), [(False, f"{COPY}|{LOCK}"), (True, LOCK)])
@pytest.mark.parametrize("backup", [False, True])
def test_a_copy_under_another_name(
    path: Path, judge: Judge, backup: bool, inode: bool, told: str, while_open: bool
) -> None:
    """Of the state in place or of an earlier one: the original is as good as ever."""
    copy, old = path.with_name("copy"), path.read_bytes()
    store = FileSecrets(path)
    judge.saw(store.seal(0, 5, b"the second"))
    if not while_open:
        store.close()
    put(copy, old if backup else path.read_bytes())
    if inode:  # without, the system may give a number again all the same
        put(copy, at_home(copy.read_bytes(), copy, False))
    refused_for_good(copy, told)
    if not while_open:
        store = FileSecrets(path)
    with store:
        assert judge.saw(store.seal(0, 5, b"the third")).msg_seqno == 5


def test_a_copy_in_its_own_place(path: Path) -> None:
    """Of the last state, beside its lock: the original may be anywhere."""
    original = path.rename(path.with_name("original"))
    put(path, original.read_bytes())
    refused_for_good(path, COPY)


def test_a_copy_with_a_copied_lock(path: Path) -> None:
    """A whole folder that was copied: the lock says the same, and is another."""
    folder = path.parent.with_name(f"{path.parent.name} copy")
    shutil.copytree(path.parent, folder)
    copy = folder / "store"
    put(copy, at_home(copy.read_bytes(), copy, False))
    refused_for_good(copy, LOCK)
    shutil.rmtree(folder)
    FileSecrets(path).close()


@pytest.mark.parametrize("everything", [False, True])
def test_an_earlier_state_beside_a_new_lock(path: Path, everything: bool) -> None:
    """Without NAME.lock nothing says which state was the last, even where inodes come again."""
    old = path.read_bytes()
    with FileSecrets(path) as store:
        store.seal(0, 5, b"the second")
    lock = path.with_name("store.lock")
    lock.unlink()
    lock.touch(0o600)
    put(path, at_home(old, path, everything))
    refused_for_good(path, LOCK)


def test_a_store_without_its_lock(path: Path) -> None:
    path.with_name("store.lock").unlink()
    refused_for_good(path, LOCK)


@pytest.mark.parametrize("change", ["seal", "retire"])
def test_an_earlier_state_with_all_its_inodes(path: Path, change: str) -> None:
    old = path.read_bytes()
    with FileSecrets(path) as store:
        store.seal(0, 5, BODY) if change == "seal" else store.retire(3)
    put(path, at_home(old, path, True))
    refused_for_good(path, "is an earlier state of this store")


def test_another_store_beside_this_lock(path: Path) -> None:
    """Its inodes fit, its state is newer, and its name is another."""
    FileSecrets.create(path.with_name("other"), secrets_page()).close()
    raw = changed(path.with_name("other").read_bytes(), STATE, 1000)
    put(path, at_home(raw, path, True))
    refused_for_good(path, LOCK)


# 2: whoever has a lock that is not in its place has none.

TAKEN: dict[str, Callable[[Path], object]] = {
    "deleted": lambda lock: lock.unlink(),
    "moved": lambda lock: lock.rename(lock.with_name("elsewhere")),
    "replaced": lambda lock: (lock.rename(lock.with_name("elsewhere")), lock.write_bytes(b"")),
    "replaced by a copy": lambda lock: (
        shutil.copyfile(lock, lock.with_name("l")), lock.with_name("l").rename(lock),
    ),
    "linked": lambda lock: os.link(lock, lock.with_name("elsewhere")),
}  # fmt: skip


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("name", TAKEN)
def test_a_lock_that_goes_while_the_store_is_open(
    path: Path, judge: Judge, name: str, second: bool
) -> None:
    store = FileSecrets(path)
    TAKEN[name](path.with_name("store.lock"))
    if second:
        with pytest.raises(StoreError):
            FileSecrets(path)
        if name != "linked":
            with FileSecrets(path) as other, pytest.raises(KeyUnavailable):
                other.seal(0, 5, b"of the second")
    for _ in range(2):
        with pytest.raises(StoreError):
            store.seal(0, 5, b"of the first")
    with pytest.raises(StoreError):
        store.retire(1)
    store.close()
    assert len(judge.sealed) == 1
    assert 1 not in keys_in(*path.parent.iterdir())


# 3 and 4: states that have another name.


def sealed_by(path: Path, judge: Judge, payload: bytes) -> bool:
    """Whether the store at `path`, if it opens, seals; the judge says whether it may."""
    try:
        with FileSecrets(path) as store:
            for vmpck in range(4):
                judge.saw(store.seal(vmpck, 5, payload), vmpck)
            return True
    except (StoreError, KeyUnavailable):
        return False


USES: dict[str, Callable[[Path, Path], Path]] = {
    "under its own name": lambda path, other: other,
    "under its own name, alone": lambda path, other: (path.replace(f"{path}.gone"), other)[1],
    "beside the lock": lambda path, other: other.replace(path),
    "copied over the store": lambda path, other: (path.write_bytes(other.read_bytes()), path)[1],
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("act", ["seal", "retire"])
def test_a_link_made_at_any_call(tmp_path: Path, use: str, act: str) -> None:
    """Whatever links the store's file or what is written beside it, and then, at each call."""
    for call in range(20):
        for linked in ("store", "store.tmp"):
            home = tmp_path / f"{call} {linked}"
            home.mkdir()
            path, other, judge = home / "store", home / "other", Judge()
            with judge.watching(), FileSecrets.create(path, secrets_page()) as store:
                disk = Disk()

                def link(
                    _: str,
                    number: int,
                    call: int = call,
                    old: Path = home / linked,
                    other: Path = other,
                ) -> None:
                    if number == call and old.exists():
                        os.link(old, other)

                disk.before = link
                with disk.mounted():
                    try:
                        if act == "seal":
                            judge.saw(store.seal(0, 5, b"linked"))
                        else:
                            store.retire(0)
                            judge.retired.add(0)
                    except StoreError:
                        pass
                if other.exists():
                    other.rename(home / "away")  # so that the store goes on
                    with suppress(StoreError):
                        judge.saw(store.seal(1, 5, b"goes on"), 1)
            if (home / "away").exists():
                with judge.watching():
                    sealed_by(USES[use](path, home / "away"), judge, b"other")
                    sealed_by(path, judge, b"again")


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("how", ["linked", "moved"])
@pytest.mark.parametrize("failing", ["rename", "fsync"])
def test_a_state_that_never_came_in_place(
    path: Path, judge: Judge, failing: str, how: str, use: str
) -> None:
    """It is as new as the one that is written next, and has another count: never both."""
    other = path.with_name("other")

    def fail(name: str, _: int) -> None:
        if name == failing:
            raise FULL

    with FileSecrets(path) as store:
        with Disk(fail).mounted(), pytest.raises(StoreError, match="no space left"):
            store.seal(0, 5, b"never sent")
        left = path.with_name("store.tmp")
        os.link(left, other) if how == "linked" else left.rename(other)
        judge.saw(store.seal(1, 5, b"one"), 1)
    sealed_by(USES[use](path, other), judge, b"other")
    sealed_by(path, judge, b"again")
    assert judge.newest[1] in (1, 3, 5)


def test_a_leftover_with_two_names(path: Path, judge: Judge) -> None:
    """It is spoilt, not only removed: when the power fails, NAME.lock may know less."""

    def fail(name: str, _: int) -> None:
        if name == "rename":
            raise FULL

    lock, other = path.with_name("store.lock"), path.with_name("other")
    noted = lock.read_bytes()
    with FileSecrets(path) as store:
        with Disk(fail).mounted(), pytest.raises(StoreError):
            store.seal(0, 5, b"never sent")
        os.link(path.with_name("store.tmp"), other)
        judge.saw(store.seal(1, 5, b"one"), 1)
    lock.write_bytes(noted)
    other.replace(path)
    refused_for_good(path, "is damaged")


def test_what_is_found_in_the_way_is_not_spoilt(path: Path) -> None:
    """Only states of this store are: another's file may have been linked there."""
    foreign = path.with_name("foreign")
    for raw in (b"mine" * 2000, secrets_page(), b"snpformat-secret" + bytes(FILE_SIZE)):
        put(foreign, raw)
        os.link(foreign, path.with_name("store.tmp"))
        with FileSecrets(path) as store:
            store.seal(0, 5, BODY)
        assert foreign.read_bytes() == raw
        assert not path.with_name("store.tmp").exists()


def test_a_name_too_many_costs_nothing(path: Path) -> None:
    """Whoever opens a link is refused; without it the store is as good as ever."""
    other = path.with_name("other")
    os.link(path, other)
    for name in (path, other):
        with pytest.raises(StoreError, match="has another name"):
            FileSecrets(name)
    assert not path.with_name("other.lock").exists()
    other.unlink()
    with FileSecrets(path) as store:
        assert seqno_of(store.seal(0, 5, BODY)) == 3


# 9: what is retired stays retired, whatever the disk says.


def no_key_is_alive(home: Path, vmpck: int) -> None:
    """Of no file in there, under whatever name, nor twice."""
    for name in [*home.iterdir()] * 2:
        if not name.name.endswith(".lock"):
            try:
                with FileSecrets(name) as store:
                    assert not store.has_key(vmpck)
            except StoreError:
                pass
    assert vmpck not in keys_in(*home.iterdir())


@pytest.mark.parametrize("loss", [False, True], ids=["", "and the power goes"])
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from there on"])
def test_a_disk_that_fails_while_a_key_is_retired(
    tmp_path: Path, lasting: bool, loss: bool
) -> None:
    """A full disk has no room for another state; what is there can still be overwritten."""
    failed, number = True, 0
    while failed:
        home = tmp_path / str(number)
        home.mkdir()
        failed = False

        def fail(name: str, current: int, number: int = number) -> None:
            nonlocal failed
            if current == number or (lasting and current > number):
                failed = True
                if name not in ("pwrite", "fsync") or current == number:
                    raise FULL

        store = FileSecrets.create(home / "store", secrets_page())
        disk = Disk(fail)
        with disk.mounted():
            with suppress(StoreError):
                store.retire(0)
            assert not store.has_key(0)
            if loss:
                store.close()
                disk.lose(renames=True, notes=True)
        disk.forget()
        assert 0 not in keys_in(*home.iterdir())  # before anyone opens it, too
        with pytest.raises(KeyUnavailable):
            store.seal(0, 5, BODY)
        store.close()
        no_key_is_alive(home, 0)
        number += 1
    assert number > 10


@pytest.mark.parametrize(
    "move",
    [
        lambda path: path.rename(path.with_name("other")),
        lambda path: (path.rename(path.with_name("other")), path.write_bytes(b"mine")),
        lambda path: (path.rename(path.with_name("other")),
                      path.with_name("store.lock").rename(path.with_name("other.lock"))),
        lambda path: os.link(path, path.with_name("other")),
        lambda path: path.with_name("store.lock").unlink(),
    ],
    ids=["moved", "replaced", "moved with its lock", "linked", "without its lock"],
)  # fmt: skip
def test_a_store_that_was_moved_while_a_key_is_retired(
    path: Path, move: Callable[[Path], Any]
) -> None:
    with FileSecrets(path) as store:
        move(path)
        with pytest.raises(StoreError):
            store.retire(0)
        assert not store.has_key(0)
    no_key_is_alive(path.parent, 0)


def test_a_spoilt_store_goes_on_while_it_is_open(path: Path, judge: Judge) -> None:
    """The keys that are not retired are in memory: the next message writes them anew."""

    def fail(name: str, _: int) -> None:
        if name == "rename":
            raise FULL

    with FileSecrets(path) as store:
        with Disk(fail).mounted(), pytest.raises(StoreError):
            store.retire(1)
        assert keys_in(path) == []
        assert judge.saw(store.seal(0, 5, b"next")).msg_seqno == 3
    with FileSecrets(path) as store:
        assert [store.has_key(n) for n in range(4)] == [True, False, True, True]


@pytest.mark.parametrize("failing", ["open", "write", "fsync", "rename"])
def test_a_copy_of_a_state_that_was_spoilt(path: Path, failing: str) -> None:
    """Put back, in the same file beside the same lock, it would be the last state still."""
    old = path.read_bytes()

    def fail(name: str, number: int) -> None:
        if name == failing:
            disk.before = lambda name, number: None
            raise FULL

    disk = Disk(fail)
    with FileSecrets(path) as store, disk.mounted(), pytest.raises(StoreError):
        store.retire(0)
    put(path, at_home(old, path, True))
    refused_for_good(path, "is an earlier state")


# 15: the last states.

LAST = 2**64 - 2
STATES = [2**63, LAST - 2, LAST - 1, LAST, LAST + 1]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("noted", [*STATES, 0])
@pytest.mark.parametrize("torn", [False, True])
def test_states_near_their_end(path: Path, state: int, noted: int, torn: bool) -> None:
    """StoreErrors only, and no number comes twice."""
    raw = changed(path.read_bytes(), STATE, state)
    path.write_bytes(raw[:-1] if torn else raw)
    lock = path.with_name("store.lock")
    witness = lock.read_bytes()
    lock.write_bytes(witness[:8] + noted.to_bytes(8, "little") + witness[16:])
    sealed = 0
    for _ in range(4):
        try:
            with FileSecrets(path) as store:
                for _ in range(2):
                    assert seqno_of(store.seal(0, 5, BODY)) == 3 + 2 * sealed
                    sealed += 1
        except (StoreError, KeyUnavailable):
            pass
    if torn or state > LAST:
        assert keys_in(path) == []
    room = LAST - state
    assert sealed == (min(8, room) if not torn and room >= 0 and noted <= state else 0)


def test_a_state_behind_the_last(path: Path) -> None:
    """No store has written it."""
    path.write_bytes(changed(path.read_bytes(), STATE, LAST + 1))
    refused_for_good(path, "is damaged")


def test_the_last_state_can_be_retired(path: Path) -> None:
    path.write_bytes(changed(path.read_bytes(), STATE, LAST))
    with FileSecrets(path) as store:
        for vmpck in (0, 1, 0, 2):
            with pytest.raises(StoreError, match="its states are used up"):
                store.retire(vmpck)
    no_key_is_alive(path.parent, 0)


# A folder that cannot be flushed.


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("loss", [False, True], ids=["", "and the power goes"])
def test_a_folder_that_is_not_flushed(path: Path, judge: Judge, times: int, loss: bool) -> None:
    """Its rename stands, so that the store goes on from there; or it does not."""
    disk, left = Disk(), times

    def fail(name: str, _: int) -> None:
        nonlocal left
        if left and name == "fsync" and "rename" in disk.calls:
            left -= 1
            raise FULL

    disk.before = fail
    with disk.mounted():
        store = FileSecrets(path)
        for n in range(times):
            with pytest.raises(StoreError, match="no space left"):
                store.seal(n % 2, 5, b"never sent %d" % n)
        if not loss:
            assert judge.saw(store.seal(0, 5, b"the next")).msg_seqno == 3
            assert judge.saw(store.seal(1, 5, b"the next"), 1).msg_seqno == 1
        store.close()
    disk.lose(renames=loss, notes=loss)
    with FileSecrets(path) as store:
        for vmpck in (0, 1):
            judge.saw(store.seal(vmpck, 5, b"the last"), vmpck)


def test_a_spoilt_state_is_damaged(path: Path) -> None:
    """Head and size stay: it is known for what it was, and refused."""
    replaced = os.open(path, os.O_RDONLY)
    head = path.read_bytes()[:HEAD_SIZE]
    with FileSecrets(path) as store:
        store.seal(0, 5, BODY)
    raw = os.pread(replaced, FILE_SIZE + 1, 0)
    os.close(replaced)
    assert raw == head + bytes(FILE_SIZE - HEAD_SIZE)
    put(path.with_name("other"), raw)
    refused_for_good(path.with_name("other"), "is damaged")


def test_a_child_cannot_open_what_its_parent_has(path: Path) -> None:
    with FileSecrets(path) as store:
        child = os.fork()
        if not child:
            with suppress(LocalError):
                store.seal(0, 5, BODY)
                os._exit(1)
            try:
                FileSecrets(path)
            except StoreError:
                os._exit(7)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert seqno_of(store.seal(0, 5, BODY)) == 3
