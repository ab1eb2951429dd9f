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
        else textwrap.wrap(
            text, max(20, width - 12), break_long_words=False, break_on_hyphens=False
        )
    )


def tuple_of(items: Iterable[str]) -> str:
    """A tuple expression of expressions."""
    given = list(items)
    return f"({given[0]},)" if len(given) == 1 else f"({', '.join(given)})"


def _safe(text: str) -> str:
    """`text` inside triple quotes."""
    safe = "".join(_escape(char, "") for char in text).replace('"""', r"\"\"\"")
    return f" {safe}" if safe.startswith('"') else safe


def docstring(text: str, indent: str) -> list[str]:
    """A docstring as lines, wrapped."""
    safe = _safe(text)
    if safe.endswith('"'):
        safe += " "
    if len(indent) + len(safe) + 6 <= WIDTH:
        return [f'{indent}"""{safe}"""']
    first, *rest = _wrap(safe, WIDTH - len(indent) - 3)
    lines = [f'{indent}"""{first}', *(indent + line for line in rest)]
    return [*lines, f'{indent}"""']


def paragraphs(parts: Iterable[str], indent: str) -> list[str]:
    """A docstring of several paragraphs, each wrapped; the first is the summary.

    Where a part has lines of its own they stay apart.
    """
    given = [part for part in parts if part]
    if len(given) == 1:
        return docstring(given[0], indent)
    lines: list[str] = []
    for part in given:
        safe = "\n".join(map(_safe, part.split("\n")))
        width = WIDTH - len(indent) - (0 if lines else 3)
        for line in safe.split("\n"):
            wrapped = textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)
            lines += [indent + piece for piece in wrapped]
        lines.append("")
    lines[0] = f'{indent}"""{lines[0][len(indent) :]}'
    lines[-1] = f'{indent}"""'
    return lines


def origin(module: str) -> str:
    """Where a generated module comes from. The command is not broken: it marks the file."""
    parts = [f"Generated from {module}.yaml;", "change that and run `snpformat-codegen generate`."]
    line = " ".join(parts)
    return line if len(line) <= WIDTH else "\n".join(parts)


def cited(cite: str) -> str:
    """A citation, as it ends a docstring."""
    return f" [{cite}]" if cite else ""


def prose_arguments(doc: str, cite: str, abi: str) -> list[str]:
    """Keyword arguments for what the spec says in words."""
    given = {"doc": doc, "cite": cite, "abi": abi}
    return [text_argument(key, text, "        ") for key, text in given.items() if text]


def if_any(conditions: Sequence[str], action: str, indent: str) -> list[str]:
    """``if a or b: action``; conditions with ``and`` in them have an ``if`` of their own."""
    simple = [condition for condition in conditions if " and " not in condition]
    lines = _if(simple, "or", action, indent) if simple else []
    for condition in conditions:
        if condition not in simple:
            lines += _if(condition.split(" and "), "and", action, indent)
    return lines


def _if(parts: Sequence[str], word: str, action: str, indent: str) -> list[str]:
    then = f"{indent}    {action}"
    line = f"{indent}if {f' {word} '.join(parts)}:"
    if len(line) <= WIDTH:
        return [line, then]
    first, *others = parts
    inner = [f"{indent}    {first}", *(f"{indent}    {word} {part}" for part in others)]
    return [f"{indent}if (", *inner, f"{indent}):", then]


def call(head: str, arguments: Sequence[str], indent: str, tail: str = "") -> list[str]:
    """``head(arguments)tail``: on one line where it fits, else an argument a line."""
    line = f"{indent}{head}({', '.join(arguments)}){tail}"
    if len(line) <= WIDTH and not any("\n" in argument for argument in arguments):
        return [line]
    inner: list[str] = []
    for argument in arguments:
        if len(indent) + len(argument) + 5 > WIDTH and _is_call(argument):
            inner += call(*_split_call(argument), indent + "    ", ",")
        else:
            inner += [f"{indent}    {line}" for line in f"{argument},".split("\n")]
    return [f"{indent}{head}(", *inner, f"{indent}){tail}"]


def assign(name: str, expression: str, indent: str) -> list[str]:
    """``name = expression``."""
    line = f"{indent}{name} = {expression}"
    if len(line) <= WIDTH:
        return [line]
    return [f"{indent}{name} = (", f"{indent}    {expression}", f"{indent})"]


def table(name: str, entries: Sequence[Sequence[str]], indent: str) -> list[str]:
    """A tuple of entries that are lines, each ending in a comma: on one line where that fits."""
    if len(entries) == 1 and len(entries[0]) == 1:
        line = f"{indent}{name} = ({entries[0][0].strip()})"
        if len(line) <= WIDTH:
            return [line]
    lines = [line for entry in entries for line in entry]
    return [f"{indent}{name} = (", *lines, f"{indent})"]


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


def entry(key: str, text: str, indent: str) -> list[str]:
    """``key: "text",`` of a dictionary, broken into pieces where it is longer than a line."""
    line = f"{indent}{key}: {string(text)},"
    if len(line) <= WIDTH:
        return [line]
    # Escapes can double a piece; the width leaves room for a few of them.
    width = WIDTH - len(indent) - len(key) - 12
    pieces = textwrap.wrap(text, width, drop_whitespace=False, break_long_words=False)
    first, *rest = [string(piece) for piece in pieces]
    if not rest:
        return [line]
    inner = [f"{indent}{piece}" for piece in rest]
    return [f"{indent}{key}: {first}", *inner[:-1], f"{inner[-1]},"]


def assigned(name: str, expression: str, indent: str) -> list[str]:
    """``"name" / expression,`` as the formatter breaks it when it is longer than a line."""
    line = f"{indent}{string(name)} / {expression},"
    if len(line) <= WIDTH:
        return [line]
    broken = f"{indent}/ {expression},"
    if len(broken) <= WIDTH or not _is_call(expression):
        return [f"{indent}{string(name)}", broken]
    head, arguments = _split_call(expression)
    return [f"{indent}{string(name)}", *call(f"/ {head}", arguments, indent, ",")]


def _is_call(expression: str) -> bool:
    """Whether `expression` is one call with arguments, and not the sum of several parts."""
    if expression.endswith("()"):
        return False
    depth = 0
    for index, char in enumerate(expression):
        depth += (char == "(") - (char == ")")
        if char == ")" and depth == 0:
            return index == len(expression) - 1 and not expression.startswith("(")
    return False


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
