"""Layouts -> Hypothesis strategies: typed functions, four a structure, over the engine in draw.py.

The functions only say what there is: names, versions and types for editors and mypy. What they
draw follows from the field tables of the records.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..layout import ModuleLayout, StructLayout
from .text import call, docstring, paragraphs

FOLDER = "testing"
# The types that the generated module names.
TAKEN = frozenset(["bytes", "int", "object"])


def emit(modules: tuple[ModuleLayout, ...]) -> Iterator[tuple[str, str]]:
    """The module with the strategies of every structure. The package around it is its owner's."""
    structs = sorted((s for module in modules for s in module.structs), key=lambda s: s.name)
    if structs:
        yield f"{FOLDER}/strategies.py", "\n".join(_module(structs)) + "\n"


def _module(structs: list[StructLayout]) -> Iterator[str]:
    yield from paragraphs(
        [
            "Hypothesis strategies of every structure: values, valid bytes, any bytes, and nearly"
            " valid ones.",
            "Generated; change the specs and run `snpformat-codegen generate`.",
            "Each shrinks to the all-default record, or to its bytes; nearly valid ones to these"
            " bytes with their first constraint broken.",
        ],
        "",
    )
    yield ""
    yield "from __future__ import annotations"
    yield ""
    yield "from hypothesis.strategies import SearchStrategy"
    yield ""
    yield "from snpformat.testing import draw as _draw"
    yield "from snpformat.testing.edges import NearValid"
    yield ""
    yield "from .. import formats as _formats"
    taken = set(TAKEN | {struct.name for struct in structs})
    for struct in structs:
        yield from _functions(struct, taken)


def _functions(struct: StructLayout, taken: set[str]) -> Iterator[str]:
    """The four strategies of `struct`; `taken` are names of functions that cannot be used again."""
    name, cls = struct.name, f"_formats.{struct.class_name}"
    version = struct.version_place.name if struct.version_place else None
    parameter = [f"{version}: int | None = None"] if version else []
    chosen = version or "None"
    which = (
        f", of one of the versions {_list(struct.versions)} or of `{version}`" if version else ""
    )
    rest = "others" if version == "fields" else "fields"
    yield from _function(
        f"{name}_" if name in TAKEN else name,
        [*parameter, f"**{rest}: object"],
        cls,
        f"Records of {name}{which}. `{rest}` are values or strategies for some fields.",
        f"_draw.records({cls}, {chosen}, {rest})",
    )
    own = [cls, version] if version else [cls]
    yield from _function(
        _free(f"{name}_bytes", taken),
        parameter,
        "bytes",
        f"The {_size(struct)} bytes of {name}{which}: whatever `parse` accepts.",
        f"_draw.valid_bytes({', '.join(own)})",
    )
    yield from _function(
        _free(f"{name}_any_bytes", taken),
        [],
        "bytes",
        f"Bytes of any length around the {_size(struct)} of {name}, valid or not.",
        f"_draw.any_bytes({cls})",
    )
    yield from _function(
        _free(f"{name}_near_valid", taken),
        parameter,
        "NearValid",
        f"Bytes of {name}{which}, with one constraint broken, and the FormatError to expect.",
        f"_draw.near_valid({', '.join(own)})",
    )


def _size(struct: StructLayout) -> str:
    least, most = struct.sizes
    return str(struct.size) if least == most else f"{least} to {most}"


def _function(
    name: str, parameters: list[str], drawn: str, doc: str, expression: str
) -> Iterator[str]:
    yield ""
    yield ""
    yield from call(f"def {name}", parameters, "", f" -> SearchStrategy[{drawn}]:")
    yield from docstring(doc, "    ")
    head, _, arguments = expression.partition("(")
    yield from call(f"return {head}", arguments[:-1].split(", "), "    ")


def _free(name: str, taken: set[str]) -> str:
    """`name`, unless something has it: then with as many `_` as it takes."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _list(versions: tuple[int, ...]) -> str:
    return ", ".join(map(str, versions))
