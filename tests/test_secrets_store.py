"""The store in memory: what it takes, counts, retires and forgets."""

from __future__ import annotations

import copy
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from psp_oracle import HEAD, KEYS, PAGE, REQUESTS, Judge, Psp, open_page, secrets_page, seqno_of

from snpformat.aead import Aead
from snpformat.channel import Channel
from snpformat.errors import FormatError, KeyUnavailable, LocalError, SnpformatError, StoreError
from snpformat.firmware import Firmware
from snpformat.formats import SecretsPage
from snpformat.secrets import COUNT_END, FileSecrets, Secrets
from snpformat.turns import Owner, Turn

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
    counts = [min(2 * half, COUNT_END - 51) for half in halves]
    secrets, judge = Secrets(secrets_page(counts)), Judge()
    with judge.watching():
        for vmpck in order:
            assert secrets.next_msg_seqno(vmpck) == counts[vmpck] + 1
            page = secrets.seal(vmpck, 5, BODY + bytes(vmpck))
            assert judge.saw(page, vmpck).msg_seqno == counts[vmpck] + 1
            counts[vmpck] += 2
            assert bytes(secrets._page) == secrets_page(counts)


def test_a_page_as_a_record() -> None:
    secrets = Secrets(SecretsPage.parse(secrets_page([2, 0, 0, 0])))
    assert bytes(secrets._page) == secrets_page([2, 0, 0, 0])
    assert seqno_of(secrets.seal(0, 5, BODY)) == 3


released = memoryview(secrets_page())
released.release()
NO_PAGES: list[Any] = [PAGE, "x", "x" * PAGE, None, 1.5, [0] * PAGE, object(), Secrets, released]


@pytest.mark.parametrize("page", NO_PAGES, ids=lambda page: type(page).__name__)
@pytest.mark.parametrize("in_file", [False, True])
def test_what_is_no_page(tmp_path: Path, page: Any, in_file: bool) -> None:
    with pytest.raises(LocalError, match="expected a secrets page, got"):
        FileSecrets.create(tmp_path / "store", page) if in_file else Secrets(page)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("first", range(4))
@pytest.mark.parametrize("second", range(4))
def test_a_key_that_is_there_twice(first: int, second: int) -> None:
    """Each of the two would use the other's numbers. Empty ones are no keys."""
    keys = [bytes(32) if n in (0, 3) else key for n, key in enumerate(KEYS)]
    keys[first] = keys[second] = KEYS[0]
    if first == second:
        assert Secrets(secrets_page(keys=keys)).has_key(first)
        return
    with pytest.raises(LocalError, match="two VMPCKs of the page are the same"):
        Secrets(secrets_page(keys=keys))


@pytest.mark.parametrize("vmpck", range(4))
@pytest.mark.parametrize("count", [1, 3, 0x8000_0001, COUNT_END - 2])
@pytest.mark.parametrize("area", [0, 1])
def test_a_count_that_is_odd(vmpck: int, count: int, area: int) -> None:
    """Behind it is a number that responses have: firmware and guest would share it."""
    counts = [count if n == vmpck else 0 for n in range(4)]
    page = bytearray(secrets_page(counts))
    page[0xDE] = area
    secrets, judge = Secrets(page), Judge()
    with judge.watching():
        for call in (lambda: secrets.seal(vmpck, 5, BODY), lambda: secrets.next_msg_seqno(vmpck)):
            with pytest.raises(KeyUnavailable, match=f"the count of VMPCK {vmpck} is odd"):
                call()
        assert not judge.sealed
    assert bytes(secrets._page) == page
    other = (vmpck + 1) % 4
    assert seqno_of(secrets.seal(other, 5, BODY)) == 1


BAD_SEALS: list[tuple[tuple[Any, ...], dict[str, Any], type[LocalError]]] = [
    ((4, 5, BODY), {}, KeyUnavailable),
    ((-1, 5, BODY), {}, KeyUnavailable),
    ((0, 5, b""), {}, LocalError),
    ((0, 5, bytes(4001)), {}, LocalError),
    ((0, 256, BODY), {}, LocalError),
    ((0, -1, BODY), {}, LocalError),
    ((0, 5, BODY), {"msg_version": 0}, LocalError),
    ((0, 5, BODY), {"msg_version": 256}, LocalError),
    ((0, 5, released), {}, LocalError),
    *(
        (arguments, options, error)
        for bad in (None, "5", [5], 1.0, 5.0, {}, b"\5", float("nan"), object())
        for arguments, options, error in (
            ((bad, 5, BODY), {}, KeyUnavailable),
            ((0, bad, BODY), {}, LocalError),
            ((0, 5, bad), {}, LocalError),
            ((0, 5, BODY), {"msg_version": bad}, LocalError),
        )
        if not (bad == b"\5" and arguments[2] is bad)
    ),
    ((True, 5, BODY), {}, KeyUnavailable),
    ((0, 5, 5), {}, LocalError),
]


