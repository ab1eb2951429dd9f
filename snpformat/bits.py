"""Bits: an integer whose bits have names."""

from __future__ import annotations

from .errors import FormatError
from .fields import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar, Self

    from .fields import Bit


class Bits(int):
    """A bit field: an int with a property for each name. Made on access; any value is kept."""

    __slots__ = ()

    NAME: ClassVar[str] = ""
    SIZE: ClassVar[int] = 0  # in bytes
    BITS: ClassVar[tuple[Bit, ...]] = ()  # ascending; every bit of it

    @classmethod
    def from_bits(cls, **bits: int) -> Self:
        """The value with these named bits: constant bits written, all others zero.

        Raises FormatError for a value that does not fit, TypeError for an unknown name.
        """
        return cls(0).settled().replace(**bits)

    def replace(self, **bits: int) -> Self:
        """The value with some named bits changed. Raises like `from_bits`."""
        named = {bit.name: bit for bit in self.BITS if bit.name}
        value = int(self)
        for name, given in bits.items():
            if name not in named:
                raise TypeError(
                    f"{self.NAME} has no bits named {name!r}; it has {', '.join(named)}"
                )
            bit = named[name]
            if not isinstance(given, int) or given < 0 or given > bit.mask >> bit.low:
                reason = f"{given!r} does not fit in {count(bit.high - bit.low + 1, 'bit')}"
                raise FormatError(self.NAME, name, None, given, reason)
            value = value & ~bit.mask | int(given) << bit.low
        return type(self)(value)

    def settled(self) -> Self:
        """The value with reserved bits zero and constant bits as they should be."""
        value = 0
        for bit in self.BITS:
            value |= self & bit.mask if bit.name else (bit.const or 0) << bit.low
        return type(self)(value)

    def to_names(self) -> dict[str, int | bool]:
        """The named bits: bool for a single one, else int."""
        return {bit.name: getattr(self, bit.name) for bit in self.BITS if bit.name}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self:#x})"

    __str__ = __repr__
