"""The published strategies: what they draw holds what they say, and shrinks to the default."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import toys
from hypothesis import HealthCheck, Phase, find, given, settings, strategies as hypothesis
from hypothesis.strategies import SearchStrategy
from samples import CLASSES, FORMS, default, form_name, strategy

from snpformat import FormatError
from snpformat.fields import Enum
from snpformat.formats import MsgHdr, MsgReportRsp, OsArea
from snpformat.record import Record
from snpformat.testing import strategies as st
from snpformat.testing.edges import NearValid, edges, samples

FEW = settings(
    max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def simplest(drawn: SearchStrategy[Any]) -> Any:
    """What is drawn when every choice is the simplest; Hypothesis shrinks towards it."""
    first = settings(max_examples=1, database=None, phases=[Phase.generate])
    return find(drawn, lambda _: True, settings=first)


def least(drawn: SearchStrategy[Any], condition: Any = lambda _: True) -> Any:
    """What Hypothesis shrinks to."""
    return find(drawn, condition, settings=settings(max_examples=50, database=None))


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    with toys.generated(toys.VAULT, tmp_path_factory.mktemp("toys")) as package:
        importlib.import_module(f"{package.__name__}.formats")
        importlib.import_module(f"{package.__name__}.testing.strategies")
        yield package


@pytest.mark.parametrize(("cls", "version"), FORMS, ids=form_name)
def test_the_simplest_is_the_default(cls: type[Record], version: int | None) -> None:
    record = default(cls, version)
    assert simplest(strategy(cls, "", version)) == record
    assert simplest(strategy(cls, "_bytes", version)) == record.build()
    assert simplest(strategy(cls, "")) == cls()
    assert simplest(strategy(cls, "_bytes")) == cls().build()
    assert simplest(strategy(cls, "_any_bytes")) == cls().build()
    near = simplest(strategy(cls, "_near_valid", version))
    assert (near.rule, near.data) == ("short", b"")


def test_less_is_not_drawn_to_be_simpler() -> None:
    """An older version or a failed response has fewer fields, and is no simpler for that."""
    assert least(st.os_area()) == OsArea()
    assert least(st.os_area_bytes()) == OsArea().build()
    assert least(st.msg_report_rsp()) == MsgReportRsp()


def test_everything_else_shrinks_to_the_default() -> None:
    assert least(st.msg_hdr(), lambda hdr: hdr.msg_size >= 77) == MsgHdr(msg_size=77)
    assert least(st.os_area(version=0), lambda area: area.guest_usage[3]) == OsArea(
        version=0, guest_usage=bytes(3) + b"\1" + bytes(28)
    )
    refused = least(st.msg_hdr_near_valid(), lambda near: near.rule == "const")
    assert (refused.field, refused.value) == ("hdr_version", 0)


@pytest.mark.parametrize(("cls", "version"), FORMS, ids=form_name)
@given(data=hypothesis.data())
@FEW
def test_values_are_as_a_constructor_makes_them(
    cls: type[Record], version: int | None, data: hypothesis.DataObject
) -> None:
    record = data.draw(strategy(cls, "", version))
    assert type(record) is cls
    assert record.layout_version == version
    assert cls.parse(record.build(), reserved="reject") == record
    there = [field for field, here in record.layout() if here and field.const is None]
    values = {field.name or "": record[field.name or ""] for field in there}
    values.pop(str(cls.FIELDS[-1].count), None)  # told by the elements
    assert cls(**values) == record


@pytest.mark.parametrize(("cls", "version"), FORMS, ids=form_name)
@given(data=hypothesis.data())
@FEW
def test_nearly_valid_bytes_are_refused_as_they_say(
    cls: type[Record], version: int | None, data: hypothesis.DataObject
) -> None:
    assert_refused(cls, data.draw(strategy(cls, "_near_valid", version)))


def assert_refused(cls: type[Record], near: NearValid) -> None:
    with pytest.raises(FormatError) as caught:
        cls.parse(near.data, reserved=near.reserved)
    assert near.explains(caught.value), (near, caught.value.args)
    if near.reserved == "reject":
        assert cls.parse(near.data).build() == near.data


@pytest.mark.parametrize(("cls", "version"), FORMS, ids=form_name)
def test_every_edge_breaks_one_constraint(cls: type[Record], version: int | None) -> None:
    for _, record in samples(cls, version):
        for edge in edges(record):
            for way in {0, 1 % edge.ways, edge.ways // 2, edge.ways // 3, edge.ways - 1}:
                near = edge.broken(way)
                assert near.data != record.build()
                assert_refused(cls, near)
        for edge in (edge for edge in edges(record) if edge.rule == "short"):
            for way in range(edge.ways):
                assert_refused(cls, edge.broken(way))


def test_every_rule_is_broken(vault: ModuleType) -> None:
    """Also those that no shipped format has: closed enums, and secrets around a constraint."""
    for version in (1, 3):
        record = vault.formats.Vault(version=version)
        found = edges(record)
        names = {(edge.rule, edge.name) for edge in found}
        assert {rule for rule, _ in names} == {
            "short", "long", "version", "const", "enum", "reserved",
        }  # fmt: skip
        assert {("const", "stamp"), ("enum", "hidden.metal"), ("reserved", "spare")} <= names
        for edge in found:
            for way in {0, edge.ways // 3, edge.ways - 1}:
                near = edge.broken(way)
                assert_refused(vault.formats.Vault, near)
                hidden = near.field and near.field.split(".")[0] in ("stamp", "metal", "hidden")
                assert (near.value is None) >= bool(hidden) or near.rule == "short"
    closed: type[Enum] = vault.formats.Metal
    drawn = vault.testing.strategies.vault()
    assert simplest(drawn) == vault.formats.Vault()
    assert simplest(vault.testing.strategies.vault_bytes()) == vault.formats.Vault().build()
    assert simplest(drawn.map(lambda record: record.plain)) in closed.NAMES


def test_an_expectation_can_be_wrong() -> None:
    near = simplest(st.msg_hdr_near_valid())
    for right, *wrong in [
        ("msg_hdr", "authtag", 0, 0),
        ("msg_hdr", "authtag", 0, 1),
        ("msg_hdr", "algo", 0, 0),
        ("msg_hdr", "authtag", 1, 0),
        ("other", "authtag", 0, 0),
    ]:
        error = FormatError(right, wrong[0], wrong[1], wrong[2], "")  # type: ignore[arg-type]
        assert near.explains(error) == ((right, *wrong) == ("msg_hdr", "authtag", 0, 0))
    assert "data" not in repr(near)


@pytest.mark.parametrize("cls", CLASSES, ids=form_name)
def test_any_bytes_are_of_any_length(cls: type[Record]) -> None:
    drawn = strategy(cls, "_any_bytes")
    size = len(cls().build())
    few = settings(max_examples=2000, database=None, phases=[Phase.generate])
    for condition in (
        lambda raw: len(raw) < size,
        lambda raw: len(raw) > size,
        lambda raw: len(raw) == size and raw != cls().build(),
    ):
        find(drawn, condition, settings=few)


@given(data=hypothesis.data())
@FEW
def test_fields_can_be_given(data: hypothesis.DataObject) -> None:
    report = data.draw(st.attestation_report(vmpl=2, guest_svn=hypothesis.integers(5, 7)))
    assert report.vmpl == 2
    assert report.guest_svn in (5, 6, 7)
    late = data.draw(st.attestation_report(launch_mit_vector=9))
    assert late.version >= 5  # the first version that has it
    assert late.launch_mit_vector == 9
    answer = data.draw(st.msg_report_rsp(report=st.attestation_report(version=3)))
    assert answer.report is not None
    assert (answer.status, answer.report.version) == (0, 3)


def test_what_cannot_be_drawn_is_told_at_once() -> None:
    with pytest.raises(TypeError, match="msg_hdr has no field 'nope'"):
        st.msg_hdr(nope=1)
    with pytest.raises(TypeError, match="no field 'hdr_size'"):
        st.msg_hdr(hdr_size=96)
    with pytest.raises(ValueError, match="no version 99; known: 1, 2, 3, 4, 5"):
        st.attestation_report(version=99)
    with pytest.raises(ValueError, match="no version 99"):
        st.attestation_report_bytes(version=99)


CLASHING = """\
snpformat: 1
module: clash
axes:
  fields: {field: box.fields, known: [1, 2]}
structs:
  box:
    size: 2
    axis: fields
    fields: [{at: 0, name: fields, type: u8}, {at: 1, name: others, type: u8}]
  box_bytes:
    size: 1
    fields: [{at: 0, name: lid, type: u8}]
  bytes:
    size: 1
    fields: [{at: 0, name: lid, type: u8}]
  object:
    size: 1
    fields: [{at: 0, name: lid, type: u8}]
"""


def test_names_that_clash_get_out_of_the_way(tmp_path: Path) -> None:
    with toys.generated(CLASHING, tmp_path) as package:
        made = importlib.import_module(f"{package.__name__}.testing.strategies")
        assert simplest(made.box(fields=1, others=4)) == package.formats.Box(fields=1, others=4)
        assert simplest(made.box_bytes()) == package.formats.BoxBytes()
        assert simplest(made.box_bytes_()) == b"\2\0"
        assert simplest(made.bytes_()) == package.formats.Bytes()
        assert simplest(made.bytes_bytes()) == b"\0"
        assert simplest(made.object_(lid=3)).lid == 3
