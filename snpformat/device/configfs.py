"""Entries of configfs-tsm: directories that are made, written to, read from and removed.

An entry is private to nobody: whoever may may write to it. So each request gets one of its own,
under a name that tells whose it is: ``snpformat-PIDNS-PID-RANDOM``. It is removed when the request
ends, however that ends: with an error, Ctrl-C, or a SIGTERM that the program turns into SystemExit.
What ends a process at once (SIGKILL, or SIGTERM without a handler) leaves its entry behind: some
KiB of kernel memory, no secret. `sweep` removes it later, when the name proves its process dead.

`FileSystem` is all that touches files here. Each of its operations is one system call between open
and close, since attributes are no files: a write is a command, and a buffer would cut or join it.
"""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

TEXT_MAX = 4096  # bytes: a page, the most that a text attribute has
_STALE_MAX = 64  # entries removed at a time, so that opening the door stays quick
_OURS = re.compile(r"snpformat-(\d{1,12})-([1-9]\d{0,8})-[0-9a-f]{16}")


class FileSystem:
    """The operations that entries need, on real files. Each raises OSError."""

    def mkdir(self, path: str) -> None:
        """Make a directory; in configfs it comes with its attributes."""
        os.mkdir(path, 0o700)

    def rmdir(self, path: str) -> None:
        """Remove a directory; in configfs its attributes go with it."""
        os.rmdir(path)

    def listdir(self, path: str) -> list[str]:
        """The names in a directory."""
        return os.listdir(path)

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of a file, in one read."""
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.read(file, limit)
        finally:
            os.close(file)

    def write(self, path: str, data: bytes) -> None:
        """`data` into a file that is there, in one write.

        Binary attributes take effect at the close, which does not tell how that went: whoever needs
        to know looks at ``generation``.
        """
        file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            written = os.write(file, data)
        finally:
            os.close(file)
        if written != len(data):
            raise OSError(5, f"{written} of {len(data)} bytes were written", path)


class AttributeFailed(Exception):
    """An operation on an entry failed.

    Attributes:
        action: what was tried, such as ``read outblob``.
        errno: Linux's number; None where the operation worked, but what it gave cannot be.
    """

    def __init__(self, action: str, errno: int | None, reason: str = "") -> None:
        super().__init__(action, errno, reason)
        self.action = action
        self.errno = errno
        self.reason = reason

    def __str__(self) -> str:
        return f"could not {self.action}{f': {self.reason}' if self.reason else ''}"


class Entry:
    """A directory with its attributes. Operations raise AttributeFailed."""

    def __init__(self, files: FileSystem, path: str) -> None:
        self._files = files
        self.path = path

    def make(self) -> None:
        """Make the directory, which must not be there."""
        try:
            self._files.mkdir(self.path)
        except OSError as error:
            raise AttributeFailed(f"make {self.path}", error.errno) from None

    def remove(self) -> None:
        """Remove the directory; that it is gone already is as good."""
        try:
            self._files.rmdir(self.path)
        except FileNotFoundError:
            return  # never made, or removed by somebody else
        except OSError as error:
            raise AttributeFailed(f"remove {self.path}", error.errno) from None

    def is_bare(self) -> bool:
        """Whether it is a directory without the attributes that configfs gives every entry."""
        try:
            return "provider" not in self._files.listdir(self.path)
        except OSError:
            return False  # removed meanwhile, perhaps

    def write(self, name: str, data: bytes) -> None:
        """Write an attribute, in one piece."""
        try:
            self._files.write(f"{self.path}/{name}", data)
        except OSError as error:
            raise AttributeFailed(f"write {name}", error.errno) from None

    def read(self, name: str, limit: int) -> bytes:
        """All of an attribute, which has at most `limit` bytes."""
        try:
            data = self._files.read(f"{self.path}/{name}", limit + 1)
        except OSError as error:
            raise AttributeFailed(f"read {name}", error.errno) from None
        if len(data) > limit:
            raise AttributeFailed(f"read {name}", None, f"it has more than {limit} bytes")
        return data

    def text(self, name: str) -> str:
        """A text attribute, without the end of its line."""
        return self.read(name, TEXT_MAX).decode("ascii", "backslashreplace").strip()

    def number(self, name: str) -> int:
        """A text attribute that is a decimal number, of 64 bits at most."""
        text = self.text(name)
        if not re.fullmatch(r"[0-9]{1,20}", text):
            raise AttributeFailed(f"read {name}", None, f"{text[:40]!r} is no number")
        return int(text)


def fresh_name() -> str:
    """A name that no other entry has, and that tells whose it is."""
    return f"snpformat-{_pid_namespace()}-{os.getpid()}-{os.urandom(8).hex()}"


def _pid_namespace() -> int:
    """What makes a process number mean something: the namespace it counts in. 0 when unknown."""
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return 0


def is_alive(pid: int) -> bool:
    """Whether there is a process of that number, whoever's it is."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def sweep(files: FileSystem, root: str, alive: Callable[[int], bool] = is_alive) -> None:
    """Remove what dead processes have left in `root`, as far as names prove them dead.

    configfs is one for all PID namespaces, where a number means another process or none. So only
    entries of this very namespace are looked at; those of other ones (of containers that are gone,
    too) stay until the guest restarts, or somebody runs ``rmdir``. A number that was given to
    another process since counts as alive. Raises OSError when `root` cannot be listed; that an
    entry cannot be removed is no matter.
    """
    here = _pid_namespace()
    found = [_OURS.fullmatch(name) for name in sorted(files.listdir(root))]
    ours = [match for match in found if match and here and int(match[1]) == here]
    stale = [match[0] for match in ours if not alive(int(match[2]))]
    for name in stale[:_STALE_MAX]:
        try:
            files.rmdir(f"{root}/{name}")
        except OSError:
            continue
