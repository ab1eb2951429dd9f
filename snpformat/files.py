"""What a user hands over and gets back: a file or a pipe, raw or as text.

Nothing is read without a bound, and no file is left half written.
"""

from __future__ import annotations

import base64
import binascii
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import BinaryIO

LIMIT = 1 << 20  # bytes; no format comes near it, in any spelling


class InputRefused(ValueError):
    """The input cannot be what was asked for."""


def read(path: str) -> bytes:
    """All of a file, or of standard input for ``-``.

    Raises OSError, and InputRefused for more than LIMIT bytes: /dev/zero ends too.
    """
    if path != "-":
        _check_name(path)
        with open(path, "rb") as stream:
            return _bounded(stream)
    if sys.stdin is None:
        raise OSError(9, "standard input is closed")
    return _bounded(sys.stdin.buffer)


def _bounded(stream: BinaryIO) -> bytes:
    data = stream.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise InputRefused(f"more than {LIMIT} bytes; no format is that long")
    return data


def unwrap(data: bytes, spelling: str, sizes: Collection[int]) -> bytes:
    """`data` without its spelling: ``raw``, ``hex``, ``base64``, or ``auto`` to find out.

    Finding out prefers the spelling that gives one of `sizes` bytes. Raises InputRefused when the
    data is not spelt as was said.
    """
    if spelling == "raw":
        return data
    if spelling == "hex":
        return _from_hex(data)
    if spelling == "base64":
        return _from_base64(data)
    found = []
    for decode in (_from_hex, _from_base64):
        try:
            found.append(decode(data))
        except InputRefused:
            continue
    found.append(data)
    fitting = [raw for raw in found if len(raw) in sizes]
    if not fitting and _looks_like_hex(data):
        return _from_hex(data)  # to say what is wrong with it, where something is
    # Nothing fits: what could be read as text most likely is text, and its length tells more.
    return (fitting or found)[0]


def _looks_like_hex(data: bytes) -> bool:
    """Whether `data` is hexadecimal digits but for a slip or two."""
    return len(data) > 8 and sum(byte in b"0123456789abcdefABCDEF: \r\n" for byte in data) > (
        0.98 * len(data)
    )


def _from_hex(data: bytes) -> bytes:
    text = data.decode("latin-1").removeprefix("\xef\xbb\xbf").strip().removeprefix("0x")
    digits = "".join(char for char in text if not char.isspace() and char != ":")
    for char in digits:
        if char not in "0123456789abcdefABCDEF":
            raise InputRefused(f"not hexadecimal: {char!r}")
    if not digits or len(digits) % 2:
        raise InputRefused(f"not hexadecimal: {len(digits)} digits make no whole bytes")
    return bytes.fromhex(digits)


def _from_base64(data: bytes) -> bytes:
    text = b"".join(data.split()).replace(b"-", b"+").replace(b"_", b"/").rstrip(b"=")
    try:
        if not text:
            raise InputRefused("not base64: it is empty")
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise InputRefused(f"not base64: {str(error)[:1].lower()}{str(error)[1:]}") from None


def write(raw: bytes, path: str, spelling: str, *, secret: bool = False) -> None:
    """Write `raw` to a file, or to standard output for ``-``.

    `spelling` is ``raw``, ``hex``, ``base64``, or ``auto``: raw, but hex on a terminal. A `secret`
    file is its owner's only (mode 0600), whatever it was before. Raises OSError.
    """
    to_terminal = path == "-" and sys.stdout is not None and sys.stdout.isatty()
    if spelling == "auto":
        spelling = "hex" if to_terminal else "raw"
    if spelling == "hex":
        raw = raw.hex().encode() + b"\n"
    elif spelling == "base64":
        raw = base64.b64encode(raw) + b"\n"
    if path == "-":
        if sys.stdout is None:
            raise OSError(9, "standard output is closed")
        sys.stdout.buffer.write(raw)
    else:
        _replace_file(path, raw, secret)


def _replace_file(path: str, raw: bytes, secret: bool) -> None:
    """Write all of `raw` or leave what is there; a device or a pipe is written to as it is."""
    check_target(path)
    if os.path.exists(path) and not os.path.isfile(path):
        try:
            with open(path, "wb") as stream:
                stream.write(raw)
        except OSError as error:
            raise OSError(error.errno, error.strerror, path) from None
        return
    path = os.path.realpath(path)
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "xb", opener=_private if secret else None) as stream:
            stream.write(raw)
        if os.path.exists(path) and not secret:
            os.chmod(temporary, os.stat(path).st_mode & 0o777)
        os.replace(temporary, path)
    except BaseException as error:
        if os.path.exists(temporary):
            os.unlink(temporary)
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror, path) from None
        raise


def check_target(path: str) -> None:
    """Raise OSError for what `write` surely cannot write to, without touching it: before something
    is asked for that can be had only once, or late.
    """
    if path == "-":
        if sys.stdout is None:
            raise OSError(9, "standard output is closed")
        return
    _check_name(path)
    if os.path.isdir(path):
        raise IsADirectoryError(21, "is a directory", path)
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        raise FileNotFoundError(2, "no such file or directory", path)
    if not os.access(folder, os.W_OK) and not os.path.exists(path):
        raise PermissionError(13, "permission denied", path)


def _check_name(path: str) -> None:
    if not path:
        raise FileNotFoundError(2, "an empty name is no file")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
