"""The driver model against the rules of the Linux driver; each test names the rules it tries."""

from __future__ import annotations

import errno
import os
import threading

import pytest
from driver_bench import ARGUMENT, CERTS, DATA, REQUEST, RESPONSE, STALE, Bench

from snpformat.aead import Aead
from snpformat.channel import NO_FW_CALL, Channel
from snpformat.device.memory import BufferMemory, Fault
from snpformat.errors import LocalError
from snpformat.formats import (
    MsgHdr,
    MsgKeyRsp,
    MsgStatus,
    MsgType,
    SecretsPage,
    SnpReportReq,
)
from snpformat.testing import hostile

INVALID_LEN, BUSY = 1 << 32, 2 << 32
BAD = 0xDEAD_0000
PAGE = 4096


@pytest.mark.parametrize(
    ("vmpck_id", "vmpl", "used"), [(-1, 0, 0), (-1, 2, 2), (0, 0, 0), (3, 0, 3), (3, 1, 3)]
)
def test_d1_d3_the_key_is_that_of_the_vmpl_or_of_the_parameter(
    vmpck_id: int, vmpl: int, used: int
) -> None:
    bench = Bench(vmpck_id=vmpck_id, vmpl=vmpl)
    assert bench.driver.vmpck == used
    assert bench.get_report(SnpReportReq(user_data=DATA, vmpl=used).build()) == (0, STALE)
    assert MsgHdr.parse(bench.host.requests[0][:96]).msg_vmpck == used
    assert [bench.secrets.next_msg_seqno(n) for n in range(4)] == [
        3 if n == used else 1 for n in range(4)
    ]


@pytest.mark.parametrize(("vmpck_id", "vmpl"), [(4, 0), (-2, 0), (255, 0), (0, 1), (1, 2)])
def test_d2_a_number_above_3_or_an_empty_key_is_refused(vmpck_id: int, vmpl: int) -> None:
    with pytest.raises(OSError, match="VMPCK") as refused:
        Bench(vmpck_id=vmpck_id, vmpl=vmpl)
    assert refused.value.errno == errno.EINVAL


def wiped(bench: Bench) -> Bench:
    bench.secrets.retire(0)
    return bench


# what is wrong: how it is called, what the ioctl returns, what exitinfo2 is then, whether it is
# sent. 0x5555 is what the caller had there: not written back.
BEFORE = {
    "D4 argument": (lambda b: b.get_report(address=BAD), errno.EFAULT, STALE),
    "D5 D9 preset": (lambda b: b.get_report(req_data=0), errno.EINVAL, 0xFF),
    "D6 msg_version 0": (lambda b: b.get_report(msg_version=0), errno.EINVAL, STALE),
    "D6 before D8": (lambda b: b.ioctl(0xC0205303, b"", msg_version=0), errno.EINVAL, STALE),
    "D7 wiped": (lambda b: wiped(b).get_report(), errno.ENOTTY, STALE),
    "D7 before D8": (lambda b: wiped(b).ioctl(0, b""), errno.ENOTTY, STALE),
    "D7 before D9": (lambda b: wiped(b).get_report(req_data=0), errno.ENOTTY, STALE),
    "D8 unknown": (lambda b: b.ioctl(0xC0205303, b""), errno.ENOTTY, 0xFF),
    "D8 older size": (lambda b: b.ioctl(0xC0185300, b""), errno.ENOTTY, 0xFF),
    "D8 32 bits": (lambda b: b.ioctl(0xC01C5300, b""), errno.ENOTTY, 0xFF),
    "D9 no request": (lambda b: b.get_key(req_data=0), errno.EINVAL, 0xFF),
    "D9 no response": (lambda b: b.get_report(resp_data=0), errno.EINVAL, 0xFF),
    "D9 no response, extended": (lambda b: b.get_ext(resp_data=0), errno.EINVAL, 0xFF),
    "D9 request": (lambda b: b.get_report(req_data=BAD), errno.EFAULT, 0xFF),
    "D9 request's end": (lambda b: b.get_key(req_data=REQUEST + 81), errno.EFAULT, 0xFF),
    "D9 request, extended": (lambda b: b.get_ext(req_data=BAD), errno.EFAULT, 0xFF),
    "D23 odd length": (lambda b: b.get_ext(100), errno.EINVAL, 0xFF),
    "D23 too long": (lambda b: b.get_ext(5 * PAGE), errno.EINVAL, 0xFF),
    "D23 unreachable": (lambda b: b.get_ext(certs_address=1 << 63), errno.EFAULT, 0xFF),
}


