"""No secret is shown unasked: not by any text that is made of a record, nor by any error.

Known random keys go into every secret field of every structure, of the shipped ones and of one that
has secrets of every kind; everything printed is searched for them, in any spelling.
"""

from __future__ import annotations

import base64
import copy
import io
import json
import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest
import toys
from conftest import ROOT
from keys import Keys, latest, secret_fields, with_secrets
from samples import CLASSES

from snpformat import FormatError, catalog, cli, formats, show
from snpformat.fields import SECRET, Field
from snpformat.record import Record
from snpformat.testing.edges import NearValid, edges

HOLDERS = [cls for cls in CLASSES if [*secret_fields(cls, latest(cls))]]


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    with toys.generated(toys.VAULT, tmp_path_factory.mktemp("toys")) as package:
        __import__(f"{package.__name__}.formats")
        yield package


@pytest.fixture(params=[*HOLDERS, "vault"], ids=lambda cls: getattr(cls, "NAME", cls))
def kind(request: pytest.FixtureRequest, vault: ModuleType) -> type[Record]:
    """Each structure that holds secrets."""
    found: type[Record] = vault.formats.Vault if request.param == "vault" else request.param
    return found


@pytest.fixture
def loaded(kind: type[Record]) -> list[tuple[bytes, Keys]]:
    random = Random(11)
    forms = kind.VERSIONS or (None,)
    return [with_secrets(kind, version, random) for version in forms for _ in range(2)]


def test_there_are_secrets(vault: ModuleType) -> None:
    """The search finds what there is to find."""
    names = {cls.NAME for cls in HOLDERS}
    assert names >= {"secrets_page", "snp_derived_key_resp"}
    assert len([*secret_fields(vault.formats.Vault, 3)]) >= 14


@pytest.mark.parametrize("size", [4, 8, 32])
def test_the_search_finds_every_spelling(size: int) -> None:
    key = Random(size).randbytes(size)
    keys = Keys({"key": key})
    spelt = [key.hex(), key.hex().upper(), repr(key), key.decode("latin-1"), key.hex(" ", 2)]
    if size == 32:
        spelt += [key[5:17].hex(), repr(list(key[4:20]) and key[4:20])]
    if size >= 8:
        spelt += [base64.b64encode(bytes(n) + key + bytes(n)).decode() for n in range(3)]
        spelt.append(base64.urlsafe_b64encode(key).decode())
    if size <= 8:
        spelt += [f"{int.from_bytes(key, order)}" for order in ("big", "little")]
        spelt += [f"{int.from_bytes(key, 'little'):#x}", f"{int.from_bytes(key, 'big'):_}"]
    for text in spelt:
        assert keys.found_in(f"before {text} behind"), text
    assert keys.found_in("nothing of it here: 0123456789abcdef") == []


def test_texts_of_a_record(loaded: list[tuple[bytes, Keys]], kind: type[Record]) -> None:
    for raw, keys in loaded:
        record = kind.parse(raw)
        plain = record.to_dict()
        texts = {
            "repr": repr(record),
            "str": str(record),
            "format": f"{record} {record!r} {record!s} {[record]}",
            "JSON": json.dumps(plain) + repr(plain),
            "table": "\n".join(show.table(record, {"product": "milan"}, False)),
            "hexdump": "\n".join(show.hexdump(record, False, True)),
            "copy": repr(copy.deepcopy(record)) + repr(pickle.loads(pickle.dumps(record))),
        }
        for where, text in texts.items():
            keys.assert_hidden(where, text)
        assert SECRET in texts["repr"] and SECRET in texts["JSON"] and SECRET in texts["table"]
        shown = json.dumps(record.to_dict(show_secrets=True))
        shown += "\n".join([*show.table(record, {}, True), *show.hexdump(record, True, False)])
        assert keys.found_in(shown), "they are shown when they are asked for"


def told(error: BaseException) -> str:
    """All that an error says: text, arguments, attributes, and itself pickled and back."""
    texts = [str(error), repr(error), repr(error.args), repr(vars(error))]
    texts.append(repr(vars(pickle.loads(pickle.dumps(error)))))
    texts += traceback.format_exception(error)
    return "\n".join(texts)


def refusal(call: Callable[[], object]) -> FormatError:
    with pytest.raises(FormatError) as caught:
        call()
    return caught.value


