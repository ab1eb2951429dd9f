"""One suite for every door: the kernel's device, configfs-tsm and the emulated one.

Behind each stands the same software firmware, through the model of the Linux driver; what differs
is only what a program sees of it. So the doors have to give the same results and the same errors.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_configfs import FakeConfigfs, Status

from snpformat import FormatError
from snpformat.channel import Channel
from snpformat.device import (
    CertificatesTooLarge,
    Device,
    DeviceError,
    DeviceUnavailable,
    EmulatedDevice,
    KernelDevice,
    KeyWiped,
    StatusError,
    Throttled,
    TsmDevice,
    open_device,
)
from snpformat.device.driver import DriverModel
from snpformat.device.emulated import chain_table
from snpformat.device.memory import Fault
from snpformat.errors import LocalError, RemoteError
from snpformat.firmware import Firmware, Identity
from snpformat.formats import (
    AttestationReport,
    MsgHdr,
    MsgReportReq,
    MsgReportRsp,
    MsgType,
    SnpGuestRequestIoctl,
)
from snpformat.host import Host
from snpformat.secrets import Secrets
from snpformat.testing import hostile
from snpformat.testing.hostile import HostileHost

DATA = bytes(range(64))
IDENTITY = Identity(seed=b"doors", host_data=b"h" * 32)  # making one costs more than a call
VLEK = Identity(seed=b"doors", vlek=True, vcek_dis=True)


class Guest:
    """A door, and the hostile host behind it."""

    def __init__(self, device: Device, host: HostileHost, firmware: Firmware) -> None:
        self.device = device
        self.host = host
        self.firmware = firmware

    @property
    def numbers(self) -> list[int]:
        return [MsgHdr.parse(page[:96]).msg_seqno for page in self.host.requests]


def no_sleep(seconds: float) -> None:
    """Waiting takes no time here."""


class Clock:
    """A minute passes with every thirty looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 2
        return self.now


class OwnMemory:
    """The memory of this process by address, as a driver sees a caller's."""

    def read(self, address: int, size: int) -> bytes:
        if not address:
            raise Fault(address)
        return ctypes.string_at(address, size)

    def write(self, address: int, data: bytes) -> None:
        if not address:
            raise Fault(address)
        ctypes.memmove(address, data, len(data))


def kernel(identity: Identity, vmpl: int, certificates: bytes | None) -> Guest:
    """The kernel's door: its ioctls go to the driver model, with addresses of this process."""
    firmware = Firmware(identity)
    table = chain_table(firmware) if certificates is None else certificates
    host = HostileHost(Host(firmware, table))
    secrets = Secrets(firmware.secrets_page(vmpl).build())
    driver = DriverModel(secrets, host, vmpl=vmpl, sleep=no_sleep, clock=Clock())

    def ioctl(fd: int, command: int, argument: bytearray, mutate: bool) -> int:
        """As ``fcntl.ioctl``: a copy of the argument goes in, and comes back in any case."""
        copy = ctypes.create_string_buffer(bytes(argument), SnpGuestRequestIoctl.SIZE)
        result = driver.ioctl(OwnMemory(), command, ctypes.addressof(copy))
        argument[:] = copy.raw
        if result < 0:
            raise OSError(-result, os.strerror(-result))
        return result

    return Guest(KernelDevice(os.devnull, ioctl=ioctl, sleep=no_sleep), host, firmware)


def tsm(identity: Identity, vmpl: int, certificates: bytes | None) -> Guest:
    """The configfs door: the tree asks the firmware over a channel, as the kernel does."""
    firmware = Firmware(identity)
    table = chain_table(firmware) if certificates is None else certificates
    host = HostileHost(Host(firmware, table))
    secrets = Secrets(firmware.secrets_page(vmpl).build())
    channel = Channel(secrets, vmpl)

    def get_report(report_data: bytes, level: int) -> bytes:
        if not secrets.has_key(vmpl):
            raise OSError(errno.ENOTTY, "no key")
        request = MsgReportReq(report_data=report_data, vmpl=level).build()
        page = channel.request(MsgType.REPORT_REQ, request, extended=True)
        for _ in range(31):
            answer = host.extended_request(page, 4)
            try:
                if answer.exitinfo2:
                    page = channel.host_error(answer.exitinfo2)
                    continue
                rsp = MsgReportRsp.parse(channel.receive(answer.page))
            except RemoteError:
                code = errno.EIO if answer.exitinfo2 else errno.EBADMSG
                raise OSError(code, "exchange") from None
            if rsp.report is None:
                raise Status(rsp.status)
            tree.certificates = answer.data if any(answer.data) else b""
            return rsp.report.build()
        channel.give_up()
        raise OSError(errno.ETIMEDOUT, "busy")

    tree = FakeConfigfs(get_report=get_report, floor=vmpl)
    return Guest(TsmDevice(files=tree), host, firmware)


