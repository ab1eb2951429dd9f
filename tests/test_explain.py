"""Every code has words, unknown ones say so, and no number whatever is too much."""

from __future__ import annotations

import pytest
from hypothesis import example, given, strategies as st

from snpformat.explain import BUSY, ERRNOS, INVALID_LEN, NOT_CALLED, NOT_SENT, explain
from snpformat.formats.codes import FwError, VmmError
from snpformat.formats.report import MsgStatus

NUMBERS = st.none() | st.integers() | st.sampled_from([*ERRNOS, *FwError.NAMES, BUSY, INVALID_LEN])


ERRNO_CASES = [
    (1, "EPERM", "may not"),
    (2, "ENOENT", "no such file"),
    (4, "EINTR", "signal"),
    (5, "EIO", "exchange"),
    (6, "ENXIO", "no driver"),
    (11, "EAGAIN", "throttles"),
    (12, "ENOMEM", "no memory"),
    (13, "EACCES", "may not open"),
    (14, "EFAULT", "address"),
    (16, "EBUSY", "in use"),
    (19, "ENODEV", "no SEV-SNP guest"),
    (22, "EINVAL", "does not take this request"),
    (25, "ENOTTY", "empty or was wiped"),
    (28, "ENOSPC", "too small"),
    (30, "EROFS", "read-only"),
    (38, "ENOSYS", "emulator has ended"),
    (63, "ENOSR", "no sequence number"),
    (74, "EBADMSG", "not the firmware's answer"),
    (110, "ETIMEDOUT", "for a minute"),
]


@pytest.mark.parametrize(("number", "name", "words"), ERRNO_CASES)
def test_errnos(number: int, name: str, words: str) -> None:
    told = explain(number)
    assert told.causes[0].startswith(f"{name} (errno {number}): ")
    assert words in told.causes[0]
    assert told.remedies
    assert explain(-number) == told


def test_every_errno_has_a_case() -> None:
    assert [case[:2] for case in ERRNO_CASES] == [(n, row[0]) for n, row in sorted(ERRNOS.items())]


@pytest.mark.parametrize(
    ("errno", "word", "cause", "remedy"),
    [
        (5, INVALID_LEN, "more certificates than the buffer", "certs_len"),
        (5, BUSY, "throttles", "very same request"),
        (5, NOT_SENT, "used up", "vmpck_id"),
        (5, NOT_CALLED, "not reached", "dmesg"),
        (5, 0x1D, "AEAD_OVERFLOW", "vmpck_id"),
        (14, 0, "argument of the ioctl", "buffers"),
        (14, NOT_SENT, "certificates", "buffers"),
        (22, 0, "msg_version is 0", "msg_version 1"),
        (22, NOT_SENT, "multiple of 4096", "whole pages"),
        (25, 0, "wiped", "vmpck_id"),
        (25, NOT_SENT, "32-bit", "vmpck_id"),
        (110, BUSY, "wiped", "vmpck_id"),
        (None, NOT_CALLED, "before the firmware was reached", None),
        (None, -1, "before the firmware was reached", None),
        (None, NOT_SENT, "nothing was sent", None),
        (None, 0, "neither", None),
        (None, 0xFFFFFFFF << 32, "host code 0xffffffff (GENERIC)", "operator"),
        (None, 0xFFFFFFFF, "NO_FW_CALL", "operator"),
        (None, 0x16, "INVALID_PARAMETER", "msg_version 2"),
        (None, 0x27, "INVALID_KEY", "key_sel"),
        (None, 0x4, "INVALID_LENGTH", "larger buffer"),
        (0, 0x7F00_1234, "the response decides", None),
    ],
)
def test_exitinfo2(errno: int | None, word: int, cause: str, remedy: str | None) -> None:
    told = explain(errno, word)
    assert cause in "\n".join(told.causes)
    assert remedy is None or remedy in "\n".join(told.remedies)


def test_all_ones_is_never_split() -> None:
    """As two halves it would be two unknown errors."""
    for word in (NOT_CALLED, NOT_SENT):
        text = str(explain(exitinfo2=word))
        assert "host code" not in text and "firmware code" not in text


