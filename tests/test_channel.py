"""The conversation: what becomes of everything that can happen to a channel."""

from __future__ import annotations

import copy
import os
import pickle
import signal
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, strategies as st
from psp_oracle import (
    HEAD,
    KEYS,
    PAGE,
    REQUESTS,
    RESPONSE_SIZES,
    Judge,
    Psp,
    header_of,
    honest,
    open_page,
    seal_page,
    secrets_page,
    seqno_of,
)

from snpformat.channel import NO_FW_CALL, Channel, HostError, describe
from snpformat.errors import (
    AuthenticationError,
    KeyUnavailable,
    LocalError,
    ProtocolError,
    RemoteError,
    SnpformatError,
    StoreError,
)
from snpformat.host import SharedPage
from snpformat.secrets import Secrets
from snpformat.testing import hostile

REPORT = 5
BUSY, INVALID_LEN = 2 << 32, 1 << 32


class Talk:
    """A channel in a state, with the firmware that it talks to."""

    def __init__(self, state: str = "ready", kind: int = REPORT, vmpck: int = 0) -> None:
        self.psp = Psp()
        self.kind = kind
        self.secrets = Secrets(secrets_page())
        self.channel = Channel(self.secrets, vmpck)
        self.sent = self.page = b""
        self.extended = state == "extended"
        if state != "ready":
            self.sent = self.channel.request(kind, REQUESTS[kind], extended=self.extended)
        if state == "dead":
            self.channel.give_up()

    def answer(self, **changes: Any) -> bytes:
        """The firmware's answer; with `changes` one that is sealed as well, and is not right."""
        page = self.psp.handle(self.sent)
        if not changes:
            return page
        vmpck = self.channel.vmpck
        genuine = open_page(KEYS[vmpck], page)
        payload = changes.pop("payload", genuine.payload)
        return seal_page(
            KEYS[vmpck],
            payload,
            **{
                "msg_seqno": genuine.msg_seqno,
                "msg_type": genuine.msg_type,
                "msg_vmpck": vmpck,
                **changes,
            },
        )


def identical_page(talk: Talk, result: Any) -> bool:
    return bool(result == talk.sent != b"")


def next_page(talk: Talk, result: Any) -> bool:
    message = open_page(KEYS[talk.channel.vmpck], result)
    return message.payload == REQUESTS[REPORT] and message.msg_seqno == 1


def payload(talk: Talk, result: Any) -> bool:
    ((_, expected),) = talk.psp.carried_out
    return bool(result == expected)


def nothing(talk: Talk, result: Any) -> bool:
    return result is None


Event = Callable[[Talk], Any]
UNFIT: list[Any] = [None, "5", [5], 5.0, -1]


def asked_for(*given: Any, **options: Any) -> Event:
    return lambda talk: talk.channel.request(*given, **options)


