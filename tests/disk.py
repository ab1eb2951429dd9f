"""A disk to break: stands in for `os` in `snpformat.secrets.disk`, fails and crashes on demand.

Every call that touches the disk is numbered. A crash is a `Crash`, a BaseException, which no code
may take for an error of the disk; behind one, `lose` gives the disk the state that a power failure
may leave: what was not flushed is gone, or torn.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from snpformat.secrets import disk as disk_of_stores

CALLS = ("open", "fstat", "fchmod", "read", "write", "pwrite", "pread", "fsync", "close",
         "rename", "unlink", "stat")  # fmt: skip


class Crash(BaseException):
    """The process ends here."""


class Disk:
    """A proxy of `os`.

    Attributes:
        calls: names of the calls so far.
        before: called with the name and the number of each call; may raise.
        short: writes put down half of what they are given.
    """

    def __init__(self, before: Callable[[str, int], None] = lambda name, number: None) -> None:
        self.calls: list[str] = []
        self.before = before
        self.after: Callable[[str, int], None] = lambda name, number: None
        self.short = False
        self._names: dict[int, str] = {}  # of open files
        self._unflushed: set[int] = set()  # inodes
        self._attic: list[tuple[Path, str]] = []  # what was renamed over, oldest first
        self._notes: dict[str, bytes] = {}  # what was overwritten in place and not flushed
        self._written: set[str] = set()
        self._dead = False

    def __getattr__(self, name: str) -> Any:
        genuine = getattr(os, name)
        if name not in CALLS:
            return genuine

        def call(*arguments: Any, **options: Any) -> Any:
            own = getattr(self, f"_{name}", genuine)
            if name == "close":  # whatever a program does while it crashes changes no disk
                return own(*arguments)
            if self._dead:
                raise Crash
            number = len(self.calls)
            self.calls.append(name)
            try:
                self.before(name, number)
                result = own(*arguments, **options)
                self.after(name, number)
            except Crash:
                self._dead = True
                raise
            return result

        return call

    def _open(self, path: str, flags: int, *mode: int) -> int:
        opened = os.open(path, flags, *mode)
        self._names[opened] = path
        return opened

    def _name(self, opened: int) -> str:
        """Of a file that was opened here, or before this disk came."""
        return self._names.get(opened) or os.readlink(f"/proc/self/fd/{opened}")

    def _close(self, opened: int) -> None:
        self._names.pop(opened, None)
        os.close(opened)

    def _pwrite(self, opened: int, data: bytes, offset: int) -> int:
        path = self._name(opened)
        if path.endswith(".lock"):
            self._notes.setdefault(path, Path(path).read_bytes())
        return os.pwrite(opened, data, offset)

    def _write(self, opened: int, data: bytes) -> int:
        self._unflushed.add(os.fstat(opened).st_ino)
        self._written.add(self._name(opened).removesuffix(".tmp"))
        return os.write(opened, data[: len(data) // 2 + 1] if self.short else data)

    def _fsync(self, opened: int) -> None:
        """Only noted: no test can cut the power, so none waits for the disk."""
        found = os.fstat(opened)
        self._unflushed.discard(found.st_ino)
        self._notes.pop(self._name(opened), None)
        if os.path.isdir(self._name(opened)):
            self.forget()

    def _rename(self, old: str, new: str) -> None:
        if os.path.exists(new):
            attic = Path(f"{new}.attic{len(self.calls)}")
            os.link(new, attic)
            self._attic.append((attic, new))
        os.rename(old, new)

    def forget(self) -> None:
        """The renames so far are durable."""
        for attic, _ in self._attic:
            attic.unlink()
        self._attic.clear()

    def end(self) -> None:
        """The process is gone, and with it its locks."""
        for opened in [*self._names]:
            self._close(opened)

    def revive(self) -> None:
        """Another process begins."""
        self._dead = False
        self._notes.clear()
        self.before = lambda name, number: None

    def lose(
        self,
        *,
        renames: bool,
        notes: bool = False,
        contents: Callable[[bytes], bytes] | None = None,
    ) -> None:
        """What a power failure leaves: unflushed renames and notes undone, unflushed contents
        changed.
        """
        if contents is not None:
            for path in {new for _, new in self._attic} | self._written:
                if os.path.isfile(path) and os.stat(path).st_ino in self._unflushed:
                    torn = contents(Path(path).read_bytes())
                    Path(path).write_bytes(torn)
        if notes:
            for note, old in self._notes.items():
                Path(note).write_bytes(old)
        if renames:
            for attic, path in reversed(self._attic):
                os.rename(attic, path)
            self._attic.clear()
        self.forget()
        self._notes.clear()
        self._unflushed.clear()

    @contextmanager
    def mounted(self) -> Iterator[Disk]:
        """Stores have this disk."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(disk_of_stores, "os", self)
            yield self


def crash_at(number: int, *, after: bool = False) -> Disk:
    """A disk whose call of that number never happens, or is the last thing that does."""

    def crash(_: str, current: int) -> None:
        if current == number:
            raise Crash(number)

    disk = Disk() if after else Disk(crash)
    if after:
        disk.after = crash
    return disk
