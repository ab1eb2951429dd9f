"""The store in memory: what it takes, counts, retires and forgets."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given, strategies as st
from psp_oracle import KEYS, PAGE, REQUESTS, Judge, Psp, open_page, secrets_page, seqno_of

from snpformat.errors import FormatError, KeyUnavailable, LocalError
from snpformat.formats import SecretsPage
from snpformat.secrets import COUNT_END, Secrets

BODY = REQUESTS[5]


@pytest.mark.parametrize("size", [0, 1, 32, PAGE - 1, PAGE + 1, 2 * PAGE])
def test_a_page_has_4096_bytes(size: int) -> None:
    with pytest.raises(LocalError, match=f"4096 bytes, not {size}"):
        Secrets(bytes(size))


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview])
def test_the_page_is_copied(make: Any) -> None:
    given = bytearray(secrets_page())
    secrets = Secrets(make(given))
    page = secrets.seal(0, 5, BODY)
    assert given == secrets_page()
    given[:] = bytes(PAGE)
    assert seqno_of(secrets.seal(0, 5, BODY)) == 3
    assert open_page(KEYS[0], page).payload == BODY


def test_it_can_be_looked_at() -> None:
    secrets = Secrets(secrets_page([2, 4, 6, 8]))
    record = secrets.record()
    assert isinstance(record, SecretsPage)
    assert (record.vmpck3, record.os_area.msg_seqno_2) == (KEYS[3], 6)
    unknown = bytearray(secrets_page())
    unknown[:4] = b"\xff" * 4
    assert seqno_of(Secrets(unknown).seal(0, 5, BODY)) == 1  # of whatever version
    with pytest.raises(FormatError):
        Secrets(unknown).record()


@given(st.lists(st.integers(0, 3), max_size=20), st.tuples(*[st.integers(0, 2**31)] * 4))
def test_each_key_counts_by_itself(order: list[int], halves: tuple[int, ...]) -> None:
    """By twos from where the page stood, and nothing else in the page changes."""
    counts = [min(2 * half, COUNT_END - 50) for half in halves]
    secrets, judge = Secrets(secrets_page(counts)), Judge()
    with judge.watching():
        for vmpck in order:
            assert secrets.next_msg_seqno(vmpck) == counts[vmpck] + 1
            page = secrets.seal(vmpck, 5, BODY + bytes(vmpck))
            assert judge.saw(page, vmpck).msg_seqno == counts[vmpck] + 1
            counts[vmpck] += 2
            assert bytes(secrets._page) == secrets_page(counts)


BAD_SEALS: list[tuple[tuple[Any, ...], dict[str, Any], type[LocalError]]] = [
    ((4, 5, BODY), {}, KeyUnavailable),
    ((-1, 5, BODY), {}, KeyUnavailable),
    ((0, 5, b""), {}, LocalError),
    ((0, 5, bytes(4001)), {}, LocalError),
    ((0, 256, BODY), {}, LocalError),
    ((0, -1, BODY), {}, LocalError),
    ((0, 5, BODY), {"msg_version": 0}, LocalError),
    ((0, 5, BODY), {"msg_version": 256}, LocalError),
]


@pytest.mark.parametrize(("arguments", "options", "error"), BAD_SEALS)
def test_what_cannot_be_sealed_uses_no_number(
    arguments: tuple[Any, ...], options: dict[str, Any], error: type[LocalError]
) -> None:
    secrets = Secrets(secrets_page())
    with pytest.raises(error) as caught:
        secrets.seal(*arguments, **options)
    assert caught.type is error
    assert bytes(secrets._page) == secrets_page()


@pytest.mark.parametrize("vmpck", [-4, -1, 4, 1000])
def test_there_are_four_keys(vmpck: int) -> None:
    """And -1 is not the last of them."""
    secrets = Secrets(secrets_page())
    for call in (
        secrets.has_key,
        secrets.next_msg_seqno,
        secrets.retire,
        lambda n: secrets.open(n, bytes(PAGE)),
        lambda n: secrets.seal(n, 5, BODY),
    ):
        with pytest.raises(KeyUnavailable, match="there are 0 to 3"):
            call(vmpck)
    assert bytes(secrets._page) == secrets_page()


@pytest.mark.parametrize("vmpck", range(4))
@pytest.mark.parametrize("used", [False, True])
def test_a_retired_key_never_speaks_again(vmpck: int, used: bool) -> None:
    secrets, judge = Secrets(secrets_page()), Judge()
    with judge.watching():
        if used:
            secrets.seal(vmpck, 5, BODY)
        for _ in range(2):  # twice is once
            secrets.retire(vmpck)
            judge.retired.add(vmpck)
            for call in (lambda: secrets.seal(vmpck, 5, BODY), lambda: secrets.open(vmpck, b"")):
                with pytest.raises(KeyUnavailable, match=f"VMPCK {vmpck} is empty"):
                    call()
    keys = [bytes(32) if n == vmpck else key for n, key in enumerate(KEYS)]
    counts = [2 if used and n == vmpck else 0 for n in range(4)]
    assert bytes(secrets._page) == secrets_page(counts, keys=keys)
    assert [secrets.has_key(n) for n in range(4)] == [n != vmpck for n in range(4)]
    assert (
        repr(secrets) == f"<Secrets with VMPCK {', '.join(str(n) for n in {0, 1, 2, 3} - {vmpck})}>"
    )


def test_nothing_is_left_when_it_is_closed() -> None:
    with Secrets(secrets_page()) as secrets:
        secrets.seal(0, 5, BODY)
    assert not any(secrets._page)
    with pytest.raises(KeyUnavailable):
        secrets.seal(0, 5, BODY)
    secrets.close()
    assert repr(secrets) == "<Secrets with VMPCK none>"


def test_it_opens_what_the_firmware_seals() -> None:
    secrets, psp = Secrets(secrets_page()), Psp()
    header, payload = secrets.open(2, psp.handle(secrets.seal(2, 5, BODY)))
    assert (header.msg_seqno, header.msg_type, payload) == (2, 6, psp.carried_out[0][1])


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy, pickle.dumps])
def test_it_cannot_be_copied(make: Any) -> None:
    with pytest.raises(TypeError, match="a copy would use a number twice"):
        make(Secrets(secrets_page()))