@pytest.mark.parametrize("name", BEFORE)
def test_errors_before_anything_is_sent(name: str) -> None:
    call, code, seen = BEFORE[name]
    bench = Bench()
    assert call(bench) == (-code, seen)  # type: ignore[no-untyped-call]
    assert bench.host.requests == []
    assert not any(bench.response)
    if bench.alive:
        assert bench.get_report() == (0, STALE)  # D10, defect 2: nothing is written back then


def test_d10_an_argument_that_cannot_be_written_back() -> None:
    bench = Bench()
    bench.host.play(hostile.error(0x16))

    class ReadOnly(BufferMemory):
        def write(self, address: int, data: bytes) -> None:
            raise Fault(address)

    memory = ReadOnly()
    bench.get_report()  # fills the buffers
    bench = Bench()
    bench.get_report()
    bench.host.play(hostile.error(0x16))
    for buffer, address in ((bench.argument, ARGUMENT), (bench.request, REQUEST)):
        memory.map(buffer, address)
    assert bench.driver.ioctl(memory, 0xC0205300, ARGUMENT) == -errno.EFAULT
    assert not bench.alive


def test_d4_d6_the_version_is_one_byte() -> None:
    """Callers write a u32 there: 0x100 is version 0 for the kernel (defect 1)."""
    bench = Bench()
    assert bench.get_report() == (0, STALE)
    bench.argument[:4] = (0x100).to_bytes(4, "little")
    assert bench.driver.ioctl(bench.memory, 0xC0205300, ARGUMENT) == -errno.EINVAL
    bench.argument[:4] = (0xFF01).to_bytes(4, "little")
    assert bench.driver.ioctl(bench.memory, 0xC0205300, ARGUMENT) == 0


