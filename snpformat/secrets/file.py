"""FileSecrets: a store in a file, for guests that outlive a process.

Each change writes a whole new file beside the old one, flushes it, and puts it in its place by one
rename; so whoever looks, also behind a crash, sees the old state or the new one. The new state is
on the disk before the page sealed with it leaves.

The file: a head of 48 bytes (magic, version of this form, name of the store, number of the state,
inode), the secrets page, and the SHA-256 of both. The inode is the file's own. A copy of a store
has another one, and a copy that is used beside the original would use numbers twice: so a copy is
refused, and its keys are retired, as are those of a file that is torn. A file that does not begin
like a store is left as it is.

One process at a time has the store: it holds a lock on NAME.lock. In there stands which state of
which store was written last, so a backup that was copied over the store, where it may find its old
inode again, is refused like a copy. A store that is moved, replaced or linked while it is open
seals nothing more: what has the other name would be an earlier state of it. What no file can tell
is that the whole disk was set back. A forked child inherits the lock but may not use the store.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from struct import Struct

from ..aead import PAGE_SIZE
from ..errors import LocalError, StoreError
from .store import VMPCKS, Secrets, key_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..wire import Buffer

_MAGIC = b"snpformat-secret"
_FORM = 1
_HEAD = Struct("<16sII8sQQ")  # magic, form, zero, store, state, inode; little-endian
_WITNESS = Struct("<8sQ")  # in NAME.lock: store and state
_DIGEST_SIZE = 32
FILE_SIZE = _HEAD.size + PAGE_SIZE + _DIGEST_SIZE

_LOCK_POLL = 0.02  # seconds


class FileSecrets(Secrets):
    """A store in a file of mode 0600, locked while it is open."""

    def __init__(self, path: str | os.PathLike[str], *, wait: float = 0.0) -> None:
        """Open a store that `create` made.

        Args:
            path: the file.
            wait: seconds to wait for another process that has it.

        Raises:
            StoreError: it is in use, damaged, a copy, an earlier state, no store, linked, readable
                by others, or out of reach. The keys of a damaged one, of a copy and of an earlier
                state are retired.
        """
        self._path = os.path.realpath(os.fspath(path))
        self._lock_file: int | None = _lock(self._path, wait)
        try:
            self._witness = _witness(self._lock_file, self._path)
            self._inodes: set[int] = set()
            super().__init__(self._load())
        except BaseException:
            self._release()
            raise

    @classmethod
    def create(cls, path: str | os.PathLike[str], page: Buffer) -> FileSecrets:
        """Make a new store with a secrets page of 4096 bytes, and open it.

        Raises StoreError when something of that name exists or it cannot be written, LocalError for
        another length.
        """
        raw = bytes(page)
        if len(raw) != PAGE_SIZE:
            raise LocalError(f"a secrets page has {PAGE_SIZE} bytes, not {len(raw)}")
        name = os.path.realpath(os.fspath(path))
        lock = _lock(name, 0.0)
        try:
            if os.path.lexists(name):
                raise StoreError(f"{name}: exists already; a store is never overwritten")
            _write_beside(name, raw, (os.urandom(8), 1))
            _put_in_place(name)
        finally:
            os.close(lock)
        return cls(name)

    @property
    def path(self) -> str:
        """Where the file is, links resolved."""
        return self._path

    def close(self) -> None:
        """Zero what is in memory and let others have the file."""
        super().close()
        self._release()

    def _release(self) -> None:
        if self._lock_file is not None:
            os.close(self._lock_file)  # not LOCK_UN, which a child would take from its parent
            self._lock_file = None

    def _persist(self, *, retiring: bool = False) -> None:
        """Write the next state; where a key is retired, zero the file that is replaced, too."""
        if self._lock_file is None:
            raise StoreError(f"{self._path}: the store is closed")
        try:
            found = os.stat(self._path, follow_symlinks=False)
        except OSError as error:
            raise _refusal(self._path, error) from None
        if found.st_ino not in self._inodes:
            raise StoreError(f"{self._path}: was replaced while it was open")
        if not retiring:
            _check_links(self._path, found)
        old = _open_quietly(self._path) if retiring else None
        try:
            self._write(bytes(self._page))
            _scrub(old)
        finally:
            if old is not None:
                os.close(old)

    def _write(self, page: bytes) -> None:
        """Put `page` in the file's place, as the next state, and note that beside it."""
        store, state = self._witness
        self._witness = store, state + 1
        inode = _write_beside(self._path, page, self._witness)
        self._inodes.add(inode)  # if what follows fails, either may be there
        _put_in_place(self._path)
        self._inodes = {inode}
        self._note()

    def _note(self) -> None:
        """Remember beside the file which state is in it. Not flushed: it may be late, not early."""
        assert self._lock_file is not None
        try:
            os.pwrite(self._lock_file, _WITNESS.pack(*self._witness), 0)
        except OSError as error:
            raise _refusal(f"{self._path}.lock", error) from None

    def _load(self) -> bytes:
        """The page in the file; retires the keys of a damaged file, a copy and an old state."""
        found, raw = _read(self._path)
        try:
            page = page_of(raw, self._path)
        except _Damaged:
            self._write(bytes(PAGE_SIZE))
            raise
        store, state, inode = _HEAD.unpack_from(raw)[-3:]
        own, newest = self._witness
        self._witness = store, max(state, newest if store == own else 0)
        if inode != found.st_ino:
            why = "is a copy of another store"
        elif state < self._witness[1]:
            why = "is an earlier state of this store"
        else:
            _check_links(self._path, found)
            self._inodes = {inode}
            self._note()
            return page
        self._write(_without_keys(page))
        raise StoreError(
            f"{self._path}: {why}; the keys in it are retired, since both would use the same "
            "numbers. Make a new store with new keys"
        )


