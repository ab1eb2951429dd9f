"""The typed record and plain construct: the same values, the same bytes, the same refusals."""

from __future__ import annotations

import pytest
from construct import ConstructError
from hypothesis import given, settings, strategies as st
from samples import CLASSES, FORMS, assert_same, form_name, strategy, valid_bytes

from snpformat import FormatError, constructs
from snpformat.arrays import sizes_of
from snpformat.record import Record, VariableRecord
from snpformat.testing.edges import samples


@pytest.mark.parametrize(("cls", "version"), FORMS, ids=form_name)
@given(data=st.data())
@settings(max_examples=40)
def test_same_values_and_bytes(cls: type[Record], version: int | None, data: st.DataObject) -> None:
    raw = data.draw(valid_bytes(cls, version))
    record = cls.parse(raw)
    declaration = getattr(constructs, cls.__name__)
    container = declaration.parse(raw)
    assert_same(record, container)
    assert record.build() == raw
    assert declaration.build(container) == raw


@pytest.mark.parametrize("cls", CLASSES, ids=form_name)
@given(data=st.data())
@settings(max_examples=50)
def test_same_refusals(cls: type[Record], data: st.DataObject) -> None:
    """Any bytes, and nearly valid ones: both accept, or both refuse. construct reads no end."""
    raw = data.draw(strategy(cls, "_any_bytes"))[: sizes_of(cls)[-1]]
    assert _accepts_record(cls, raw) == _accepts_construct(cls, raw)
    near = data.draw(strategy(cls, "_near_valid"))
    if near.rule != "long":
        assert not _accepts_construct(cls, near.data) or near.reserved == "reject"
        assert _accepts_record(cls, near.data) == _accepts_construct(cls, near.data)


@pytest.mark.parametrize(("cls", "version"), FORMS, ids=form_name)
def test_both_refuse_every_truncation(cls: type[Record], version: int | None) -> None:
    for _, record in samples(cls, version):
        raw = record.build()
        assert _accepts_record(cls, raw)
        assert _accepts_construct(cls, raw)
        for length in range(len(raw)):
            # Without some of its last elements an array that ends with the bytes is a shorter one.
            whole = cls.FIELDS[-1].stop == "end" and length in sizes_of(cls)
            assert _accepts_record(cls, raw[:length]) == whole, length
            assert _accepts_construct(cls, raw[:length]) == whole, length


@pytest.mark.parametrize("cls", CLASSES, ids=form_name)
def test_only_construct_takes_trailing_bytes(cls: type[Record]) -> None:
    """construct reads streams; whoever has a whole buffer wants to know."""
    raw = cls().build()
    if cls.FIELDS[-1].stop == "end":  # an array that takes all there is
        raw = raw.ljust(sizes_of(cls)[-1], b"\0")
    assert _accepts_construct(cls, raw + b"\0") == (cls.FIELDS[-1].stop != "end")
    with pytest.raises(FormatError, match="1 byte too many") as caught:
        cls.parse(raw + b"\0")
    assert (caught.value.offset, caught.value.value) == (len(raw), len(raw) + 1)


def _accepts_record(cls: type[Record], raw: bytes) -> bool:
    """Like construct, what ends before the data does is read from its start."""
    try:
        if issubclass(cls, VariableRecord):
            cls.parse_prefix(raw)
        else:
            cls.parse(raw)
    except FormatError:
        return False
    return True


def _accepts_construct(cls: type[Record], raw: bytes) -> bool:
    try:
        getattr(constructs, cls.__name__).parse(raw)
    except ConstructError:
        return False
    return True
