"""What is checked of one random spec: the generated code against the oracle, face by face."""

from __future__ import annotations

import importlib
import json
import pickle
from collections.abc import Callable, Iterator
from random import Random
from types import ModuleType
from typing import Any

import pytest
from construct import ConstructError  # type: ignore[import-untyped, unused-ignore]
from snpformat_codegen import layout
from snpformat_codegen.naming import class_name
from spec_data import PRODUCTS, SpecSet, is_elastic
from spec_oracle import Oracle, Part

from snpformat import FormatError
from snpformat.arrays import sizes_of
from snpformat.record import Record, VariableRecord


class Generated:
    """A spec, its imported packages, and what it means."""

    def __init__(self, spec: SpecSet, package: str, modules: tuple[layout.ModuleLayout, ...]):
        self.spec = spec
        self.oracle = Oracle(spec)
        self.modules = modules
        self.formats: ModuleType = importlib.import_module(f"{package}.formats")
        self.constructs: ModuleType = importlib.import_module(f"{package}.constructs")

    def record(self, struct: str) -> type[Record]:
        found: type[Record] = getattr(self.formats, self.formats.STRUCTURES[struct])
        return found

    def declaration(self, struct: str) -> Any:
        return getattr(self.constructs, class_name(struct))

    def forms(self) -> Iterator[tuple[str, int | None]]:
        for struct in self.oracle.structs:
            for version in self.oracle.versions(struct):
                yield struct, version


def check_tables(made: Generated) -> None:
    """The tables that classes carry say what the spec says, and each version is tiled."""
    assert set(dir(made.formats)) == set(made.formats.__all__)
    assert set(made.formats.STRUCTURES) == set(made.oracle.structs)
    for made_of in (laid_out for module in made.modules for laid_out in module.structs):
        ends = [0, *(cell.end for cell in made_of.cells)]
        assert [cell.offset for cell in made_of.cells] == ends[:-1]
        assert ends[-1] == made_of.size
    for struct, version in made.forms():
        cls, data = made.record(struct), made.oracle.structs[struct]
        parts = made.oracle.parts(struct, version)
        fields = [field for field in cls.FIELDS if field.in_version(version)]
        assert [(f.offset, f.size, f.name, f.const) for f in fields] == [
            (p.start, p.size, p.name, p.const) for p in parts
        ]
        assert [0, *(field.end for field in fields)] == [*(f.offset for f in fields), cls.SIZE]
        for field, part in zip(fields, parts, strict=True):
            assert field.doc == one_line(part.entry.get("doc", ""))
            cite = part.entry.get("cite") or (data.get("cite", "") if field.name else "")
            assert field.cite == one_line(cite)
            assert field.abi == part.entry.get("abi", "")
            assert field.secret == part.entry.get("secret", False)
        words = [
            one_line(text).replace(" ", "") for text in (data.get("doc", ""), cls.__doc__ or "")
        ]
        assert words[0] in words[1]
        assert {name: f"{low:#x}..{high:#x}" for name, (low, high) in cls.SPANS.items()} == (
            data.get("spans", {})
        )
        assert list(cls.VERSIONS or [None]) == made.oracle.versions(struct)
    for name, enum in made.oracle.enums.items():
        known = {
            number: value if isinstance(value, str) else value["name"]
            for number, value in enum["values"].items()
        }
        cls = getattr(made.formats, class_name(name))
        assert known == cls.NAMES
        docs = {n: one_line(v.get("doc", "")) for n, v in enum["values"].items() if known[n] != v}
        assert {number: doc for number, doc in docs.items() if doc} == cls.DOCS
        assert {value: getattr(cls, word.upper()) for value, word in known.items()} == {
            value: value for value in known
        }


def one_line(text: str) -> str:
    return " ".join(text.split())


def default(made: Generated, struct: str, version: int | None) -> Record:
    cls = made.record(struct)
    return cls() if version is None else cls(**{cls.VERSION_FIELD or "": version})


def check_default(made: Generated, struct: str, version: int | None) -> None:
    record = default(made, struct, version)
    raw = record.build()
    assert made.record(struct).parse(raw) == record
    assert record.layout_version == version
    check_values(made, struct, raw)
    for part in made.oracle.parts(struct, version):
        given = part.entry.get("default")
        if part.kind == "uint" and given is not None and record[part.name or ""] is not None:
            assert record[part.name or ""] == made.oracle.value_of(given, part.entry["type"])
        elif part.kind == "bytes" and given is not None and record[part.name or ""] is not None:
            assert record[part.name or ""].hex() == given