EVENTS: dict[str, Event] = {
    "request": lambda talk: talk.channel.request(REPORT, REQUESTS[REPORT]),
    "request of a type that is none": lambda talk: talk.channel.request(6, REQUESTS[REPORT]),
    "request with a payload that is none": lambda talk: talk.channel.request(REPORT, bytes(95)),
    **{f"request of type {bad!r}": asked_for(bad, REQUESTS[REPORT]) for bad in UNFIT},
    **{f"request with a payload {bad!r}": asked_for(REPORT, bad) for bad in UNFIT},
    **{
        f"request with a payload {bad!r}, as it is": asked_for(REPORT, bad, as_it_is=True)
        for bad in UNFIT
    },
    **{
        f"request of version {bad!r}, as it is": asked_for(
            REPORT, REQUESTS[REPORT], msg_version=bad, as_it_is=True
        )
        for bad in (*UNFIT, 0, 256)
    },
    "request with a reserved byte": lambda t: t.channel.request(REPORT, bytes(95) + b"\1"),
    "request of version 0": lambda t: t.channel.request(REPORT, REQUESTS[REPORT], msg_version=0),
    "request of version 2": lambda t: t.channel.request(REPORT, REQUESTS[REPORT], msg_version=2),
    "the answer": lambda talk: talk.channel.receive(talk.answer()),
    "a page of zeros": lambda talk: talk.channel.receive(bytes(PAGE)),
    "its own request": lambda talk: talk.channel.receive(talk.sent.ljust(PAGE, b"\0")),
    "a byte too few": lambda talk: talk.channel.receive(talk.answer()[:-1]),
    "a byte too many": lambda talk: talk.channel.receive(talk.answer() + b"\0"),
    "nothing at all": lambda talk: talk.channel.receive(b""),
    "what are no bytes": lambda talk: talk.channel.receive("page"),  # type: ignore[arg-type]
    "a number for a page": lambda talk: talk.channel.receive(PAGE),  # type: ignore[arg-type]
    "a list for a page": lambda talk: talk.channel.receive([0] * PAGE),  # type: ignore[arg-type]
    "an empty list for a page": lambda talk: talk.channel.receive([]),  # type: ignore[arg-type]
    "nothing for a page": lambda talk: talk.channel.receive(None),  # type: ignore[arg-type]
    "BUSY": lambda talk: talk.channel.host_error(BUSY),
    "INVALID_LEN": lambda talk: talk.channel.host_error(INVALID_LEN),
    "BUSY and a firmware code": lambda talk: talk.channel.host_error(BUSY | 1),
    "INVALID_LEN and a firmware code": lambda talk: talk.channel.host_error(INVALID_LEN | 1),
    "AEAD_OFLOW": lambda talk: talk.channel.host_error(0x1D),
    "low 1": lambda talk: talk.channel.host_error(1),
    "low 2": lambda talk: talk.channel.host_error(2),
    "NO_FW_CALL": lambda talk: talk.channel.host_error(NO_FW_CALL),
    "another host error": lambda talk: talk.channel.host_error(3 << 32),
    "no error": lambda talk: talk.channel.host_error(0),
    "an error of 65 bits": lambda talk: talk.channel.host_error(1 << 64),
    "a negative error": lambda talk: talk.channel.host_error(-1),
    "an error that is no number": lambda talk: talk.channel.host_error("2"),  # type: ignore[arg-type]
    "give_up": lambda talk: talk.channel.give_up(),
}  # fmt: skip

# What becomes of the events in each state: what is checked or raised, and the state behind it.
Row = tuple[Callable[[Talk, Any], bool] | type[Exception], str]
OUT_OF_TURN: Row = (LocalError, "as it was")
TABLE: dict[str, dict[str, Row]] = {
    "ready": {"request": (next_page, "waiting")},
    "waiting": {
        "the answer": (payload, "ready"),
        "a page of zeros": (RemoteError, "dead"),
        "its own request": (RemoteError, "dead"),
        "a byte too few": (RemoteError, "dead"),
        "a byte too many": (RemoteError, "dead"),
        "nothing at all": (RemoteError, "dead"),
        "BUSY": (identical_page, "waiting"),
        "INVALID_LEN": (HostError, "dead"),  # D21: unlike Linux
        "BUSY and a firmware code": (HostError, "dead"),
        "INVALID_LEN and a firmware code": (HostError, "dead"),
        "AEAD_OFLOW": (HostError, "dead"),
        "low 1": (HostError, "dead"),
        "low 2": (HostError, "dead"),
        "NO_FW_CALL": (HostError, "dead"),
        "another host error": (HostError, "dead"),
        "give_up": (nothing, "dead"),
    },
    "dead": {"request": (KeyUnavailable, "dead"), "give_up": (nothing, "dead")},
}
TABLE["extended"] = {**TABLE["waiting"], "INVALID_LEN": (identical_page, "waiting")}
for event in EVENTS:
    if event.startswith(("request of", "request with")):
        TABLE["dead"][event] = (KeyUnavailable, "dead")


@pytest.mark.parametrize("state", TABLE)
@pytest.mark.parametrize("event", EVENTS)
def test_what_becomes_of_it(state: str, event: str) -> None:
    talk = Talk(state)
    before = talk.channel.state, bytes(talk.secrets._page)
    talk.sent = talk.sent or seal_page(KEYS[0], REQUESTS[5], msg_seqno=1, msg_type=5)
    result, then = TABLE[state].get(event, OUT_OF_TURN)
    if isinstance(result, type):
        with pytest.raises(result) as caught:
            EVENTS[event](talk)
        assert (result is LocalError) == (caught.type is LocalError)
    else:
        assert result(talk, EVENTS[event](talk))
    if then == "as it was":
        assert (talk.channel.state, bytes(talk.secrets._page)) == before
    else:
        assert talk.channel.state == then
    assert talk.secrets.has_key(0) == (talk.channel.state != "dead")
    if then == "dead":  # for good, and for other channels too; other keys are as they were
        with pytest.raises(KeyUnavailable):
            EVENTS["request"](talk)
        with pytest.raises(KeyUnavailable):
            talk.secrets.seal(0, REPORT, REQUESTS[REPORT])
        with pytest.raises(KeyUnavailable):
            Channel(talk.secrets, 0)
        assert Channel(talk.secrets, 1).request(REPORT, REQUESTS[REPORT])
        assert KEYS[0] not in bytes(talk.secrets._page)