def test_d11_threads_do_not_share_a_number() -> None:
    bench = Bench()
    results: list[int] = []

    def ask() -> None:
        memory = BufferMemory()
        argument, request, response = bytearray(32), bytearray(96), bytearray(4000)
        argument[0] = 1
        argument[8:24] = REQUEST.to_bytes(8, "little") + RESPONSE.to_bytes(8, "little")
        for buffer, address in ((argument, 0x1000), (request, REQUEST), (response, RESPONSE)):
            memory.map(buffer, address)
        results.extend(bench.driver.ioctl(memory, 0xC0205300, 0x1000) for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [0] * 160
    numbers = [MsgHdr.parse(page[:96]).msg_seqno for page in bench.host.requests]
    assert numbers == list(range(1, 320, 2))


def counter(value: int) -> object:
    def change(page: bytearray) -> None:
        at = SecretsPage.field("os_area").offset
        page[at : at + 4] = value.to_bytes(4, "little")

    return change


@pytest.mark.parametrize("stored", [0xFFFFFFFE, 0xFFFFFFFF])
def test_d12_the_end_of_the_numbers(stored: int) -> None:
    bench = Bench(change=counter(stored))  # type: ignore[arg-type]
    assert bench.get_report() == (-errno.EIO, 0xFF)
    assert bench.host.requests == [] and bench.alive


def test_d12_the_last_number_is_sent() -> None:
    bench = Bench(change=counter(0xFFFFFFFC))  # type: ignore[arg-type]
    bench.host.play(hostile.error(0x1D))
    bench.get_report()
    assert MsgHdr.parse(bench.host.requests[0][:96]).msg_seqno == 0xFFFFFFFD


def test_d13_d15_what_is_sent() -> None:
    """The number is never 0; sizes are those of the structures; reserved bytes are zero, and so is
    what follows the 16 bytes of the tag (defect 11)."""
    bench = Bench()
    bench.get_report()
    bench.get_key()
    bench.get_ext()
    headers = [MsgHdr.parse(page[:96], reserved="reject") for page in bench.host.requests]
    assert [(h.msg_seqno, h.msg_type, h.msg_size) for h in headers] == [
        (1, MsgType.REPORT_REQ, 96), (3, MsgType.KEY_REQ, 32), (5, MsgType.REPORT_REQ, 96),
    ]  # fmt: skip
    for page, header in zip(bench.host.requests, headers, strict=True):
        assert not any(header.authtag[16:])
        assert not any(page[96 + header.msg_size :])


@pytest.mark.parametrize("sent_before", [0, 2])
def test_d14_counted_before_anything_can_fail(sent_before: int) -> None:
    bench = Bench()
    for _ in range(sent_before):
        bench.get_report()
    bench.host.play(hostile.flip(0))
    bench.get_report()
    assert bench.next_seqno == 2 * sent_before + 3


# the host's trick: the ioctl's result, exitinfo2 then, whether the key lives
EXCHANGE = {
    "D18 D22 defect 5 firmware error": (hostile.error(0x16), -errno.EIO, 0x16, False),
    "D22 host error": (hostile.error(3 << 32), -errno.EIO, 3 << 32, False),
    "D22 both halves": (hostile.error(2 << 32 | 1), -errno.EIO, 2 << 32 | 1, False),
    "D19 not reached": (hostile.error(NO_FW_CALL), -errno.EIO, NO_FW_CALL, False),
    "D22 counted all the same": (hostile.error(0x16, passed_on=True), -errno.EIO, 0x16, False),
    "D22 defect 16 VMM refuses": (hostile.refuse_exit(2), 2, NO_FW_CALL, False),
    "D22 exception": (hostile.refuse_exit(4), 4, NO_FW_CALL, False),
    "D21 defect 17 too few pages, plain": (hostile.invalid_len(), -errno.EIO, INVALID_LEN, False),
    "D20 BUSY once": (hostile.busy(), 0, STALE, True),
    "D26 D28 nothing came": (hostile.drop_response(), -errno.EBADMSG, STALE, False),
    "D26 its own request": (hostile.echo(), -errno.EBADMSG, STALE, False),
    "D27 cut short": (hostile.truncate(200), -errno.EBADMSG, STALE, False),
    "D28 tag": (hostile.flip(3), -errno.EBADMSG, STALE, False),
    "D28 payload": (hostile.flip(0x60 * 8), -errno.EBADMSG, STALE, False),
    "D29 defect 6 defect 12 changed later": (hostile.change_after_read(), 0, STALE, True),
}  # fmt: skip


@pytest.mark.parametrize("name", EXCHANGE)
def test_what_the_host_can_do(name: str) -> None:
    trick, result, seen, alive = EXCHANGE[name]
    bench = Bench()
    bench.host.play(trick)
    assert bench.get_report() == (result, seen)
    assert bench.alive == alive
    if not alive:
        assert not any(bench.response)
        assert bench.get_report() == (-errno.ENOTTY, STALE)  # D7, until it is loaded again
        assert len(set(bench.host.requests)) == 1
    else:
        assert bench.report.report_data == DATA


def test_d16_the_host_never_sees_the_plain_text() -> None:
    bench = Bench()
    bench.get_report()
    assert DATA[:16] not in bench.host.requests[0] + bench.host.answers[0]


def test_d17_belongs_to_later_kernels() -> None:
    """Every request that an ioctl can carry fits into a message, so EBADMSG never comes of it."""
    bench = Bench()
    assert bench.get_report() == bench.get_key() == bench.get_ext() == (0, STALE)


def test_d20_defect_7_the_same_page_every_2_seconds_for_a_minute() -> None:
    bench = Bench()
    bench.host.play(*[hostile.busy()] * 40)
    assert bench.get_report() == (-errno.ETIMEDOUT, BUSY)
    assert len(set(bench.host.requests)) == 1
    assert bench.clock.slept == [2.0] * 31
    assert not bench.alive


def test_d11_a_signal_handler_does_not_wait_for_its_own_thread() -> None:
    bench = Bench()
    bench.host.play(hostile.busy())
    told: list[str] = []

    def handler(seconds: float) -> None:
        try:
            bench.driver.ioctl(bench.memory, 0xC0205300, ARGUMENT)
        except LocalError as error:
            told.append(str(error))

    bench.driver._sleep = handler
    assert bench.get_report() == (0, STALE)
    assert len(told) == 1 and "signal handler" in told[0]
    assert len(set(bench.host.requests)) == 1


def test_d20_an_interrupted_wait_costs_the_key() -> None:
    bench = Bench()
    bench.host.play(hostile.busy())

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    bench.driver._sleep = interrupted
    with pytest.raises(KeyboardInterrupt):
        bench.get_report()
    assert not bench.alive
    assert bench.get_report() == (-errno.ENOTTY, STALE)


CHAIN = bytes(range(1, 251)) * 20  # 5000 bytes: two pages


@pytest.mark.parametrize(
    ("length", "address"), [(0, CERTS), (0, (1 << 64) - 1), (2 * PAGE, 0)], ids=hex
)
def test_d23_no_certificates_wanted_is_still_an_extended_request(length: int, address: int) -> None:
    bench = Bench()
    assert bench.get_ext(length, address) == (0, STALE)
    assert bench.report.report_data == DATA
    assert not any(bench.certs)


def test_d23_d25_certificates() -> None:
    bench = Bench(certificates=CHAIN)
    bench.certs[:] = b"\xee" * len(bench.certs)
    assert bench.get_ext(3 * PAGE) == (0, STALE)
    assert bench.certs[: 3 * PAGE] == CHAIN.ljust(3 * PAGE, b"\0")  # cleared, then filled
    assert bench.certs[3 * PAGE :] == b"\xee" * PAGE
    assert bench.report.report_data == DATA


def test_d23_a_host_without_certificates_leaves_zeros() -> None:
    bench = Bench()
    bench.certs[:] = b"\xee" * len(bench.certs)
    assert bench.get_ext() == (0, STALE)
    assert not any(bench.certs)


def test_d24_too_small_tells_the_length_and_keeps_the_key() -> None:
    bench = Bench(certificates=CHAIN)
    assert bench.get_ext(PAGE) == (-errno.EIO, INVALID_LEN)
    assert bench.certs_len == 2 * PAGE
    assert bench.host.requests[0] == bench.host.requests[1]  # the same message, sent plain
    assert bench.firmware.message_counts[0] == 2
    assert bench.alive and not any(bench.certs) and not any(bench.response)
    assert bench.get_ext(2 * PAGE, exitinfo2=INVALID_LEN) == (0, INVALID_LEN)  # D10: left there
    assert bench.certs[:5000] == CHAIN


# what the host does after it said INVALID_LEN: the ioctl's result, whether the key lives
AFTER_INVALID_LEN = {
    "again": (hostile.invalid_len(), False),
    "an error": (hostile.error(0x16), False),
    "throttled": (hostile.busy(), True),
    "a changed response": (hostile.flip(0), False),
    "nothing": (hostile.drop_request(), False),
}


@pytest.mark.parametrize("name", AFTER_INVALID_LEN)
def test_d24_when_the_plain_request_fails_too(name: str) -> None:
    """Linux shows the length all the same, and keeps the key after EIO; here it is retired."""
    trick, alive = AFTER_INVALID_LEN[name]
    bench = Bench(certificates=CHAIN)
    bench.host.play(hostile.invalid_len(2), trick)
    assert bench.get_ext(4 * PAGE) == (-errno.EIO, INVALID_LEN)
    assert bench.certs_len == 2 * PAGE
    assert bench.alive == alive
    assert len(set(bench.host.requests)) == 1


def test_d19_d22_each_try_begins_with_the_preset() -> None:
    bench = Bench()
    bench.host.play(hostile.busy(), hostile.refuse_exit(2))
    assert bench.get_report() == (2, NO_FW_CALL)
    assert not bench.alive


def test_d24_a_mixed_code_leaves_the_length() -> None:
    bench = Bench()
    bench.host.play(hostile.error(INVALID_LEN | 0x16))
    assert bench.get_ext(2 * PAGE) == (-errno.EIO, INVALID_LEN | 0x16)
    assert bench.certs_len == 2 * PAGE
    assert not bench.alive


def test_d24_a_length_that_the_host_made_up() -> None:
    bench = Bench()
    bench.host.play(hostile.invalid_len((1 << 64) - 1))
    assert bench.get_ext() == (-errno.EIO, INVALID_LEN)
    assert bench.certs_len == 0xFFFFF000  # as Linux cuts it; its reader has to judge


def test_d24_the_length_cannot_be_written() -> None:
    bench = Bench(certificates=CHAIN)
    bench.get_ext()  # fills the buffers
    memory = BufferMemory()
    memory.map(bench.argument, ARGUMENT)
    memory.map(bytes(bench.request), REQUEST)  # read-only
    bench.host.play(hostile.invalid_len(2))
    assert bench.driver.ioctl(memory, 0xC0205302, ARGUMENT) == -errno.EFAULT
    assert bench.alive


@pytest.mark.parametrize("call", ["get_report", "get_key", "get_ext"])
def test_d30_a_response_that_cannot_be_written(call: str) -> None:
    bench = Bench()
    assert getattr(bench, call)(resp_data=BAD) == (-errno.EFAULT, STALE)
    assert bench.alive and bench.get_report() == (0, STALE)


def test_d25_certificates_are_written_first() -> None:
    bench = Bench(certificates=CHAIN)
    assert bench.get_ext(resp_data=BAD) == (-errno.EFAULT, STALE)
    assert any(bench.certs)
    assert bench.get_ext(certs_address=BAD) == (-errno.EFAULT, STALE)
    assert not any(bench.response)


def test_d30_the_whole_structure_is_written_and_status_is_not_looked_at() -> None:
    bench = Bench()
    bench.response[:] = b"\xee" * 4000
    request = bytearray(SnpReportReq(user_data=DATA).build())
    request[0x50] = 1  # reserved: the driver does not look (defect 13)
    assert bench.get_report(bytes(request)) == (0, STALE)
    assert bench.status == MsgStatus.INVALID_PARAMETER
    assert bench.firmware.message_counts[0] == 2 and bench.alive
    assert not any(bench.response[0x4C0:])


def test_d31_the_key_comes_whole_and_only_to_the_caller() -> None:
    bench = Bench()
    bench.response[:] = b"\xee" * 4000
    assert bench.get_key() == (0, STALE)
    assert any(bench.response[0x20:0x40])
    assert bench.response[0x40:] == b"\xee" * (4000 - 64)
    first = bytes(bench.response[:64])
    assert bench.get_key() == (0, STALE)
    assert bench.response[:64] == first


def test_defect_18_a_short_key_response_shows_nothing() -> None:
    """Genuine and too short: it is refused, and the caller's buffer stays as it was."""
    bench = Bench()
    key = Aead(bench.secrets.record().vmpck0)
    short = MsgKeyRsp(derived_key=b"k" * 32).build()[:32]
    page = key.seal(short, msg_type=MsgType.KEY_RSP, msg_seqno=2)
    bench.host.play(hostile.change_before_read(page))
    bench.response[:] = b"\xee" * 4000
    assert bench.get_key() == (-errno.EBADMSG, STALE)
    assert bench.response == b"\xee" * 4000


def test_defect_15_all_message_types_are_known() -> None:
    assert list(MsgType.NAMES) == list(range(19))
    channel = Channel(Bench().secrets)
    with pytest.raises(LocalError, match="is no request"):
        channel.request(MsgType.ABSORB_NOMA_REQ, bytes(0x320))
    assert channel.request(MsgType.TSC_INFO_REQ, bytes(128))


def test_a_version_that_the_firmware_does_not_know_costs_the_key() -> None:
    """As with a library that defaulted to msg_version 2 (d375b59)."""
    bench = Bench()
    assert bench.get_key(msg_version=2) == (-errno.EIO, 0x16)
    assert bench.get_key() == (-errno.ENOTTY, STALE)


def test_a_forked_child_is_refused() -> None:
    bench = Bench()
    child = os.fork()
    if child == 0:
        try:
            bench.get_report()
        except Exception as error:
            os._exit(0 if "forked" in str(error) else 2)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert bench.get_report() == (0, STALE)
