"""Ioctl: a command of a device, with the records that its argument is made of."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .record import Record

DIRECTIONS = {"none": 0, "write": 1, "read": 2, "readwrite": 3}


class Ioctl:
    """A command as ``fcntl.ioctl`` takes it.

    Attributes:
        name: as in the specs.
        direction: who copies, as the caller sees it: ``none``, ``read``, ``write``, ``readwrite``.
        letter, number: the driver's letter, and which of its commands.
        argument: the record whose bytes are the argument.
        request, response: the records that the argument points to; None where there are none.
        command: the number, packed as Linux does on x86 (and on most others): direction in bits
            31:30, size of the argument in 29:16, letter in 15:8, number in 7:0.
        doc, cite: what the spec says about it.
    """

    def __init__(
        self,
        name: str,
        direction: str,
        letter: str,
        number: int,
        argument: type[Record],
        *,
        request: type[Record] | None = None,
        response: type[Record] | None = None,
        doc: str = "",
        cite: str = "",
    ) -> None:
        self.name = name
        self.direction = direction
        self.letter = letter
        self.number = number
        self.argument = argument
        self.request = request
        self.response = response
        self.doc = doc
        self.cite = cite
        self.command = DIRECTIONS[direction] << 30 | argument.SIZE << 16 | ord(letter) << 8 | number

    def __repr__(self) -> str:
        return f"<Ioctl {self.name} {self.command:#x}>"