def test_the_table_names_events() -> None:
    for row in TABLE.values():
        assert row.keys() <= EVENTS.keys()


# Each field of an answer that says something else, under a correct seal. The reference's rule is
# in the name; where Linux does not compare, we do.
WRONG_ANSWERS: dict[str, tuple[dict[str, Any], str]] = {
    "D26 msg_seqno of the request": ({"msg_seqno": 1}, "msg_seqno"),
    "D26 msg_seqno of the next answer": ({"msg_seqno": 4}, "msg_seqno"),
    "D26 msg_seqno 0": ({"msg_seqno": 0}, "msg_seqno"),
    "D26 msg_seqno with a high bit": ({"msg_seqno": 2 | 1 << 63}, "msg_seqno"),
    "D26 msg_type of the request": ({"msg_type": 5}, "msg_type"),
    "D26 msg_type of another answer": ({"msg_type": 4}, "msg_type"),
    "D26 msg_type 0": ({"msg_type": 0}, "msg_type"),
    "D26 msg_version 2": ({"msg_version": 2}, "msg_version"),
    "D26 msg_version 0": ({"msg_version": 0}, "msg_version"),
    "msg_vmpck of another key": ({"msg_vmpck": 1}, "msg_vmpck"),
    "msg_vmpck that is none": ({"msg_vmpck": 4}, "msg_vmpck"),
    "algo 0": ({"algo": 0}, "algo"),
    "algo 2": ({"algo": 2}, "algo"),
    "hdr_version 2": ({"hdr_version": 2}, "hdr_version"),
    "hdr_size 0x5f": ({"hdr_size": 0x5F}, "hdr_size"),
    "D27 a byte too long": ({"payload": bytes(0x4C1)}, "msg_size"),
    "D27 as long as can be": ({"payload": bytes(4000)}, "msg_size"),
    "D27 longer than the page": ({"msg_size": 4001}, "msg_size"),
    "defect 14 a byte too short": ({"payload": bytes(0x4BF)}, "msg_size"),
    "defect 14 one byte": ({"payload": bytes(1)}, "msg_size"),
    "defect 14 no byte": ({"msg_size": 0}, "msg_size"),
}


@pytest.mark.parametrize("name", WRONG_ANSWERS)
def test_each_field_of_the_answer_is_compared(name: str) -> None:
    changes, field = WRONG_ANSWERS[name]
    talk = Talk("waiting")
    with pytest.raises(RemoteError, match=field) as caught:
        talk.channel.receive(talk.answer(**changes))
    assert not isinstance(caught.value, AuthenticationError)
    assert "response" in str(caught.value)  # so it was not us
    assert talk.channel.state == "dead"


@pytest.mark.parametrize("kind", REQUESTS)
def test_the_size_of_each_answer_is_exact(kind: int) -> None:
    size = RESPONSE_SIZES.get(kind, len(REQUESTS[kind]))
    for wrong in (size - 1, size + 1, size - 16, size + 16, 4000):
        talk = Talk("waiting", kind)
        with pytest.raises(RemoteError, match="msg_size"):
            talk.channel.receive(talk.answer(payload=bytes(wrong)))
    talk = Talk("waiting", kind)
    assert len(talk.channel.receive(talk.answer())) == size


def test_d28_a_tag_that_does_not_fit() -> None:
    talk = Talk("waiting")
    with pytest.raises(AuthenticationError):
        talk.channel.receive(hostile.flipped(talk.answer(), [0]))
    assert talk.channel.state == "dead"


def test_d28_only_the_one_key_is_retired() -> None:
    talk = Talk("waiting", vmpck=2)
    with pytest.raises(RemoteError):
        talk.channel.receive(bytes(PAGE))
    assert [talk.secrets.has_key(n) for n in range(4)] == [True, True, False, True]


class Watched(SharedPage):
    """A shared page that counts how often it is read, and is something else each time."""

    reads = 0

    def __bytes__(self) -> bytes:
        self.reads += 1
        return super().__bytes__()


