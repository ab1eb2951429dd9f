"""Python source as text: literals, wrapped prose, and lines broken as the formatter breaks them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 100


def number(value: int, digits: int = 0) -> str:
    """`value` in hexadecimal, as the formatter writes it."""
    return f"0x{value:0{digits}X}"


def plain(value: int) -> str:
    """`value` in decimal while it is small, else in hexadecimal."""
    return str(value) if value < 10 else number(value)


def string(text: str) -> str:
    """A string literal on one line, with the quotes that need fewer escapes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_escape(char, quote) for char in text) + quote


def _escape(char: str, quote: str) -> str:
    if char in (quote, "\\"):
        return "\\" + char
    return char if char.isprintable() else ascii(char)[1:-1]


def byte_string(value: bytes) -> str:
    """A bytes expression; zeros by their count."""
    return f"bytes({len(value)})" if not any(value) else f'bytes.fromhex("{value.hex()}")'


def literal(value: int | bytes) -> str:
    return byte_string(value) if isinstance(value, bytes) else plain(value)


def _wrap(text: str, width: int) -> list[str]:
    """At least two lines, as the formatter puts the closing quotes behind a single one."""
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return (
        lines
        if len(lines) > 1
        else textwrap.wrap(text, max(20, width - 12), break_long_words=False)
    )


def tuple_of(items: Iterable[str]) -> str:
    """A tuple expression of expressions."""
    given = list(items)
    return f"({given[0]},)" if len(given) == 1 else f"({', '.join(given)})"


def docstring(text: str, indent: str) -> list[str]:
    """A docstring as lines, wrapped."""
    safe = "".join(_escape(char, "") for char in text).replace('"""', r"\"\"\"")
    if safe.endswith('"'):
        safe += " "
    if len(indent) + len(safe) + 6 <= WIDTH:
        return [f'{indent}"""{safe}"""']
    first, *rest = _wrap(safe, WIDTH - len(indent) - 3)
    lines = [f'{indent}"""{first}', *(indent + line for line in rest)]
    return [*lines, f'{indent}"""']


def paragraphs(parts: Iterable[str], indent: str) -> list[str]:
    """A docstring of several paragraphs, each wrapped; the first is the summary."""
    given = [part for part in parts if part]
    if len(given) == 1:
        return docstring(given[0], indent)
    lines: list[str] = []
    for part in given:
        safe = "".join(_escape(char, "") for char in part).replace('"""', r"\"\"\"")
        width = WIDTH - len(indent) - (0 if lines else 3)
        wrapped = textwrap.wrap(safe, width, break_long_words=False)
        lines += [indent + line for line in wrapped] + [""]
    lines[0] = f'{indent}"""{lines[0][len(indent) :]}'
    lines[-1] = f'{indent}"""'
    return lines


def call(head: str, arguments: Sequence[str], indent: str, tail: str = "") -> list[str]:
    """``head(arguments)tail``: on one line where it fits, else an argument a line."""
    line = f"{indent}{head}({', '.join(arguments)}){tail}"
    if len(line) <= WIDTH and not any("\n" in argument for argument in arguments):
        return [line]
    inner = [f"{indent}    {line}" for a in arguments for line in f"{a},".split("\n")]
    return [f"{indent}{head}(", *inner, f"{indent}){tail}"]


def text_argument(name: str, text: str, indent: str) -> str:
    """``name="text"`` for `call`, broken into pieces where it is longer than a line."""
    room = WIDTH - len(indent) - 4 - 1
    whole = f"{name}={string(text)}"
    if len(whole) <= room:
        return whole
    # Escapes can double a piece; the width leaves room for the name and a few of them.
    pieces = textwrap.wrap(
        text, room - len(name) - 8, drop_whitespace=False, break_long_words=False
    )
    first, *rest = [string(piece) for piece in pieces]
    return "\n".join([f"{name}={first}", *rest])


def assigned(name: str, expression: str, indent: str) -> list[str]:
    """``"name" / expression,`` as the formatter breaks it when it is longer than a line."""
    line = f"{indent}{string(name)} / {expression},"
    if len(line) <= WIDTH:
        return [line]
    broken = f"{indent}/ {expression},"
    if len(broken) <= WIDTH or not expression.endswith(")"):
        return [f"{indent}{string(name)}", broken]
    head, arguments = _split_call(expression)
    return [f"{indent}{string(name)}", *call(f"/ {head}", arguments, indent, ",")]


def _split_call(expression: str) -> tuple[str, list[str]]:
    """``head(a, b(c, d))`` -> head, [a, b(c, d)]. No argument holds a bracket in a string."""
    head, _, rest = expression.partition("(")
    arguments, depth, current = [], 0, ""
    for char in rest[:-1]:
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            arguments.append(current.strip())
            current = ""
        else:
            current += char
    return head, [*arguments, current.strip()]