def test_errors_of_bytes(loaded: list[tuple[bytes, Keys]], kind: type[Record]) -> None:
    """Every constraint broken, and every truncation."""
    for raw, keys in loaded:
        texts = [_truncation(kind, raw[:length]) for length in range(0, kind.SIZE, 31)]
        for edge in edges(kind.parse(raw, reserved="drop")):
            for way in {0, edge.ways // 2, edge.ways - 1}:
                near = edge.broken(way)
                text = _refusal_of(kind, near)
                texts.append(text)
                Keys(_new_bytes(edge, near.data)).assert_hidden(f"{near}", text)
        keys.assert_hidden("an error", "\n".join(texts))


def _truncation(kind: type[Record], raw: bytes) -> str:
    return told(refusal(lambda: kind.parse(raw)))


def _refusal_of(kind: type[Record], near: NearValid) -> str:
    error = refusal(lambda: kind.parse(near.data, reserved=near.reserved))
    assert near.explains(error), near
    return told(error)


def _new_bytes(edge: Any, data: bytes) -> dict[str, bytes]:
    """What a broken constraint has put into a secret field."""
    if not edge.secret:
        return {}
    own = data[edge.offset : edge.offset + edge.field.size]
    return {"broken": own} if len(own) >= 4 and len(set(own)) > 2 else {}


def test_reserved_bytes_of_a_secret(vault: ModuleType) -> None:
    """A secret that is not there is reserved space, and secret all the same."""
    raw, keys = with_secrets(vault.formats.Vault, 3, Random(5))
    record = vault.formats.Vault.parse(raw)
    assert record.opened is None
    assert record.to_dict()["reserved"][hex(176)] == SECRET
    keys.assert_hidden(
        "reject", told(refusal(lambda: vault.formats.Vault.parse(raw, reserved="reject")))
    )


def test_which_value_of_an_enum_it_is(vault: ModuleType) -> None:
    record = vault.formats.Vault(metal=vault.formats.Metal.GOLD, plain=vault.formats.Metal.TIN)
    record = record.replace(drawer=vault.formats.Drawer(metal=vault.formats.Metal.TIN))
    shown = [repr(record), json.dumps(record.to_dict()), *show.table(record, {}, False)]
    assert "tin" in "\n".join(shown)
    assert "gold" not in "\n".join(shown)


def bad_values(field: Field, key: bytes) -> Iterator[object]:
    """What a caller may give by mistake: the key itself, in a form that the field does not take."""
    number = int.from_bytes(key, "big")
    yield from (key + b"\0", key[:-1], bytearray(key) + b"\1", key.hex() + "0", key.hex() + "zz")
    yield from ([*key], {"value": hex(number)}, {"value": number, "name": key.hex()})
    yield from (number << 64 | number, -number, str(number) + "x", f"{number:#x}z")
    yield from (
        {key.hex(): 1},
        {"value": number, "level": 99},
        {"name": key.hex()},
        {"level": number},
    )
    yield from ({"value": str(number), "serial": 1}, float(number), memoryview(key))


def test_errors_of_values(loaded: list[tuple[bytes, Keys]], kind: type[Record]) -> None:
    """Constructor, replace and JSON, given a secret that does not fit."""
    raw, keys = loaded[-1]
    refused = 0
    for field in kind.FIELDS:
        if not field.secret or not field.in_version(latest(kind)):
            continue
        key = Random(3).randbytes(min(field.size, 8))
        wanted = Keys({**keys.secrets, "given": key})
        for value in bad_values(field, key):
            for error in _errors_of_value(kind, raw, field.name or "", value):
                wanted.assert_hidden(f"{field.name} given {value!r}", told(error))
                refused += 1
    assert refused > 20


def _errors_of_value(
    kind: type[Record], raw: bytes, name: str, value: object
) -> Iterator[FormatError]:
    """What the constructor, replace and from_dict say to `value`."""
    record = kind.parse(raw)
    base = {kind.VERSION_FIELD: record.layout_version} if kind.VERSION_FIELD else {}
    calls: list[Callable[[], object]] = [
        lambda: kind(**{**base, name: value}),
        lambda: record.replace(**{name: value}),
        lambda: kind.from_dict({**record.to_dict(show_secrets=True), name: value}),
    ]
    for call in calls if kind.field(name).const is None else calls[1:]:
        try:
            call()
        except FormatError as error:
            yield error


def test_a_redacted_secret_cannot_be_read_back(
    loaded: list[tuple[bytes, Keys]], kind: type[Record]
) -> None:
    for raw, keys in loaded:
        plain = kind.parse(raw).to_dict()
        error = refusal(lambda plain=plain: kind.from_dict(plain))  # type: ignore[misc]
        assert "redacted" in error.reason
        assert error.field is not None
        keys.assert_hidden("redacted", told(error))
    for field in kind.FIELDS:  # each alone, by name
        if field.secret and field.in_version(latest(kind)) and field.when is None:
            error = refusal(lambda name=field.name: kind.from_dict({name: SECRET}))  # type: ignore[misc]
            assert (error.field, "redacted" in error.reason) == (field.name, True)


def test_what_else_a_record_does(loaded: list[tuple[bytes, Keys]], kind: type[Record]) -> None:
    """Errors with the local variables of every frame: what a crash reporter sends home."""
    for raw, keys in loaded:
        record = kind.parse(raw)
        for call in _failing(record):
            error = _caught(call)
            frames = traceback.TracebackException.from_exception(error, capture_locals=True)
            keys.assert_hidden(f"the locals under {error}", "".join(frames.format()))


def _failing(record: Record) -> Iterator[Callable[[], object]]:
    number = next(f for f in record.FIELDS if f.name and f.kind == "uint" and f.const is None)
    yield lambda: record.replace(**{number.name or "": -1})
    yield lambda: record.replace(nope=1)
    yield lambda: record["nope"]
    yield lambda: record.span("nope")


def _caught(call: Callable[[], object]) -> Exception:
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., str]:
    """Runs the command in this process, and gives all that it prints."""

    def run(given: bytes, *arguments: str) -> str:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        cli.main(arguments)
        out, err = capsysbinary.readouterr()
        return (out + err).decode("latin-1")

    return run