def emulated(identity: Identity, vmpl: int, certificates: bytes | None) -> Guest:
    hosts: list[HostileHost] = []

    def hostile_host(host: Host) -> HostileHost:
        hosts.append(HostileHost(host))
        return hosts[-1]

    device = EmulatedDevice(
        identity, vmpl=vmpl, certificates=certificates, host=hostile_host, sleep=no_sleep
    )
    device._driver._clock = Clock()
    return Guest(device, hosts[0], device.firmware)


Door = Callable[..., Guest]
DOORS = {"kernel": kernel, "tsm": tsm, "emulated": emulated}


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    opened: list[Guest] = []

    def open_it(
        identity: Identity = IDENTITY, *, vmpl: int = 0, certificates: bytes | None = b""
    ) -> Guest:
        guest = DOORS[request.param](identity, vmpl, certificates)
        opened.append(guest)
        return guest

    yield open_it
    for guest in opened:
        guest.device.close()


def has_keys(guest: Guest) -> bool:
    return not isinstance(guest.device, TsmDevice)


def test_a_report(door: Door) -> None:
    guest = door()
    with guest.device as device:
        report = device.get_report(DATA)
        assert (report.report_data, report.host_data, report.vmpl) == (DATA, b"h" * 32, 0)
        assert report.version == 5 and report.product == "genoa"
        assert device.get_report(bytes(64)).report_data == bytes(64)
    assert guest.numbers == [1, 3]
    for ask in (lambda: device.get_report(DATA), device.get_derived_key):
        with pytest.raises(DeviceUnavailable, match="closed"):
            ask()


@pytest.mark.parametrize("version", [2, 3, 5])
def test_every_version_that_firmware_makes(door: Door, version: int) -> None:
    report = door(Identity(seed=b"doors", report_version=version)).device.get_report(DATA)
    assert report.version == report.layout_version == version


def test_the_same_seed_gives_the_same_bytes_through_every_door() -> None:
    reports = set()
    for open_it in DOORS.values():
        with open_it(IDENTITY, 0, b"").device as device:
            reports.add(device.get_report(DATA))
    assert len(reports) == 1


@pytest.mark.parametrize("length", [0, 1, 32, 63, 65, 128])
def test_report_data_has_64_bytes(door: Door, length: int) -> None:
    guest = door()
    for ask in (guest.device.get_report, guest.device.get_ext_report):
        with pytest.raises(FormatError, match="64 bytes"):
            ask(bytes(length))
    assert guest.host.requests == []


@pytest.mark.parametrize("vmpl", [-1, 4, 1 << 40])
def test_vmpl_is_0_to_3(door: Door, vmpl: int) -> None:
    guest = door()
    with pytest.raises(FormatError, match="vmpl"):
        guest.device.get_report(DATA, vmpl=vmpl)
    assert guest.host.requests == []


@pytest.mark.parametrize(("own", "asked"), [(0, 0), (0, 3), (1, 1), (1, 2), (3, 3)])
def test_vmpl_from_the_own_one_on(door: Door, own: int, asked: int) -> None:
    assert door(vmpl=own).device.get_report(DATA, vmpl=asked).vmpl == asked


def test_vmpl_below_the_own_one_is_refused_and_costs_nothing(door: Door) -> None:
    guest = door(vmpl=2)
    with pytest.raises(StatusError, match="vmpl"):
        guest.device.get_report(DATA, vmpl=1)
    assert guest.device.get_report(DATA, vmpl=2).vmpl == 2


def test_a_masked_chip_key_gives_a_report_that_nothing_signed(door: Door) -> None:
    report = door(Identity(seed=b"doors", mask_chip_key=True)).device.get_report(DATA)
    assert report.key_info.signing_key == 7 and not any(report.span("signature"))


def test_the_key_that_is_not_there(door: Door) -> None:
    guest = door(VLEK)
    if not has_keys(guest):
        with pytest.raises(DeviceError, match="key_sel"):
            guest.device.get_report(DATA, key_sel=1)
        return
    with pytest.raises(StatusError, match="0x27") as refused:
        guest.device.get_report(DATA, key_sel=1)
    assert refused.value.status == 0x27
    assert guest.device.get_report(DATA, key_sel=2).key_info.signing_key == 1


