"""The door of /dev/sev-guest against a driver that is a script: structures in, structures out.

`Driver` stands where ``fcntl.ioctl`` would. It reads and writes the caller's memory by address, as
a driver does, and ends each call as the table of cases says; D numbers are the driver's rules in
the reference.
"""

from __future__ import annotations

import ctypes
import errno as codes
import io
import os
import pickle
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from hypothesis import given, strategies as st

from snpformat import FormatError
from snpformat.certtable import GUIDS, TableEntry, write_table
from snpformat.device import kernel
from snpformat.device.errors import (
    CertificatesTooLarge,
    DeviceError,
    DeviceUnavailable,
    KeyWiped,
    StatusError,
    Throttled,
)
from snpformat.device.interface import ExtReport
from snpformat.device.kernel import CERTS_MAX, KernelDevice
from snpformat.explain import BUSY, INVALID_LEN, NOT_CALLED, NOT_SENT
from snpformat.formats.ioctl import (
    SnpDerivedKeyResp,
    SnpExtReportReq,
    SnpGuestRequestIoctl,
    SnpReportResp,
)
from snpformat.formats.report import AttestationReport, MsgReportRsp

DATA = bytes(range(64))
KEY = bytes(range(0xA0, 0xC0))
GET_REPORT, GET_DERIVED_KEY, GET_EXT_REPORT = 0xC0205300, 0xC0205301, 0xC0205302
SIZES = {GET_REPORT: 96, GET_DERIVED_KEY: 32, GET_EXT_REPORT: 112}  # of the requests


@dataclass(frozen=True)
class Ends:
    """How a call ends: with an errno or a result, a word if it is copied back, and what it wrote.

    `response` None stands for a good one where the call succeeds.
    """

    errno: int = 0
    result: int = 0
    word: int | None = None
    response: bytes | None = None
    certs: bytes = b""
    certs_len: int | None = None
    negative: bool = False  # the errno is returned below zero, as driver models do


GOOD = Ends()
SILENT = Ends(response=b"")


@dataclass
class Driver:
    """What `fcntl.ioctl` would lead to. The last of the `ends` is used again and again."""

    ends: list[Ends] = field(default_factory=lambda: [GOOD])
    calls: list[tuple[int, bytes, bytes]] = field(
        default_factory=list
    )  # command, argument, request
    sleeps: list[float] = field(default_factory=list)

    def __call__(self, fd: int, command: int, argument: bytearray, mutate: bool) -> int:
        os.fstat(fd)
        assert mutate is True and type(argument) is bytearray
        asked = SnpGuestRequestIoctl.parse(argument)
        ends = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]
        request = ctypes.string_at(asked.req_data, SIZES[command])
        self.calls.append((command, bytes(argument), request))
        if ends.response != b"" and (ends.response or not ends.errno | ends.result):
            write(asked.resp_data, ends.response or good_response(command, request))
        if command == GET_EXT_REPORT:
            extended = SnpExtReportReq.parse(request)
            if ends.certs:
                assert len(ends.certs) <= extended.certs_len
                write(extended.certs_address, ends.certs)
            if ends.certs_len is not None:
                write(asked.req_data + 0x68, ends.certs_len.to_bytes(4, "little"))
        if ends.word is not None:
            argument[0x18:0x20] = ends.word.to_bytes(8, "little")
        if ends.errno and not ends.negative:
            raise OSError(ends.errno, os.strerror(ends.errno))
        return -ends.errno or ends.result

    def open(self) -> KernelDevice:
        return KernelDevice(os.devnull, ioctl=self, sleep=self.sleeps.append)


def write(address: int, data: bytes) -> None:
    ctypes.memmove(address, data, len(data))


def good_response(command: int, request: bytes) -> bytes:
    if command == GET_DERIVED_KEY:
        return SnpDerivedKeyResp(derived_key=KEY).build()
    return report_response(report_data=request[:64], vmpl=request[64])