def test_the_command(
    loaded: list[tuple[bytes, Keys]], kind: type[Record], command: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setitem(formats.STRUCTURES, kind.NAME, kind.__name__)
    monkeypatch.setattr(catalog, "structure", lambda name: kind)
    for raw, keys in loaded:
        decode = ("decode", "--format", kind.NAME)
        for given in (raw, raw.hex().encode(), base64.b64encode(raw)):
            for options in ([], ["--json"], ["--hexdump"], ["--reserved", "reject"]):
                keys.assert_hidden(f"decode {options}", command(given, *decode, *options))
        assert keys.found_in(command(raw, *decode, "--hexdump", "--show-secrets"))
        assert keys.found_in(command(raw, *decode, "--json", "--show-secrets"))
        for given in (raw[:-1], raw + b"\0", raw[1:], raw.hex().encode() + b"0", raw[:40]):
            for options in ([], ["--input-format", "hex"], ["--input-format", "base64"]):
                keys.assert_hidden("an error", command(given, *decode, *options))
        keys.assert_hidden("encode", command(command(raw, *decode, "--json").encode(), "encode"))
        shown = command(raw, *decode, "--json", "--show-secrets")
        for name in json.loads(shown).keys() - {"format", "layout_version"}:
            for broken in _broken_members(json.loads(shown), name):
                text = command(json.dumps(broken).encode(), "encode", "--output-format", "hex")
                if text.startswith("snpformat: "):
                    keys.assert_hidden(f"encode with a broken {name}", text)
        keys.assert_hidden("no JSON", command(shown[:-3].encode(), "encode"))


def _broken_members(plain: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    value = plain[name]
    if isinstance(value, str):
        yield from ({**plain, name: changed} for changed in (value + "f", value[:-1], f"x{value}"))
    elif isinstance(value, int):
        yield from ({**plain, name: changed} for changed in (f"{value}x", -value, value << 40))
    elif isinstance(value, dict):
        for inner in value:
            for broken in _broken_members(value, inner):
                yield {**plain, name: broken}


FAILING = """\
import pickle
from pathlib import Path
from {module} import {cls} as Kind

HERE = Path(__file__).parent


def records():
    raw = (HERE / "data.bin").read_bytes()
    one = Kind.parse(raw)
    other = Kind.parse((HERE / "other.bin").read_bytes())
    del raw
    return one, other


def test_equal():
    one, other = records()
    assert one == other


def test_lists():
    one, other = records()
    assert [one] == [other]


def test_members():
    one, other = records()
    assert {{"a": one}} == {{"a": other}}


def test_is_nothing():
    one, other = records()
    assert one is None, one


def test_refused_value():
    one, other = records()
    one.replace({number}=-1)


def test_refused_field():
    one, other = records()
    one.replace(nope=1)


def test_plain_values():
    one, other = records()
    assert one.to_dict() == other.to_dict() | {{"nope": 1}}
"""


@pytest.mark.parametrize("options", [["-vv"], ["--showlocals", "-vv"], ["--tb=native", "-l"]])
def test_output_of_pytest(
    vault: ModuleType, tmp_path: Path, options: list[str], kind: type[Record]
) -> None:
    """Tests that fail over records: what pytest prints of them hides their secrets too."""
    number = next(f for f in kind.FIELDS if f.kind == "uint" and f.const is None).name
    text = FAILING.format(module=kind.__module__, cls=kind.__name__, number=number)
    (tmp_path / "test_failing.py").write_text(text)
    version = kind.VERSIONS[-1] if kind.VERSIONS else None
    raw, keys = with_secrets(kind, version, Random(21))
    other, more = with_secrets(kind, version, Random(22))
    (tmp_path / "data.bin").write_bytes(raw)
    (tmp_path / "other.bin").write_bytes(other)
    home = Path(vault.__file__ or "").parents[1]
    paths = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(home)])}
    run = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "test_failing.py"]
    done = subprocess.run(run, cwd=tmp_path, env=paths, capture_output=True, text=True, check=False)
    assert "7 failed" in done.stdout, done.stdout
    for searched in (keys, more):
        searched.assert_hidden(f"pytest {options}", done.stdout + done.stderr)