@pytest.mark.parametrize(("arguments", "options", "error"), BAD_SEALS)
def test_what_cannot_be_sealed_uses_no_number(
    arguments: tuple[Any, ...], options: dict[str, Any], error: type[LocalError]
) -> None:
    """Nor does it matter what was sealed before, whose header is kept."""
    secrets = Secrets(secrets_page())
    for counts in ([0, 0, 0, 0], [2, 2, 0, 0]):
        with pytest.raises(error) as caught:
            secrets.seal(*arguments, **options)
        assert caught.type is error
        assert bytes(secrets._page) == secrets_page(counts)
        if not any(counts):
            for vmpck in (0, 1):
                secrets.seal(vmpck, 5, BODY)


@pytest.mark.parametrize("bad", [None, "page", 5, [5], 1.5, b"", PAGE])
def test_what_cannot_be_opened(bad: Any) -> None:
    secrets = Secrets(secrets_page())
    with pytest.raises(FormatError):
        secrets.open(0, bad)
    if bad != 5:
        with pytest.raises(KeyUnavailable):
            secrets.open(bad, bytes(PAGE))
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
    secrets.close()
    assert repr(secrets) == "<Secrets, closed>"


@pytest.mark.parametrize("in_file", [False, True])
@pytest.mark.parametrize("used", [False, True])
def test_a_closed_store_says_so(tmp_path: Path, in_file: bool, used: bool) -> None:
    page = secrets_page()
    store = FileSecrets.create(tmp_path / "store", page) if in_file else Secrets(page)
    channel = Channel(store)
    if used:
        channel.request(5, BODY)
    store.close()
    calls: list[Callable[[], object]] = [
        lambda: store.seal(0, 5, BODY),
        lambda: store.open(0, bytes(PAGE)),
        lambda: store.next_msg_seqno(0),
        lambda: store.record(),
        lambda: store.check_key(0),
        lambda: Channel(store),
        lambda: channel.receive(bytes(HEAD)) if used else channel.request(5, BODY),
    ]
    for call in calls[: 6 if used else 7]:
        with pytest.raises(KeyUnavailable, match="the store of secrets is closed"):
            call()
    assert not any(store.has_key(n) for n in range(4))
    if in_file:
        with pytest.raises(StoreError, match="the store is closed"):
            store.retire(0)
        with FileSecrets(tmp_path / "store") as again:
            assert all(again.has_key(n) for n in range(4))
    else:
        store.retire(0)


def test_a_store_that_is_closed_while_a_key_is_retired(tmp_path: Path) -> None:
    """Whichever comes first: what the file gets is never the emptied page."""
    for n in range(40):
        store = FileSecrets.create(tmp_path / str(n), secrets_page())
        start = threading.Barrier(2)

        def close(store: FileSecrets = store, start: threading.Barrier = start) -> None:
            start.wait()
            store.close()

        thread = threading.Thread(target=close)
        thread.start()
        start.wait()
        told = "retired"
        try:
            store.retire(0)
        except StoreError as error:
            told = str(error)
        assert told == "retired" or "the store is closed" in told
        thread.join()
        with FileSecrets(tmp_path / str(n)) as again:
            assert [again.has_key(n) for n in range(4)] == [told != "retired", True, True, True]


def unmade(kind: Any) -> Any:
    return kind.__new__(kind)


@pytest.mark.parametrize("kind", [Secrets, FileSecrets, Channel, Aead, Firmware])
def test_what_was_not_made_can_be_shown(kind: type) -> None:
    """A constructor that fails leaves its object in a traceback, where debuggers show it."""
    assert repr(unmade(kind)).startswith("<")
    assert kind.__name__ in repr(unmade(kind))


def test_what_failed_to_be_made_can_be_shown() -> None:
    shown = []
    for make in (
        lambda: Secrets(b""), lambda: FileSecrets("/nowhere/store"), lambda: Aead(b""),
        lambda: FileSecrets.create("/nowhere/store", secrets_page()),
        lambda: Channel(Secrets(bytes(PAGE))), lambda: Firmware(insecure_vmpcks=[]),
    ):  # fmt: skip
        with pytest.raises(SnpformatError) as caught:
            make()
        frame = caught.tb.tb_next
        while frame:
            if "self" in frame.tb_frame.f_locals:
                shown.append(repr(frame.tb_frame.f_locals["self"]))
            frame = frame.tb_next
    assert {text.split()[0].strip("<>,") for text in shown} == {
        "Secrets", "FileSecrets", "Aead", "Channel", "Firmware",
    }  # fmt: skip