def report_response(**fields: Any) -> bytes:
    report = AttestationReport(**{"version": 5, "report_data": DATA, **fields})
    return SnpReportResp(response=MsgReportRsp(report=report)).build()


def changed(response: bytes, at: int, data: bytes) -> bytes:
    return response[:at] + data + response[at + len(data) :]


REQUESTS: dict[str, Callable[[KernelDevice], object]] = {
    "get_report": lambda device: device.get_report(DATA),
    "get_derived_key": lambda device: device.get_derived_key(),
    "get_ext_report": lambda device: device.get_ext_report(DATA),
}
ANY = tuple(REQUESTS)
PLAIN, EXT = ("get_report", "get_derived_key"), ("get_ext_report",)
REPORTS, KEYS = ("get_report", "get_ext_report"), ("get_derived_key",)
PAGE = 4096

# rule, requests, how the call ends, the error, words in it, whether the door sends nothing more.
CASES: list[tuple[str, tuple[str, ...], Ends, type[DeviceError], str, bool]] = [
    ("D4", ANY, Ends(codes.EFAULT), DeviceError, "argument of the ioctl", False),
    ("D6", ANY, Ends(codes.EINVAL), DeviceError, "does not take the argument", False),
    ("D7", ANY, Ends(codes.ENOTTY), KeyWiped, "empty or was wiped", True),
    ("D7 6.13, D8", ANY, Ends(codes.ENOTTY, word=NOT_SENT), DeviceError, "does not know", False),
    ("D9 null", ANY, Ends(codes.EINVAL, word=NOT_SENT), DeviceError, "address is null", False),
    ("D9 copy", ANY, Ends(codes.EFAULT, word=NOT_SENT), DeviceError, "cannot be read", False),
    ("D12", ANY, Ends(codes.EIO, word=NOT_SENT), KeyWiped, "used up", True),
    ("D13", ANY, Ends(codes.ENOSR, word=NOT_SENT), DeviceError, "no sequence number", False),
    ("defect 4", ANY, Ends(result=1, word=NOT_SENT), KeyWiped, "could not be sealed", True),
    ("D17", ANY, Ends(codes.EBADMSG, word=NOT_SENT), KeyWiped, "EBADMSG", True),
    ("D19", ANY, Ends(codes.EIO, word=NOT_CALLED), KeyWiped, "no GHCB", True),
    ("D20", ANY, Ends(codes.ETIMEDOUT, word=BUSY), KeyWiped, "for a minute", True),
    ("D21", PLAIN, Ends(codes.EIO, word=INVALID_LEN), KeyWiped, "were not asked for", True),
    ("D22 tag", ANY, Ends(codes.EIO, word=0x0B), KeyWiped, "BAD_MEASUREMENT", True),
    ("D22 parameter", ANY, Ends(codes.EIO, word=0x16), KeyWiped, "INVALID_PARAMETER", True),
    ("D22 count", ANY, Ends(codes.EIO, word=0x1D), KeyWiped, "AEAD_OVERFLOW", True),
    ("D22 unknown", ANY, Ends(codes.EIO, word=0x77), KeyWiped, "unknown", True),
    ("D22 host", ANY, Ends(codes.EIO, word=0xFFFFFFFF << 32), KeyWiped, "GENERIC", True),
    ("D22 word not told", ANY, Ends(codes.EIO), KeyWiped, "EIO", True),
    ("D22 +2", ANY, Ends(result=2, word=NOT_CALLED), KeyWiped, "ES_VMM_ERROR", True),
    ("D22 +4", ANY, Ends(result=4, word=NOT_CALLED), KeyWiped, "ES_EXCEPTION", True),
    ("D22 defect 16", ANY, Ends(result=4, response=b"\1"), KeyWiped, "ES_EXCEPTION", True),
    ("D23", EXT, Ends(codes.EINVAL, word=NOT_SENT), DeviceError, "multiple of 4096", False),
    ("D24", EXT, Ends(codes.EIO, word=INVALID_LEN, certs_len=5 * PAGE),
     CertificatesTooLarge, "take 20480 bytes, and Linux takes 16384 at most", False),
    ("D24 ENOSPC", EXT, Ends(codes.ENOSPC, word=INVALID_LEN, certs_len=5 * PAGE),
     CertificatesTooLarge, "20480", False),
    ("D24 success", EXT, Ends(word=INVALID_LEN, certs_len=5 * PAGE),
     CertificatesTooLarge, "20480", False),
    ("D24 success, silent", EXT, Ends(word=INVALID_LEN, certs_len=5 * PAGE, response=b""),
     CertificatesTooLarge, "20480", False),
    ("D24 hostile", EXT, Ends(codes.EIO, word=INVALID_LEN, certs_len=0xFFFFFFFF),
     CertificatesTooLarge, "4294967295 bytes, which cannot be", False),
    ("D24 no pages", EXT, Ends(codes.EIO, word=INVALID_LEN, certs_len=5 * PAGE + 1),
     CertificatesTooLarge, "which cannot be", False),
    ("D24 shrinking", EXT, Ends(codes.EIO, word=INVALID_LEN, certs_len=PAGE),
     CertificatesTooLarge, "4096 bytes, which cannot be: it was offered 16384", False),
    ("D24 no length", EXT, Ends(codes.EIO, word=INVALID_LEN),
     CertificatesTooLarge, "take 16384 bytes, which cannot be: it was offered 16384", False),
    ("D26-D28", ANY, Ends(codes.EBADMSG), KeyWiped, "not the firmware's answer", True),
    ("D27 all short", ANY, SILENT, DeviceError, "no response came", False),
    ("success, host complains", PLAIN, replace(SILENT, word=INVALID_LEN), KeyWiped, "", True),
    ("D30 parameter", REPORTS, Ends(response=b"\x16\0\0\0\xa0\4"),
     StatusError, "STATUS 0x16 (INVALID_PARAMETER)", False),
    ("D30 key", REPORTS, Ends(response=b"\x27\0\0\0\xa0\4"), StatusError, "AWS", False),
    ("D30 derived", KEYS, Ends(response=b"\x27"), StatusError, "INVALID_KEY", False),
    ("D30 unknown", ANY, Ends(response=b"\x99"), StatusError, "unknown", False),
    ("no memory", ANY, Ends(codes.ENOMEM, word=NOT_SENT), DeviceError, "no memory", False),
    ("no driver", ANY, Ends(codes.ENODEV), DeviceError, "ENODEV", False),
    ("unknown errno", ANY, Ends(codes.EXDEV), DeviceError, "errno 18: unknown", False),
    ("throttled", ANY, Ends(codes.EAGAIN), Throttled, "held off for 60 seconds", False),
    ("in use", ANY, Ends(codes.EBUSY), Throttled, "held off for 60 seconds", False),
    ("signals", ANY, Ends(codes.EINTR), DeviceError, "signal", False),
    ("busy, first drivers", ANY, Ends(codes.EIO, word=BUSY), KeyWiped, "very same", True),
    ("busy, success", ANY, replace(SILENT, word=BUSY), KeyWiped, "very same", True),
    ("report size", REPORTS, Ends(response=changed(report_response(), 4, b"\x9f\4")),
     DeviceError, "1183 bytes, not 1184", False),
    ("other report data", REPORTS, Ends(response=report_response(report_data=bytes(64))),
     DeviceError, "other report data", False),
    ("D27 short", REPORTS, Ends(response=report_response()[:0x60]),
     DeviceError, "other report data", False),
    ("no key", KEYS, Ends(response=b"\0\0\0\0\1"), DeviceError, "no key", False),
]  # fmt: skip


