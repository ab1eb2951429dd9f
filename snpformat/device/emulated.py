"""EmulatedDevice: the door to a firmware in this process, where there is no hardware.

The same calls as for the kernel's device, through the same structures; behind them stands a model
of the driver instead of a driver (``driver``), a host, and a software firmware. Every request is
an encrypted message. The reports are genuine of their kind, but signed by keys that everyone can
have: certificates say TEST.
"""

from __future__ import annotations

from time import sleep as real_sleep

from ..certtable import GUIDS, TableEntry, write_table
from ..errors import SnpformatError
from ..firmware import Firmware, Identity
from ..host import Host
from ..secrets import Secrets
from ..turns import Owner
from .driver import DriverModel
from .errors import DeviceError, DeviceUnavailable, KeyWiped
from .kernel import KernelDevice
from .memory import BufferMemory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from io import FileIO

    from ..host import HostLike
    from .answers import Outcome
    from .interface import ExtReport
    from .kernel import Buffer

_ARGUMENT_AT = 0x1000  # any address that no buffer has


class EmulatedDevice(KernelDevice):
    """A guest of its own: launched when the device is opened, gone when it is closed.

    Threads may share it. A forked child that uses it launches a guest of its own, with the same
    identity and new keys: the parent's would use every number twice.
    """

    def __init__(
        self,
        identity: Identity | None = None,
        *,
        vmpl: int = 0,
        certificates: bytes | None = None,
        host: Callable[[Host], HostLike] | None = None,
        sleep: Callable[[float], None] = real_sleep,
    ) -> None:
        """Launch a guest.

        Args:
            identity: what the firmware says of guest and chip; random if not given.
            vmpl: where the guest's kernel runs, 0 to 3; its key is the VMPCK of that number.
            certificates: the host's certificate table, at most 16 KiB; that of the signing key's
                chain if not given, and none if empty.
            host: makes the host that the guest runs on of an honest one; for hostile hosts.
            sleep: in place of ``time.sleep``, while the host throttles.

        Raises:
            DeviceUnavailable: for a VMPL that does not exist.
        """
        self._identity = Identity() if identity is None else identity
        self._vmpl = vmpl
        self._certificates = certificates
        self._make_host = host
        super().__init__("the emulated device", sleep=sleep)
        self.default_vmpl = vmpl

    @property
    def firmware(self) -> Firmware:
        """The secure processor behind it: its identity and certificates."""
        return self._firmware

    def get_ext_report(
        self, report_data: bytes, *, vmpl: int | None = None, key_sel: int = 0
    ) -> ExtReport:
        with self._lock:
            self._ready()
            if self._certificates is None and not self._closed:
                # Made late: signing them takes longer than all the rest.
                self._certificates = self._honest.certificates = chain_table(self._firmware)
        return super().get_ext_report(report_data, vmpl=vmpl, key_sel=key_sel)

    def close(self) -> None:
        super().close()
        self._secrets.close()

    def _open(self) -> FileIO | None:
        """Launch the guest: firmware, host and driver."""
        try:
            self._firmware = Firmware(self._identity)
            self._honest = Host(self._firmware, self._certificates or b"")
            self._secrets = Secrets(self._firmware.secrets_page(self._vmpl).build())
            self._driver = DriverModel(
                self._secrets,
                self._make_host(self._honest) if self._make_host else self._honest,
                vmpl=self._vmpl,
                sleep=self._sleep,
            )
        except (OSError, SnpformatError) as error:
            raise DeviceUnavailable(self.name, "open", str(error)) from None
        self._owner = Owner()
        return None

    def _ioctl(self, command: int, argument: bytearray, buffers: tuple[Buffer, ...]) -> int:
        memory = BufferMemory()
        for buffer in buffers:
            memory.map(buffer)
        address = memory.map(argument, _ARGUMENT_AT)
        return self._driver.ioctl(memory, command, address)

    def _error(
        self,
        kind: type[DeviceError],
        operation: str,
        outcome: Outcome,
        happened: str = "",
        remedy: str = "",
    ) -> DeviceError:
        if kind is KeyWiped:
            remedy = "open another EmulatedDevice: it launches a guest with new keys"
        return super()._error(kind, operation, outcome, happened, remedy)

    def _ready(self) -> None:
        """In a forked child: launch a guest of its own."""
        if not self._closed and not self._owner.is_here():
            self._lost = None
            self._open()


def chain_table(firmware: Firmware) -> bytes:
    """The certificate table that a host has for the key `firmware` signs with, as PEM like those
    of real hosts: the signing key's, its issuer's, the root's.
    """
    leaf, issuer = ("vlek", "asvk") if firmware.identity.vlek else ("vcek", "ask")
    chain = [(leaf.upper(), leaf), ("ASK", issuer), ("ARK", "ark")]
    pem = firmware.certificates.pem
    return write_table(
        [TableEntry(GUIDS[name], pem(own)) for name, own in chain]  # type: ignore[arg-type]
    )
