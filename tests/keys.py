"""Known keys in the secret fields of a structure, and the search for them in what is printed."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from random import Random

from snpformat.fields import Field
from snpformat.record import Record

WINDOW = 6  # bytes of a key in a row that no chance puts into a text


class Keys:
    """Known secrets, and the search for them."""

    def __init__(self, secrets: dict[str, bytes]) -> None:
        self.secrets = secrets

    def found_in(self, text: str) -> list[str]:
        """Which secrets `text` shows, in which spelling."""
        return [
            f"{name} as {spelling}: {wanted}"
            for name, secret in self.secrets.items()
            for spelling, where, wanted in _spellings(secret, text)
            if wanted in where
        ]

    def assert_hidden(self, where: str, text: str) -> None:
        found = self.found_in(text)
        assert not found, f"{where} shows {found[:3]}"


def _spellings(secret: bytes, text: str) -> Iterator[tuple[str, str, str]]:
    """How `secret`, or a piece of it, could stand in `text`: (spelling, text to search, piece)."""
    joined = "".join(char for char in text if char not in " \n:_-.'\"|")
    small = joined.lower()
    for size, spell in ((WINDOW, _hex), (WINDOW, _escaped), (WINDOW, _raw)):
        for at in range(max(1, len(secret) - size + 1)):
            piece = secret[at : at + size]
            yield spell.__name__, small if spell is _hex else text, spell(piece)
    for number in _numbers(secret):
        yield "decimal", joined, str(number)
        yield "hexadecimal", small, f"{number:x}"
    if len(secret) >= 8:
        one_line = text.replace("\n", "")
        for shift in range(3):
            begin, end = (shift * 8 + 5) // 6, (shift + len(secret)) * 8 // 6
            code = base64.b64encode(bytes(shift) + secret)[begin:end].decode()
            for at in range(len(code) - 9):
                yield "base64", one_line, code[at : at + 10]
                yield "base64url", one_line, code[at : at + 10].translate({43: 45, 47: 95})


def _hex(piece: bytes) -> str:
    return piece.hex()


def _escaped(piece: bytes) -> str:
    return repr(piece)[2:-1]


def _raw(piece: bytes) -> str:
    return piece.decode("latin-1")


def _numbers(secret: bytes) -> list[int]:
    if len(secret) > 8:
        return []
    return [int.from_bytes(secret, "big"), int.from_bytes(secret, "little")]


def with_secrets(cls: type[Record], version: int | None, random: Random) -> tuple[bytes, Keys]:
    """Bytes of `cls` with keys in what is secret, and those keys."""
    raw = bytearray(cls._default(version).build())
    keys = {}
    for field, at, inside in secret_fields(cls, version):
        if field.enum is not None and field.enum.CLOSED:
            continue  # its few values are no secret; which of them it is, has a test of its own
        if inside and field.const is not None:
            continue  # the same constant may stand, in sight, in another record of this kind
        own = random.randbytes(field.size)
        if isinstance(field.const, int):
            own = field.to_bytes(field.const)
        raw[at : at + field.size] = own
        keys[f"{field.name} at {at:#x}"] = own
    return bytes(raw), Keys(keys)


def secret_fields(
    cls: type[Record], version: int | None, base: int = 0, inside: bool = False
) -> Iterator[tuple[Field, int, bool]]:
    """Every leaf that is secret, or stands in what is: field, offset, whether it is inside one."""
    for field in cls.FIELDS:
        if not field.in_version(version):
            continue
        hidden = inside or field.secret
        if field.record is not None:
            yield from secret_fields(
                field.record, latest(field.record), base + field.offset, hidden
            )
        elif hidden and field.name is not None and field.size >= 4:
            yield field, base + field.offset, inside


def latest(cls: type[Record]) -> int | None:
    return cls.VERSIONS[-1] if cls.VERSIONS else None
