"""What the software firmware does with a message: rules F1 to F12 of the reference, section 2."""

from __future__ import annotations

import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from firmware_lab import (
    CPUID_REQ,
    KEY_REQ,
    PAGE,
    REPORT_REQ,
    TSC_INFO_REQ,
    VMPCKS,
    Guest,
    key_request,
    message,
    opened,
    paged,
    report_request,
)
from hypothesis import given, strategies as st

from snpformat.errors import LocalError, MailboxError

INVALID_PARAM, BAD_MEASUREMENT, AEAD_OFLOW = 0x16, 0x0B, 0x1D


def good(**changes: Any) -> bytes:
    """A request for a report, with something else in it."""
    values = {"msg_type": REPORT_REQ, "seqno": 1, **changes}
    key = values.pop("key", VMPCKS[0])
    return message(key, values.pop("payload", report_request()), **values)


def spoilt(at: int, request: bytes | None = None) -> bytes:
    """A request with one bit changed after it was sealed."""
    raw = bytearray(request or good())
    raw[at] ^= 1
    return bytes(raw)


END = PAGE - len(good())  # the last offset that a request may have

# Rule and case; the request; its offset; that of the response; the code.
REFUSALS: list[tuple[str, bytes, int, int, int]] = [
    ("F1 the header leaves the page", good(), PAGE - 0x5F, 0, INVALID_PARAM),
    ("F1 the header lies behind the page", good(), PAGE, 0, INVALID_PARAM),
    ("F1 the header lies before the page", good(), -16, 0, INVALID_PARAM),
    ("F1 the payload leaves the page by a byte", good(), END + 1, 0, INVALID_PARAM),
    ("F1 msg_size leaves the page", good(size=4016), 0, 0, INVALID_PARAM),
    ("F1 msg_size of all ones", good(size=0xFFFF), 0, 0, INVALID_PARAM),
    ("F1 before F2", good(size=0xFFFF, hdr_version=9), 0, 0, INVALID_PARAM),
    ("F2 hdr_version 0", good(hdr_version=0), 0, 0, INVALID_PARAM),
    ("F2 hdr_version 2", good(hdr_version=2), 0, 0, INVALID_PARAM),
    ("F2 hdr_size 0", good(hdr_size=0), 0, 0, INVALID_PARAM),
    ("F2 hdr_size 0x61", good(hdr_size=0x61), 0, 0, INVALID_PARAM),
    ("F2 algo 0", good(algo=0), 0, 0, INVALID_PARAM),
    ("F2 algo 2", good(algo=2), 0, 0, INVALID_PARAM),
    ("F2 msg_size 0", good(payload=b""), 0, 0, INVALID_PARAM),
    ("F2 msg_size 8", good(payload=bytes(8)), 0, 0, INVALID_PARAM),
    ("F2 msg_size 0x28, KEY_REQ of revision 1.58",
     good(payload=bytes(0x28), msg_type=KEY_REQ, version=2), 0, 0, INVALID_PARAM),
    ("F2 before F3", good(algo=0, vmpck=4), 0, 0, INVALID_PARAM),
    ("F3 VMPCK 4", good(vmpck=4), 0, 0, INVALID_PARAM),
    ("F3 VMPCK 255", good(vmpck=255), 0, 0, INVALID_PARAM),
    ("F3 before F4", spoilt(0, good(vmpck=4)), 0, 0, INVALID_PARAM),
    ("F4 the tag changed", spoilt(0), 0, 0, BAD_MEASUREMENT),
    ("F4 the last byte of the tag changed", spoilt(15), 0, 0, BAD_MEASUREMENT),
    ("F4 the payload changed", spoilt(0x60), 0, 0, BAD_MEASUREMENT),
    ("F4 the type changed", spoilt(0x34), 0, 0, BAD_MEASUREMENT),
    ("F4 the version changed", spoilt(0x35), 0, 0, BAD_MEASUREMENT),
    ("F4 reserved bytes of the AAD changed", spoilt(0x5F), 0, 0, BAD_MEASUREMENT),
    ("F4 the number changed", spoilt(0x20), 0, 0, BAD_MEASUREMENT),
    ("F4 another VMPCK", good(vmpck=1), 0, 0, BAD_MEASUREMENT),
    ("F4 a key that is none of its own", good(key=b"x" * 32), 0, 0, BAD_MEASUREMENT),
    ("F4 before F5", spoilt(0, good(seqno=7)), 0, 0, BAD_MEASUREMENT),
    ("F5 number 0", good(seqno=0), 0, 0, AEAD_OFLOW),
    ("F5 number 2", good(seqno=2), 0, 0, AEAD_OFLOW),
    ("F5 number 3", good(seqno=3), 0, 0, AEAD_OFLOW),
    ("F5 the last number", good(seqno=2**64 - 1), 0, 0, AEAD_OFLOW),
    ("F5 before F6", good(seqno=3, msg_type=0), 0, 0, AEAD_OFLOW),
    ("F6 msg_version 0", good(version=0), 0, 0, INVALID_PARAM),
    ("F6 msg_version 2", good(version=2), 0, 0, INVALID_PARAM),
    ("F6 msg_version 2 of KEY_REQ", good(version=2, msg_type=KEY_REQ, payload=bytes(32)), 0, 0,
     INVALID_PARAM),
    ("F6 msg_version 255", good(version=255), 0, 0, INVALID_PARAM),
    ("F6 type 0", good(msg_type=0), 0, 0, INVALID_PARAM),
    ("F6 a response", good(msg_type=6), 0, 0, INVALID_PARAM),
    ("F6 EXPORT_REQ, which is not modelled", good(msg_type=7), 0, 0, INVALID_PARAM),
    ("F6 type 255", good(msg_type=255), 0, 0, INVALID_PARAM),
    ("F6 before F7", good(msg_type=255), 0, PAGE, INVALID_PARAM),
    ("F7 the response leaves the page by a byte", good(), 0, PAGE - 0x60 - 0x4C0 + 1,
     INVALID_PARAM),
    ("F7 the response lies behind the page", good(), 0, PAGE + 1, INVALID_PARAM),
    ("F7 the response lies before the page", good(), 0, -1, INVALID_PARAM),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "request_", "offset", "response_offset", "code"), REFUSALS, ids=lambda v: v
    if isinstance(v, str) else "",
)  # fmt: skip
def test_what_is_refused_is_not_counted(
    rule: str, request_: bytes, offset: int, response_offset: int, code: int
) -> None:
    """F7 and F12: no response, and the next good message has the same number."""
    guest = Guest()
    page = paged(request_, max(offset, 0))
    with pytest.raises(MailboxError) as caught:
        guest.firmware.handle(page, offset=offset, response_offset=response_offset)
    assert caught.value.code == code
    assert f"({rule[:2]})" in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__ is (code == 0x0B)
    assert guest.firmware.message_counts == (0, 0, 0, 0)
    assert guest.ask(REPORT_REQ, report_request())[:4] == bytes(4)


