"""Hosts: an honest one does what KVM does, and every trick of a hostile one is what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from psp_oracle import HEAD, KEYS, PAGE, REQUESTS, Psp, honest, open_page, seal_page, seqno_of

from snpformat.host import Answer, SharedPage
from snpformat.testing import hostile
from snpformat.testing.hostile import HostileHost

BUSY, INVALID_LEN = 2 << 32, 1 << 32


def request(number: int = 1, vmpck: int = 0) -> bytes:
    return seal_page(KEYS[vmpck], REQUESTS[5], msg_seqno=number, msg_type=5, msg_vmpck=vmpck)


def test_an_honest_host_passes_on() -> None:
    psp = Psp()
    answer = honest(psp).guest_request(request())
    assert answer.exitinfo2 == 0
    assert open_page(KEYS[0], bytes(answer.page)).payload == psp.carried_out[0][1]
    assert (answer.data, answer.pages) == (b"", 0)


@pytest.mark.parametrize(
    ("page", "code"),
    [(request(3), 0x1D), (hostile.flipped(request(), [0]), 0x0B), (bytes(PAGE), 0x16)],
)
def test_the_firmware_s_code_is_in_the_low_half(page: bytes, code: int) -> None:
    psp = Psp()
    for answer in (honest(psp).guest_request(page), honest(psp).extended_request(page, 4)):
        assert answer.exitinfo2 == code
        assert (answer.data, answer.pages, bytes(answer.page)) == (b"", 0, bytes(PAGE))
    assert psp.counts == [0, 0, 0, 0]


# Bytes of certificates, pages that the guest gives: what it finds, or how many it must give.
EXTENDED: list[tuple[int, int, bytes | int]] = [
    (0, 0, b""),
    (0, 1, bytes(24)),  # an empty table
    (1, 0, 1),
    (1, 1, b"\x07"),
    (PAGE, 1, b"\x07" * PAGE),
    (PAGE, 4, b"\x07" * PAGE),
    (PAGE + 1, 1, 2),
    (PAGE + 1, 2, b"\x07" * (PAGE + 1)),
    (3 * PAGE, 2, 3),
]


@pytest.mark.parametrize(("size", "pages", "result"), EXTENDED)
def test_certificates(size: int, pages: int, result: bytes | int) -> None:
    psp = Psp()
    answer = honest(psp, b"\x07" * size).extended_request(request(), pages)
    if isinstance(result, int):  # and then the firmware saw nothing
        assert (answer.exitinfo2, answer.pages, answer.data) == (INVALID_LEN, result, b"")
        assert psp.counts[0] == 0
    else:
        assert (answer.exitinfo2, answer.pages, answer.data) == (0, 0, result)
        assert psp.counts[0] == 2


def test_a_shared_page_may_change() -> None:
    assert [bytes(SharedPage(b"a")) for _ in range(3)] == [b"a"] * 3
    shared = SharedPage(b"a", b"b")
    assert [bytes(shared) for _ in range(3)] == [b"a", b"b", b"b"]


class Told:
    """What became of the last of three requests, of which the trick was played on the last."""

    def __init__(self, trick: Any, extended: bool) -> None:
        self.psp = Psp()
        self.host = HostileHost(honest(self.psp), [hostile.honest(), hostile.honest()])
        self.requests = [request(1), request(3), request(5)]
        self.before: list[bytes] = []
        for page in self.requests[:2]:
            self.before.append(bytes(self.host.guest_request(page).page))
        self.host.play(trick)
        if extended:
            self.answer = self.host.extended_request(self.requests[2], 0)
        else:
            self.answer = self.host.guest_request(self.requests[2])

    @property
    def found(self) -> bytes:
        assert self.answer.exitinfo2 == 0
        return bytes(self.answer.page)

    @property
    def genuine(self) -> bytes:
        """What the firmware answered to the last request; it counted six then."""
        assert self.psp.counts[0] == 6
        return self.host.answers[-1]


def differing_bits(one: bytes, other: bytes) -> list[int]:
    return [bit for bit in range(8 * PAGE) if (one[bit // 8] ^ other[bit // 8]) >> bit % 8 & 1]


def code_of(exitinfo2: int, count: int, pages: int = 0) -> Callable[[Told], bool]:
    def check(told: Told) -> bool:
        found = told.answer.exitinfo2, told.psp.counts[0], told.answer.pages
        return found == (exitinfo2, count, pages) and not told.answer.refused

    return check


def reads(told: Told) -> list[bytes]:
    return [bytes(told.answer.page) for _ in range(3)]


TRICKS: dict[str, tuple[Any, Callable[[Told], bool]]] = {
    "honest": (hostile.honest(), lambda told: seqno_of(told.found) == 6 == told.psp.counts[0]),
    "drop_request": (
        hostile.drop_request(),
        lambda told: told.found == bytes(PAGE) and told.psp.counts[0] == 4,
    ),
    "drop_response": (
        hostile.drop_response(),
        lambda told: told.found == bytes(PAGE) != told.genuine,
    ),
    "error": (hostile.error(0x1234), code_of(0x1234, 4)),
    "error, passed on": (hostile.error(7 << 32, passed_on=True), code_of(7 << 32, 6)),
    "refuse_exit": (
        hostile.refuse_exit(4),
        lambda told: (told.answer.refused, told.psp.counts[0]) == (4, 4),
    ),
    "busy": (hostile.busy(), code_of(BUSY, 4)),
    "invalid_len": (hostile.invalid_len(9), code_of(INVALID_LEN, 4, 9)),
    "invalid_len, passed on": (
        hostile.invalid_len(2, passed_on=True),
        code_of(INVALID_LEN, 6, 2),
    ),
    "replay_request": (hostile.replay_request(-2), code_of(0x1D, 4)),
    "replay_request of none": (
        hostile.replay_request(-4),
        lambda told: told.found == told.genuine,
    ),
    "replay_response": (
        hostile.replay_response(-1),
        lambda told: told.found == told.before[1] != told.genuine,
    ),
    "replay_response, the first": (
        hostile.replay_response(-2),
        lambda told: told.found == told.before[0] != told.genuine,
    ),
    "replay_response of none": (
        hostile.replay_response(-3),
        lambda told: told.found == bytes(PAGE) != told.genuine,
    ),
    "echo": (hostile.echo(), lambda told: told.found == told.requests[2]),
    "delay": (
        hostile.delay(),
        lambda told: told.found == bytes(PAGE) and [*told.host.held] == [told.genuine],
    ),
    "reorder": (hostile.reorder(), lambda told: told.found == told.genuine),
    "truncate": (hostile.truncate(99), lambda told: told.found == told.genuine[:99]),
    "truncate by nonsense": (hostile.truncate(-5), lambda told: told.found == b""),
    "flip nonsense": (hostile.flip(-1, PAGE * 8), lambda told: told.found == told.genuine),
    "truncate to nothing": (hostile.truncate(0), lambda told: told.found == b""),
    "flip": (
        hostile.flip(0, 8 * HEAD + 3, 8 * PAGE - 1),
        lambda t: differing_bits(t.found, t.genuine) == [0, 8 * HEAD + 3, 8 * PAGE - 1],
    ),
    "flip outside": (hostile.flip(8 * PAGE), lambda told: told.found == told.genuine),
    "flip_request": (hostile.flip_request(8 * HEAD), code_of(0x0B, 4)),
    "change_after_read": (
        hostile.change_after_read(b"then"),
        lambda told: reads(told) == [told.genuine, b"then", b"then"],
    ),
    "change_after_read to zeros": (
        hostile.change_after_read(),
        lambda told: reads(told) == [told.genuine, bytes(PAGE), bytes(PAGE)],
    ),
    "change_before_read": (
        hostile.change_before_read(b"now"),
        lambda told: told.found == b"now" and seqno_of(told.genuine) == 6,
    ),
}


@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize("name", TRICKS)
def test_each_trick_is_what_it_says(name: str, extended: bool) -> None:
    trick, check = TRICKS[name]
    told = Told(trick, extended)
    assert told.host.requests == told.requests
    assert check(told)


def test_every_trick_is_in_the_table() -> None:
    tricks = {
        name for name, found in vars(hostile).items()
        if callable(found) and getattr(found, "__module__", "") == hostile.__name__
        and not name.startswith("_") and name[0].islower()
    }  # fmt: skip
    assert tricks - {"flipped"} == {name.split(",")[0].split(" ")[0] for name in TRICKS}


def test_two_answers_in_another_order() -> None:
    host = HostileHost(honest(Psp()), [hostile.delay(), hostile.reorder()])
    found = [bytes(host.guest_request(request(number)).page) for number in (1, 3)]
    assert found == [bytes(PAGE), host.answers[0]] and seqno_of(host.answers[0]) == 2


def test_a_host_behind_a_host_spoils_no_trick() -> None:
    inner = HostileHost(honest(Psp()), [hostile.change_after_read()])
    answer = HostileHost(inner).guest_request(request())
    assert seqno_of(bytes(answer.page)) == 2 and bytes(answer.page) == bytes(PAGE)


def test_tricks_are_played_in_order_and_then_it_is_honest() -> None:
    host = HostileHost(honest(Psp()), [hostile.busy()])
    host.play(hostile.drop_request(), hostile.delay())
    codes = [host.guest_request(request()).exitinfo2 for _ in range(2)]
    assert codes == [BUSY, 0]
    assert bytes(host.guest_request(request()).page) == bytes(PAGE)
    assert seqno_of(bytes(host.guest_request(request(3)).page)) == 4


def test_what_was_delayed_comes_later_in_order() -> None:
    host = HostileHost(honest(Psp()), [hostile.delay()] * 3)
    found = [bytes(host.guest_request(request(number)).page) for number in (1, 3, 5)]
    assert found == [bytes(PAGE), *host.answers[:2]]


def test_an_answer_that_is_an_error_is_not_kept() -> None:
    for trick in (hostile.delay(), hostile.honest()):
        host = HostileHost(honest(Psp()), [trick])
        assert host.guest_request(request(9)).exitinfo2 == 0x1D
        assert not host.held and not host.answers
    assert Answer().exitinfo2 == 0
