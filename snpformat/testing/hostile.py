"""HostileHost: a host that does to a guest's messages what an attacker may do.

It stands where a `Host` stands and plays one trick a request, in the order given; when there are no
more it is honest. For tests of whoever talks to a firmware through a host: none of these tricks may
make a guest accept a wrong answer, or seal two payloads under one number.

    >>> from snpformat.testing import hostile
    >>> tricks = [hostile.busy(), hostile.flip(0x60 * 8)]      # throttle once, then flip a bit
    >>> host = hostile.HostileHost(honest, tricks)             # doctest: +SKIP
"""

from __future__ import annotations

from collections import deque

from ..formats import VmmError
from ..host import Answer, SharedPage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..host import HostLike

    Forward = Callable[[bytes], Answer]
    Trick = Callable[["HostileHost", bytes, Forward], Answer]


class HostileHost:
    """A host that plays tricks on requests, plain and extended alike.

    Attributes:
        requests, answers: pages that came from the guest and from the firmware, in order.
        held: pages from the firmware that `delay` keeps back, the oldest first.
    """

    def __init__(self, host: HostLike, tricks: Iterable[Trick] = ()) -> None:
        self._host = host
        self._tricks = deque(tricks)
        self.requests: list[bytes] = []
        self.answers: list[bytes] = []
        self.held: deque[bytes] = deque()

    def play(self, *tricks: Trick) -> None:
        """Queue more tricks."""
        self._tricks.extend(tricks)

    def guest_request(self, page: bytes) -> Answer:
        """Like `Host.guest_request`, with the next trick."""
        return self._play(page, self._host.guest_request)

    def extended_request(self, page: bytes, pages: int) -> Answer:
        """Like `Host.extended_request`, with the next trick."""
        return self._play(page, lambda page: self._host.extended_request(page, pages))

    def _play(self, page: bytes, forward: Forward) -> Answer:
        def recorded(page: bytes) -> Answer:
            answer = forward(page)
            if not answer.exitinfo2:
                self.answers.append(_seen(answer))
            return answer

        trick = self._tricks.popleft() if self._tricks else honest()
        self.requests.append(page)
        return trick(self, page, recorded)


def honest() -> Trick:
    """Pass the request on, and the answer back."""
    return lambda host, page, forward: forward(page)


def drop_request() -> Trick:
    """Claim success without passing anything on: the guest finds a page of zeros."""
    return lambda host, page, forward: Answer()


def drop_response() -> Trick:
    """Let the firmware answer, and keep that: the guest finds a page of zeros."""

    def trick(host: HostileHost, page: bytes, forward: Forward) -> Answer:
        forward(page)
        return Answer()

    return trick


def error(exitinfo2: int, *, passed_on: bool = False) -> Trick:
    """Answer with an error of 64 bits; with `passed_on` the firmware has counted all the same."""

    def trick(host: HostileHost, page: bytes, forward: Forward) -> Answer:
        if passed_on:
            forward(page)
        return Answer(exitinfo2)

    return trick


def refuse_exit(code: int = 2) -> Trick:
    """Refuse the exit itself; the guest's kernel has positive codes for that, 2 and 4."""
    return lambda host, page, forward: Answer(refused=code)


def busy() -> Trick:
    """Throttle: the request is not passed on."""
    return error(VmmError.BUSY << 32)


def invalid_len(pages: int = 1, *, passed_on: bool = False) -> Trick:
    """Say that `pages` are needed for certificates."""

    def trick(host: HostileHost, page: bytes, forward: Forward) -> Answer:
        if passed_on:
            forward(page)
        return Answer(VmmError.INVALID_LEN << 32, pages=pages)

    return trick


def replay_request(index: int) -> Trick:
    """Pass an earlier request on instead; -2 is the one before this."""
    return lambda host, page, forward: forward(_pick(host.requests, index, page))


def replay_response(index: int = -1) -> Trick:
    """Pass the request on, and give an earlier answer; -1 is the last one before this."""

    def trick(host: HostileHost, page: bytes, forward: Forward) -> Answer:
        old = _pick(host.answers, index, bytes(len(page)))
        forward(page)
        return Answer(page=old)

    return trick


def echo() -> Trick:
    """Give the guest its own request back."""
    return lambda host, page, forward: Answer(page=page)


def delay() -> Trick:
    """Keep the answer back, and give the oldest one that was kept; zeros when there is none.

    Twice in a row it hands answers out late; once, and `reorder` next, in another order.
    """

    def trick(host: HostileHost, page: bytes, forward: Forward) -> Answer:
        answer = forward(page)
        if answer.exitinfo2:
            return answer
        old = host.held.popleft() if host.held else bytes(len(page))
        host.held.append(_seen(answer))
        return Answer(page=old)

    return trick


def reorder() -> Trick:
    """Pass the request on, and give an answer that was kept instead; its own where there is none.

    Behind `delay` that is the reordering of two answers.
    """

    def trick(host: HostileHost, page: bytes, forward: Forward) -> Answer:
        answer = forward(page)
        return Answer(page=host.held.popleft()) if host.held else answer

    return trick


def truncate(size: int) -> Trick:
    """Cut the answer to its first `size` bytes."""
    return _change(lambda page: page[: max(0, size)])


def flip(*bits: int) -> Trick:
    """Flip bits of the answer; bit 8 * n + k is bit k of byte n."""
    return _change(lambda page: flipped(page, bits))


def flip_request(*bits: int) -> Trick:
    """Flip bits of the request before it is passed on."""
    return lambda host, page, forward: forward(flipped(page, bits))


def change_after_read(then: bytes | None = None) -> Trick:
    """Let the first read find the genuine answer, and all others `then` (else zeros)."""

    def trick(host: HostileHost, page: bytes, forward: Forward) -> Answer:
        answer = forward(page)
        genuine = _seen(answer)
        answer.page = SharedPage(genuine, bytes(len(genuine)) if then is None else then)
        return answer

    return trick


def change_before_read(page: bytes) -> Trick:
    """Put `page` in the place of the answer."""
    return _change(lambda genuine: page)


def flipped(page: bytes, bits: Iterable[int]) -> bytes:
    """`page` with bits flipped; those outside it are left out."""
    changed = bytearray(page)
    for bit in bits:
        if 0 <= bit // 8 < len(changed):
            changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def _change(change: Callable[[bytes], bytes]) -> Trick:
    def trick(host: HostileHost, page: bytes, forward: Forward) -> Answer:
        answer = forward(page)
        answer.page = change(_seen(answer))
        return answer

    return trick


def _pick(pages: list[bytes], index: int, default: bytes) -> bytes:
    return pages[index] if -len(pages) <= index < len(pages) else default


def _seen(answer: Answer) -> bytes:
    """The page of an answer as it lies there, without reading it for the guest."""
    return answer.page.peek() if isinstance(answer.page, SharedPage) else answer.page