def test_f1_a_message_may_lie_anywhere() -> None:
    for offset in (0, 1, 0x7FF, END):
        page = Guest().firmware.handle(paged(good(), offset), offset=offset)
        assert opened(VMPCKS[0], page)[:4] == bytes(4)


def test_f2_the_longest_payload() -> None:
    page = Guest().firmware.handle(paged(good(payload=report_request().ljust(4000, b"\0"))))
    assert opened(VMPCKS[0], page)[:4] == bytes(4)


def test_f5_a_message_counts_once() -> None:
    guest = Guest()
    first = paged(good())
    guest.firmware.handle(first)
    for again in (first, paged(good(seqno=2)), paged(good(seqno=5))):
        with pytest.raises(MailboxError) as caught:
            guest.firmware.handle(again)
        assert caught.value.code == AEAD_OFLOW
    assert guest.firmware.message_counts == (2, 0, 0, 0)


@pytest.mark.parametrize("count", [2**32 - 2, 2**32, 2**63, 2**64 - 4])
def test_f10_counts_have_64_bits(count: int) -> None:
    guest = Guest()
    guest.firmware._counts[0] = count
    guest.seqno = count + 1
    assert guest.ask(REPORT_REQ, report_request())[:4] == bytes(4)
    assert guest.firmware.message_counts[0] == count + 2


def test_f5_the_last_number_is_not_used() -> None:
    guest = Guest()
    guest.firmware._counts[0] = 2**64 - 2
    guest.seqno = 2**64 - 1
    assert guest.refusal(REPORT_REQ, report_request()) == AEAD_OFLOW
    assert guest.firmware.message_counts[0] == 2**64 - 2


def test_f10_each_vmpck_has_its_count() -> None:
    guest = Guest()
    for vmpck, times in ((2, 3), (0, 1), (3, 2)):
        guest.vmpck, guest.seqno = vmpck, 1
        for _ in range(times):
            guest.ask(REPORT_REQ, report_request(vmpl=3))
    assert guest.firmware.message_counts == (2, 0, 6, 4)


@pytest.mark.parametrize(
    ("msg_type", "payload", "status"),
    [
        pytest.param(REPORT_REQ, report_request(rest=b"\x01" * 24), 0x16, id="F8 report, reserved"),
        pytest.param(REPORT_REQ, report_request(key_sel=3), 0x27, id="F8 report, key"),
        pytest.param(KEY_REQ, key_request(select=1 << 40), 0x16, id="F8 key, field select"),
        pytest.param(TSC_INFO_REQ, b"\x01" * 128, 0x16, id="F8 TSC, reserved"),
    ],
)
def test_f8_errors_of_the_payload_count(msg_type: int, payload: bytes, status: int) -> None:
    guest = Guest()
    answer = guest.ask(msg_type, payload)
    assert struct.unpack_from("<I", answer)[0] == status
    assert not any(answer[8:])  # of a report there is its size, at 4
    assert guest.firmware.message_counts == (2, 0, 0, 0)
    assert guest.ask(REPORT_REQ, report_request())[:4] == bytes(4)