def check_values(made: Generated, struct: str, raw: bytes) -> None:
    """The record and the container read what the oracle reads, and give the bytes back."""
    record = made.record(struct).parse(raw)
    container = made.declaration(struct).parse(raw)
    expected = made.oracle.read(struct, raw)
    assert_reads(made, struct, record, expected)
    assert_same(made, struct, container, raw)
    assert record.build() == raw
    assert made.declaration(struct).build(container) == raw
    for name, (low, high) in record.SPANS.items():
        assert record.span(name) == raw[low:high]


def assert_reads(made: Generated, struct: str, record: Record, expected: dict[str, Any]) -> None:
    for part in made.oracle.all_parts(struct):
        if part.name is None:
            continue
        value, wanted = record[part.name], expected[part.name]
        if part.kind == "record" and wanted is not None:
            assert_reads(made, part.entry["type"], value, wanted)
            continue
        if part.kind == "array":
            assert type(value) is tuple
            for element, inner in zip(value, wanted, strict=True):
                assert_reads(made, part.entry["of"], element, inner)
            continue
        assert value == wanted, part.name
        if part.entry.get("type") in made.oracle.bits and value is not None:
            assert_bits(made, value, part.entry["type"])
        if "view" in part.entry:
            check_view(record, part.name, part.entry["view"])
        for name, of in part.entry.get("also", {}).items():
            own = value if of == "all" or value is None else getattr(value, of)
            assert (getattr(record, name), record[name]) == (own, own), name
        if "reads" in part.entry and value is not None:
            check_reading(made, record, part.name, part.entry["reads"])
    cases = made.oracle.structs[struct].get("infer", {}).get("product")
    if cases:
        assert record.axis_value("product") == inferred(cases, expected)


def assert_bits(made: Generated, value: Any, kind: str) -> None:
    assert type(value) is getattr(made.formats, class_name(kind))
    for name, wanted in made.oracle.read_bits(kind, int(value)):
        if not name.startswith("reserved_"):
            assert getattr(value, name) == wanted, name


def check_reading(made: Generated, record: Record, name: str, struct: str) -> None:
    try:
        wanted = made.record(struct).parse(record[name])
    except FormatError:
        with pytest.raises(FormatError):
            getattr(record, f"{name}_view")()
    else:
        assert getattr(record, f"{name}_view")() == wanted


def check_ioctls(made: Generated) -> None:
    """Every command, by its own arithmetic."""
    for name, data in made.spec.named("ioctls").items():
        found = getattr(importlib.import_module(f"{made.formats.__name__}.ioctls"), name.upper())
        direction = ["none", "write", "read", "readwrite"].index(data["dir"])
        size = made.record(data["arg"]).SIZE
        wanted = ((direction * 2**14 + size) * 2**8 + ord(data["type"])) * 2**8 + data["nr"]
        assert found.command == wanted
        assert found.argument is made.record(data["arg"])
        records = [made.record(data[key]) if key in data else None for key in ("req", "rsp")]
        assert [found.request, found.response] == records


def check_view(record: Record, name: str, view: dict[str, str]) -> None:
    told = record.axis_value("product")
    for product in (None, *PRODUCTS):
        chosen = told or product
        kind = view.get(chosen, view.get("else")) if chosen else None
        seen = getattr(record, f"{name}_view")(product)
        if kind is None or record[name] is None:
            assert seen is None
        else:
            assert (type(seen).NAME, int(seen)) == (kind, record[name])
    with pytest.raises(ValueError, match="unknown product"):
        getattr(record, f"{name}_view")("rome")


def inferred(cases: list[dict[str, Any]], expected: dict[str, Any]) -> str | None:
    fields = {name for case in cases for name in case if name != "is"}
    if any(expected[name] is None for name in fields):
        return None
    for case in cases:
        ranges = {n: str(range_).split("..") for n, range_ in case.items() if n != "is"}
        if all(int(r[0]) <= expected[n] <= int(r[-1]) for n, r in ranges.items()):
            return str(case["is"])
    return None


