"""Versions and gates: which fields a structure has in which version."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from . import ir

MAX_LAYOUTS = 64  # of one structure; each is tiled on its own


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


def in_some_version(field: ir.Field, versions: Sequence[int]) -> bool:
    """Whether `field` is there in one of `versions`, which ascend."""
    first = bisect_left(versions, field.since.value) if field.since else 0
    return first < len(versions) and in_version(field, versions[first])


def alike(struct: ir.StructType, versions: Sequence[int | None]) -> list[list[int | None]]:
    """`versions` in groups that have the same fields: between two gates nothing changes."""
    gates = sorted({gate.value for f in struct.fields for gate in (f.since, f.until) if gate})
    groups: dict[int, list[int | None]] = {}
    for version in versions:
        groups.setdefault(bisect_right(gates, -1 if version is None else version), []).append(
            version
        )
    return list(groups.values())
