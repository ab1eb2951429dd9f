"""Guest, store, host and firmware against each other, at random, before an independent judge.

Whatever the host does, and whenever the guest's process or its disk fails: no number seals two
payloads, numbers only grow, a retired key never speaks, and what the guest accepts is what its
firmware answered to exactly what it asked. The judge is in ``psp_oracle``; what the table in
``channel`` promises beyond that is modelled here.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from disk import Crash, Disk
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from psp_oracle import (
    HEAD,
    KEYS,
    PAGE,
    REQUESTS,
    Judge,
    Message,
    Psp,
    Violation,
    honest,
    open_page,
    seal_page,
    secrets_page,
)

from snpformat.channel import Channel, HostError
from snpformat.errors import KeyUnavailable, LocalError, RemoteError, StoreError
from snpformat.firmware import Firmware, Identity
from snpformat.host import Answer
from snpformat.secrets import FileSecrets, Secrets
from snpformat.testing import hostile

BUSY, INVALID_LEN = 2 << 32, 1 << 32
LAST = 0xFFFF_FFFF  # the first number that is none
CODES = [BUSY, INVALID_LEN, 1, 2, 0x16, 0x1D, 3 << 32, BUSY | 1, INVALID_LEN | 2, 2**64 - 1]
VMPCKS = st.sampled_from(range(4))


def payload_of(kind: int, serial: int) -> bytes:
    """A payload that no other request has, where the format leaves room for that."""
    raw = bytearray(REQUESTS[kind])
    unique = hashlib.sha512(serial.to_bytes(8, "little")).digest()
    if kind == 5:
        raw[:64] = unique
    elif kind == 3:
        raw[0x18:0x20] = unique[:8]  # a TCB
    elif kind == 1:
        raw[0x28:0x38] = unique[:16]  # EAX to EDX
    return bytes(raw)


class Recorder:
    """A firmware whose every answer is opened and kept."""

    def __init__(self, psp: Any, judge: Judge) -> None:
        self._psp = psp
        self._judge = judge
        self.answered: dict[tuple[int, int], tuple[Message, bytes]] = {}

    def handle(self, page: bytes) -> bytes:
        response: bytes = self._psp.handle(page)  # MailboxError: nothing is counted
        key = KEYS[page[0x3C]]
        request, answer = open_page(key, page), open_page(key, response)
        place = (request.msg_vmpck, request.msg_seqno)
        sent = self._judge.pages.get(place)
        if sent is None or open_page(key, sent) != request:
            raise Violation("the firmware carried out what the guest never asked")
        if place in self.answered:
            raise Violation(f"the firmware answered {place} twice")
        assert (answer.msg_seqno, answer.msg_type) == (request.msg_seqno + 1, request.msg_type + 1)
        self.answered[place] = request, answer.payload
        return response

    def next_of(self, vmpck: int, first: int) -> int:
        """The number that it takes next; the first one was `first`."""
        return max([first - 2, *(n for key, n in self.answered if key == vmpck)]) + 2


def forged(changes: dict[str, Any]) -> hostile.Trick:
    """A firmware gone wrong: an answer under a good seal that says something else."""

    def trick(host: hostile.HostileHost, page: bytes, forward: hostile.Forward) -> Answer:
        vmpck = page[0x3C]
        sent = open_page(KEYS[vmpck], page)
        size = {1: len(sent.payload), 3: 0x40, 5: 0x4C0, 17: 0x80}[sent.msg_type]
        fields: dict[str, Any] = {
            "msg_seqno": sent.msg_seqno + 1 + changes.get("numbers", 0),
            "msg_type": sent.msg_type + 1 + changes.get("types", 0),
            "msg_vmpck": (vmpck + changes.get("vmpcks", 0)) % 4,
            "msg_version": 1 + changes.get("versions", 0),
            "algo": 1 + changes.get("algos", 0),
        }
        return Answer(page=seal_page(KEYS[vmpck], bytes(size + changes.get("bytes", 0)), **fields))

    return trick


bits = st.one_of(
    st.integers(0, 8 * HEAD - 1), st.integers(0, 8 * (HEAD + 96)), st.integers(0, 8 * PAGE - 1)
)
FORGERIES = [
    {name: change}
    for name, changes in {
        "numbers": (-1, 1, 2), "types": (-1, 2), "vmpcks": (1,), "versions": (1,),
        "algos": (1,), "bytes": (-1, 1, 16),
    }.items()
    for change in changes
]  # fmt: skip

Drawn = tuple[str, Any]  # its name, and a trick


def evil(trick: Callable[..., hostile.Trick]) -> Callable[..., Drawn]:
    return lambda *arguments: ("evil", trick(*arguments))


# Tricks by name, with weights. Behind "honest" and "harmless" ones the answer must be accepted.
# (A host that errs at random ends every conversation at its first message.)
WEIGHTED: list[tuple[int, st.SearchStrategy[Drawn]]] = [
    (8, st.just(("honest", hostile.honest()))),
    (2, st.just(("harmless", hostile.change_after_read()))),
    (4, st.just(("error", hostile.busy()))),
    (4, st.just(("error", hostile.invalid_len(2)))),
    (1, st.just(("error", hostile.invalid_len(2, passed_on=True)))),
    (4, st.builds(lambda code, passed_on: ("error", hostile.error(code, passed_on=passed_on)),
                  st.sampled_from(CODES), st.booleans())),
    (1, st.sampled_from([
        hostile.drop_request(), hostile.drop_response(), hostile.echo(), hostile.delay(),
        hostile.change_before_read(bytes(PAGE)), hostile.refuse_exit(),
     ]).map(lambda trick: ("evil", trick))),
    (1, st.builds(evil(hostile.replay_request), st.integers(-4, -2))),
    (1, st.builds(evil(hostile.replay_response), st.integers(-4, -1))),
    (1, st.builds(evil(hostile.truncate), st.integers(0, PAGE - 1))),
    (1, st.builds(evil(hostile.flip), bits)),
    (1, st.builds(evil(hostile.flip_request), bits)),
    (6, st.sampled_from(FORGERIES).map(lambda changes: ("forged", forged(changes)))),
]  # fmt: skip
TRICKS: st.SearchStrategy[Drawn] = st.sampled_from(
    [strategy for weight, strategy in WEIGHTED for _ in range(weight)]
).flatmap(lambda strategy: strategy)
ROUNDS = st.tuples(
    st.sampled_from(sorted(REQUESTS)), st.booleans(), st.lists(TRICKS, min_size=1, max_size=3)
)

LOSSES: list[dict[str, Any]] = [
    {"renames": False},
    {"renames": True},
    {"renames": True, "notes": True},
    {"renames": False, "notes": True},
    {"renames": False, "contents": lambda data: bytes(len(data))},
]


@dataclass
class Key:
    """What is known of a key and its channel.

    Attributes:
        counts: what the guest's count may be; one number, but for behind a crash.
        behind: the file may be one message ahead of memory, after a disk that failed.
    """

    first: int
    channel: Channel | None
    counts: set[int]
    state: str = "ready"
    page: bytes = b""
    extended: bool = False
    behind: bool = False
    retired: bool = False
    asked: Message | None = field(default=None)


class Conversation(RuleBasedStateMachine):
    """A guest, its four keys, and when they are dead the next guest."""

    def __init__(self) -> None:
        super().__init__()
        self.serial = 0
        self.stack = ExitStack()

    def make_psp(self, counts: list[int]) -> tuple[Any, list[int]]:
        """A firmware, and the counts that the guest begins with."""
        return Psp(counts=list(counts)), counts

    @initialize(
        in_file=st.booleans(),
        first=st.sampled_from([0, 0, 2, LAST - 7, LAST - 3, LAST - 1]),
        area=st.sampled_from([0, 1]),
    )
    def begin(self, in_file: bool, first: int, area: int) -> None:
        self.launched = in_file, first, area
        self.judge, self.disk = Judge(), Disk()
        self.folder = Path(tempfile.mkdtemp(prefix="snpformat-test-"))
        self.path = self.folder / "store"
        self.stack.callback(shutil.rmtree, self.folder)
        psp, counts = self.make_psp([first, 0, 0, 0])
        page = bytearray(secrets_page(counts))
        page[0xDE] = area
        self.recorder = Recorder(psp, self.judge)
        certificates = bytes(range(1, 256)) * 20  # two pages
        self.host = hostile.HostileHost(honest(self.recorder, certificates))
        self.in_file = in_file
        self.stack.enter_context(self.judge.watching())
        self.stack.enter_context(self.disk.mounted())
        self.store: Secrets = FileSecrets.create(self.path, page) if in_file else Secrets(page)
        self.first_state = self.path.read_bytes() if in_file else b""
        self.spoilt = False
        self.keys = {
            vmpck: Key(counts[vmpck] + 1, Channel(self.store, vmpck), {counts[vmpck]})
            for vmpck in range(4)
        }

    @precondition(lambda self: sum(key.retired for key in self.keys.values()) > 2)
    @rule()
    def launch_again(self) -> None:
        """What is left would only be refused."""
        self.end()
        self.begin(*self.launched)

    # What the guest does.

    @rule(
        vmpck=VMPCKS, kind=st.sampled_from(sorted(REQUESTS)), extended=st.booleans(),
        fails=st.integers(0, 24) | st.none(),
    )  # fmt: skip
    def request(self, vmpck: int, kind: int, extended: bool, fails: int | None) -> None:
        """Ask for something; the disk may be full at some call."""
        key = self.keys[vmpck]
        self.serial += 1
        payload = payload_of(kind, self.serial)
        full = self._fail_at(fails, OSError(errno.ENOSPC, "no space left on device"))
        try:
            page = self._ask(vmpck, kind, payload, extended)
        except KeyUnavailable:
            assert key.retired or (key.state == "ready" and max(key.counts) + 1 >= LAST)
            return
        except LocalError:
            assert key.state == "waiting"
            return
        except StoreError:
            assert full and self.in_file and key.state == "ready"
            key.behind = True
            return
        finally:
            self.disk.before = lambda name, number: None
        self._sent(vmpck, page, kind, payload, extended)

    def _ask(self, vmpck: int, kind: int, payload: bytes, extended: bool) -> bytes:
        key, channel = self.keys[vmpck], self.keys[vmpck].channel
        if channel is None or (key.retired and self.serial % 2):  # past the channel
            return self.store.seal(vmpck, kind, payload)
        return channel.request(kind, payload, extended=extended)

    def _sent(self, vmpck: int, page: bytes, kind: int, payload: bytes, extended: bool) -> None:
        key = self.keys[vmpck]
        assert key.state == "ready" and not key.retired
        message = self.judge.saw(page, vmpck)
        assert (message.msg_type, message.msg_version, message.payload) == (kind, 1, payload)
        assert message.msg_seqno - 1 in key.counts, (message.msg_seqno, key.counts)
        key.counts = {message.msg_seqno + 1}
        for other in self.keys.values():
            other.behind = False
        self.spoilt = False
        key.state, key.page, key.extended, key.asked = "waiting", page, extended, message

    def _fail_at(self, fails: int | None, error: BaseException) -> bool:
        """Let the disk fail at its call of that number from now."""
        if fails is None:
            return False
        first = len(self.disk.calls)

        def before(name: str, number: int) -> None:
            if number == first + fails:
                raise error

        self.disk.before = before
        return True

    @rule(vmpck=VMPCKS, what=st.integers(0, 5))
    def request_that_cannot_be(self, vmpck: int, what: int) -> None:
        channel = self.keys[vmpck].channel
        if channel is None:
            return
        payload = payload_of(5, 0)
        before = bytes(self.store._page), channel.state
        calls: list[Callable[[], object]] = [
            lambda: channel.request(6, payload),
            lambda: channel.request(5, payload[:-1]),
            lambda: channel.request(5, payload[:-1] + b"\1"),
            lambda: channel.request(5, payload, msg_version=0),
            lambda: channel.request(3, payload),
            lambda: channel.receive("no page"),  # type: ignore[arg-type]
        ]
        with pytest.raises(LocalError):
            calls[what]()
        assert (bytes(self.store._page), channel.state) == before

    @rule(vmpck=VMPCKS)
    def out_of_turn(self, vmpck: int) -> None:
        key = self.keys[vmpck]
        if key.channel is None or key.state == "waiting":
            return
        answer = self.host.answers[-1] if self.host.answers else bytes(PAGE)
        with pytest.raises(LocalError):
            key.channel.receive(answer)
        with pytest.raises(LocalError):
            key.channel.host_error(BUSY)

    @precondition(lambda self: any(key.state == "waiting" for key in self.keys.values()))
    @rule(nth=st.integers(0, 3), drawn=TRICKS, pages=st.integers(0, 2))
    def deliver(self, nth: int, drawn: Drawn, pages: int) -> None:
        """Carry a waiting request to the firmware, and what the host makes of that back."""
        waiting = [vmpck for vmpck, key in self.keys.items() if key.state == "waiting"]
        self._deliver(waiting[nth % len(waiting)], drawn, pages)

    @rule(vmpck=VMPCKS, rounds=st.lists(ROUNDS, min_size=1, max_size=4), pages=st.integers(0, 2))
    def talk(self, vmpck: int, rounds: list[tuple[int, bool, list[Drawn]]], pages: int) -> None:
        """Ask, and then what the host does for as long as the answer is awaited; and again."""
        for kind, extended, tricks in rounds:
            if self.keys[vmpck].retired:
                vmpck = next((n for n, key in self.keys.items() if not key.retired), vmpck)
            self.request(vmpck, kind, extended, None)
            for drawn in tricks:
                if self.keys[vmpck].state == "waiting":
                    self._deliver(vmpck, drawn, pages)

    def _deliver(self, vmpck: int, drawn: Drawn, pages: int) -> None:
        name, trick = drawn
        key = self.keys[vmpck]
        channel, asked = key.channel, key.asked
        assert channel is not None and asked is not None
        in_step = self.recorder.next_of(vmpck, key.first) == asked.msg_seqno
        self.host.play(trick)
        if key.extended:
            answer = self.host.extended_request(key.page, pages)
        else:
            answer = self.host.guest_request(key.page)
        if answer.refused:
            self._host_error(vmpck, 2**64 - 1)
            return
        if answer.exitinfo2:
            assert name != "harmless" or not in_step or key.extended
            self._host_error(vmpck, answer.exitinfo2)
            return
        try:
            payload = channel.receive(answer.page)
        except RemoteError as error:
            if name in ("honest", "harmless") and in_step:
                raise Violation("a genuine answer was refused") from error
            self._retired(vmpck)
            return
        assert name != "forged", "a forged answer was accepted"
        found = self.recorder.answered.get((vmpck, asked.msg_seqno))
        if found != (asked, payload):
            raise Violation(f"accepted {payload!r}, which answers something else")
        assert channel.state == "ready"
        key.state = "ready"

    def _host_error(self, vmpck: int, exitinfo2: int) -> None:
        """The host's errors, as the table has them."""
        key = self.keys[vmpck]
        assert key.channel is not None
        again = exitinfo2 == BUSY or (exitinfo2 == INVALID_LEN and key.extended)
        try:
            page = key.channel.host_error(exitinfo2)
        except HostError:
            assert not again
            self._retired(vmpck)
            return
        assert again and page == key.page and key.channel.state == "waiting"
        self.judge.saw(page, vmpck)
        key.extended = key.extended and exitinfo2 == BUSY

    def _retired(self, vmpck: int) -> None:
        """The key is gone, from here on."""
        key = self.keys[vmpck]
        assert key.channel is None or key.channel.state == "dead"
        assert not self.store.has_key(vmpck)
        key.state, key.retired = "dead", True
        self.judge.retired.add(vmpck)

    @precondition(lambda self: any(key.state == "waiting" for key in self.keys.values()))
    @rule(vmpck=VMPCKS)
    def give_up(self, vmpck: int) -> None:
        key = self.keys[vmpck]
        if key.state == "waiting" and key.channel is not None:
            key.channel.give_up()
            self._retired(vmpck)

    @precondition(lambda self: self.serial % 7 == 6)
    @rule(vmpck=VMPCKS, fails=st.integers(0, 24) | st.none())
    def retire(self, vmpck: int, fails: int | None) -> None:
        """A key, past its channel; where the disk is full the whole file is spoilt."""
        full = self._fail_at(fails, OSError(errno.ENOSPC, "no space left on device"))
        try:
            self.store.retire(vmpck)
            self.spoilt = False
        except StoreError:
            assert full and self.in_file
            self.spoilt = True
        finally:
            self.disk.before = lambda name, number: None
        self.keys[vmpck].channel = None
        self._retired(vmpck)

    # What happens to the guest.

    @precondition(lambda self: self.in_file)
    @rule()
    def reopen(self) -> None:
        """Another process goes on; it awaits no answer, and may be out of step."""
        self.store.close()
        self._open()

    def _open(self, retiring: int | None = None) -> None:
        """Open the store; a crash may have come before or behind the end of the key `retiring`."""
        try:
            self.store = FileSecrets(self.path)
        except StoreError:
            assert self.spoilt, "the store was lost"
            self.store = FileSecrets(self.path)  # without a key
            for vmpck, key in self.keys.items():
                key.channel = None
                self._retired(vmpck)
        self.spoilt = False
        for vmpck, key in self.keys.items():
            if vmpck == retiring and not self.store.has_key(vmpck):
                key.channel = None
                self._retired(vmpck)
            if key.behind:
                key.counts |= {count + 2 for count in key.counts}
                key.behind = False
            assert not (key.retired and self.store.has_key(vmpck)), "a retired key is back"
            key.channel = None if key.retired else Channel(self.store, vmpck)
            key.state = "dead" if key.retired else "ready"

    @precondition(lambda self: self.in_file)
    @rule(
        vmpck=VMPCKS, call=st.integers(0, 24), loss=st.sampled_from(LOSSES),
        retiring=st.sampled_from([False, False, False, True]),
    )  # fmt: skip
    def crash(self, vmpck: int, call: int, loss: dict[str, Any], retiring: bool) -> None:
        """The process ends at some call of the disk, or behind the last, and maybe the power."""
        key = self.keys[vmpck]
        self.serial += 1
        self._fail_at(call, Crash())
        can = key.state == "ready" and max(key.counts) + 1 < LAST
        try:
            if retiring:
                self.store.retire(vmpck)
                self.spoilt = False
                self.keys[vmpck].channel = None
                self._retired(vmpck)
            elif can:
                payload = payload_of(5, self.serial)
                self._sent(vmpck, self._ask(vmpck, 5, payload, False), 5, payload, False)
        except Crash:
            if not retiring:
                key.counts |= {count + 2 for count in key.counts}
        self.disk.end()
        assert isinstance(self.store, FileSecrets)
        self.store._file = self.store._lock = None  # so it closes nothing that others have opened
        self.disk.lose(**loss)
        self.disk.revive()
        self._open(vmpck if retiring else None)

    @precondition(lambda self: self.in_file)
    @rule()
    def open_twice(self) -> None:
        with pytest.raises(StoreError):
            FileSecrets(self.path)

    @invariant()
    def keys_are_where_they_belong(self) -> None:
        for vmpck, key in self.keys.items():
            assert self.store.has_key(vmpck) == (not key.retired)

    def end(self) -> None:
        """In the end the file is copied, set back and torn: no key comes out of that."""
        try:
            if self.in_file:
                self.store.close()
                self._refused(self._copied())
                self._set_back()
                whole = self.path.read_bytes()
                self.path.write_bytes(whole[:0xFF] + b"\xfe" + whole[0x100:])
                self._refused(self.path)
        finally:
            self.stack.close()

    def teardown(self) -> None:
        if hasattr(self, "keys"):
            self.end()
        self.stack.close()

    def _copied(self) -> Path:
        copy = self.path.with_name("copy")
        shutil.copyfile(self.path, copy)
        copy.chmod(0o600)
        return copy

    def _set_back(self) -> None:
        """The first state again, under its own number and, as chance may have it, its inode."""
        if not self.judge.pages and not self.judge.retired:
            return  # nothing has happened since
        inode = self.path.stat().st_ino.to_bytes(8, "little")
        raw = self.first_state[:40] + inode + self.first_state[48:-32]
        self.path.write_bytes(raw + hashlib.sha256(raw).digest())
        self._refused(self.path)

    def _refused(self, opened: Path) -> None:
        opened.chmod(0o600)
        with pytest.raises(StoreError):
            FileSecrets(opened)
        assert not any(key in opened.read_bytes() for key in KEYS)