def test_d29_the_page_is_read_once() -> None:
    for answered in (True, False):
        talk = Talk("waiting")
        genuine = talk.answer()
        shared = Watched(genuine, bytes(PAGE)) if answered else Watched(bytes(PAGE), genuine)
        if answered:
            assert payload(talk, talk.channel.receive(shared))
        else:
            with pytest.raises(RemoteError):
                talk.channel.receive(shared)
        assert shared.reads == 1


def test_a_page_that_cannot_be_read_is_no_answer() -> None:
    """It never came: the channel waits on, and its key is spared."""

    class Broken:
        def __bytes__(self) -> bytes:
            raise BufferError("gone")

    talk = Talk("waiting")
    with pytest.raises(LocalError, match="Broken"):
        talk.channel.receive(Broken())
    assert payload(talk, talk.channel.receive(talk.answer()))


def test_d15_the_header_of_a_request() -> None:
    """As the reference has it; what is reserved is zero, and so is what follows the payload."""
    for kind, sent in REQUESTS.items():
        for vmpck in range(4):
            page = Talk("waiting", kind, vmpck).sent
            assert header_of(page) == (
                page[:16], bytes(16), 1, bytes(8), 1, 1, HEAD, kind, 1, len(sent), bytes(4), vmpck,
                bytes(35),
            )  # fmt: skip
            assert page[HEAD + len(sent) :] == bytes(PAGE - HEAD - len(sent))
            assert len(page) == PAGE
            assert open_page(KEYS[vmpck], page).payload == sent


def test_d14_the_number_is_counted_before_the_answer_comes() -> None:
    talk = Talk("waiting", vmpck=1)
    assert talk.secrets.next_msg_seqno(1) == 3
    assert talk.secrets.record().os_area.msg_seqno_1 == 2
    assert talk.secrets.next_msg_seqno(0) == 1


# The last numbers of the 32-bit word: Linux's `if ((seqno = stored + 1) >= 0xffffffff) refuse`.
ENDS = {
    0: 1,
    0xFFFF_FFFA: 0xFFFF_FFFB,
    0xFFFF_FFFC: 0xFFFF_FFFD,
    0xFFFF_FFFD: None,  # odd: the firmware's
    0xFFFF_FFFE: None,
    0xFFFF_FFFF: None,
}


LAST_ODD = 0xFFFF_FFFD


@pytest.mark.parametrize("stored", ENDS)
@pytest.mark.parametrize(("area", "high"), [(0, 0), (0, 1), (1, 0), (1, 1), (1, 1 << 31), (9, 1)])
@pytest.mark.parametrize("vmpck", [0, 3])
def test_d12_where_the_numbers_end(stored: int, area: int, high: int, vmpck: int) -> None:
    """High words count in newer guest areas only; all that we do not use is kept."""
    raw = bytearray(secrets_page())
    raw[0xA0:0x100] = bytes(range(0xA0, 0x100))
    raw[0xA0 + 4 * vmpck : 0xA4 + 4 * vmpck] = stored.to_bytes(4, "little")
    raw[0xB8 + 4 * vmpck : 0xBC + 4 * vmpck] = high.to_bytes(4, "little")
    raw[0xDE:0xE0] = area.to_bytes(2, "little")
    secrets = Secrets(raw)
    channel = Channel(secrets, vmpck)
    expected = None if area and high else ENDS[stored]
    if expected is None:
        told = "is odd" if stored % 2 and not (area and high) else "used up its sequence numbers"
        with pytest.raises(KeyUnavailable, match="used up" if stored > LAST_ODD else told):
            channel.request(REPORT, REQUESTS[REPORT])
        assert channel.state == "ready"  # and the key is kept
        assert secrets.has_key(vmpck)
    else:
        page = channel.request(REPORT, REQUESTS[REPORT])
        assert open_page(KEYS[vmpck], page).msg_seqno == expected
        raw[0xA0 + 4 * vmpck : 0xA4 + 4 * vmpck] = (stored + 2).to_bytes(4, "little")
    assert bytes(secrets._page) == raw


def test_d12_the_last_message_is_answered() -> None:
    secrets = Secrets(secrets_page([0xFFFF_FFFC, 0, 0, 0]))
    psp = Psp(counts=[0xFFFF_FFFC, 0, 0, 0])
    channel = Channel(secrets)
    answer = psp.handle(channel.request(REPORT, REQUESTS[REPORT]))
    assert channel.receive(answer) == psp.carried_out[0][1]
    with pytest.raises(KeyUnavailable):
        channel.request(REPORT, REQUESTS[REPORT])