@pytest.mark.parametrize("number", [n for n in FwError.NAMES if n])
def test_firmware_codes(number: int) -> None:
    told = explain(5, number)
    (cause,) = (cause for cause in told.causes if cause.startswith("firmware code"))
    assert cause.startswith(f"firmware code {number:#x} ({FwError.NAMES[number].upper()})")
    words = FwError.DOCS.get(number, "").rstrip(".")
    assert cause.lower().endswith(words.lower()) and "unknown" not in cause
    assert "vmpck_id" in told.remedies[0]


@pytest.mark.parametrize("number", [n for n in VmmError.NAMES if n])
def test_host_codes(number: int) -> None:
    """Beside a firmware code too: each half has its line."""
    told = explain(exitinfo2=number << 32 | 0x16)
    assert "firmware code 0x16 (INVALID_PARAMETER)" in told.causes[0]
    assert f"host code {number:#x} ({VmmError.NAMES[number].upper()})" in told.causes[1]


@pytest.mark.parametrize(
    ("status", "cause", "remedy"),
    [
        (0, "carried the request out", ""),
        (0x16, "INVALID_PARAMETER", "vmpl not below the guest's own"),
        (0x27, "INVALID_KEY", "AWS has only a VLEK and refuses 1, GCP only a VCEK and refuses 2"),
        (0x10, "INVALID_GUEST", ""),  # answers to migration messages
        (0x02, "INVALID_GUEST_STATE", ""),
    ],
)
def test_status(status: int, cause: str, remedy: str) -> None:
    told = explain(status=status)
    assert cause in told.causes[0]
    assert remedy in "\n".join(told.remedies)


def test_every_status_that_can_come_has_its_remedy() -> None:
    for status in MsgStatus.NAMES:
        assert "operator" not in str(explain(status=status))


@pytest.mark.parametrize(
    ("result", "name"),
    [
        (1, "ES_UNSUPPORTED"),
        (2, "ES_VMM_ERROR"),
        (3, "ES_DECODE_FAILED"),
        (4, "ES_EXCEPTION"),
        (5, "ES_RETRY"),
    ],
)
def test_positive_results_are_failures(result: int, name: str) -> None:
    told = explain(result=result, exitinfo2=NOT_CALLED)
    assert told.causes[0].startswith(f"{name} (ioctl result {result}, no errno)")
    assert "before the firmware was reached" in told.causes[1]
    assert "vmpck_id" in told.remedies[0]
    assert explain(result=-result) == explain(result)


@pytest.mark.parametrize(
    "told",
    [
        explain(77),
        explain(0xFFFF),
        explain(exitinfo2=0x1E),
        explain(exitinfo2=0x28),
        explain(exitinfo2=3 << 32),
        explain(exitinfo2=1 << 64),
        explain(exitinfo2=-1 << 64),
        explain(status=0x9999),
        explain(status=-1),
        explain(result=6),
        explain(10**9999),  # Python refuses to write this one in decimal
        explain(result=10**9999),
        explain(status=10**9999),
    ],
    ids=lambda told: told.causes[0][:30],
)
def test_unknown_codes_say_so(told: object) -> None:
    assert "unknown" in str(told)


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS)
@example(None, None, None, None)
@example(0, 0, 0, 0)
def test_any_numbers_give_text(
    errno: int | None, word: int | None, status: int | None, result: int | None
) -> None:
    told = explain(errno, word, status, result=result)
    assert told.causes and all(told.causes) and all(told.remedies)
    assert len(set(told.remedies)) == len(told.remedies)
    assert str(told).isprintable() or "\n" in str(told)
    for line in (*told.causes, *told.remedies):
        assert line.isprintable() and not line.endswith(".")


def test_an_explanation_is_a_value() -> None:
    told = explain(5)
    assert told == explain(-5) and hash(told) == hash(explain(-5)) and told != explain(4)
    with pytest.raises(AttributeError):
        told.causes = ()  # type: ignore[misc]
    assert str(told) == f"{told.causes[0]}\n  help: {told.remedies[0]}"
