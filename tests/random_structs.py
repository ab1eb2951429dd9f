"""Random structures, for random_specs.py: segments of fields, and the options of each field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from snpformat_codegen.passes.names import TAKEN_IN_RECORDS
from spec_data import INTEGERS, PRODUCTS, Data, Plain, is_elastic, size_of

if TYPE_CHECKING:
    from random_specs import Maker

# What `parse` calls its own variables: a nested record may be called so too.
NESTED = ["data", "values", "version", "assume_version"]
TAKEN_FIELDS = {*TAKEN_IN_RECORDS, "wire", "locals", "layout", "product"}


@dataclass
class _Piece:
    """A field that is being made, with its size."""

    entry: Data
    size: int


class StructMaker:
    """Draws a structure from segments. A segment has one field, or another cut for each version."""

    def __init__(self, maker: Maker, name: str) -> None:
        self.maker = maker
        self.flip, self.pick, self.count = maker.flip, maker.pick, maker.count
        self.name = name
        self.used: set[str] = set()
        self.at = 0
        self.pieces: list[_Piece] = []
        self.versions: list[int] = []
        self.infers = self.flip(3)
        self.counting: Data | None = None  # the field that tells the number of elements

    def make(self) -> Data:
        if self.flip():
            choices = st.sampled_from([0, 1, 2, 3, 5, 8, 200])
            self.versions = self.maker.draw(st.lists(choices, min_size=1, max_size=4, unique=True))
        array = {} if self.versions else self.elastic()
        segments = self.count(0 if array and "count" not in array else 1, 6)
        version_at = self.count(0, segments) if self.versions else None
        count_at = self.count(0, segments) if "count" in array else None
        made: Data = {}
        for number in range(segments + 1):
            if number == version_at:
                made["axis"] = self.version_field()
            elif number == count_at:
                self.count_field(array)
            elif number < segments or not (self.pieces or array):
                self.segment()
        if array:
            self.place(array, 0)
        self.options()
        made = {"size": self.at, **made, "fields": [piece.entry for piece in self.pieces]}
        if self.at and self.flip(3):
            low = self.count(0, self.at - 1)
            span = Plain(f"{low:#x}..{self.count(low + 1, self.at):#x}")
            made["spans"] = {self.field_name(): span}
        if self.infers:
            made |= self.inference()
        return made | self.maker.prose()

    def field_name(self, words: list[str] | None = None) -> str:
        # The views of a field and the axis that is told are members of the class too.
        taken = set(TAKEN_FIELDS)
        while True:
            found = self.maker.name(self.used, taken, str, words)
            if f"{found}_view" in self.used or found.removesuffix("_view") in self.used:
                taken.add(found)
                continue
            self.used.add(found)
            return found

    def elastic(self) -> Data:
        """Sometimes, an array of no fixed size; the name of its count is given later."""
        kinds = self.maker.elements()
        if not kinds or not self.flip(3):
            return {}
        made: Data = {"name": self.field_name(), "of": self.pick(kinds)}
        end: Data = self.pick([{"count": ""}, {"until": "zero"}, {"until": "end"}])
        return made | end | {"max": self.pick([1, 2, 3, 64, 255])}

    def count_field(self, array: Data) -> None:
        chosen = self.pick(INTEGERS)
        self.place({"name": self.field_name(), "type": chosen}, INTEGERS[chosen])
        self.counting = self.pieces[-1].entry
        array["count"] = self.counting["name"]

    def version_field(self) -> str:
        wide = [n for n, size in INTEGERS.items() if max(self.versions) >> (8 * size) == 0]
        entry = {"name": self.field_name(), "type": self.pick(wide)}
        self.place(entry, INTEGERS[entry["type"]])
        axis: str = "layout_of_" + self.name[:40]
        field = f"{self.name}.{entry['name']}"
        self.maker.data["axes"][axis] = {"field": field, "known": self.versions}
        return axis

    def place(self, entry: Data, size: int, at: int | None = None) -> None:
        place = {"at": self.at if at is None else at}
        self.pieces.append(_Piece(place | entry | self.maker.prose(), size))
        self.at = max(self.at, place["at"] + size)

    def segment(self) -> None:
        if len(self.versions) < 2 or self.flip():
            self.place(*self.part(40))
            return
        start, size = self.at, self.pick([1, 2, 4, 8, 8, 12, 24])
        known = sorted(self.versions)
        cuts = sorted(v for v in known[1:] if self.flip()) or [known[-1]]
        for since, until in zip([None, *cuts], [*cuts, None], strict=True):
            gates = {"since": since, "until": until}
            at = start
            while at < start + size:
                entry, own = self.part(start + size - at, gated=True)
                entry |= {key: gate for key, gate in gates.items() if gate is not None}
                self.place(entry, own, at)
                at += own

    def part(self, room: int, gated: bool = False) -> tuple[Data, int]:
        """A field of at most `room` bytes, without its options."""
        types = {name: size for name, size in INTEGERS.items() if size <= room}
        for kind in self.maker.types.values():
            types |= {
                name: size_of(body)
                for name, body in kind.items()
                if size_of(body) <= room and ("fields" not in body or name in self.maker.fixed())
            }
        word = self.pick(["type", "type", "type", "type", "of", "bytes", "reserved", "pad"])
        structs = self.maker.types["structs"]
        elements = [name for name in self.maker.elements() if size_of(structs[name]) <= room]
        if word == "of" and elements and not gated:
            kind_name = self.pick(elements)
            each = size_of(structs[kind_name])
            number = self.count(1, min(room // each, 4))
            return {"name": self.field_name(), "of": kind_name, "count": number}, number * each
        if word == "of":
            word = "type"
        if word == "type":
            chosen = self.pick(types)
            words = NESTED if chosen in self.maker.types["structs"] and self.flip() else None
            return {"name": self.field_name(words), "type": chosen}, types[chosen]
        size = self.pick([n for n in (1, 3, 4, 8, 16, 33) if n <= room] + [min(room, 40)])
        return ({"name": self.field_name()} if word == "bytes" else {}) | {word: size}, size

    # Options

    def options(self) -> None:
        for piece in self.pieces:
            entry = piece.entry
            if "name" not in entry or "of" in entry or self.is_version(entry):
                continue
            if entry is self.counting:
                continue
            if self.flip(8):
                entry["secret"] = True
            structs = self.maker.types["structs"]
            if entry.get("type") in structs:
                pass
            elif "bytes" in entry:
                if self.flip(3):
                    entry[self.pick(["const", "default"])] = self.hexadecimal(piece.size)
                self.reading(entry, piece.size)
            else:
                self.number_options(entry, piece.size)
        for piece in self.pieces:
            if self.flip(4):
                self.condition(piece.entry)

    def is_version(self, entry: Data) -> bool:
        axis = self.maker.data["axes"].get("layout_of_" + self.name[:40], {})
        return bool(axis.get("field") == f"{self.name}.{entry.get('name')}")

    def hexadecimal(self, size: int) -> str:
        return self.maker.draw(st.binary(min_size=size, max_size=size)).hex()

    def number_options(self, entry: Data, size: int) -> None:
        top = (1 << 8 * size) - 1
        numbers = st.integers(0, min(top, 12)) | st.integers(0, top)
        kind = entry["type"]
        enum = self.maker.types["enums"].get(kind)
        bits = self.maker.types["bitfields"].get(kind)
        option = self.pick(["", "const", "default", "derive", "limits", "limits"])
        if option in ("const", "default"):
            if enum and (enum.get("closed") or self.flip()):
                number, value = self.pick(enum["values"].items())
                name = value if isinstance(value, str) else value["name"]
                entry[option] = self.pick([number, name])
            elif bits is None or option == "default":
                entry[option] = self.maker.draw(numbers)
        elif option == "derive" and not enum and not bits:
            pieces = [p for p in self.pieces if "name" in p.entry and not is_elastic(p.entry)]
            known = {f"len({p.entry['name']})": p.size for p in pieces}
            if not any(is_elastic(piece.entry) for piece in self.pieces):
                known["sizeof"] = self.at
            entry["derive"] = self.pick([word for word, value in known.items() if value <= top])
        elif option == "limits" and not bits:
            # A closed enum has to keep one of its values.
            ends = list(enum["values"]) if enum and enum.get("closed") else None
            low, high = sorted(self.pick(ends) if ends else self.maker.draw(numbers) for _ in "ab")
            entry |= self.pick([{"min": low}, {"max": high}, {"min": low, "max": high}])
            if ends and "min" not in entry and min(ends) > high:
                del entry["max"]
            if not enum and self.flip(3):
                entry["default"] = self.count(entry.get("min", 0), entry.get("max", top))
        if self.flip(3):
            entry["display"] = self.pick(["hex", "decimal"])
        self.view(entry, size)
        if self.flip(4):
            parts = [
                "all",
                *(bit["name"] for bit in (bits or {"bits": []})["bits"] if "name" in bit),
            ]
            entry["also"] = {self.field_name(): self.pick(parts) for _ in range(self.count(1, 2))}

    def reading(self, entry: Data, size: int) -> None:
        """Sometimes, a structure of the same size to read the bytes as."""
        structs = self.maker.types["structs"]
        kinds = [name for name in self.maker.fixed() if size_of(structs[name]) == size]
        if kinds and self.flip() and f"{entry['name']}_view" not in self.used:
            entry["reads"] = self.pick(kinds)

    def view(self, entry: Data, size: int) -> None:
        kinds = [n for n, b in self.maker.types["bitfields"].items() if size_of(b) == size]
        if not kinds or entry["type"] not in INTEGERS or not self.flip():
            return
        chosen = [product for product in PRODUCTS if self.flip()]
        view = {product: self.pick(kinds) for product in chosen}
        if not view or self.flip():
            view["else"] = self.pick(kinds)
        if f"{entry['name']}_view" not in self.used:
            entry["view"] = {"axis": "product", **view}

    def numbers(self) -> list[Data]:
        """Fields with a plain number that is no secret."""
        kinds = {*INTEGERS, *self.maker.types["enums"]}
        entries = [piece.entry for piece in self.pieces]
        return [e for e in entries if e.get("type") in kinds and "secret" not in e]

    def condition(self, entry: Data) -> None:
        never = {"since", "until", "when", "const", "derive"}
        deciding = [
            other
            for other in self.numbers()
            if other["at"] < entry["at"] and not never & other.keys() and other is not self.counting
        ]
        if "name" not in entry or {"const", "derive", "of"} & entry.keys() or not deciding:
            return
        if self.is_version(entry) or entry is self.counting:
            return
        other = self.pick(deciding)
        enum = self.maker.types["enums"].get(other["type"])
        top = (1 << 8 * (INTEGERS.get(other["type"]) or size_of(enum or {}))) - 1
        value = self.count(0, min(3, top))
        if enum and (enum.get("closed") or self.flip()):
            number, given = self.pick(enum["values"].items())
            value = self.pick([number, given if isinstance(given, str) else given["name"]])
        entry["when"] = {other["name"]: value}

    def inference(self) -> Data:
        cases = []
        for _ in range(self.count(1, 3)):
            fields = self.maker.draw(
                st.lists(st.sampled_from(self.numbers()), min_size=1, max_size=3, unique_by=id)
                if self.numbers()
                else st.just([])
            )
            if fields:
                low = self.count(0, 9)
                tests = {f["name"]: self.pick([low, Plain(f"{low}..{low + 99}")]) for f in fields}
                cases.append({"is": self.pick(PRODUCTS), **tests})
        return {"infer": {"product": cases}} if cases else {}
