"""The packages around the generated modules: they load a module when a name of it is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .text import WIDTH, paragraphs, string

# The end of such a package.
_LAZY = (
    "def __getattr__(name: str) -> object:",
    "    if name not in _HOMES:",
    '        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")',
    '    value: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)',
    "    globals()[name] = value",
    "    return value",
    "",
    "",
    "def __dir__() -> list[str]:",
    "    return sorted(__all__)",
)


def lazy_package(
    summary: str,
    homes: dict[str, str],
    *,
    imports: Sequence[str] = (),
    tables: Sequence[str] = (),
    offered: Iterable[str] = (),
) -> str:
    """The text of an ``__init__.py`` that offers the classes of `homes` (name -> module).

    `imports` and `tables` are lines of its own, and `offered` the names that they define.
    """
    lines = paragraphs(
        [summary, "Generated; change the specs and run `snpformat-codegen generate`."], ""
    )
    lines += ["", "from importlib import import_module", ""]
    if imports:
        lines += [*imports, ""]
    if homes:
        lines += ["TYPE_CHECKING = False", "if TYPE_CHECKING:"]
    for home in sorted(set(homes.values()), key=_natural):
        names = in_order(name for name in homes if homes[name] == home)
        lines += import_from(f".{home}", [f"{name} as {name}" for name in names], "    ")
    lines += ["", *tables]
    lines += dictionary("_HOMES", [(name, homes[name]) for name in sorted(homes)])
    lines += ["", "__all__ = ["]
    everything = sorted([*homes, *offered], key=lambda name: (_rank(name), _natural(name)))
    lines += [f"    {string(name)}," for name in everything]
    lines += ["]", "", ""]
    return "\n".join([*lines, *_LAZY]) + "\n"


def dictionary(name: str, items: Iterable[tuple[str, str]]) -> list[str]:
    """A table of strings by strings."""
    lines = [f"    {string(key)}: {string(value)}," for key, value in items]
    return [f"{name} = {{", *lines, "}"] if lines else [f"{name}: dict[str, str] = {{}}"]


def import_from(home: str, names: Sequence[str], indent: str = "") -> list[str]:
    """An import statement as lines."""
    line = f"{indent}from {home} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return [line]
    inner = [f"{indent}    {name}," for name in names]
    return [f"{indent}from {home} import (", *inner, f"{indent})"]


def in_order(names: Iterable[str]) -> list[str]:
    """Names as an import statement has them: constants first, capitals like small letters."""
    return sorted(names, key=lambda name: (_rank(name), _natural(name.lower()), _natural(name)))


def _rank(name: str) -> int:
    """Constants stand before classes; a single capital is a class."""
    return 0 if name.isupper() and len(name) > 1 else 1


def _natural(name: str) -> list[str | int]:
    """Sorts numbers in names as numbers."""
    return [int(part) if part.isdigit() else part for part in re.split(r"([0-9]+)", name)]
