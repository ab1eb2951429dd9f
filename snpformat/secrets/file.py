"""FileSecrets: a store in a file, for guests that outlive a process.

Each change writes a whole new file beside the old one, flushes it, puts it in its place by one
rename, and overwrites the old one; so whoever looks, also behind a crash, sees the old state or the
new one. The new state is on the disk before the page sealed with it leaves.

Beside NAME stands NAME.lock, which is never replaced. One process at a time has the store, by a
lock on it; and in it stands which state of which store was written last. The store in turn names
the inodes of both files. A copy that is used beside the original would use numbers twice, and so
would an earlier state: so a file is refused, and its keys are retired, when it or its NAME.lock is
not the one it names, when it is older than NAME.lock knows, or when it is torn. To move a store,
move both files, within their file system. A file that does not begin like a store is left as it
is. A store that is moved or replaced while it is open, or whose NAME.lock is, seals nothing more.

What no file can tell is that a whole disk was set back. On a file system that numbers its inodes
anew with each mount every store looks like a copy. A forked child inherits the lock but may not use
the store.
"""

from __future__ import annotations

import os
from contextlib import suppress

from ..aead import PAGE_SIZE
from ..errors import StoreError, without_frames
from . import disk, form
from .store import Secrets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from ..formats import SecretsPage
    from ..wire import Buffer


class FileSecrets(Secrets):
    """A store in a file of mode 0600, locked while it is open."""

    _path: str = ""
    _file: int | None = None  # the state that is in place
    _lock: int | None = None
    _store: bytes = bytes(8)  # the random name of the store
    _state: int = 0

    def __init__(self, path: str | os.PathLike[str], *, wait: float = 0.0) -> None:
        """Open a store that `create` made.

        Args:
            path: the file.
            wait: seconds to wait for whoever has it open.

        Raises:
            StoreError: it is in use, damaged, a copy, an earlier state, no store, linked, readable
                by others, or out of reach. The keys of a damaged one, of a copy and of an earlier
                state are retired.
        """
        super().__init__(bytes(PAGE_SIZE))
        self._path = _resolved(path)
        try:
            self._check_kind()
            self._lock = disk.lock(self._path, wait)
            self._load()
        except StoreError as error:
            self._release()
            raise without_frames(error) from None
        except BaseException:
            self._release()
            raise

    @classmethod
    def create(cls, path: str | os.PathLike[str], page: Buffer | SecretsPage) -> Self:
        """Make a new store with a secrets page of 4096 bytes, and open it.

        Make one store of a page: another would use the same numbers.

        Raises StoreError when something of that name exists or it cannot be written, LocalError for
        what is no page.
        """
        self = cls.__new__(cls)
        try:
            Secrets.__init__(self, page)
        finally:
            del page  # of errors nobody shall find it in this frame
        self._path = _resolved(path)
        try:
            disk.refuse_existing(self._path)
            self._lock = disk.lock(self._path, 0.0)
            disk.refuse_existing(self._path)
            self._store = os.urandom(len(self._store))
            # Before there is a store, so that a crash from here on leaves none that looks foreign.
            disk.note(self._lock, self._path, form.Head(self._store, 0, 0, 0), durable=True)
            self._write(durable=True)
        except StoreError as error:
            self._release()
            raise without_frames(error) from None
        except BaseException:
            self._release()
            raise
        return self

    @property
    def path(self) -> str:
        """Where the file is, links resolved."""
        return self._path

    def _wipe(self) -> None:
        super()._wipe()
        self._release()

    def _release(self) -> None:
        held = self._file, self._lock
        self._file = self._lock = None
        for opened in held:
            if opened is not None:
                disk.close(opened)

    def __del__(self) -> None:
        self._release()  # or nobody else in this process could have the store

    def _persist(self, *, retiring: bool = False) -> None:
        """Make the page the next state of the file.

        Where a key is retired and that cannot be done, what is in the file is spoilt: whoever opens
        it finds it damaged. None of that needs room on the disk.
        """
        try:
            self._write_next(retiring)
        except StoreError as error:
            if retiring and self._file is not None and self._lock is not None:
                disk.spoil(self._file, durable=True)
                # A copy of the state that was spoilt is an earlier one from here on.
                self._state = min(self._state + 1, form.LAST_STATE + 1)
                head = form.Head(self._store, self._state, 0, 0)
                with suppress(StoreError):
                    disk.note(self._lock, self._path, head, durable=True)
            raise without_frames(error) from None

    def _write_next(self, retiring: bool) -> None:
        if self._file is None or self._lock is None:
            raise StoreError(f"{self._path}: the store is closed")
        disk.check_in_place(self._path, self._file)
        disk.check_in_place(f"{self._path}.lock", self._lock)
        self._write(durable=retiring)

    def _write(self, *, durable: bool) -> None:
        """Put the page in the file's place, as the next state, and note that beside it.

        `durable`: also flush what can be late otherwise: the note, and that the old state is gone.
        """
        assert self._lock is not None
        if self._state >= form.LAST_STATE:
            raise StoreError(f"{self._path}: its states are used up")
        state = self._state + 1
        lock_inode = disk.inode(self._lock, f"{self._path}.lock")
        new, head = disk.write_beside(self._path, bytes(self._page), self._store, state, lock_inode)
        try:
            disk.put_in_place(self._path)
        except BaseException:
            disk.close(new)
            raise
        old, self._file, self._state = self._file, new, state
        replaced = False
        try:
            disk.flush_folder(self._path)
            replaced = True
        finally:
            if old is not None:
                # Not before the new state is sure to be there; but a key that is retired has to go.
                if replaced or durable:
                    disk.spoil(old, durable=durable)
                disk.close(old)
        disk.note(self._lock, self._path, head, durable=durable)

    def _check_kind(self) -> None:
        """Raise StoreError for what is no store, before a lock is made beside it."""
        opened, raw = disk.read(self._path)
        disk.close(opened)
        form.check_kind(raw, self._path)

    def _load(self) -> None:
        """Read the file; retires the keys of a damaged file, a copy and an earlier state."""
        assert self._lock is not None
        self._file, raw = disk.read(self._path)
        own, newest, last_inode = disk.noted(self._lock, self._path)
        try:
            head, page = form.parse(raw, self._path)
        except form.Damaged:
            self._store, self._state = own, min(newest, form.LAST_STATE - 1)
            self._write(durable=True)  # an empty page
            raise
        if head.inode != disk.inode(self._file, self._path):
            why = "is a copy of another store"
        elif head.store != own or head.lock_inode != disk.inode(self._lock, f"{self._path}.lock"):
            why = "does not stand beside the .lock that it was made with, so it may be a copy"
        elif head.state < newest or (head.state == newest and head.inode != last_inode):
            why = "is an earlier state of this store"
        else:
            self._page[:] = page
            self._store, self._state = head.store, head.state
            disk.note(self._lock, self._path, head, durable=False)
            return
        self._store = head.store
        self._state = min(max(head.state, newest), form.LAST_STATE - 1)
        self._page[:] = form.without_keys(page)
        self._write(durable=True)
        raise StoreError(
            f"{self._path}: {why}; the keys in it are retired, since both would use the same "
            "numbers. Make a new store with new keys"
        )


def _resolved(path: str | os.PathLike[str]) -> str:
    try:
        name = os.path.realpath(os.fsdecode(path))
        if b"\0" in os.fsencode(name):
            raise ValueError("embedded null byte")
    except (TypeError, ValueError) as error:
        raise StoreError(f"{path!r} is no path of a file: {error}") from None
    return name
