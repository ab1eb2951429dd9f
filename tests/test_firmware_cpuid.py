"""CPUID and TSC messages of the software firmware."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from firmware_lab import CPUID_REQ, TSC_INFO_REQ, Guest
from hypothesis import given, strategies as st

from snpformat.formats import MsgCpuidRsp

TABLE: list[dict[str, Any]] = [
    {"eax_in": 0x1, "eax": 0x00A10F11, "ebx": 2, "ecx": 3, "edx": 4},
    {"eax_in": 0x7, "ecx_in": 1, "eax": 0x10},
    {"eax_in": 0xD, "xcr0_in": 7, "ebx": 0x340},
    {"eax_in": 0xD, "xcr0_in": 7, "xss_in": 0x800, "ebx": 0x350},
]


def function(leaf: int, sub: int = 0, xcr0: int = 0, xss: int = 0, *values: int) -> bytes:
    out = (*values, 0, 0, 0, 0)[:4]
    return struct.pack("<IIQQ4I8x", leaf, sub, xcr0, xss, *out)


def request(*functions: bytes, count: int | None = None, rest: bytes = bytes(12)) -> bytes:
    count = len(functions) if count is None else count
    return struct.pack("<I12s", count, rest) + b"".join(functions)


def response(count: int, *functions: bytes, status: int = 0) -> bytes:
    return struct.pack("<II8x", status, count) + b"".join(functions)


A, B, C = function(0x1, 0, 0, 0, 9, 9, 9, 9), function(0x2, 5, 1, 1, 8), function(0x40000000)
RIGHT_A = function(0x1, 0, 0, 0, 0x00A10F11, 2, 3, 4)
ODD = A[:-1] + b"\x01"  # a reserved byte

# The request and the response.
CASES: list[tuple[str, bytes, bytes]] = [
    ("none", request(), response(0)),
    ("one that is corrected", request(A), response(1, RIGHT_A)),
    ("one that is right", request(RIGHT_A), response(1, RIGHT_A)),
    ("one that is not in the table", request(B), response(1, B)),
    ("the sub-leaf counts", request(function(7, 0, 0, 0, 1), function(7, 1, 0, 0, 1)),
     response(2, function(7, 0, 0, 0, 1), function(7, 1, 0, 0, 0x10))),
    ("of leaf 0xd XCR0 and XSS count",
     request(function(0xD, 0, 7), function(0xD, 0, 7, 0x800), function(0xD, 0, 3)),
     response(3, function(0xD, 0, 7, 0, 0, 0x340), function(0xD, 0, 7, 0x800, 0, 0x350),
              function(0xD, 0, 3))),
    ("of leaf 1 they do not", request(function(1, 0, 7, 5)),
     response(1, function(1, 0, 7, 5, 0x00A10F11, 2, 3, 4))),
    ("other ranges come back but are not counted", request(A, C, function(0x10000), B),
     response(2, RIGHT_A, C, function(0x10000), B)),
    ("the ends of the ranges",
     request(*map(function, (0xFFFF, 0x80000000, 0x8000FFFF, 0x80010000, 0x7FFFFFFF))),
     response(3, *map(function, (0xFFFF, 0x80000000, 0x8000FFFF, 0x80010000, 0x7FFFFFFF)))),
    ("64", request(*[A] * 64), response(64, *[RIGHT_A] * 64)),
    ("65", request(*[A] * 65), response(0, *[bytes(48)] * 65, status=0x16)),
    ("count of all ones", request(A, count=2**32 - 1), response(0, bytes(48), status=0x16)),
    ("reserved, first byte", request(A, rest=b"\x01" + bytes(11)),
     response(0, bytes(48), status=0x16)),
    ("reserved, last byte", request(A, rest=bytes(11) + b"\x01"),
     response(0, bytes(48), status=0x16)),
    ("reserved in a function", request(B, ODD), response(0, bytes(48), bytes(48), status=0x16)),
    ("F11 count beyond the payload", request(A, count=3),
     response(3, RIGHT_A)),
    ("F11 functions behind the count", request(A, A, ODD, count=1), response(1, RIGHT_A, A, ODD)),
    ("F11 functions behind the 64th", request(*[A] * 66, count=1),
     response(1, RIGHT_A, *[A] * 63, bytes(96))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "expected"), [pytest.param(*case, id=f"F8 {name}") for name, *case in CASES]
)
def test_cpuid(asked: bytes, expected: bytes) -> None:
    guest = Guest(cpuid=TABLE)
    assert guest.ask(CPUID_REQ, asked) == expected
    assert guest.firmware.message_counts[0] == 2


@given(st.binary(min_size=16, max_size=3984).map(lambda b: b[: len(b) // 16 * 16]))
def test_f11_any_request_gets_an_answer(payload: bytes) -> None:
    answer = Guest(cpuid=TABLE).ask(CPUID_REQ, payload)
    assert len(answer) == len(payload)
    assert int.from_bytes(answer[:4], "little") in (0, 0x16)
    if (len(payload) - 16) % 48 == 0 and len(payload) <= MsgCpuidRsp.MAX_SIZE:
        assert MsgCpuidRsp.parse(answer).build() == answer


def test_without_a_table_everything_is_accepted() -> None:
    assert Guest().ask(CPUID_REQ, request(A, B)) == response(2, A, B)


@given(count=st.integers(0, 64))
def test_the_response_is_as_long_as_the_request(count: int) -> None:
    asked = request(*[A] * count)
    assert len(Guest(cpuid=TABLE).ask(CPUID_REQ, asked)) == len(asked)


def test_tsc() -> None:
    guest = Guest(tsc_scale=2**64 - 1, tsc_offset=2**63, tsc_factor=7)
    expected = struct.pack("<IIQQI100x", 0, 0, 2**64 - 1, 2**63, 7)
    assert guest.ask(TSC_INFO_REQ, bytes(128)) == expected
    assert struct.unpack_from("<QQI", Guest().ask(TSC_INFO_REQ, bytes(128)), 8) == (1 << 32, 0, 200)


@pytest.mark.parametrize("at", [0, 127])
def test_tsc_reserved(at: int) -> None:
    payload = bytearray(128)
    payload[at] = 1
    assert Guest().ask(TSC_INFO_REQ, bytes(payload)) == b"\x16" + bytes(127)