def test_d20_throttled_until_the_caller_gives_up() -> None:
    talk = Talk("waiting")
    for _ in range(30):
        assert talk.channel.host_error(BUSY) == talk.sent
    talk.channel.give_up()
    with pytest.raises(LocalError):  # too late
        talk.channel.receive(talk.answer())
    talk.channel.give_up()
    assert talk.channel.state == "dead"


def test_d24_sent_again_as_a_plain_request() -> None:
    """The count of both sides stays equal, and the certificates can be asked for again."""
    talk = Talk("extended")
    assert talk.channel.host_error(INVALID_LEN) == talk.sent
    assert talk.channel.host_error(BUSY) == talk.sent
    assert payload(talk, talk.channel.receive(talk.answer()))
    again = talk.channel.request(REPORT, REQUESTS[REPORT], extended=True)
    assert talk.channel.host_error(BUSY) == again
    assert talk.channel.host_error(INVALID_LEN) == again


@pytest.mark.parametrize("busy", [0, 1, 3])
def test_d24_a_second_invalid_len(busy: int) -> None:
    talk = Talk("extended")
    talk.channel.host_error(INVALID_LEN)
    for _ in range(busy):
        talk.channel.host_error(BUSY)
    with pytest.raises(HostError):
        talk.channel.host_error(INVALID_LEN)
    assert talk.channel.state == "dead"


def test_d24_extended_is_not_remembered() -> None:
    talk = Talk("extended")
    talk.channel.receive(talk.answer())
    talk.channel.request(REPORT, REQUESTS[REPORT])
    with pytest.raises(HostError):
        talk.channel.host_error(INVALID_LEN)


@pytest.mark.parametrize(
    ("exitinfo2", "told"),
    [
        (0x1D, "firmware error 0x1d (aead_overflow)"),
        (0x1234, "firmware error 0x1234 (unknown)"),
        (1 << 32, "host error 0x1 (invalid_len)"),
        (7 << 32, "host error 0x7 (unknown)"),
        (2 << 32 | 0x16, "firmware error 0x16 (invalid_parameter) and host error 0x2 (busy)"),
        (NO_FW_CALL, "the firmware was not reached"),
    ],
)
def test_errors_name_who_is_at_fault(exitinfo2: int, told: str) -> None:
    talk = Talk("waiting")
    with pytest.raises(HostError) as caught:
        talk.channel.host_error(exitinfo2)
    error = caught.value
    assert error.exitinfo2 == exitinfo2
    assert str(error).startswith("the host answered ") and told in str(error)
    assert str(error).endswith("the VMPCK is retired")
    assert isinstance(error, RemoteError) and isinstance(error, SnpformatError)
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.exitinfo2, str(copy)) == (exitinfo2, str(error))


def test_who_is_at_fault_is_in_the_type() -> None:
    assert issubclass(RemoteError, ProtocolError) and issubclass(LocalError, ProtocolError)
    assert not issubclass(RemoteError, LocalError) and not issubclass(LocalError, RemoteError)
    assert describe(0) == "no error"


@pytest.mark.parametrize("vmpck", [-1, 4, "0", None, 0.0, True])
def test_there_are_four_keys(vmpck: Any) -> None:
    with pytest.raises(KeyUnavailable, match="there are 0 to 3"):
        Channel(Secrets(secrets_page()), vmpck)


def test_a_key_that_was_never_given() -> None:
    keys = [bytes(32), *KEYS[1:]]
    with pytest.raises(KeyUnavailable, match="VMPCK 0 is empty"):
        Channel(Secrets(secrets_page(keys=keys)), 0)
    assert Channel(Secrets(secrets_page(keys=keys)), 1).vmpck == 1


class NoDisk(Secrets):
    """A store that can no longer be written."""

    full = False

    def _persist(self, *, retiring: bool = False) -> None:
        if self.full:
            raise StoreError("the disk is full")


def test_a_number_that_cannot_be_made_durable_is_not_used() -> None:
    store = NoDisk(secrets_page())
    channel = Channel(store)
    store.full = True
    with pytest.raises(StoreError):
        channel.request(REPORT, REQUESTS[REPORT])
    assert channel.state == "ready"
    store.full = False
    assert seqno_of(channel.request(REPORT, REQUESTS[REPORT])) == 1


