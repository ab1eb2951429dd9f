"""What random specs mean, read off their data as a person would: no generator, no layouts.

Everything works on whole buffers: valid ones are made here, and read field by field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from spec_data import INTEGERS, Data, SpecSet, elastic_of, is_elastic, size_of


@dataclass(frozen=True)
class Part:
    """A field as one version has it: its entry in the spec, and what follows from it."""

    entry: Data
    name: str | None
    start: int
    size: int
    kind: str  # "uint", "bytes", "record", "array" or "reserved"
    const: int | bytes | None

    @property
    def end(self) -> int:
        return self.start + self.size


class Oracle:
    def __init__(self, spec: SpecSet) -> None:
        self.spec = spec
        self.enums = spec.named("enums")
        self.bits = spec.named("bitfields")
        self.structs = spec.named("structs")
        self.homes = {
            name: data for data in spec.modules.values() for name in data.get("structs", {})
        }

    def versions(self, struct: str) -> list[int | None]:
        """The known versions, ascending; [None] when there is one form only."""
        return sorted(self._axis(struct).get("known", [])) or [None]

    def version_field(self, struct: str) -> str | None:
        field = self._axis(struct).get("field")
        return field.partition(".")[2] if field else None

    def _axis(self, struct: str) -> Data:
        axis = self.structs[struct].get("axis")
        found: Data = self.homes[struct]["axes"][axis] if axis else {}
        return found

    def order(self, struct: str) -> Literal["little", "big"]:
        return "big" if self.homes[struct]["endian"] == "big" else "little"

    def number(self, struct: str, raw: bytes, part: Part) -> int:
        return int.from_bytes(raw[part.start : part.end], self.order(struct))

    def value_of(self, word: int | str, kind: str) -> int:
        """A number, or the number behind the name of an enum's value."""
        if isinstance(word, int):
            return word
        pairs = self.enums[kind]["values"].items()
        return next(int(n) for n, v in pairs if word == (v if isinstance(v, str) else v["name"]))

    def all_parts(self, struct: str) -> list[Part]:
        return [self._part(struct, entry) for entry in self.structs[struct]["fields"]]

    def parts(self, struct: str, version: int | None) -> list[Part]:
        """The fields of a version, by offset."""
        parts = [part for part in self.all_parts(struct) if _in_version(part.entry, version)]
        return sorted(parts, key=lambda part: part.start)

    def _part(self, struct: str, entry: Data) -> Part:
        kind, at, size = entry.get("type"), entry["at"], self._size(entry)
        if "of" in entry:
            return Part(entry, entry["name"], at, size, "array", None)
        if kind is None:
            word = "bytes" if "bytes" in entry else "reserved"
            const = bytes.fromhex(entry["const"]) if "const" in entry else None
            return Part(entry, entry.get("name"), at, size, word, const)
        word = "record" if kind in self.structs else "uint"
        number = self.value_of(entry["const"], kind) if "const" in entry else None
        if entry.get("derive") == "sizeof":
            number = self.structs[struct]["size"]
        elif "derive" in entry:
            measured = entry["derive"][len("len(") : -1]
            fields = self.structs[struct]["fields"]
            number = self._size(next(f for f in fields if f.get("name") == measured))
        return Part(entry, entry["name"], at, size, word, number)

    def _size(self, entry: Data) -> int:
        kind = entry.get("type")
        if "of" in entry:
            return 0 if is_elastic(entry) else int(entry["count"]) * self.element_size(entry)
        if kind is None:
            return next(int(entry[word]) for word in ("bytes", "reserved", "pad") if word in entry)
        body = self.enums.get(kind) or self.bits.get(kind) or self.structs.get(kind)
        return size_of(body) if body else INTEGERS[kind]

    def element_size(self, entry: Data) -> int:
        return size_of(self.structs[entry["of"]])

    def elements(self, raw: bytes, part: Part) -> list[bytes]:
        """The elements of an array of `raw`, without the one that ends it."""
        size = self.element_size(part.entry)
        own = raw[part.start :] if is_elastic(part.entry) else raw[part.start : part.end]
        found = [own[at : at + size] for at in range(0, len(own), size)]
        return found[:-1] if part.entry.get("until") == "zero" else found

    def counting(self, struct: str) -> str | None:
        """The field that tells the number of elements."""
        array = elastic_of(self.structs[struct])
        return array.get("count") if array else None

    def counted(self, struct: str, raw: bytes) -> bytes:
        """`raw` with the number of its elements where that is told."""
        name = self.counting(struct)
        if name is None:
            return raw
        parts = {part.name: part for part in self.all_parts(struct)}
        array = next(part for part in parts.values() if is_elastic(part.entry))
        number = len(self.elements(raw, array))
        own = number.to_bytes(parts[name].size, self.order(struct))
        return raw[: parts[name].start] + own + raw[parts[name].end :]

    def is_there(self, struct: str, raw: bytes, version: int | None, part: Part) -> bool:
        """Whether a part of this version is a field of `raw`, and not reserved space."""
        if part.name is None or "when" not in part.entry:
            return part.name is not None
        ((name, word),) = part.entry["when"].items()
        deciding = next(p for p in self.parts(struct, version) if p.name == name)
        return self.number(struct, raw, deciding) == self.value_of(word, deciding.entry["type"])

    # Buffers

    def valid(
        self, struct: str, version: int | None, random: Random, limits: bool = False
    ) -> bytes:
        """Any bytes that are this structure in this version; with `limits` a builder's too."""
        size = self.structs[struct]["size"]
        raw = bytearray(random.choice([bytes(size), random.randbytes(size), b"\xff" * size]))
        for part in self.parts(struct, version):
            own = self._own(struct, version, part, bytes(raw), random, limits)
            raw[part.start : part.end] = own
        return self.counted(struct, bytes(raw))

    def _array(self, entry: Data, random: Random, limits: bool) -> bytes:
        kind, until = entry["of"], entry.get("until")
        count = entry.get("count")
        number = count if isinstance(count, int) else random.randint(0, min(entry["max"], 3))
        found = [self.valid(kind, None, random, limits) for _ in range(number)]
        if until == "zero":  # what has nothing but reserved bytes would be its end once they go
            found = [each for each in found if any(each) and any(self.settled(kind, each))]
            found.append(bytes(self.element_size(entry)))
        return b"".join(found)

    def _own(
        self,
        struct: str,
        version: int | None,
        part: Part,
        raw: bytes,
        random: Random,
        limits: bool,
    ) -> bytes:
        order = self.order(struct)
        if part.name is not None and part.name == self.version_field(struct):
            assert version is not None
            return version.to_bytes(part.size, order)
        if isinstance(part.const, bytes):
            return part.const
        if part.const is not None:
            return part.const.to_bytes(part.size, order)
        if not self.is_there(struct, raw, version, part):
            return random.choice([bytes(part.size), random.randbytes(part.size)])
        kind = part.entry.get("type", "")
        if part.kind == "array":
            return self._array(part.entry, random, limits)
        if part.kind == "record":
            return self.valid(kind, random.choice(self.versions(kind)), random, limits)
        if part.kind == "bytes":
            return random.randbytes(part.size)
        low, high = 0, (1 << 8 * part.size) - 1
        if limits:
            low, high = part.entry.get("min", low), part.entry.get("max", high)
        choices = [low, high, random.randint(low, high), min(high, low + 1)]
        if kind in self.enums:
            known = [number for number in self.enums[kind]["values"] if low <= number <= high]
            choices = known if self.enums[kind].get("closed") else [*known, *choices]
        wanted = [value for value in self._telling_values(struct, part) if low <= value <= high]
        if not self.enums.get(kind, {}).get("closed"):
            choices = [*choices, *wanted, *wanted]
        return int(random.choice(choices)).to_bytes(part.size, order)

    def _telling_values(self, struct: str, part: Part) -> list[int]:
        """The values of a field that decide over others, or tell the product."""
        whens = [f["when"] for f in self.structs[struct]["fields"] if "when" in f]
        kind = part.entry["type"]
        found = [self.value_of(when[part.name], kind) for when in whens if part.name in when]
        for case in self.structs[struct].get("infer", {}).get("product", []):
            found += [int(end) for end in str(case.get(part.name, "")).split("..") if end]
        return found

    # Reading them

    def version_of(self, struct: str, raw: bytes) -> int | None:
        """The version that `raw`, which is valid, has."""
        name = self.version_field(struct)
        if name is None:
            return None
        return self.number(struct, raw, next(p for p in self.all_parts(struct) if p.name == name))

    def read(self, struct: str, raw: bytes) -> dict[str, Any]:
        """Every field by name (None where `raw` lacks it); reserved space by its offset."""
        found: dict[str, Any] = {p.name: None for p in self.all_parts(struct) if p.name}
        version = self.version_of(struct, raw)
        for part in self.parts(struct, version):
            own = raw[part.start : part.end]
            if not self.is_there(struct, raw, version, part):
                found[f"reserved_{part.start:x}"] = own
            elif part.kind == "record":
                found[part.name or ""] = self.read(part.entry["type"], own)
            elif part.kind == "array":
                elements = self.elements(raw, part)
                found[part.name or ""] = [self.read(part.entry["of"], each) for each in elements]
            elif part.kind == "uint":
                found[part.name or ""] = self.number(struct, raw, part)
            else:
                found[part.name or ""] = own
        return found

    def read_bits(self, name: str, value: int) -> Iterator[tuple[str, int]]:
        """The parts of a bit field; reserved and constant ones by their lowest bit."""
        for entry, low, width in self._bit_places(name):
            yield entry.get("name", f"reserved_{low}"), value >> low & ((1 << width) - 1)

    def _bit_places(self, name: str) -> Iterator[tuple[Data, int, int]]:
        for entry in self.bits[name]["bits"]:
            low, _, high = str(entry["bits"]).partition("..")
            yield entry, int(low), int(high or low) - int(low) + 1

    def settled(self, struct: str, raw: bytes) -> bytes:
        """`raw` with reserved bytes and bits as they must be."""
        version = self.version_of(struct, raw)
        mended = bytearray(raw)
        for part in self.parts(struct, version):
            own = raw[part.start : part.end]
            kind = part.entry.get("type")
            if not self.is_there(struct, raw, version, part):
                own = bytes(part.size)
            elif part.kind == "record":
                own = self.settled(part.entry["type"], own)
            elif part.kind == "array":
                elements = self.elements(raw, part)
                own = b"".join(self.settled(part.entry["of"], each) for each in elements)
                mended[part.start : part.start + len(own)] = own
                continue
            elif kind in self.bits:
                value = self._settled_bits(kind, self.number(struct, raw, part))
                own = value.to_bytes(part.size, self.order(struct))
            mended[part.start : part.end] = own
        return bytes(mended)

    def _settled_bits(self, name: str, value: int) -> int:
        for entry, low, width in self._bit_places(name):
            if "name" not in entry:
                mask = (1 << width) - 1
                value = value & ~(mask << low) | entry.get("const", 0) << low
        return value

    def buildable(self, struct: str, raw: bytes) -> bool:
        """Whether a builder takes the values of `raw`: none is outside its own min and max."""
        version = self.version_of(struct, raw)
        top = 1 << 64
        return all(
            part.entry.get("min", 0) <= self.number(struct, raw, part) <= part.entry.get("max", top)
            for part in self.parts(struct, version)
            if part.kind == "uint" and self.is_there(struct, raw, version, part)
        )


def _in_version(entry: Data, version: int | None) -> bool:
    if version is None:
        return True
    until = entry.get("until")
    return bool(entry.get("since", 0) <= version and (until is None or version < until))