def test_derived_keys(door: Door) -> None:
    guest = door()
    ask = guest.device.get_derived_key
    if not has_keys(guest):
        with pytest.raises(DeviceError, match="/dev/sev-guest"):
            ask()
        return
    assert len(ask()) == 32 and any(ask())
    assert ask(guest_field_select=1) == ask(guest_field_select=1) != ask()
    assert ask(vmpl=3) != ask()
    assert ask(root_key_select=1) != ask()
    with pytest.raises(FormatError, match="msg_version"):
        ask(msg_version=2)
    with pytest.raises(StatusError, match="0x16"):
        ask(guest_field_select=1 << 7)
    with pytest.raises(StatusError, match="0x16"):
        ask(guest_field_select=16, guest_svn=1)


@pytest.mark.parametrize("identity", [IDENTITY, VLEK], ids=["vcek", "vlek"])
def test_certificates(door: Door, identity: Identity) -> None:
    guest = door(identity, certificates=None)
    extended = guest.device.get_ext_report(DATA)
    assert extended.report.report_data == DATA
    leaf = "VLEK" if identity.vlek else "VCEK"
    assert [entry.name for entry in extended.entries] == [leaf, "ASK", "ARK"]
    pem = guest.firmware.certificates.pem("vlek" if identity.vlek else "vcek")
    assert extended.entries[0].data == pem


def test_a_host_without_certificates(door: Door) -> None:
    extended = door().device.get_ext_report(DATA)
    assert extended.report.report_data == DATA
    assert extended.entries == ()


def test_more_certificates_than_linux_takes(door: Door) -> None:
    guest = door(certificates=bytes(range(1, 251)) * 100)
    if not has_keys(guest):
        return  # configfs gives them up to 16 KiB; its fake has no such table
    with pytest.raises(CertificatesTooLarge, match="28672"):
        guest.device.get_ext_report(DATA)
    assert guest.device.get_report(DATA).report_data == DATA  # the key is kept


# what the host does: the error, and whether the key is lost with it
TRICKS = {
    "firmware error": (hostile.error(0x16), KeyWiped),
    "host error": (hostile.error(3 << 32), KeyWiped),
    "not reached": (hostile.error((1 << 64) - 1), KeyWiped),
    "nothing comes": (hostile.drop_response(), KeyWiped),
    "nothing is sent": (hostile.drop_request(), KeyWiped),
    "flipped": (hostile.flip(0x60 * 8), KeyWiped),
    "echoed": (hostile.echo(), KeyWiped),
    "cut": (hostile.truncate(300), KeyWiped),
    "flipped on the way": (hostile.flip_request(0x60 * 8), KeyWiped),
    "replayed": (hostile.replay_response(), KeyWiped),
}


@pytest.mark.parametrize("name", TRICKS)
def test_a_hostile_host_gets_an_error_and_never_a_second_message(door: Door, name: str) -> None:
    trick, kind = TRICKS[name]
    guest = door()
    guest.device.get_report(bytes(64))
    guest.host.play(trick)
    with pytest.raises(DeviceError) as refused:
        guest.device.get_report(DATA)
    # configfs tells an EIO that may come of certificates that are too many (D24).
    assert isinstance(refused.value, kind) or refused.value.errno == errno.EIO
    assert refused.value.door == guest.device.name
    assert refused.value.remedy or "help:" in str(refused.value)
    sent = len(set(guest.host.requests))
    for _ in range(2):
        with pytest.raises(KeyWiped, match=r"reload|open another EmulatedDevice"):
            guest.device.get_report(DATA)
    assert len(set(guest.host.requests)) == sent  # a lost key never speaks


def test_a_busy_host_is_waited_for(door: Door) -> None:
    guest = door()
    guest.host.play(*[hostile.busy()] * 5)
    assert guest.device.get_report(DATA).report_data == DATA
    assert len(guest.host.requests) == 6 and len(set(guest.host.requests)) == 1


def test_a_host_that_stays_busy(door: Door) -> None:
    guest = door()
    guest.host.play(*[hostile.busy()] * 500)
    with pytest.raises((KeyWiped, Throttled)):
        guest.device.get_report(DATA)
    assert len(set(guest.host.requests)) == 1


def test_what_changes_after_it_was_read_does_not_matter(door: Door) -> None:
    guest = door()
    guest.host.play(hostile.change_after_read())
    assert guest.device.get_report(DATA).report_data == DATA


def test_threads_ask_at_once(door: Door) -> None:
    guest = door()
    wrong: list[object] = []

    def ask(number: int) -> None:
        for turn in range(10):
            data = bytes([number, turn]).ljust(64, b"\1")
            try:
                if guest.device.get_report(data).report_data != data:
                    wrong.append(data)
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert guest.numbers == list(range(1, 41, 2))