@pytest.mark.parametrize("negative", [False, True], ids=["raised", "returned"])
@pytest.mark.parametrize(
    ("name", "ends", "kind", "words", "over"),
    [(name, *case) for _, names, *case in CASES for name in names],
    ids=[f"{rule}: {name}" for rule, names, *_ in CASES for name in names],
)
def test_failures(
    name: str, ends: Ends, kind: type[DeviceError], words: str, over: bool, negative: bool
) -> None:
    driver = Driver([replace(ends, negative=negative)])
    with driver.open() as device:
        with pytest.raises(DeviceError) as caught:
            REQUESTS[name](device)
        error = caught.value
        assert type(error) is kind
        assert (error.door, error.operation) == (os.devnull, name)
        assert error.errno == (ends.errno or None)
        assert error.result == (ends.result or None)
        if error.status is None and ends.response in (None, b""):
            assert error.exitinfo2 == (ends.word or 0)
        text = str(error)
        assert text.startswith(f"{name} through {os.devnull}: ")
        assert words in text and "\n  help: " in text
        assert str(pickle.loads(pickle.dumps(error))) == text
        # And then: a door whose key is lost sends nothing, all others go on.
        before = len(driver.calls)
        tried_again = words in ("held off for 60 seconds", "very same", "signal")
        tried_again |= words.endswith("it was offered 16384")
        assert before > 1 if tried_again else before == 1
        driver.ends = [GOOD]
        if not over:
            device.get_report(DATA)
            return
        for request in REQUESTS.values():
            with pytest.raises(KeyWiped, match="nothing was sent: an earlier " + name):
                request(device)
        assert len(driver.calls) == before


