"""What one module can name, and how far what it names can be trusted.

A type whose own declaration contradicts itself has been reported; the structures that hold it are
then not blamed for its size.
"""

from __future__ import annotations

from collections.abc import Mapping

from .. import ir
from ..ir import size_in as size_in
from ..versioning import MAX_LAYOUTS, alike, in_version, versions_of

Types = Mapping[str, ir.Type]


def incomplete(program: ir.Program, module: ir.Module) -> bool:
    """Whether something that `module` could name may have been lost to an earlier mistake."""
    imported = [program.modules.get(wanted.value) for wanted in module.imports]
    return module.broken or any(other is None or other.broken for other in imported)


def kind_of(field: ir.Field, visible: Types) -> ir.Type | None:
    """The declared type of `field`; None for a number of the language, for bytes and if unknown."""
    return visible.get(field.type.value) if field.type else None


def held_by(field: ir.Field, visible: Types) -> ir.StructType | None:
    """The structure that `field` is, or that its elements are."""
    kind = visible.get(field.holds.value) if field.holds else None
    return kind if isinstance(kind, ir.StructType) else None


def doubtful(program: ir.Program) -> set[str]:
    """The types whose size does not agree with what they are made of."""
    found: set[str] = set()
    for module in program.modules.values():
        visible = program.visible_types(module)
        for kind in module.types():
            if isinstance(kind, ir.EnumType):
                wrong = any(value.number.value >> (8 * kind.size) for value in kind.values)
            elif isinstance(kind, ir.BitsType):
                ends = [bit.high + 1 for bit in kind.bits]
                wrong = not kind.broken and max(ends, default=0) != 8 * kind.size
            else:
                wrong = not kind.broken and kind.size.value not in _ends(module, kind, visible)
            if wrong:
                found.add(kind.name.value)
    return found | _circular(program)


def _ends(module: ir.Module, struct: ir.StructType, visible: Types) -> set[int]:
    """Where the fields end, version by version; the declared size when that cannot be known."""
    sizes = [size_in(field, visible) for field in struct.fields]
    if None in sizes:
        return {struct.size.value}
    if not any(field.since or field.until for field in struct.fields):
        return {furthest(struct, visible)}
    ends = set()
    for group in alike(struct, versions_of(module, struct))[:MAX_LAYOUTS]:
        ends.add(
            max(
                (
                    field.at.value + (size or 0)
                    for field, size in zip(struct.fields, sizes, strict=True)
                    if in_version(field, group[0])
                ),
                default=0,
            )
        )
    return ends


def furthest(struct: ir.StructType, visible: Types) -> int:
    """The end of the field that reaches furthest, in any version."""
    return max((f.at.value + (size_in(f, visible) or 0) for f in struct.fields), default=0)


def _circular(program: ir.Program) -> set[str]:
    """The structures that hold themselves, or one that does: those that have no size."""
    holds: dict[str, set[str]] = {}
    for module in program.modules.values():
        visible = program.visible_types(module)
        for struct in module.structs:
            kinds = [held_by(field, visible) for field in struct.fields]
            holds[struct.name.value] = {kind.name.value for kind in kinds if kind}
    holders: dict[str, list[str]] = {}
    for name, held in holds.items():
        for inner in held:
            holders.setdefault(inner, []).append(name)
    ready = [name for name, held in holds.items() if not held]
    while ready:
        name = ready.pop()
        for outer in holders.get(name, ()):
            holds[outer].discard(name)
            if not holds[outer]:
                ready.append(outer)
        del holds[name]
    return set(holds)