def test_processes_ask_at_once(tmp_path: Path) -> None:
    """A forked child has a guest of its own: no error, and no number under the same key."""
    device = EmulatedDevice(IDENTITY)
    parent_page = device.firmware.secrets_page().build()
    device.get_report(bytes(64))
    child = os.fork()
    if child == 0:
        try:
            good = all(device.get_report(DATA).report_data == DATA for _ in range(10))
            other = device.firmware.secrets_page().build() != parent_page
            os._exit(0 if good and other else 1)
        except BaseException:
            os._exit(2)
    assert all(device.get_report(DATA).report_data == DATA for _ in range(10))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def in_child(work: Callable[[], object]) -> None:
    """Run `work` in a forked child, which must end well and in time."""
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_fork_while_a_thread_asks(door: Door) -> None:
    """The child does not wait for a thread that it does not have; nor does closing there."""
    guest = door()
    with guest.device._lock:  # type: ignore[attr-defined]
        if isinstance(guest.device, EmulatedDevice):
            in_child(lambda: guest.device.get_report(DATA))
        in_child(guest.device.close)
    assert guest.device.get_report(DATA).report_data == DATA


def test_a_signal_handler_does_not_wait_for_its_own_thread() -> None:
    told: list[str] = []

    def handler(seconds: float) -> None:
        try:
            device.get_report(DATA)
        except LocalError as error:
            told.append(str(error))

    tricks = [hostile.busy()]
    device = EmulatedDevice(IDENTITY, host=lambda host: HostileHost(host, tricks), sleep=handler)
    assert device.get_report(bytes(64)).report_data == bytes(64)
    assert len(told) == 1 and "signal handler" in told[0]


def test_threads_of_a_child() -> None:
    device = EmulatedDevice(IDENTITY)

    def work() -> None:
        barrier, wrong = threading.Barrier(4), list[object]()

        def ask() -> None:
            barrier.wait()
            try:
                device.get_ext_report(DATA)
            except Exception as error:
                wrong.append(error)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []

    for _ in range(5):
        in_child(work)


def test_what_is_no_path() -> None:
    for open_it in (KernelDevice, TsmDevice):
        for path in ("a\0b", b"/no/such/thing", "/no/such/thing"):
            with pytest.raises(DeviceUnavailable):
                open_it(path)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_report_data_of_any_kind(door: Door, kind: Callable[[bytes], bytes]) -> None:
    assert door().device.get_report(kind(DATA)).report_data == DATA


def test_open_device_says_which_it_picked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from snpformat import device

    missing = str(tmp_path / "missing")
    monkeypatch.setattr(device, "SEV_GUEST", missing)
    monkeypatch.setattr(device, "TSM_REPORTS", missing)
    assert open_device().name == "the emulated device"
    assert open_device("emulated", vmpl=2).get_report(DATA).vmpl == 2
    with pytest.raises(DeviceUnavailable, match="/nowhere"):
        open_device("/nowhere/sev-guest")
    there = tmp_path / "sev-guest"
    there.touch()
    monkeypatch.setattr(device, "SEV_GUEST", str(there))
    with open_device() as picked:
        assert picked.name == str(there)
        with pytest.raises(DeviceError, match="ENOTTY"):  # a file is no device
            picked.get_report(DATA)
    monkeypatch.setattr(device, "SEV_GUEST", missing)
    monkeypatch.setattr(device, "TSM_REPORTS", str(tmp_path))
    assert device._found() == "tsm"


@pytest.mark.parametrize("vmpl", [-1, 4])
def test_defect_9_a_guest_that_cannot_be_launched(vmpl: int) -> None:
    """One error, and nothing is left open (warnings are errors here)."""
    with pytest.raises(DeviceUnavailable, match="VMPL"):
        EmulatedDevice(IDENTITY, vmpl=vmpl)


def test_defect_10_the_door_is_closed_before_the_keys_go() -> None:
    device = EmulatedDevice(IDENTITY)
    device.close()
    assert not device._secrets.has_key(0)
    for ask in (lambda: device.get_report(DATA), device.get_derived_key):
        with pytest.raises(DeviceUnavailable, match="closed"):
            ask()
    device.close()


def test_report_versions_of_every_product() -> None:
    for product in ("milan", "genoa", "turin"):
        for version in (2, 3, 5):
            identity = Identity(product=product, report_version=version, seed=b"p")
            with EmulatedDevice(identity) as device:
                report = device.get_report(DATA)
            assert AttestationReport.parse(report.build()).version == version
            assert report.reported_tcb_view(product) is not None
