"""Random whole specs: one to three files that import each other and use all of the language.

`specs` draws them as plain data, so that a failing example reads like a spec and a test can ask
the data, not the generator, what is meant. Names and prose are chosen to be awkward; the specs are
valid all the same.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import strategies as st
from random_structs import StructMaker
from snpformat_codegen.naming import class_name
from snpformat_codegen.passes.names import TAKEN_AS_TYPES, TAKEN_IN_BITS, TAKEN_IN_ENUMS
from spec_data import INTEGERS, PRODUCTS, Data, Plain, SpecSet, elastic_of

WORDS = [
    "a", "b1", "flags", "status", "version", "data", "values", "raw", "start", "end", "name",
    "kind", "keys", "items", "update", "get", "pop", "copy", "type", "object", "len", "struct",
    "unpack", "pack", "new", "match", "case", "index", "count", "value", "given", "present",
    "default", "record", "wire", "locals", "layout", "settled", "context", "subcon", "typed",
    "construct", "error", "info", "union", "x", "assume_version", "chosen", "public", "length",
    "parts", "state", "hidden", "exists", "known", "product", "none", "enum", "id", "hash", "dir",
]  # fmt: skip
TAILS = ["", "", "", "_", "__", "1", "_1", "2x", "_view", "_names", "0123456789_abcdef" * 4]
PROSE = [
    "Plain words.", 'He said "so".', '"""', "it's", "'''", "C:\\new\\table", "\\", "trailing \\\\",
    "{braces} %s %(x)s", "# noqa", "type: ignore", "type: a number", "# type: int", "ünïcödé — “q”",
    "日本語の説明", "no\N{NO-BREAK SPACE}break", "zero\N{ZERO WIDTH SPACE}width",
    "\N{GRINNING FACE}",
    "well-known-and-hyphenated-" * 6, "x" * 130, "`code`", "[link](to)", "\\N{DASH} \\x41 \\u0041",
    "many words that fill a line and more " * 6, '"', "colon: here", "- dash", "fmt: off", "?",
]  # fmt: skip


# Names that no spec can have, whether or not the checker says so yet.
TAKEN_CLASSES = {"None", "True", "False", "Self", "Struct", "Typed", "ConstructFormatError"}
TAKEN_BITS = {*TAKEN_IN_BITS, "settled", "keys"}
TAKEN_VALUES = {*TAKEN_IN_ENUMS, "self", "subcon"}


@st.composite
def specs(draw: st.DrawFn) -> SpecSet:
    """A whole program that the checker has nothing to say about."""
    maker = Maker(draw)
    for number in range(draw(st.integers(1, 3))):
        maker.module(f"{draw(st.sampled_from(['m', 'report', 'long_' * 11]))}{number}")
    return maker.made


class Maker:
    """Draws one part after the other; `types` is what the module being made can name so far."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.made = SpecSet()
        self.classes: set[str] = set()
        self.commands: set[str] = set()
        self.types: dict[str, dict[str, Data]] = {}

    # Small things

    def flip(self, one_in: int = 2) -> bool:
        return self.draw(st.integers(1, one_in)) == one_in

    def pick(self, choices: Iterable[Any]) -> Any:
        return self.draw(st.sampled_from(list(choices)))

    def count(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def name(
        self,
        used: Iterable[str],
        taken: Iterable[str],
        key: Callable[[str], str],
        words: list[str] | None = None,
    ) -> str:
        """A name whose `key` is not yet in `used`; likely enough close to one that is."""
        near = [*WORDS, *sorted(used)] if self.flip(4) else WORDS
        found: str = self.pick(words) if words else self.pick(near) + self.pick(TAILS)
        found, number = found.lower()[:64], 0
        while key(found) in used or found in taken or keyword.iskeyword(found):
            number += 1
            found = f"{found[:60]}{number}"
        return found

    def type_name(self) -> str:
        found = self.name(self.classes | TAKEN_CLASSES, TAKEN_AS_TYPES, class_name)
        self.classes.add(class_name(found))
        return found

    def prose(self) -> Data:
        found: Data = {}
        if self.flip(3):
            most = self.pick([1, 8])
            words = self.draw(st.lists(st.sampled_from(PROSE), min_size=1, max_size=most))
            found["doc"] = " ".join(words)
        if self.flip(4):
            found["cite"] = self.pick(["abi", "abi table 3", 'abi section "4.\\1" ' + "far " * 30])
        if self.flip(5):
            found["abi"] = self.pick(["1.55", "1.50"])
        return found

    # The parts of a file

    def module(self, name: str) -> None:
        imports = [other for other in self.made.modules if not self.flip(4)]
        self.types = {
            key: {n: b for m in imports for n, b in self.made.modules[m].get(key, {}).items()}
            for key in ("enums", "bitfields", "structs")
        }
        self.data = data = {
            "snpformat": 1,
            "module": name,
            "endian": self.pick(["little", "big"]),
            "sources": {"abi": {"title": 'The "ABI"', "doc": "56860", "revs": ["1.50", "1.55"]}},
            "imports": imports,
            "axes": {"product": {"known": PRODUCTS}},
            "enums": {},
            "bitfields": {},
            "structs": {},
        }
        if self.flip():
            data["doc"] = self.prose().get("doc", "A file.")
        makers = {"enums": self.enum, "bitfields": self.bitfield, "structs": self.struct}
        for key, most in (("enums", 2), ("bitfields", 2), ("structs", 3)):
            least = 1 if key == "structs" and not self.flip(6) else 0
            for _ in range(self.count(least, most)):
                own = self.type_name()
                data[key][own] = self.types[key][own] = makers[key](own)
        names = self.draw(st.permutations(sorted(data["structs"])))
        data["structs"] = {own: data["structs"][own] for own in names}
        if self.types["structs"] and self.flip(3):
            data["ioctls"] = self.ioctls()
        self.made.modules[name] = {key: part for key, part in data.items() if part != {}}

    def enum(self, _: str) -> Data:
        repr = self.pick(INTEGERS)
        top = (1 << 8 * INTEGERS[repr]) - 1
        wide = st.integers(0, 9) | st.integers(0, top) | st.just(top)
        numbers = self.pick([st.integers(0, 1), st.integers(0, 3), wide])
        values: dict[int, str | Data] = {}
        used: set[str] = set()
        for number in self.draw(st.lists(numbers, min_size=1, max_size=5, unique=True)):
            own = self.name(used, TAKEN_VALUES, str)
            used.add(own)
            values[number] = {"name": own, **self.prose()} if self.flip() else own
        made: Data = {"repr": repr, "values": values, **self.prose()}
        return made | ({"closed": True} if self.flip() else {})

    def bitfield(self, _: str) -> Data:
        repr = self.pick(INTEGERS)
        width = 8 * INTEGERS[repr]
        bits: list[Data] = []
        used: set[str] = set()
        low = 0
        while low < width:
            size = min(self.pick([1, 1, 1, 2, 5, 8, 17, 64]), width - low)
            place = low if size == 1 and self.flip() else Plain(f"{low}..{low + size - 1}")
            kind = self.pick(["name", "name", "enum", "const", "reserved"])
            if kind == "const":
                own: Data = {"const": self.count(0, (1 << size) - 1)}
            elif kind == "reserved":
                own = {"reserved": "zero"}
            else:
                own = {"name": self.name(used, TAKEN_BITS, str)}
                used.add(own["name"])
                enums = [
                    name
                    for name, enum in self.types["enums"].items()
                    if max(enum["values"]) >> size == 0
                ]
                if kind == "enum" and enums:
                    own["enum"] = self.pick(enums)
            bits.append({"bits": place, **own, **self.prose()})
            low += size
        return {"repr": repr, "bits": bits, **self.prose()}

    def ioctls(self) -> Data:
        structs = [name for name in self.fixed() if self.types["structs"][name]["size"] < 1 << 14]
        found: Data = {}
        for _ in range(self.count(1, 2) if structs else 0):
            own = self.name(self.commands, {"ioctls"}, str)
            self.commands.add(own)
            found[own] = {
                "dir": self.pick(["none", "read", "write", "readwrite"]),
                "type": self.pick('S!~0"#'),
                "nr": self.count(0, 255),
                "arg": self.pick(structs),
                **({"req": self.pick(structs)} if self.flip() else {}),
                **({"rsp": self.pick(structs)} if self.flip() else {}),
                **self.prose(),
            }
        return found

    def fixed(self) -> list[str]:
        """The structures of fixed size that can be named."""
        return [name for name, body in self.types["structs"].items() if elastic_of(body) is None]

    def elements(self) -> list[str]:
        """Those that can be elements: with one form, and holding only such."""
        return [name for name in self.fixed() if self._has_one_form(name)]

    def _has_one_form(self, name: str) -> bool:
        everything = self.made.named("structs") | self.data["structs"]
        body = everything[name]
        held = [entry.get("type", entry.get("of")) for entry in body["fields"]]
        return "axis" not in body and all(
            self._has_one_form(inner) for inner in held if inner in everything
        )

    def struct(self, name: str) -> Data:
        return StructMaker(self, name).make()
