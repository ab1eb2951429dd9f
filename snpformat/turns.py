"""Who may use what cannot be shared: one thread at a time, and no process that was forked off."""

from __future__ import annotations

import os
from threading import RLock
from weakref import WeakSet

from .errors import LocalError

_forks = 0
_fresh_in_children: WeakSet[ForkLock] = WeakSet()


def _after_fork() -> None:
    global _forks
    _forks += 1
    for lock in _fresh_in_children:
        lock.renew()


# A child in a new PID namespace may have its parent's number, so forks are counted, too.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Owner:
    """The process that something belongs to: the one that makes the Owner."""

    def __init__(self) -> None:
        self._is = os.getpid(), _forks

    def is_here(self) -> bool:
        """Whether this is that process."""
        return self._is == (os.getpid(), _forks)

    def check(self, what: str, remedy: str) -> None:
        """Raise LocalError where this is not that process. Needs no lock: a child may find any
        lock held for ever, by a thread that it does not have.
        """
        if not self.is_here():
            raise LocalError(
                f"{what} belongs to the process that this one was forked from; {remedy}"
            )


class Turn:
    """A lock for ``with``. Who holds it and comes again, as a signal handler may, gets LocalError;
    an ordinary lock would wait for itself.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._taken = False

    def __enter__(self) -> None:
        self._lock.acquire()
        if self._taken:
            self._lock.release()
            raise LocalError("it is at work in this thread; a signal handler cannot use it, too")
        self._taken = True

    def __exit__(self, *_: object) -> None:
        self._taken = False
        self._lock.release()


class ForkLock(Turn):
    """A Turn that is free in a forked child, whoever held it in the parent: for what a child may
    use, too.
    """

    def __init__(self) -> None:
        super().__init__()
        _fresh_in_children.add(self)

    def renew(self) -> None:
        """Forget who holds it."""
        super().__init__()