def assert_same(made: Generated, struct: str, container: Any, raw: bytes) -> None:
    """A construct container against the oracle."""
    version = made.oracle.version_of(struct, raw)
    parts = made.oracle.parts(struct, version)
    for part in made.oracle.all_parts(struct):
        if part.name and part not in parts:
            assert container[part.name] is None, part.name
    for part in parts:
        own = raw[part.start : part.end]
        if part.name is None:
            assert reserved_at(container, part) == [own]
        elif not made.oracle.is_there(struct, raw, version, part) or part.kind == "bytes":
            assert container[part.name] == own, part.name
        elif part.kind == "record":
            assert_same(made, part.entry["type"], container[part.name], own)
        elif part.kind == "array":
            elements = made.oracle.elements(raw, part)
            end = [bytes(made.oracle.element_size(part.entry))] * (len(container[part.name]))
            assert container[part.name][len(elements) :] == end[len(elements) :]
            for element, inner in zip(elements, container[part.name], strict=False):
                assert_same(made, part.entry["of"], inner, element)
        elif part.entry["type"] in made.oracle.bits and part.const is None:
            number = made.oracle.number(struct, raw, part)
            for bit, value in made.oracle.read_bits(part.entry["type"], number):
                assert int(container[part.name][bit]) == value, f"{part.name}.{bit}"
        else:
            assert int(container[part.name]) == made.oracle.number(struct, raw, part), part.name


def reserved_at(container: Any, part: Part) -> list[bytes]:
    """What a container has for reserved space; its name ends in a version where others differ."""
    name = f"reserved_{part.start:x}"
    found = [container.get(name), container.get(f"{name}_v{part.entry.get('since')}")]
    return [value for value in found if value is not None]


def check_copies(made: Generated, struct: str, raw: bytes) -> None:
    """JSON, pickling and `replace` without changes keep every byte."""
    cls = made.record(struct)
    record = cls.parse(raw)
    plain = json.loads(json.dumps(record.to_dict(show_secrets=True)))
    assert cls.from_dict(plain) == record
    assert cls.from_dict(record.to_dict(show_secrets=True, axes={"product": "milan"})) == record
    assert pickle.loads(pickle.dumps(record)) == record
    assert record.replace() == record
    assert hash(record) == hash(cls.parse(bytearray(raw)))
    assert repr(record).startswith(cls.__name__ + "(")
    for part in made.oracle.all_parts(struct):
        if part.entry.get("secret") and record[part.name or ""] is not None:
            assert record.to_dict()[part.name or ""] == "<secret>"
            assert f"{part.name}=<secret>" in repr(record)


def check_reserved(made: Generated, struct: str, raw: bytes) -> None:
    """Reserved bytes and bits are kept, or dropped, or make `reject` refuse."""
    cls = made.record(struct)
    settled = made.oracle.settled(struct, raw)
    assert cls.parse(raw, reserved="keep").build() == raw
    assert cls.parse(raw, reserved="drop").build() == settled
    assert cls.parse(settled, reserved="reject").build() == settled
    if raw != settled:
        with pytest.raises(FormatError):
            cls.parse(raw, reserved="reject")


def check_constructor(made: Generated, struct: str, raw: bytes) -> None:
    """The constructor makes the same record of its fields, if it may; reserved bytes are zero."""
    cls = made.record(struct)
    record = cls.parse(raw)
    parts = made.oracle.parts(struct, record.layout_version)
    given = {
        part.name: record[part.name]
        for part in parts
        if part.name and part.const is None and record[part.name] is not None
    }
    given.pop(made.oracle.counting(struct) or "", None)
    if not made.oracle.buildable(struct, raw):
        with pytest.raises(FormatError, match=r"less than|more than"):
            cls(**given)
        return
    built = cls(**given)
    expected = bytearray(raw)
    for part in parts:
        if not made.oracle.is_there(struct, raw, record.layout_version, part):
            expected[part.start : part.end] = bytes(part.size)
    assert built.build() == bytes(expected)
    assert cls.parse(bytes(expected)) == built
    assert cls.from_dict(built.to_dict(show_secrets=True)) == built
    for part in made.oracle.all_parts(struct):
        if part.name == made.oracle.counting(struct):
            continue
        if part.name and part.name not in given and part.const is None:
            value = made.record(part.entry["type"])() if part.kind == "record" else 1
            with pytest.raises(FormatError, match="is given, but"):
                cls(**given, **{part.name: value})


