"""The memory of a caller, as a driver sees it: addresses that may lead nowhere.

The driver model reads and writes through this, so that it works the same over buffers of this
process and, for front ends to come, over the memory of another one.
"""

from __future__ import annotations

import ctypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Memory(Protocol):
        """Anything with these two methods; both raise Fault for an address that leads nowhere."""

        def read(self, address: int, size: int) -> bytes: ...

        def write(self, address: int, data: bytes) -> None: ...


USER_END = 0x7FFF_FFFF_F000  # the end of what a 64-bit program can own; the kernel's access_ok


class Fault(Exception):
    """An address that cannot be read or written: EFAULT."""


class BufferMemory:
    """Memory that consists of some buffers of this process, and nothing else."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, memoryview]] = []

    def map(self, buffer: Any, address: int | None = None) -> int:
        """Add a buffer and return its address: where ctypes says it is, unless one is given.

        A read-only buffer can be read and faults when written.
        """
        if address is None:
            address = ctypes.addressof(buffer)
        self._parts.append((address, memoryview(buffer).cast("B")))
        return address

    def read(self, address: int, size: int) -> bytes:
        return bytes(self._find(address, size))

    def write(self, address: int, data: bytes) -> None:
        part = self._find(address, len(data))
        if part.readonly:
            raise Fault(address)
        part[:] = data

    def _find(self, address: int, size: int) -> memoryview:
        for start, part in self._parts:
            if start <= address and address + size <= start + len(part):
                return part[address - start : address - start + size]
        raise Fault(address)
