"""A loaded driver model with everything behind it, and a caller's memory in front of it."""

from __future__ import annotations

from collections.abc import Callable

from snpformat.device.driver import DriverModel
from snpformat.device.memory import BufferMemory
from snpformat.firmware import Firmware, Identity
from snpformat.formats import (
    AttestationReport,
    SnpDerivedKeyReq,
    SnpExtReportReq,
    SnpGuestRequestIoctl,
    SnpReportReq,
    SnpReportResp,
)
from snpformat.formats.ioctls import SNP_GET_DERIVED_KEY, SNP_GET_EXT_REPORT, SNP_GET_REPORT
from snpformat.host import Host
from snpformat.secrets import Secrets
from snpformat.testing.hostile import HostileHost

ARGUMENT, REQUEST, RESPONSE, CERTS = 0x1000, 0x2000, 0x3000, 0x10000
STALE = 0x5555  # what a caller left in exitinfo2
DATA = b"d" * 64
IDENTITY = Identity(seed=b"driver tests")  # making one costs more than a call


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Bench:
    """The parts, and calls of the three ioctls with a result of (ioctl, exitinfo2 seen after)."""

    def __init__(
        self,
        *,
        vmpl: int = 0,
        vmpck_id: int = -1,
        certificates: bytes = b"",
        change: Callable[[bytearray], None] = lambda page: None,
    ) -> None:
        self.firmware = Firmware(IDENTITY)
        self.honest = Host(self.firmware, certificates)
        self.host = HostileHost(self.honest)
        page = bytearray(self.firmware.secrets_page(vmpl).build())
        change(page)
        self.secrets = Secrets(page)
        self.clock = Clock()
        self.driver = DriverModel(
            self.secrets, self.host, vmpck_id=vmpck_id, vmpl=vmpl,
            sleep=self.clock.sleep, clock=self.clock,
        )  # fmt: skip
        self.argument = bytearray(32)
        self.request = bytearray(112)
        self.response = bytearray(4000)
        self.certs = bytearray(4 * 4096)

    @property
    def memory(self) -> BufferMemory:
        memory = BufferMemory()
        memory.map(self.argument, ARGUMENT)
        memory.map(self.request, REQUEST)
        memory.map(self.response, RESPONSE)
        memory.map(self.certs, CERTS)
        return memory

    def ioctl(
        self,
        command: int,
        request: bytes,
        *,
        msg_version: int = 1,
        req_data: int = REQUEST,
        resp_data: int = RESPONSE,
        address: int = ARGUMENT,
        exitinfo2: int = STALE,
    ) -> tuple[int, int]:
        self.request[: len(request)] = request
        argument = SnpGuestRequestIoctl(
            req_data=req_data, resp_data=resp_data, exitinfo2=exitinfo2
        ).build()
        self.argument[:] = bytes([msg_version]) + argument[1:]
        result = self.driver.ioctl(self.memory, command, address)
        return result, int(SnpGuestRequestIoctl.parse(self.argument).exitinfo2)

    def get_report(self, request: bytes | None = None, **options: int) -> tuple[int, int]:
        request = SnpReportReq(user_data=DATA).build() if request is None else request
        return self.ioctl(SNP_GET_REPORT.command, request, **options)

    def get_key(self, request: bytes | None = None, **options: int) -> tuple[int, int]:
        request = SnpDerivedKeyReq().build() if request is None else request
        return self.ioctl(SNP_GET_DERIVED_KEY.command, request, **options)

    def get_ext(
        self, certs_len: int = 4 * 4096, certs_address: int = CERTS, **options: int
    ) -> tuple[int, int]:
        request = SnpExtReportReq(
            data=SnpReportReq(user_data=DATA), certs_address=certs_address, certs_len=certs_len
        )
        return self.ioctl(SNP_GET_EXT_REPORT.command, request.build(), **options)

    @property
    def status(self) -> int:
        return SnpReportResp.parse(bytes(self.response)).response.status

    @property
    def report(self) -> AttestationReport:
        report = SnpReportResp.parse(bytes(self.response)).response.report
        assert report is not None
        return report

    @property
    def certs_len(self) -> int:
        return SnpExtReportReq.parse(bytes(self.request)).certs_len

    @property
    def next_seqno(self) -> int:
        return self.secrets.next_msg_seqno(self.driver.vmpck)

    @property
    def alive(self) -> bool:
        return self.secrets.has_key(self.driver.vmpck)