def test_requests_as_they_arrive() -> None:
    driver = Driver()
    with driver.open() as device:
        report = device.get_report(DATA, vmpl=2, key_sel=1)
        key = device.get_derived_key(
            root_key_select=1, key_sel=2, guest_field_select=0x3F, vmpl=3, guest_svn=7,
            tcb_version=0x0123456789ABCDEF,
        )  # fmt: skip
        device.get_ext_report(DATA, vmpl=1, key_sel=2)
    assert (report.report_data, report.vmpl, key) == (DATA, 2, KEY)
    sent = [(command, request) for command, _, request in driver.calls]
    extended = SnpExtReportReq.parse(sent[2][1])
    assert extended.certs_address and extended.certs_len == CERTS_MAX == 16384
    assert sent == [
        (GET_REPORT, DATA + b"\2\0\0\0" + b"\1" + bytes(27)),
        (GET_DERIVED_KEY, bytes.fromhex("05000000 00000000 3f00000000000000 03000000 07000000"
                                        "efcdab8967452301")),
        (GET_EXT_REPORT, DATA + b"\1\0\0\0" + b"\2" + bytes(27) + sent[2][1][96:]),
    ]  # fmt: skip
    for _, argument, _ in driver.calls:
        assert argument[:8] == b"\1" + bytes(7)  # msg_version and clean padding