@pytest.mark.parametrize("end", ["a page of zeros", "AEAD_OFLOW"])
def test_a_key_that_cannot_be_retired_in_its_file(end: str) -> None:
    """The error of the conversation is the one that is raised; it tells of the other."""
    talk = Talk("waiting")
    store = talk.secrets = NoDisk(secrets_page())
    talk.channel = Channel(store)
    talk.sent = talk.channel.request(REPORT, REQUESTS[REPORT])
    store.full = True
    with pytest.raises(RemoteError) as caught:
        EVENTS[end](talk)
    assert "not in its file" in caught.value.__notes__[0]
    assert (talk.channel.state, store.has_key(0)) == ("dead", False)


def test_no_key_and_no_payload_is_shown() -> None:
    talk = Talk("waiting")
    assert repr(talk.channel) == "<Channel under VMPCK 0, waiting>"
    assert repr(talk.secrets) == "<Secrets with VMPCK 0, 1, 2, 3>"


@given(st.lists(st.sampled_from(sorted(REQUESTS)), min_size=1, max_size=8), st.integers(0, 3))
def test_a_quiet_conversation(kinds: list[int], vmpck: int) -> None:
    psp, judge = Psp(), Judge()
    host = honest(psp)
    channel = Channel(Secrets(secrets_page()), vmpck)
    for number, kind in enumerate(kinds):
        page = channel.request(kind, REQUESTS[kind])
        assert judge.saw(page, vmpck).msg_seqno == 2 * number + 1
        answer = host.guest_request(page)
        assert channel.receive(answer.page) == psp.carried_out[-1][1]
        assert channel.state == "ready"


# Each call in a forked child, which has its parent's keys and numbers.
IN_A_CHILD: dict[str, tuple[str, Event]] = {
    "request": ("ready", EVENTS["request"]),
    "a bad request": ("ready", EVENTS["request of a type that is none"]),
    "request while waiting": ("waiting", EVENTS["request"]),
    "receive the answer": ("waiting", lambda talk: talk.channel.receive(talk.page)),
    "receive zeros": ("waiting", EVENTS["a page of zeros"]),
    "receive too little": ("waiting", EVENTS["nothing at all"]),
    "receive while ready": ("ready", EVENTS["a page of zeros"]),
    "BUSY": ("waiting", EVENTS["BUSY"]),
    "INVALID_LEN": ("extended", EVENTS["INVALID_LEN"]),
    "AEAD_OFLOW": ("waiting", EVENTS["AEAD_OFLOW"]),
    "give_up": ("waiting", EVENTS["give_up"]),
    "give_up when dead": ("dead", EVENTS["give_up"]),
    "seal": ("ready", lambda talk: talk.secrets.seal(0, REPORT, REQUESTS[REPORT])),
    "open": ("waiting", lambda talk: talk.secrets.open(0, talk.page)),
    "retire": ("ready", lambda talk: talk.secrets.retire(0)),
    "check_process": ("ready", lambda talk: talk.secrets.check_process()),
}


