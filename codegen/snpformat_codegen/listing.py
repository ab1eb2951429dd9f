"""A resolved layout as a table for people."""

from __future__ import annotations

from collections.abc import Iterator

from .layout import StructLayout
from .places import ArrayLayout, Place


def listing(struct: StructLayout, version: int | None) -> Iterator[str]:
    """Offset, size, type and name of every place, in one version or with the versions of each."""
    shown = struct.places if version is None else struct.in_version(version)
    least, most = struct.sizes
    size = f"{least} bytes" if least == most else f"{least} to {most} bytes"
    what = f"{struct.name}, {size}, {struct.endian} endian"
    if version is not None:
        what += f", version {version}"
    elif struct.versions:
        what += f", versions {', '.join(map(str, struct.versions))}"
    yield what
    if struct.cite:
        yield f"[{struct.cite}]"
    yield ""
    rows = [("offset", "size", "type", "name", "")]
    rows += [_row(place, version is None) for place in shown]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [row[0].rjust(widths[0]), row[1].rjust(widths[1])]
        cells += [row[2].ljust(widths[2]), row[3].ljust(widths[3]), row[4]]
        yield "  ".join(cells).rstrip()


def _row(place: Place, with_versions: bool) -> tuple[str, str, str, str, str]:
    return (
        f"{place.offset:#05x}",
        f"{place.size:#x}",
        place.type_name if place.name else "",
        place.name or "(reserved)",
        "; ".join(remarks(place, with_versions)),
    )


def remarks(place: Place, with_versions: bool) -> Iterator[str]:
    """What is said of a place beside its type, in short."""
    if with_versions and place.since is not None:
        yield f"from version {place.since}"
    if with_versions and place.until is not None:
        yield f"before version {place.until}"
    if place.const is not None:
        yield f"always {place.const.hex() if isinstance(place.const, bytes) else hex(place.const)}"
    if place.array is not None:
        yield from _array_remarks(place.array)
    if place.minimum is not None:
        yield f"min {place.minimum}"
    if place.maximum is not None:
        yield f"max {place.maximum}"
    if place.when is not None:
        yield f"while {place.when[0]} is {place.when[1]:#x}"
    if place.view is not None:
        yield f"by {place.view.axis}: {', '.join(dict.fromkeys(_view_names(place)))}"
    if place.reads is not None:
        yield f"can be read as {place.reads.name}"
    if place.also:
        yield f"also {', '.join(name for name, _ in place.also)}"
    if place.secret:
        yield "secret"


def _array_remarks(array: ArrayLayout) -> Iterator[str]:
    yield f"{array.of.size:#x} each"
    if array.stop:
        yield "until one that is all zero" if array.stop == "zero" else "until the end of the bytes"
    if array.maximum is not None:
        yield f"at most {array.maximum}"


def _view_names(place: Place) -> Iterator[str]:
    assert place.view is not None
    for kind in place.view.choices.values():
        yield kind.name
