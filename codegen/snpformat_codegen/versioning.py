"""Versions and gates: which fields a structure has in which version."""

from __future__ import annotations

from . import ir


def versions_of(module: ir.Module, struct: ir.StructType) -> tuple[int | None, ...]:
    """The known versions of `struct`, ascending; (None,) when it has only one form."""
    axis = module.axis(struct.axis.value) if struct.axis else None
    if axis is None:
        return (None,)
    known = sorted({value.value for value in axis.known if isinstance(value.value, int)})
    return tuple(known) or (None,)


def in_version(field: ir.Field, version: int | None) -> bool:
    """Whether `field` is there in `version`; `until` is exclusive."""
    if version is None:
        return True
    return (field.since is None or field.since.value <= version) and (
        field.until is None or version < field.until.value
    )