def check_refusals(made: Generated, struct: str, raw: bytes, random: Random) -> None:
    """Both faces accept, or both refuse, whatever is changed."""
    spoilt = bytearray(raw)
    for _ in range(random.randint(1, 3) if raw else 0):
        spoilt[random.randrange(len(raw))] = random.choice([0, 1, 0xFF, random.randrange(256)])
    for data in (bytes(spoilt), bytes(len(raw)), random.randbytes(len(raw))):
        cls = made.record(struct)
        # construct reads from the start, and sees no end
        parse: Callable[[bytes], object] = cls.parse
        if issubclass(cls, VariableRecord):
            parse = cls.parse_prefix
        taken = accepts(parse, data)
        assert taken == accepts(made.declaration(struct).parse, data), data.hex()


def accepts(parse: Callable[[bytes], object], raw: bytes) -> bool:
    try:
        parse(raw)
    except (FormatError, ConstructError):
        return False
    return True


def check_lengths(made: Generated, struct: str, raw: bytes) -> None:
    """A buffer that ends anywhere too early is refused by both; one too long by the record."""
    assert accepts(made.declaration(struct).parse, raw)
    cls = made.record(struct)
    # An array that ends with the bytes is a whole one wherever an element ends.
    whole = sizes_of(cls) if cls.FIELDS[-1].stop == "end" else range(0)
    for length in range(len(raw)):
        assert accepts(cls.parse, raw[:length]) == (length in whole), length
        assert accepts(made.declaration(struct).parse, raw[:length]) == (length in whole), length
    if len(raw) + 1 not in whole:
        assert not accepts(cls.parse, raw + b"\0")


def check_changes(made: Generated, struct: str, version: int | None, random: Random) -> None:
    """`replace` changes the bytes of a field and no others."""
    cls = made.record(struct)
    first, second = (made.oracle.valid(struct, version, random, True) for _ in range(2))
    record, other = cls.parse(first), cls.parse(second)
    deciding = {name for f in cls.FIELDS if f.when for name in f.when[:1]} | {cls.VERSION_FIELD}
    deciding.add(made.oracle.counting(struct))
    for part in made.oracle.parts(struct, version):
        name = part.name
        if name is None or name in deciding or record[name] is None or other[name] is None:
            continue
        changed = record.replace(**{name: other[name]})
        end = None if is_elastic(part.entry) else part.end
        expected = (
            first[: part.start]
            + second[part.start : end]
            + first[len(first) if end is None else end :]
        )
        assert changed.build() == made.oracle.counted(struct, expected), name
    for another in made.oracle.versions(struct):
        if another != version and cls.VERSION_FIELD and not fixed_fields(made, struct):
            moved = record.replace(**{cls.VERSION_FIELD: another})
            assert moved.layout_version == another


def fixed_fields(made: Generated, struct: str) -> bool:
    """Whether a field that does not take any bytes is not always there."""
    return any(
        field.const is not None or (field.enum and field.enum.CLOSED) or field.record
        for field in made.record(struct).FIELDS
        if (field.since, field.until, field.when) != (None, None, None)
    )


def check_unknown_version(
    made: Generated, struct: str, version: int | None, random: Random
) -> None:
    """An unknown version is refused by both; the record takes one that is assumed."""
    cls = made.record(struct)
    if cls.VERSION_FIELD is None or version is None:
        return
    field = cls.field(cls.VERSION_FIELD)
    unknown = next(n for n in range(256) if n not in cls.VERSIONS)
    known = made.oracle.valid(struct, version, random)
    raw = known[: field.offset] + field.to_bytes(unknown) + known[field.end :]
    assert not accepts(cls.parse, raw)
    assert not accepts(made.declaration(struct).parse, raw)
    if any(f.when and f.when[0] == cls.VERSION_FIELD for f in cls.FIELDS):
        return  # what is there depends on the number too, not on the layout alone
    record = cls.parse(raw, assume_version=version)
    assert (record.layout_version, record[cls.VERSION_FIELD]) == (version, unknown)
    assert record.build() == raw
    assert pickle.loads(pickle.dumps(record)) == record
    assert cls.from_dict(record.to_dict(show_secrets=True)) == record
