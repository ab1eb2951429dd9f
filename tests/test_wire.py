"""The helpers of generated code, where a real structure has to show what they do."""

from __future__ import annotations

import pytest

from snpformat import FormatError
from snpformat.formats import MsgHdr


class Seven:
    """Something that struct takes for a number, and that equals none."""

    def __index__(self) -> int:
        return 7


def test_a_scattered_buffer_is_refused() -> None:
    """Its length is right, so nothing else is wrong with it."""
    every_second = memoryview(bytes(2 * MsgHdr.SIZE))[::2]
    with pytest.raises(FormatError, match="96 bytes in one piece") as caught:
        MsgHdr.parse(every_second)
    assert caught.value.field is None


def test_what_only_looks_like_a_number_is_refused_by_name() -> None:
    with pytest.raises(FormatError, match="expected a number, got Seven") as caught:
        MsgHdr(msg_seqno=Seven())  # type: ignore[arg-type]
    assert (caught.value.field, caught.value.offset) == ("msg_seqno", 0x20)
