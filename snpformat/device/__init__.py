"""One interface to reports and derived keys, whatever answers.

    with open_device() as device:
        report = device.get_report(report_data)

The doors: ``KernelDevice`` (/dev/sev-guest), ``TsmDevice`` (configfs-tsm) and ``EmulatedDevice``
(a firmware in this process). Every one raises DeviceError for a request that fails, and FormatError
for an argument that does not fit.
"""

from __future__ import annotations

import os
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..firmware import Identity
    from .emulated import EmulatedDevice as EmulatedDevice
    from .errors import (
        CertificatesTooLarge as CertificatesTooLarge,
        DeviceError as DeviceError,
        DeviceUnavailable as DeviceUnavailable,
        KeyWiped as KeyWiped,
        StatusError as StatusError,
        Throttled as Throttled,
    )
    from .interface import Device as Device, ExtReport as ExtReport
    from .kernel import KernelDevice as KernelDevice
    from .tsm import TsmDevice as TsmDevice

_HOMES = {
    "CertificatesTooLarge": "errors",
    "Device": "interface",
    "DeviceError": "errors",
    "DeviceUnavailable": "errors",
    "EmulatedDevice": "emulated",
    "ExtReport": "interface",
    "KernelDevice": "kernel",
    "KeyWiped": "errors",
    "StatusError": "errors",
    "Throttled": "errors",
    "TsmDevice": "tsm",
}

__all__ = [*_HOMES, "open_device"]

SEV_GUEST = "/dev/sev-guest"
TSM_REPORTS = "/sys/kernel/config/tsm/report"


def open_device(which: str = "auto", *, identity: Identity | None = None, vmpl: int = 0) -> Device:
    """Open a door; its `name` says which one it is.

    Args:
        which: ``auto``, ``emulated``, ``tsm``, or the path of a device file. ``auto`` takes
            /dev/sev-guest where it is there, else configfs-tsm where that is, else the emulated
            one. It does not fall back on another one when the one that is there cannot be opened:
            an emulated report is no substitute for a real one.
        identity: of the emulated device only.
        vmpl: where the emulated guest runs.

    Raises:
        DeviceUnavailable: it cannot be opened.
    """
    from .emulated import EmulatedDevice
    from .kernel import KernelDevice
    from .tsm import TsmDevice

    if which == "auto":
        which = _found()
    if which == "emulated":
        return EmulatedDevice(identity, vmpl=vmpl)
    if which == "tsm":
        return TsmDevice()
    return KernelDevice(which)


def _found() -> str:
    if os.path.exists(SEV_GUEST):
        return SEV_GUEST
    return "tsm" if os.path.isdir(TSM_REPORTS) else "emulated"


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