@pytest.mark.parametrize(
    ("told", "own"), [(None, 0), ("0\n", 0), ("2\n", 2), ("4\n", 0), ("", 0), ("-1", 0), ("x", 0)]
)
def test_the_default_vmpl_is_what_linux_tells(
    told: str | None, own: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(kernel, "OWN_VMPL", str(tmp_path / "vmpl"))
    if told is not None:
        (tmp_path / "vmpl").write_text(told)
    driver = Driver()
    with driver.open() as device:
        assert device.default_vmpl == own
        device.get_report(DATA)
    assert driver.calls[0][2][64] == own


def test_the_default_vmpl_is_the_kernels() -> None:
    driver = Driver()
    with driver.open() as device:
        for request in REQUESTS.values():
            request(device)
        device.default_vmpl = 2
        for request in REQUESTS.values():
            request(device)
    vmpls = [
        request[16 if command == GET_DERIVED_KEY else 64] for command, _, request in driver.calls
    ]
    assert vmpls == [0, 0, 0, 2, 2, 2]


def test_a_stale_word_is_never_passed_in() -> None:
    """D10: after a success the driver leaves the word where it was."""
    busy = Ends(codes.EAGAIN, word=3 << 32)
    driver = Driver([Ends(codes.EINTR, word=NOT_SENT), busy, Ends(word=0x1234), GOOD])
    with driver.open() as device:
        for request in (*REQUESTS.values(), *REQUESTS.values()):
            request(device)
    assert len(driver.calls) == 8
    assert {argument[0x18:] for _, argument, _ in driver.calls} == {bytes(8)}


@pytest.mark.parametrize("name", ANY)
@pytest.mark.parametrize("word", [1, NOT_SENT, INVALID_LEN, BUSY, 0xDEADBEEF_00000016, NOT_CALLED])
def test_rubbish_beside_a_response_is_no_failure(name: str, word: int) -> None:
    """D10 and defect 3: the first drivers leave there what they had on the stack."""
    driver = Driver([Ends(word=word)])
    with driver.open() as device:
        REQUESTS[name](device)
    assert len(driver.calls) == 1


@pytest.mark.parametrize("name", ANY)
@pytest.mark.parametrize(
    ("ends", "sleeps"),
    [
        (Ends(codes.EIO, word=BUSY), 1),
        (replace(SILENT, word=BUSY), 1),
        (Ends(codes.EAGAIN, word=BUSY), 1),
        (Ends(codes.EAGAIN), 1),
        (Ends(codes.EINTR), 0),
    ],
)
def test_what_passes_is_waited_for(name: str, ends: Ends, sleeps: int) -> None:
    """With the very same request each time, which first drivers seal under the same number."""
    driver = Driver([ends] * 20 + [GOOD])
    with driver.open() as device:
        REQUESTS[name](device)
        REQUESTS["get_report"](device)
    assert driver.sleeps == [2.0] * 20 * sleeps
    assert len(driver.calls) == 22
    assert len(set(driver.calls[:21])) == 1


def test_what_a_failed_call_wrote_is_gone_before_the_next() -> None:
    left = Ends(codes.EAGAIN, response=report_response(), certs=b"x")
    driver = Driver([left, SILENT, left, GOOD])
    with driver.open() as device:
        with pytest.raises(DeviceError, match="no response came"):
            device.get_report(DATA)
        assert device.get_ext_report(DATA).certificates == b""


def test_interrupted_while_busy() -> None:
    """Another request now would get the number of the one that was not answered."""
    driver = Driver([Ends(codes.EIO, word=BUSY), GOOD])

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with KernelDevice(os.devnull, ioctl=driver, sleep=interrupt) as device:
        with pytest.raises(KeyboardInterrupt):
            device.get_report(DATA)
        with pytest.raises(KeyWiped, match="an earlier get_report"):
            device.get_report(bytes(64))
    assert len(driver.calls) == 1


def test_busy_and_then_too_large() -> None:
    """INVALID_LEN means that the message was answered: its number is used up, the door goes on."""
    too_large = Ends(codes.EIO, word=INVALID_LEN, certs_len=5 * PAGE)
    driver = Driver([Ends(codes.EIO, word=BUSY), too_large, GOOD])
    with driver.open() as device:
        with pytest.raises(CertificatesTooLarge):
            device.get_ext_report(DATA)
        device.get_report(DATA)


def test_d8_a_request_that_the_driver_does_not_know_costs_nothing() -> None:
    """As with the first driver, which has reports only: ask for certificates, else without."""
    driver = Driver([Ends(codes.ENOTTY, word=NOT_SENT), GOOD])
    with driver.open() as device:
        with pytest.raises(DeviceError, match="does not know this request") as refused:
            device.get_ext_report(DATA)
        assert not isinstance(refused.value, KeyWiped)
        assert device.get_report(DATA).report_data == DATA


def test_a_report_for_another_vmpl_is_no_answer() -> None:
    driver = Driver([Ends(response=report_response(report_data=DATA, vmpl=1))])
    with driver.open() as device, pytest.raises(DeviceError, match="for VMPL 1, not 2"):
        device.get_report(DATA, vmpl=2)


def test_certificates_that_change_between_calls() -> None:
    """Asked for once more with all the room there is, a few times, whatever length was told."""
    change = [Ends(codes.EIO, word=INVALID_LEN, certs_len=size * PAGE) for size in (1, 2, 4, 3)]
    driver = Driver([*change, Ends(certs=b"grown")])
    with driver.open() as device:
        assert device.get_ext_report(DATA).certificates.rstrip(b"\0") == b"grown"
    lengths = [SnpExtReportReq.parse(request).certs_len for _, _, request in driver.calls]
    assert lengths == [CERTS_MAX] * 5
    driver = Driver(change)
    with driver.open() as device, pytest.raises(CertificatesTooLarge):
        device.get_ext_report(DATA)
    assert len(driver.calls) == 5


def test_certificates() -> None:
    """One call, with room for all that Linux takes; what grows between calls needs no other."""
    blobs = [b"", bytes(24), b"x", b"x" * PAGE, b"x" * PAGE + b"y", b"z" * CERTS_MAX, b"x"]
    driver = Driver([Ends(certs=blob) for blob in blobs])
    with driver.open() as device:
        got = [device.get_ext_report(DATA) for _ in blobs]
    assert [len(ext.certificates) // PAGE for ext in got] == [0, 0, 1, 1, 2, 4, 1]
    for ext, blob in zip(got, blobs, strict=True):
        assert ext.certificates == blob.strip(b"\0").ljust(len(ext.certificates), b"\0")
        assert ext.report.report_data == DATA
    assert len(driver.calls) == len(blobs)


def test_entries() -> None:
    """A table that is none costs its entries, not the report."""
    table = write_table([TableEntry(GUIDS["VCEK"], b"leaf"), TableEntry(GUIDS["ARK"], b"root")])
    driver = Driver([Ends(certs=table), Ends(certs=b"\xff" * 100), GOOD])
    with driver.open() as device:
        good, bad, none = (device.get_ext_report(DATA) for _ in range(3))
    assert [(e.name, e.data) for e in good.entries] == [("VCEK", b"leaf"), ("ARK", b"root")]
    assert none.entries == () and bad.report == good.report
    with pytest.raises(FormatError):
        _ = bad.entries


def test_a_report_of_the_next_version() -> None:
    raw = bytearray(report_response())
    raw[0x20:0x22] = b"\x39\x30"
    raw[0x20 + 0x220 : 0x20 + 0x228] = b"\xa5" * 8  # reserved so far
    driver = Driver([Ends(response=bytes(raw))])
    with driver.open() as device:
        report = device.get_report(DATA)
    assert report.version == 12345
    assert report.layout_version == AttestationReport.VERSIONS[-1]
    assert report.build() == raw[0x20 : 0x20 + 0x4A0]


@pytest.mark.parametrize(
    "ask",
    [
        lambda device: device.get_report(DATA[:-1]),
        lambda device: device.get_report(DATA + b"\0"),
        lambda device: device.get_report(b""),
        lambda device: device.get_report("x" * 64),
        lambda device: device.get_report(DATA, vmpl=4),
        lambda device: device.get_report(DATA, vmpl=-1),
        lambda device: device.get_report(DATA, key_sel=4),
        lambda device: device.get_ext_report(b"short"),
        lambda device: device.get_ext_report(DATA, vmpl=4),
        lambda device: device.get_derived_key(msg_version=0),
        lambda device: device.get_derived_key(msg_version=2),
        lambda device: device.get_derived_key(msg_version=257),
        lambda device: device.get_derived_key(msg_version="1"),
        lambda device: device.get_derived_key(vmpl=4),
        lambda device: device.get_derived_key(key_sel=4),
        lambda device: device.get_derived_key(root_key_select=2),
        lambda device: device.get_derived_key(guest_field_select=1 << 64),
        lambda device: device.get_derived_key(guest_svn=1 << 32),
        lambda device: device.get_derived_key(tcb_version=-1),
    ],
)
def test_arguments_are_refused_before_anything_is_sent(ask: Callable[[Any], object]) -> None:
    driver = Driver()
    with driver.open() as device, pytest.raises(FormatError):
        ask(device)
    assert driver.calls == []


class Watched(KernelDevice):
    """Keeps the buffers of its calls, so that a test can look into them afterwards."""

    seen: tuple[ctypes.Array[ctypes.c_char], ...] = ()

    def _ioctl(self, command: int, argument: bytearray, buffers: Any) -> int:
        self.seen = buffers
        try:
            return super()._ioctl(command, argument, buffers)
        finally:
            self.contents = buffers[1].raw


@pytest.mark.parametrize(
    "ends",
    [
        GOOD,
        Ends(codes.EBADMSG, response=bytes(32) + KEY),
        Ends(codes.EFAULT, word=NOT_SENT, response=bytes(32) + KEY),
        Ends(result=2, response=bytes(32) + KEY),
        Ends(codes.EAGAIN, response=bytes(32) + KEY),
        Ends(response=b"\x27" + bytes(31) + KEY),  # stale bytes beside a STATUS (D27)
    ],
)
def test_the_derived_key_stays_nowhere(ends: Ends) -> None:
    driver = Driver([ends])
    with Watched(os.devnull, ioctl=driver, sleep=driver.sleeps.append) as device:
        caught: DeviceError | None = None
        try:
            assert device.get_derived_key() == KEY and ends == GOOD
        except DeviceError as error:
            caught = error
        assert KEY in device.contents
        assert device.seen[1].raw == bytes(64)
        assert (caught is None) == (ends == GOOD)
    if caught:
        shown = "".join(traceback.format_exception(caught)) + repr(caught) + str(vars(caught))
        assert KEY.hex() not in shown and repr(KEY)[2:-1] not in shown
        assert caught.__traceback__ and not holds_key(caught.__traceback__)


def holds_key(trace: TracebackType | None) -> bool:
    """Whether any variable of the package's frames has the key in it."""
    while trace is not None:
        if "/device/" in trace.tb_frame.f_code.co_filename:
            for value in trace.tb_frame.f_locals.values():
                raw = bytes(value) if isinstance(value, (bytes, bytearray, ctypes.Array)) else b""
                if KEY in raw or KEY.hex() in repr(value):
                    return True
        trace = trace.tb_next
    return False


@pytest.mark.parametrize(
    ("number", "modes"),
    [(codes.EACCES, ["r+", "r"]), (codes.EROFS, ["r+", "r"]), (codes.EPERM, ["r+"]),
     (codes.ENOENT, ["r+"]), (codes.ENXIO, ["r+"]), (codes.EBUSY, ["r+"])],
)  # fmt: skip
def test_read_only_where_writing_is_refused(
    number: int, modes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def refuse(path: str, mode: str) -> io.FileIO:
        tried.append(mode)
        if mode == "r+":
            raise OSError(number, os.strerror(number))
        return io.FileIO(path, mode)

    monkeypatch.setattr(kernel, "FileIO", refuse)
    driver = Driver()
    if "r" in modes:
        with driver.open() as device:
            device.get_report(DATA)
    else:
        with pytest.raises(DeviceUnavailable, match=codes.errorcode[number]):
            driver.open()
    assert tried == modes


def test_both_ways_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, mode: str) -> io.FileIO:
        raise PermissionError(codes.EACCES, "no")

    monkeypatch.setattr(kernel, "FileIO", refuse)
    with pytest.raises(DeviceUnavailable, match="EACCES") as caught:
        KernelDevice()
    assert (caught.value.errno, caught.value.door) == (codes.EACCES, "/dev/sev-guest")
    assert caught.value.exitinfo2 is caught.value.fw_error is None
    assert "udev" in str(caught.value)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(DeviceUnavailable, match="ENOENT") as caught:
        KernelDevice(tmp_path / "none")
    assert "modprobe" in str(caught.value)
    with pytest.raises(DeviceUnavailable, match="directory"):
        KernelDevice(tmp_path)
    with pytest.raises(DeviceUnavailable, match="no path"):
        KernelDevice("\0")


def test_the_real_ioctl() -> None:
    """Another device knows none of these requests, and the kernel says so."""
    with KernelDevice(os.devnull) as device:
        with pytest.raises(KeyWiped) as caught:
            device.get_report(DATA)
        assert (caught.value.errno, caught.value.exitinfo2) == (codes.ENOTTY, 0)
        assert device._file is not None and not os.get_inheritable(device._file.fileno())


def test_a_closed_device() -> None:
    driver = Driver()
    with driver.open() as device:
        assert repr(device) == f"<KernelDevice {os.devnull}>"
    device.close()
    for name, request in REQUESTS.items():
        with pytest.raises(DeviceUnavailable, match=f"{name} through .* is closed"):
            request(device)
    assert driver.calls == []


def test_threads_go_one_by_one() -> None:
    inside: list[int] = []
    most = 0

    class Counting(KernelDevice):
        def _ioctl(self, command: int, argument: bytearray, buffers: Any) -> int:
            nonlocal most
            inside.append(1)
            most = max(most, len(inside))
            threading.Event().wait(0.001)  # lets others in, if they can
            try:
                return super()._ioctl(command, argument, buffers)
            finally:
                inside.pop()

    results: list[bytes] = []

    def ask(number: int) -> None:
        data = bytes([number]) * 64
        results.extend(device.get_report(data).report_data for _ in range(10))

    with Counting(os.devnull, ioctl=Driver()) as device:
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == 1
    assert sorted(results) == sorted(bytes([number]) * 64 for number in range(8) for _ in range(10))


@pytest.mark.parametrize(
    ("word", "fw_error", "vmm_error"),
    [
        (None, None, None),
        (NOT_SENT, None, None),
        (NOT_CALLED, None, None),
        (0, 0, 0),
        (0x1D, 0x1D, 0),
        (BUSY, 0, 2),
        (3 << 32 | 0x16, 0x16, 3),
    ],
)
def test_the_halves_of_the_word(
    word: int | None, fw_error: int | None, vmm_error: int | None
) -> None:
    error = DeviceError("door", "get_report", errno=-5, exitinfo2=word)
    assert (error.errno, error.fw_error, error.vmm_error) == (5, fw_error, vmm_error)


def test_an_error_without_numbers() -> None:
    assert str(DeviceError("door", "open")) == "open through door: failed"
    error = DeviceError("door", "open", "it is shut", remedy="knock")
    assert str(error) == "open through door: it is shut\n  help: knock"


EDGES = [0, 1, 0x16, NOT_SENT, INVALID_LEN, BUSY, BUSY | 0x16, NOT_CALLED]


@given(
    ends=st.builds(
        Ends,
        errno=st.just(0) | st.sampled_from(sorted(codes.errorcode)),
        result=st.just(0) | st.integers(0, 2**31 - 1),
        word=st.none() | st.sampled_from(EDGES) | st.integers(0, 2**64 - 1),
        response=st.none() | st.binary(max_size=64),
        certs=st.binary(max_size=PAGE),
        certs_len=st.none() | st.integers(0, 2**32 - 1),
        negative=st.booleans(),
    ),
    name=st.sampled_from(ANY),
)
def test_whatever_comes_is_a_value_or_a_device_error(ends: Ends, name: str) -> None:
    with Driver([ends]).open() as device:
        try:
            got = REQUESTS[name](device)
        except DeviceError as error:
            got = str(error)
        else:
            assert not ends.errno and not ends.result
            assert isinstance(got, (AttestationReport, ExtReport, bytes))
        assert got


def test_it_can_be_imported_anywhere() -> None:
    """Also where there is no fcntl; and nothing heavy comes along."""
    code = (
        "import sys; sys.modules['fcntl'] = None; import snpformat.device.kernel;"
        "print([m for m in ('construct', 'cryptography', 'uuid', 'typing') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
