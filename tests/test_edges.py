"""The published vectors: renewed from the specs they are the same, and two codecs agree with them.

They are read with the code that vectors/README.md shows.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from construct import ConstructError
from samples import CLASSES, form_name

from snpformat import FormatError, constructs
from snpformat.arrays import sizes_of
from snpformat.record import Record
from snpformat.testing import vectors
from snpformat.testing.edges import edges, samples

FOLDER = ROOT / "vectors"
(SHOWN,) = re.findall(
    r"^```python\n(.*?)^```", (FOLDER / "README.md").read_text(), re.MULTILINE | re.DOTALL
)
READER: dict[str, Any] = {}
exec(compile(SHOWN, "vectors/README.md", "exec"), READER)

Case = tuple[str, bytes, dict[str, Any] | None, dict[str, Any] | None, bool]


def cases(cls: type[Record]) -> list[Case]:
    return [*READER["read"](FOLDER / f"{cls.NAME}.json")]


def test_they_are_what_the_specs_give() -> None:
    wanted = vectors.texts()
    found = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    assert found.keys() == wanted.keys(), "mend it: ./dev generate"
    for name, text in wanted.items():
        assert found[name] == text, f"{name} is stale; mend it: ./dev generate"


def test_they_stay_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1_000_000


def test_the_command_writes_what_differs_and_removes_what_is_left_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone.json").write_text("{}")
    (tmp_path / "README.md").write_text("kept")
    assert vectors.main([str(tmp_path)]) == 0
    (tmp_path / "msg_hdr.json").write_text("{}")
    capsys.readouterr()
    assert vectors.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'msg_hdr.json'}\n"
    assert {path.name for path in tmp_path.iterdir()} == vectors.texts().keys() | {"README.md"}
    assert vectors.main([]) == 2


@pytest.mark.parametrize("cls", CLASSES, ids=form_name)
def test_the_typed_record_agrees(cls: type[Record]) -> None:
    for name, data, decoded, error, strict in cases(cls):
        if error is None:
            record = cls.parse(data)
            assert record.to_dict(show_secrets=True) == decoded, name
            assert cls.from_dict(record.to_dict(show_secrets=True)) == record, name
            assert record.build() == data, name
            continue
        with pytest.raises(FormatError) as caught:
            cls.parse(data, reserved="reject" if strict else "keep")
        assert _told(caught.value) == error, name
        if strict:
            assert cls.parse(data).build() == data, name


def _told(error: FormatError) -> dict[str, Any]:
    value = error.value
    if isinstance(value, bytes):
        value = value.hex()
    elif isinstance(value, int) and value >= 1 << 32:
        value = hex(value)
    return {
        "structure": error.structure,
        "field": error.field,
        "offset": error.offset,
        "value": value,
    }


@pytest.mark.parametrize("cls", CLASSES, ids=form_name)
def test_plain_construct_agrees(cls: type[Record]) -> None:
    declaration = getattr(constructs, cls.__name__)
    for name, data, decoded, _, strict in cases(cls):
        if decoded is not None:
            container = declaration.parse(data)
            assert_means(container, decoded, name)
            assert declaration.build(container) == data, name
        elif strict or (name.startswith("long") and cls.FIELDS[-1].stop != "end"):
            declaration.parse(data)  # it takes reserved bytes as they are, and reads no end
        else:
            with pytest.raises(ConstructError):
                declaration.parse(data)


def assert_means(container: Any, decoded: dict[str, Any], name: str) -> None:
    """What plain construct read against JSON, without a look at the records."""
    for key, value in decoded.items():
        if key in ("format", "layout_version"):
            continue
        if key == "reserved":
            for place, digits in value.items():
                assert digits in _reserved_at(container, int(place, 16)), f"{name}: {place}"
            continue
        found = container[key]
        if isinstance(value, list):  # the element that ends a list is in it for construct
            for index, element in enumerate(value):
                assert_means(found[index], element, f"{name}: {key}.{index}")
        elif not isinstance(value, dict):
            wanted = found.hex() if isinstance(found, bytes) else int(found)
            assert value == wanted or int(value, 0) == wanted, f"{name}: {key}"
        elif "format" in value:
            assert_means(found, value, name)
        elif isinstance(value["value"], int) or "name" in value:
            assert int(found) == int(value["value"]), f"{name}: {key}"
        elif isinstance(found, int):
            assert found == int(value["value"], 0), f"{name}: {key}"
        else:
            for part in value.keys() - {"value"}:
                own = value[part]
                wanted = own["value"] if isinstance(own, dict) else own
                assert int(found[part]) == int(wanted), f"{name}: {key}.{part}"


def _reserved_at(container: Any, offset: int) -> list[str]:
    """Reserved bytes at an offset, in whichever version they are; or a failed response's."""
    begin = f"reserved_{offset:x}"
    named = [
        value for key, value in container.items() if key == begin or key.startswith(f"{begin}_v")
    ]
    loose = [value for key, value in container.items() if not key.startswith("reserved_")]
    return [value.hex() for value in [*named, *loose] if isinstance(value, bytes)]


@pytest.mark.parametrize("cls", CLASSES, ids=form_name)
def test_nothing_is_left_out(cls: type[Record]) -> None:
    """Each version, each field with a value of its own, and each constraint."""
    found = cases(cls)
    names = " ".join(name for name, *_ in found)
    meanings = [decoded for _, _, decoded, _, _ in found if decoded is not None]
    assert len({name for name, *_ in found}) == len(found)
    assert {meaning.get("layout_version") for meaning in meanings} == set(cls.VERSIONS or [None])
    for field in cls.FIELDS:
        if field.name and field.const is None and field.record is None:
            values = [str(m[field.name]) for m in meanings if field.name in m]
            assert len(set(values)) > 1, field
    broken = {(error["field"], error["offset"]) for _, _, _, error, _ in found if error}
    for version in cls.VERSIONS or (None,):
        for _, record in samples(cls, version):
            for edge in edges(record):
                assert (edge.name, edge.offset) in broken or edge.rule == "short", edge
    assert "short 0," in names
    size = len(cls().build())
    full = sizes_of(cls)[-1] if cls.FIELDS[-1].stop == "end" else size
    assert f"long {full + size}," in names