@pytest.mark.parametrize(
    ("msg_type", "payload", "size"),
    [
        pytest.param(REPORT_REQ, report_request(vmpl=3), 0x4C0, id="F9 report"),
        pytest.param(KEY_REQ, key_request(vmpl=3), 0x40, id="F9 key"),
        pytest.param(TSC_INFO_REQ, bytes(128), 0x80, id="F9 TSC"),
    ],
)
@pytest.mark.parametrize("vmpck", range(4))
def test_f9_the_header_of_a_response(msg_type: int, payload: bytes, size: int, vmpck: int) -> None:
    key = VMPCKS[vmpck]
    firmware = Guest().firmware
    for seqno, offset in ((1, 0), (3, 0x123), (5, PAGE - 0x60 - size)):
        request = message(key, payload, msg_type=msg_type, seqno=seqno, vmpck=vmpck)
        page = firmware.handle(paged(request), response_offset=offset)
        assert len(page) == PAGE
        assert page[offset + 0x20 : offset + 0x60] == struct.pack(
            "<QQBBHBBHIB35x", seqno + 1, 0, 1, 1, 0x60, msg_type + 1, 1, size, 0, vmpck
        )
        opened(key, page, offset)  # IV and key are those that the header tells
        assert not any(page[:offset] + page[offset + 0x60 + size :])


@pytest.mark.parametrize("msg_type", [REPORT_REQ, KEY_REQ, TSC_INFO_REQ])
def test_f11_a_payload_shorter_than_its_form_reads_as_zeros(msg_type: int) -> None:
    answers = {Guest().ask(msg_type, bytes(size)) for size in (16, 32, 96, 128)}
    assert len(answers) == 1


def test_f11_what_stands_behind_the_form_is_not_looked_at() -> None:
    assert Guest().ask(REPORT_REQ, report_request() + b"\xff" * 16) == Guest().ask(
        REPORT_REQ, report_request()
    )
    assert Guest().ask(KEY_REQ, key_request() + b"\xff" * 16) == Guest().ask(KEY_REQ, key_request())
    assert Guest().ask(TSC_INFO_REQ, bytes(128) + b"\xff" * 16)[:4] == bytes(4)


@given(
    msg_type=st.sampled_from([REPORT_REQ, KEY_REQ, TSC_INFO_REQ]) | st.integers(0, 255),
    payload=st.integers(1, 250).flatmap(lambda n: st.binary(min_size=16 * n, max_size=16 * n)),
    version=st.sampled_from([1, 1, 1, 0, 2]),
    vmpck=st.integers(0, 3),
)
def test_f11_any_payload_is_answered_or_refused(
    msg_type: int, payload: bytes, version: int, vmpck: int
) -> None:
    key = VMPCKS[vmpck]
    request = message(key, payload, msg_type=msg_type, seqno=1, vmpck=vmpck, version=version)
    known = version == 1 and msg_type in (CPUID_REQ, KEY_REQ, REPORT_REQ, TSC_INFO_REQ)
    guest = SHARED.firmware
    if not known:
        with pytest.raises(MailboxError) as caught:
            guest.handle(paged(request))
        assert caught.value.code == INVALID_PARAM
        assert guest.message_counts[vmpck] == 0
    else:
        answer = opened(key, guest.handle(paged(request)))
        assert struct.unpack_from("<I", answer)[0] in (0, 0x16, 0x27)
        guest._counts[vmpck] = 0


SHARED = Guest()


@given(page=st.binary(max_size=200), offset=st.integers(-10, 5000))
def test_any_page_is_refused_by_a_mailbox_error(page: bytes, offset: int) -> None:
    with pytest.raises(MailboxError):
        SHARED.firmware.handle(page.ljust(PAGE, b"\0"), offset=offset)


@pytest.mark.parametrize(
    "page", [b"", bytes(4095), bytes(4097), 4096, "x" * 4096, None, [0] * 4096]
)
def test_what_is_no_page(page: Any) -> None:
    with pytest.raises(LocalError, match=r"page|expected bytes"):
        Guest().firmware.handle(page)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_is_a_page_and_is_left_alone(kind: Callable[[bytes], Any]) -> None:
    page = kind(paged(good()))
    Guest().firmware.handle(page)
    assert bytes(page) == paged(good())


def test_one_answer_for_a_number_though_many_ask_at_once() -> None:
    """F5 holds between threads: two answers under one number would give the key stream away."""
    guest = Guest()
    requests = [paged(good(payload=report_request(bytes([n]) * 64))) for n in range(16)]

    def ask(page: bytes) -> int:
        try:
            return len(guest.firmware.handle(page))
        except MailboxError as error:
            return error.code

    with ThreadPoolExecutor(16) as pool:
        results = sorted(pool.map(ask, requests))
    assert results == [AEAD_OFLOW] * 15 + [PAGE]
    assert guest.firmware.message_counts == (2, 0, 0, 0)