TestConversation = Conversation.TestCase

IDENTITY = Identity(product="milan", seed=b"conversation")


class ConversationWithFirmware(Conversation):
    """The same with the package's own firmware."""

    def make_psp(self, counts: list[int]) -> tuple[Any, list[int]]:
        return Firmware(IDENTITY, insecure_vmpcks=KEYS), [0, 0, 0, 0]


TestConversationWithFirmware = ConversationWithFirmware.TestCase


def test_the_judge_can_be_broken() -> None:
    """Each promise, broken by hand: the judge says so."""
    pages = [
        seal_page(KEYS[0], bytes([n]) * 96, msg_seqno=number, msg_type=5)
        for n, number in enumerate((1, 1, 3, 5))
    ]
    judge = Judge()
    judge.saw(pages[0])
    judge.saw(pages[0])
    with pytest.raises(Violation, match="two pages"):
        judge.saw(pages[1])
    judge.saw(pages[3])
    with pytest.raises(Violation, match="went back"):
        judge.saw(pages[2])
    with pytest.raises(ValueError, match="MAC"):
        judge.saw(hostile.flipped(pages[3], [0]))
    judge.retired.add(0)
    with pytest.raises(Violation, match="retired"):
        judge.saw(pages[3])
    judge.sealing(KEYS[1], b"iv", b"one", b"")
    judge.sealing(KEYS[1], b"iv", b"one", b"")
    for what in ((b"two", b""), (b"one", b"aad")):
        with pytest.raises(Violation, match="twice"):
            judge.sealing(KEYS[1], b"iv", *what)
