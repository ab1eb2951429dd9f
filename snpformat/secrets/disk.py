"""What a store in a file asks of the system: every call that may fail, or that a crash may follow.

All of them raise StoreError, with the name of the file. Whoever changes a file holds its lock.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from struct import Struct

from ..errors import StoreError
from . import form

_WITNESS = Struct("<8sQQ")  # in NAME.lock: store, state and its inode, little-endian
_LOCK_POLL = 0.02  # seconds


def refusal(path: str, error: OSError) -> StoreError:
    """The StoreError for what the system said about a file."""
    reason = error.strerror or str(error)
    return StoreError(f"{path}: {reason[:1].lower()}{reason[1:]}")


def lock(path: str, wait: float) -> int:
    """A descriptor that holds the lock of a store until it is closed."""
    try:
        import fcntl
    except ImportError:
        raise StoreError(f"{path}: this system has no locks on files (fcntl)") from None
    name = f"{path}.lock"
    end = time.monotonic() + max(0.0, wait)  # NaN is no time
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        held = os.open(name, flags, 0o600)
    except OSError as error:
        raise refusal(name, error) from None
    try:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return held
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise StoreError(f"{path}: it is open already, here or elsewhere") from None
            time.sleep(_LOCK_POLL)
    except OSError as error:
        os.close(held)
        raise refusal(name, error) from None
    except BaseException:
        os.close(held)
        raise


def close(opened: int) -> None:
    """Close a descriptor. For a lock that is better than LOCK_UN, by which a forked child would
    take it from its parent. What had to be durable is flushed by then, so no failure matters.
    """
    with suppress(OSError):
        os.close(opened)


def refuse_existing(path: str) -> None:
    """Raise StoreError when there is anything of that name."""
    if os.path.lexists(path):
        raise StoreError(f"{path}: exists already; a store is never overwritten")


def read(path: str) -> tuple[int, bytes]:
    """A descriptor of a store, and what is in it, with one byte more than there may be."""
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        opened = os.open(path, flags)
    except OSError as error:
        raise refusal(path, error) from None
    try:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode):
            raise StoreError(f"{path}: is no regular file")
        if found.st_mode & 0o077:
            raise StoreError(f"{path}: others may use it; run chmod 600 on it if they have not")
        _check_names(path, found)
        raw = b""
        while len(raw) <= form.FILE_SIZE and (
            more := os.read(opened, form.FILE_SIZE + 1 - len(raw))
        ):
            raw += more
        return opened, raw
    except OSError as error:
        os.close(opened)
        raise refusal(path, error) from None
    except BaseException:
        os.close(opened)
        raise


def _check_names(path: str, found: os.stat_result) -> None:
    """Raise StoreError for a file with two names: one of them would stay behind as an earlier
    state.
    """
    if found.st_nlink > 1:
        raise StoreError(f"{path}: has another name (a hard link); remove that")


def inode(opened: int, path: str) -> int:
    """The inode of an open file."""
    try:
        return os.fstat(opened).st_ino
    except OSError as error:
        raise refusal(path, error) from None


def check_in_place(path: str, opened: int) -> None:
    """Raise StoreError unless `path` names the open file, and nothing else does."""
    try:
        found, own = os.stat(path, follow_symlinks=False), os.fstat(opened)
    except OSError as error:
        raise refusal(path, error) from None
    if (found.st_dev, found.st_ino) != (own.st_dev, own.st_ino):
        raise StoreError(f"{path}: was replaced while the store was open")
    _check_names(path, own)


def write_beside(
    path: str, page: bytes, store: bytes, state: int, lock_inode: int
) -> tuple[int, form.Head]:
    """Write a store with `page` into NAME.tmp, durably; gives its descriptor and its head.

    A crash or a failure leaves NAME.tmp behind; the next call removes it.
    """
    temporary = f"{path}.tmp"
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        if os.path.lexists(temporary):
            _spoil_leftover(temporary, store)
            os.unlink(temporary)
        opened = os.open(temporary, flags, 0o600)
        try:
            os.fchmod(opened, 0o600)
            head = form.Head(store, state, os.fstat(opened).st_ino, lock_inode)
            raw = form.build(head, page)
            while raw:
                raw = raw[os.write(opened, raw) :]
            os.fsync(opened)
        except BaseException:
            os.close(opened)
            raise
        return opened, head
    except OSError as error:
        raise refusal(path, error) from None


def _spoil_leftover(path: str, store: bytes) -> None:
    """Spoil a state that never came in place, as it may have another name by now, under which it
    would be as new as the one that is written next.
    """
    try:
        left = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return  # a link, a folder: none of ours
    try:
        with suppress(OSError):
            if form.is_state_of(os.pread(left, form.HEAD_SIZE, 0), store):
                spoil(left, durable=False)
    finally:
        close(left)


def put_in_place(path: str) -> None:
    """Let NAME.tmp be the store; that is durable only behind `flush_folder`."""
    try:
        os.rename(f"{path}.tmp", path)
    except OSError as error:
        raise refusal(path, error) from None


def flush_folder(path: str) -> None:
    """Make what was put in place at `path` durable."""
    try:
        folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise refusal(path, error) from None


def spoil(opened: int, *, durable: bool) -> None:
    """Overwrite page and digest of a state that must not be used again, whatever names it has: what
    is left is damaged. It needs no room on the disk. For keys it is no more than a help, as disks
    have copies. A failure is passed over.
    """
    with suppress(OSError):
        os.pwrite(opened, bytes(form.FILE_SIZE - form.HEAD_SIZE), form.HEAD_SIZE)
        if durable:
            os.fsync(opened)


def note(held: int, path: str, head: form.Head, *, durable: bool) -> None:
    """Write into NAME.lock which state is in place; it may be late, not early."""
    try:
        os.pwrite(held, _WITNESS.pack(*head[:3]), 0)
        if durable:
            os.fsync(held)
    except OSError as error:
        raise refusal(f"{path}.lock", error) from None


def noted(held: int, path: str) -> tuple[bytes, int, int]:
    """What `note` has written last: store, state and its inode; zeros when nothing."""
    try:
        raw = os.pread(held, _WITNESS.size, 0)
    except OSError as error:
        raise refusal(f"{path}.lock", error) from None
    store, state, number = _WITNESS.unpack(raw.ljust(_WITNESS.size, b"\0"))
    return store, state, number