class _Damaged(StoreError):
    """A file that begins like a store and is none."""


def page_of(raw: bytes, name: str) -> bytes:
    """The secrets page in the bytes of a store, to look at; `name` is for errors.

    Raises StoreError when they are none, or damaged.
    """
    if not raw or not _MAGIC.startswith(raw[: len(_MAGIC)]):
        raise StoreError(f"{name}: is no store of secrets; it was left as it is")
    if len(raw) != FILE_SIZE or hashlib.sha256(raw[:-_DIGEST_SIZE]).digest() != raw[-_DIGEST_SIZE:]:
        raise _Damaged(
            f"{name}: is damaged; its keys are not used again, since what they have sealed is not "
            "known. Make a new store with new keys"
        )
    form = _HEAD.unpack_from(raw)[1]
    if form != _FORM:
        raise StoreError(f"{name}: has form {form}; this version reads form {_FORM}")
    return raw[_HEAD.size : -_DIGEST_SIZE]


def _without_keys(page: bytes) -> bytes:
    cleaned = bytearray(page)
    for vmpck in VMPCKS:
        cleaned[key_place(vmpck)] = bytes(32)
    return bytes(cleaned)


def _refusal(path: str, error: OSError) -> StoreError:
    reason = error.strerror or str(error)
    return StoreError(f"{path}: {reason[:1].lower()}{reason[1:]}")


def _lock(path: str, wait: float) -> int:
    """A descriptor that holds the lock of a store until it is closed. Raises StoreError."""
    import fcntl  # not on every system; those without it have no store in a file

    name = f"{path}.lock"
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        held = os.open(name, flags, 0o600)
    except OSError as error:
        raise _refusal(name, error) from None
    end = time.monotonic() + wait
    try:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return held
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise StoreError(f"{path}: another process has it open") from None
            time.sleep(_LOCK_POLL)
    except OSError as error:
        os.close(held)
        raise _refusal(name, error) from None
    except BaseException:
        os.close(held)
        raise


def _read(path: str) -> tuple[os.stat_result, bytes]:
    """What a file is and what is in it, with one byte more than a store has at most."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise _refusal(path, error) from None
    try:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode):
            raise StoreError(f"{path}: is no regular file")
        if found.st_mode & 0o077:
            raise StoreError(f"{path}: others may use it; run chmod 600 on it if they have not")
        raw = b""
        while len(raw) <= FILE_SIZE and (more := os.read(opened, FILE_SIZE + 1 - len(raw))):
            raw += more
        return found, raw
    except OSError as error:
        raise _refusal(path, error) from None
    finally:
        os.close(opened)


def _witness(lock: int, path: str) -> tuple[bytes, int]:
    """Which state of which store was the last one that was written; zeros when none is known."""
    try:
        raw = os.pread(lock, _WITNESS.size, 0)
    except OSError as error:
        raise _refusal(f"{path}.lock", error) from None
    store, state = _WITNESS.unpack(raw.ljust(_WITNESS.size, b"\0"))
    return store, state


def _check_links(path: str, found: os.stat_result) -> None:
    """Raise StoreError for a file with a second name, which would stay as the state it is in."""
    if found.st_nlink > 1:
        raise StoreError(f"{path}: has another name (a hard link); remove that")


def _write_beside(path: str, page: bytes, witness: tuple[bytes, int]) -> int:
    """Write a store with `page` into NAME.tmp, durably; gives its inode. Raises StoreError.

    Whoever calls holds the lock. A crash leaves NAME.tmp behind; the next call removes it.
    """
    temporary = f"{path}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        if os.path.lexists(temporary):
            os.unlink(temporary)
        opened = os.open(temporary, flags, 0o600)
        try:
            os.fchmod(opened, 0o600)
            inode = os.fstat(opened).st_ino
            raw = _HEAD.pack(_MAGIC, _FORM, 0, *witness, inode) + page
            raw += hashlib.sha256(raw).digest()
            while raw:
                raw = raw[os.write(opened, raw) :]
            os.fsync(opened)
        finally:
            os.close(opened)
        return inode
    except OSError as error:
        raise _refusal(path, error) from None


def _put_in_place(path: str) -> None:
    """Let NAME.tmp be the store from now on, durably. Raises StoreError."""
    try:
        os.rename(f"{path}.tmp", path)
        _flush_folder(path)
    except OSError as error:
        raise _refusal(path, error) from None


def _flush_folder(path: str) -> None:
    """Make a rename in the folder of `path` durable."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _open_quietly(path: str) -> int | None:
    try:
        return os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None


def _scrub(opened: int | None) -> None:
    """Overwrite a file that has been replaced: no more than a help, as disks have copies."""
    if opened is None:
        return
    try:
        os.pwrite(opened, bytes(FILE_SIZE), 0)
        os.fsync(opened)
    except OSError:
        pass  # the key is retired either way
