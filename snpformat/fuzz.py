"""``snpformat fuzz``: random, mutated and nearly valid inputs through every format.

What is promised of any input: a record or a FormatError, and of a record that every way there has
a way back. Each input is made from one random generator, so a seed gives the same run again; a
finding is told with its bytes, which is all that it takes to look at it.

The cheap promises are checked on every input, those on texts and copies on one in SAMPLE, so that
a run of minutes sees millions of inputs.
"""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from . import catalog, files, show
from .errors import FormatError
from .record import Record
from .testing.edges import Edge, NearValid, edges, samples

SAMPLE = 16
MAX_FINDINGS = 20
# What JSON can hold where something else belongs.
_JUNK: tuple[Any, ...] = (
    None, True, -1, 1 << 64, 1.5, "", "0x", "ff", "-0x1", "<secret>", "\ud800", [], {}, [1],
    {"value": "1"}, {"value": None}, {"name": 1}, {"layout": "tcb_milan", "value": 1}, "9" * 5000,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """An input that breaks a promise."""

    format: str
    promise: str
    problem: str
    data: bytes

    def __str__(self) -> str:
        return f"{self.format}: {self.promise}: {self.problem}\n  input: {self.data.hex()}"


class Broken(Exception):
    """A promise does not hold."""


@dataclass(frozen=True, slots=True)
class Form:
    """A structure in one version, with what inputs are made from."""

    cls: type[Record]
    raw: bytes
    edges: list[Edge]


def forms(name: str | None = None) -> list[Form]:
    """Every version of the structure `name`, or of all of them."""
    classes = catalog.structures().values() if name is None else [catalog.structure(name)]
    found = []
    for cls in classes:
        for version in cls.VERSIONS or (None,):
            for _, record in samples(cls, version):
                found.append(Form(cls, record.build(), edges(record)))
    return found


@dataclass(slots=True)
class Run:
    """A run: how far it is, and what it found."""

    random: Random
    forms: list[Form]
    count: int = 0
    accepted: int = 0
    seconds: float = 0.0

    def findings(self, count: int | None, seconds: float | None) -> Iterator[Finding]:
        """Go on until `count` inputs, `seconds` or MAX_FINDINGS, and tell each finding."""
        start, told = time.monotonic(), 0
        while (count is None or self.count < count) and told < MAX_FINDINGS:
            self.seconds = time.monotonic() - start
            if seconds is not None and self.seconds >= seconds:
                return
            finding = self.one()
            if finding is not None:
                told += 1
                yield finding
        self.seconds = time.monotonic() - start

    def one(self) -> Finding | None:
        """Make one input and check what is promised of it."""
        self.count += 1
        form = self.random.choice(self.forms)
        near = None
        data = b""
        kind = self.random.randrange(4)
        if kind == 0:
            data = _random_bytes(self.random, form)
        elif kind == 1:
            edge = self.random.choice(form.edges)
            near = edge.broken(self.random.randrange(edge.ways))
            data = near.data
        else:
            data = _mutated(self.random, form)
        broken = "any bytes give a record or a FormatError"
        try:
            for promise, check in self._checks(form.cls, data, near):
                broken = promise
                check()
        except Exception as error:
            return Finding(form.cls.NAME, broken, f"{type(error).__name__}: {error}", data)
        return None

    def _checks(
        self, cls: type[Record], data: bytes, near: NearValid | None
    ) -> Iterator[tuple[str, Callable[[], object]]]:
        """What is promised of `data`, and how to find out."""
        deep = self.random.randrange(SAMPLE) == 0
        if near is not None:
            yield "one broken constraint is told", lambda: _check_near(cls, near)
        if deep:
            yield "any text is unwrapped or refused", lambda: _check_unwrap(data)
        record = _read(cls, data, self.random.choice(cls.VERSIONS) if cls.VERSIONS else None)
        if record is None:
            return
        self.accepted += 1
        yield "build gives back what was parsed", lambda: _same(record.build(), data)
        assumed = record.layout_version
        yield "reserved space is dropped or refused", lambda: _check_reserved(record, data, assumed)
        if deep:
            yield "JSON gives back the record", lambda: _check_json(record)
            yield "copies are equal", lambda: _check_copies(record)
            yield "a record can be shown", lambda: _check_shown(record)
            junk = _with_junk(self.random, record.to_dict(show_secrets=True))
            yield (
                f"any JSON gives a record or a FormatError ({junk!r})"[:300],
                lambda: _check_junk(cls, junk),
            )


def run(name: str | None, count: int | None, seconds: float | None, seed: int | None) -> int:
    """Run and print what was found. Returns how many findings there are."""
    if count is None and seconds is None:
        seconds = 10.0
    if seed is None:
        seed = Random().randrange(1 << 32)
    found, told = Run(Random(seed), forms(name)), 0
    for finding in found.findings(count, seconds):
        told += 1
        print(finding, flush=True)
    rate = found.count / max(found.seconds, 1e-6)
    print(
        f"seed {seed}: {found.count} inputs in {found.seconds:.1f} s ({rate:.0f} a second),"
        f" {found.accepted} accepted; {told} finding{'' if told == 1 else 's'}"
    )
    return told


def _random_bytes(random: Random, form: Form) -> bytes:
    usual = len(form.raw)
    size = random.choice((0, usual, usual, random.randrange(2 * usual)))
    return random.randbytes(size)


def _mutated(random: Random, form: Form) -> bytes:
    """Valid bytes with a few stretches changed, and seldom some lost or added."""
    raw = bytearray(form.raw)
    for _ in range(random.randrange(6)):
        # Most that matters stands in front.
        at = random.randrange(min(len(raw), 0x60) if random.random() < 0.5 else len(raw))
        length = random.choice((1, 1, 4, 8, 64))
        fill = random.choice((b"\0", b"\xff", b"\x01", random.randbytes(1)))
        new = random.randbytes(length) if random.random() < 0.5 else fill * length
        raw[at : at + length] = new[: len(raw) - at]
    if random.random() < 0.1:
        del raw[random.randrange(len(raw)) :]
    return bytes(raw)


def _read(cls: type[Record], data: bytes, assume_version: int | None) -> Record | None:
    """The record, if need be with its version assumed; None when it is refused as it must be."""
    for assume in (None, assume_version) if cls.VERSIONS else (None,):
        try:
            return cls.parse(data, assume_version=assume)
        except FormatError as error:
            _check_error(cls, error, len(data))
    return None


def _check_error(cls: type[Record], error: FormatError, length: int) -> None:
    if error.structure != cls.NAME or not str(error).startswith(cls.NAME):
        raise Broken(f"the error names {error.structure}")
    if error.offset is None or not 0 <= error.offset <= max(cls.SIZE, length):
        raise Broken(f"the error is told at {error.offset!r}")


def _check_near(cls: type[Record], near: NearValid) -> None:
    try:
        cls.parse(near.data, reserved=near.reserved)
    except FormatError as error:
        if not near.explains(error):
            raise Broken(f"expected {near}, got {error.args}") from None
    else:
        raise Broken(f"expected {near}, but it is accepted")


def _check_unwrap(data: bytes) -> None:
    for text in (data, data.hex().encode(), data[:40]):
        for spelling in ("auto", "hex", "base64"):
            try:
                files.unwrap(text, spelling, catalog.sizes())
            except files.InputRefused:
                continue


def _check_reserved(record: Record, data: bytes, assumed: int | None) -> None:
    cls = type(record)
    assume = assumed if cls.VERSIONS else None
    dropped = cls.parse(data, reserved="drop", assume_version=assume)
    again = cls.parse(dropped.build(), reserved="reject", assume_version=assume)
    _same(again, dropped)
    try:
        cls.parse(data, reserved="reject", assume_version=assume)
    except FormatError as error:
        _check_error(cls, error, len(data))
        if dropped == record:
            raise Broken("nothing to drop, but refused") from None
    else:
        _same(dropped, record)


def _check_json(record: Record) -> None:
    plain = record.to_dict(show_secrets=True)
    _same(type(record).from_dict(plain), record)
    _same(type(record).from_dict(json.loads(json.dumps(plain))), record)


def _check_copies(record: Record) -> None:
    for copy in (record.replace(), pickle.loads(pickle.dumps(record))):
        _same(copy, record)
        _same(copy.layout_version, record.layout_version)


def _check_shown(record: Record) -> None:
    json.dumps(record.to_dict())
    texts = [repr(record), *show.table(record, {"product": "milan"}, False)]
    digits = "".join(line[6:53] for line in show.hexdump(record, True, False))
    _same(bytes.fromhex(digits), record.build())
    for text in [*texts, *show.hexdump(record, False, True)]:
        if "\n" in text or not text.isascii():
            raise Broken(f"no line of plain text: {text!r}")


def _with_junk(random: Random, plain: dict[str, Any]) -> dict[str, Any]:
    """`plain` with one member, perhaps in an inner object, replaced by something else."""
    at = plain
    while True:
        key = random.choice([*at, "reserved", "format"])
        inner = at.get(key)
        if isinstance(inner, list) and inner:
            inner = random.choice(inner)
        if isinstance(inner, dict) and inner and random.random() < 0.8:
            at = inner
            continue
        at[key] = random.choice(_JUNK)
        return plain


def _check_junk(cls: type[Record], plain: dict[str, Any]) -> None:
    try:
        cls.from_dict(plain)
    except FormatError as error:
        str(error)


def _same(found: object, wanted: object) -> None:
    if found != wanted:
        raise Broken("what comes back is something else")