# Signal handlers, which may come in the middle of anything, and use the store again.

AGAIN: dict[str, Callable[[Secrets], object]] = {
    "seal": lambda store: store.seal(0, 5, b"from the handler"),
    "seal with another key": lambda store: store.seal(1, 5, b"from the handler"),
    "open": lambda store: store.open(0, bytes(PAGE)),
    "retire": lambda store: store.retire(0),
    "close": lambda store: store.close(),
}


class Interrupted(Secrets):
    """A store that is used again while it is at work."""

    again: Callable[[Secrets], object] | None = None
    told: BaseException | None = None

    def _persist(self, *, retiring: bool = False) -> None:
        again, self.again = self.again, None
        if again is not None:
            try:
                again(self)
            except BaseException as error:
                self.told = error


@pytest.mark.parametrize("name", AGAIN)
@pytest.mark.parametrize("act", ["seal", "retire"])
def test_a_call_in_the_middle_of_another(name: str, act: str) -> None:
    """By the same thread: it is refused, and does not wait for itself; the other goes on."""
    store, judge = Interrupted(secrets_page()), Judge()
    store.again = AGAIN[name]
    with judge.watching():
        if act == "seal":
            assert judge.saw(store.seal(0, 5, b"first")).msg_seqno == 1
        else:
            store.retire(2)
            assert not store.has_key(2)
        assert type(store.told) is LocalError and "signal handler" in str(store.told)
        assert judge.saw(store.seal(1, 5, b"then"), 1).msg_seqno == 1
        assert judge.saw(store.seal(0, 5, b"then")).msg_seqno == (3 if act == "seal" else 1)


def test_a_signal_handler_that_seals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With real signals, at any place: no number comes twice, and nothing hangs."""
    monkeypatch.setattr(os, "fsync", lambda opened: None)
    judge, pages, refused = Judge(), [], 0
    store = FileSecrets.create(tmp_path / "store", secrets_page())

    def handler(*_: object) -> None:
        nonlocal refused
        try:
            pages.append(store.seal(0, 5, os.urandom(16)))
        except LocalError:
            refused += 1

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        with judge.watching():
            end = time.monotonic() + 1
            while time.monotonic() < end and refused < 100:
                pages.append(store.seal(0, 5, os.urandom(16)))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        store.close()
    assert refused
    for page in sorted(pages, key=seqno_of):
        judge.saw(page)
    assert sorted(map(seqno_of, pages)) == list(range(1, 2 * len(pages), 2))


def test_a_turn_ends_with_its_error() -> None:
    turn = Turn()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), turn:
            1 / 0  # noqa: B018
    with turn, pytest.raises(LocalError, match="signal handler"), turn:
        pass
    with turn:
        waiting = threading.Thread(target=turn.__enter__, daemon=True)
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
    waiting.join(5)
    assert not waiting.is_alive()


def test_a_child_with_its_parents_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a PID namespace of its own a child may have it; then forks alone tell them apart."""
    number = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: number)
    store, owner, firmware = Secrets(secrets_page()), Owner(), Firmware()
    channel = Channel(store)
    child = os.fork()
    if not child:
        found = 0
        calls: list[Callable[[], object]] = [
            lambda: store.seal(0, 5, BODY), lambda: channel.request(5, BODY),
            lambda: store.retire(0), lambda: firmware.message_counts,
            lambda: owner.check("this", "that"),
        ]  # fmt: skip
        for call in calls:
            try:
                call()
            except LocalError:
                found += 1
        found += not store.has_key(0)
        found += Secrets(secrets_page()).seal(0, 5, BODY) != b""  # one of its own
        os._exit(found)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert owner.is_here()
    assert seqno_of(store.seal(0, 5, BODY)) == 1


def test_another_number_is_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a system tells nothing of forks."""
    store = Secrets(secrets_page())
    monkeypatch.setattr(os, "getpid", lambda: 1)
    with pytest.raises(LocalError, match="forked"):
        store.seal(0, 5, BODY)


def test_it_opens_what_the_firmware_seals() -> None:
    secrets, psp = Secrets(secrets_page()), Psp()
    header, payload = secrets.open(2, psp.handle(secrets.seal(2, 5, BODY)))
    assert (header.msg_seqno, header.msg_type, payload) == (2, 6, psp.carried_out[0][1])


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy, pickle.dumps])
def test_it_cannot_be_copied(make: Any) -> None:
    with pytest.raises(TypeError, match="a copy would use a number twice"):
        make(Secrets(secrets_page()))