def in_a_child(call: Callable[[], Any], seconds: int = 5) -> str:
    """What `call` raises in a forked child; "hangs" when it takes too long."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks where there are threads
        child = os.fork()
    if not child:
        found = "nothing"
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)
        try:
            call()
        except BaseException as error:
            found = type(error).__name__
        os.write(writer, found.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        found = told.read()
    os.waitpid(child, 0)
    return found or "hangs"


@pytest.mark.parametrize("name", IN_A_CHILD)
def test_a_forked_child_is_refused(name: str) -> None:
    state, call = IN_A_CHILD[name]
    talk = Talk(state)
    if talk.sent:
        talk.page = talk.answer()
    assert in_a_child(lambda: call(talk)) == "LocalError"
    if state == "waiting":  # the parent goes on
        assert payload(talk, talk.channel.receive(talk.page))


def test_a_child_that_was_forked_in_the_middle_of_a_call() -> None:
    """A lock that a thread of the parent held stays locked in the child; it must not wait."""
    talk = Talk("waiting")
    talk.page = talk.answer()
    reading, done = threading.Event(), threading.Event()

    class Slow:
        def __bytes__(self) -> bytes:
            reading.set()
            done.wait(10)
            return talk.page

    thread = threading.Thread(target=lambda: talk.channel.receive(Slow()))
    thread.start()
    reading.wait(10)
    try:
        for name in ("request", "a bad request", "receive zeros", "BUSY", "give_up", "seal"):
            found = in_a_child(lambda name=name: IN_A_CHILD[name][1](talk), 2)  # type: ignore[misc]
            assert found == "LocalError", name
    finally:
        done.set()
        thread.join()
    assert talk.channel.state == "ready"


def test_threads_never_share_a_number() -> None:
    """Threads that use one store directly: each page has a number of its own, and none is lost."""

    class Slow(Secrets):
        def next_msg_seqno(self, vmpck: int) -> int:
            found = super().next_msg_seqno(vmpck)
            time.sleep(0)  # let another thread run, before the number is counted
            return found

    secrets, judge = Slow(secrets_page()), Judge()
    pages: list[list[bytes]] = [[] for _ in range(8)]
    start = threading.Barrier(len(pages))

    def work(own: list[bytes]) -> None:
        start.wait()
        for n in range(60):
            own.append(secrets.seal(n % 2, REPORT, os.urandom(96)))

    with judge.watching():
        threads = [threading.Thread(target=work, args=(own,)) for own in pages]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for vmpck in (0, 1):
        mine = [page for own in pages for page in own if page[0x3C] == vmpck]
        assert sorted(map(seqno_of, mine)) == list(range(1, 2 * len(mine), 2))
        for page in sorted(mine, key=seqno_of):
            judge.saw(page, vmpck)
    assert len(judge.sealed) == 480


def test_threads_that_share_a_channel() -> None:
    """One wins; the others are told to wait, and use no number."""
    channel = Channel(Secrets(secrets_page()))
    found: list[str] = []
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        try:
            found.append(channel.request(REPORT, REQUESTS[REPORT]).hex())
        except LocalError:
            found.append("")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(map(bool, found)) == 1
    assert channel._secrets.next_msg_seqno(0) == 3


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy, pickle.dumps])
def test_it_cannot_be_copied(make: Any) -> None:
    """Two that await one answer would both take it, and ask at once."""
    with pytest.raises(TypeError, match="there is one for each key"):
        make(Talk("waiting").channel)


def test_what_an_old_answer_holds_is_never_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """A derived key, sent again by the host: the number tells, so it is not deciphered."""
    talk = Talk("waiting", 3)
    old = talk.answer()
    talk.channel.receive(old)
    opened = []
    monkeypatch.setattr(talk.secrets, "open", lambda *given: opened.append(given))
    talk.channel.request(3, REQUESTS[3])
    with pytest.raises(RemoteError, match="msg_seqno"):
        talk.channel.receive(old)
    assert (opened, talk.channel.state) == ([], "dead")


def test_a_signal_handler_in_the_middle_of_the_stores_work() -> None:
    """Another channel of it is not served; what came to it is as if it had not."""
    found: list[str] = []

    class Interrupted(Secrets):
        def _persist(self, *, retiring: bool = False) -> None:
            if not found and waiting.state == "waiting":
                calls: list[Callable[[], object]] = [
                    lambda: waiting.receive(bytes(PAGE)), lambda: waiting.host_error(1),
                    lambda: waiting.give_up(), lambda: waiting.receive(answer),
                ]  # fmt: skip
                for call in calls:
                    with pytest.raises(LocalError, match="signal handler"):
                        call()
                    found.append(waiting.state)

    waiting: Any = Talk()  # until there is one
    waiting.state = "none yet"
    secrets, psp = Interrupted(secrets_page()), Psp()
    waiting, other = Channel(secrets, 0), Channel(secrets, 1)
    answer = psp.handle(waiting.request(REPORT, REQUESTS[REPORT]))
    other.request(REPORT, REQUESTS[REPORT])
    assert found == ["waiting"] * 4
    assert waiting.receive(answer) == psp.carried_out[0][1]


def test_a_channel_that_is_used_while_it_is_at_work() -> None:
    talk = Talk("waiting")
    answer = talk.answer()
    told = []

    class Reentrant:
        def __bytes__(self) -> bytes:
            for event in ("a page of zeros", "BUSY", "give_up", "request"):
                with pytest.raises(LocalError, match="signal handler"):
                    EVENTS[event](talk)
                told.append(event)
            return answer

    assert payload(talk, talk.channel.receive(Reentrant()))
    assert len(told) == 4
