"""The edges of every format as data files, which an implementation in any language can run.

``python -m snpformat.testing.vectors DIR`` writes a file for each structure, and one of sealed
messages (``messages``). Those of structures follow from the field tables alone, in order and
without chance, so the same specs give the same bytes. The README beside them says how to read them;
tests run them against typed records and plain construct.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from snpformat import catalog
from snpformat.fields import Field, nested
from snpformat.record import Record

from . import messages
from .edges import Edge, edges, samples

Case = dict[str, Any]


def texts() -> dict[str, str]:
    """The files by name."""
    found = {f"{name}.json": _text(cls) for name, cls in catalog.structures().items()}
    return found | {"messages.json": messages.text()}


def _text(cls: type[Record]) -> str:
    """One file: its head, and a case a line."""
    head = {"format": cls.NAME, "size": cls.SIZE, "versions": cls.VERSIONS, "cite": cls.CITE}
    lines = [json.dumps(case) for case in _cases(cls)]
    start = json.dumps(head, indent=1)[:-2]
    return f'{start},\n "cases": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"


def _cases(cls: type[Record]) -> Iterator[Case]:
    seen: set[str] = set()
    for version in cls.VERSIONS or (None,):
        for name, base in samples(cls, version):
            yield from _cases_of(base, name, seen)


def _cases_of(base: Record, name: str, seen: set[str]) -> Iterator[Case]:
    """`base`, its boundaries, and its constraints broken but for those that were `seen`."""
    cls = type(base)
    accepted = {base.build()}
    yield {
        "name": name,
        "bytes": patches(base.build()),
        **_length(cls, base.build()),
        "decoded": _plain(base),
    }
    for what, raw in _boundaries(base):
        if raw in accepted:
            continue
        accepted.add(raw)
        changed = cls.parse(raw)
        yield {
            "name": f"{what}, of {name}",
            "bytes": patches(raw),
            **_length(cls, raw),
            "like": name,
            **_difference(_plain(base), _plain(changed)),
        }
    for edge in edges(base):
        for way in _ways(edge):
            case = _refused(edge, way, name)
            key = json.dumps([case["bytes"], case["length"], case.get("reserved")])
            if key not in seen:  # versions share most of their fixed bytes
                yield case
            seen.add(key)


def _length(cls: type[Record], raw: bytes) -> Case:
    return {} if len(raw) == cls.SIZE else {"length": len(raw)}


def _refused(edge: Edge, way: int, base: str) -> Case:
    near = edge.broken(way)
    mode = {"reserved": "reject"} if near.reserved == "reject" else {}
    if edge.rule in ("short", "long"):
        what = str(len(near.data))
    else:
        what = f"{edge.name or hex(edge.offset)} {'last' if way else 'first'}"
    return {
        "name": f"{near.rule} {what}, of {base}",
        "bytes": patches(near.data),
        "length": len(near.data),
        **mode,
        "error": {
            "structure": near.structure,
            "field": near.field,
            "offset": near.offset,
            "value": _value(near.value),
        },
    }


def _ways(edge: Edge) -> list[int]:
    """The ways worth publishing: the first and the last, and of lengths where fields begin."""
    last = edge.ways - 1
    if edge.rule == "short":
        layout = [*edge.record.layout()]
        begins = {field.offset for field, _ in layout}
        begins |= {
            place.offset
            for field, here in layout
            if here and field.elastic
            for place, _ in nested(edge.record, field)
        }
        lengths = [edge.broken(way).value for way in range(edge.ways)]
        wanted = begins | {begin - 1 for begin in begins if begin} | {lengths[last]}
        return [way for way, length in enumerate(lengths) if length in wanted]
    return [0, last] if last else [0]


def _value(value: object) -> object:
    """A value as JSON: numbers that JavaScript would round in hexadecimal, bytes likewise."""
    if isinstance(value, bytes):
        return value.hex()
    return hex(value) if isinstance(value, int) and value >> 32 else value


def patches(raw: bytes) -> list[list[Any]]:
    """`raw` as [offset, hexadecimal] of what is not zero; runs of 8 zeros and more are left out."""
    found: list[list[Any]] = []
    start = 0
    while start < len(raw):
        if raw[start] == 0:
            start += 1
            continue
        end = raw.find(bytes(8), start)
        end = len(raw) if end < 0 else end
        found.append([start, raw[start:end].rstrip(b"\0").hex()])
        start = end
    return found


def _boundaries(record: Record) -> Iterator[tuple[str, bytes]]:
    """Every field at its least and most, and every part of one flipped."""
    for what, offset, own in _extremes(record):
        raw = record.build()
        yield what, raw[:offset] + own + raw[offset + len(own) :]


def _extremes(record: Record, base: int = 0, prefix: str = "") -> Iterator[tuple[str, int, bytes]]:
    """What is changed, where, and the bytes to put there."""
    for field, here in record.layout():
        name = f"{prefix}{field.name or hex(base + field.offset)}"
        at = base + field.offset
        if here and field.kind in ("record", "array"):
            inner = [*nested(record, field)]
            for place, part in [inner[0], inner[-1]][: len(inner)] if inner else []:
                yield from _extremes(part, base + place.offset, f"{prefix}{place.name}.")
        elif here and field.name == record.FIELDS[-1].count:
            pass  # the number of elements, which cannot change alone
        elif here and field.kind == "uint":
            if field.name == record.VERSION_FIELD:
                # The outermost version has cases of its own.
                numbers = [(str(known), known) for known in record.VERSIONS if prefix]
            else:
                numbers = [*_numbers(record, field)]
            for what, number in numbers:
                yield f"{name} {what}", at, field.to_bytes(number)
        elif field.const is None:
            yield f"{name} ones", at, b"\xff" * field.size if here else b"\xff"
            yield f"{name} last", at + field.size - 1, b"\x01"


def _numbers(record: Record, field: Field) -> Iterator[tuple[str, int]]:
    if field.const is not None:
        return
    if field.enum is not None:
        yield from ((name, number) for number, name in field.enum.NAMES.items())
        if field.enum.CLOSED:
            return
    yield "zero", 0
    for what, limit in (("least", field.minimum), ("most", field.maximum)):
        if limit is not None:
            yield what, limit
    yield "ones", (1 << 8 * field.size) - 1
    if field.bits is not None:
        default = int(record[field.name or ""])
        for bit in field.bits.BITS:
            yield f"{bit.name or f'bits {bit.low}..{bit.high}'} flipped", default ^ bit.mask
    elif field.size > 1:  # shows the order of bytes
        yield "byte order", field.number(bytes(range(1, field.size + 1)))


def _plain(record: Record) -> dict[str, Any]:
    return record.to_dict(show_secrets=True)


def _difference(base: dict[str, Any], changed: dict[str, Any]) -> Case:
    """What has another value, by dotted path, and what is gone."""
    values: dict[str, Any] = {}
    gone: list[str] = []
    _compare(base, changed, "", values, gone)
    return {"changes": values, **({"absent": gone} if gone else {})}


def _compare(
    base: dict[str, Any], changed: dict[str, Any], at: str, values: dict[str, Any], gone: list[str]
) -> None:
    gone += [f"{at}{key}" for key in base if key not in changed]
    for key, value in changed.items():
        old = base.get(key)
        if old == value:
            continue
        if isinstance(old, list) and isinstance(value, list) and len(old) == len(value):
            for index, (before, after) in enumerate(zip(old, value, strict=True)):
                _compare(before, after, f"{at}{key}.{index}.", values, gone)
        elif isinstance(old, dict) and isinstance(value, dict) and "format" in value:
            _compare(old, value, f"{at}{key}.", values, gone)
        else:
            values[f"{at}{key}"] = value


def main(argv: Sequence[str]) -> int:
    """Write the files into the folder that `argv` names, where they differ."""
    if len(argv) != 1:
        print("usage: python -m snpformat.testing.vectors DIR", file=sys.stderr)
        return 2
    folder = Path(argv[0])
    folder.mkdir(exist_ok=True)
    wanted = texts()
    for path in folder.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != text.encode():
            path.write_bytes(text.encode())
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
