"""Plain construct declarations of every format, and Typed, which puts a typed record into a
declaration of your own.

Generated; change the specs and run `snpformat-codegen generate`.
"""

from importlib import import_module

from snpformat.constructs.typed import ConstructFormatError as ConstructFormatError, Typed as Typed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .msg_hdr import MsgHdr as MsgHdr
    from .report import (
        AttestationReport as AttestationReport,
        GuestPolicy as GuestPolicy,
        KeyInfo as KeyInfo,
        MsgReportReq as MsgReportReq,
        MsgReportRsp as MsgReportRsp,
        PlatformInfo as PlatformInfo,
        ReportKeySel as ReportKeySel,
        SnpReportResp as SnpReportResp,
        TcbMilan as TcbMilan,
        TcbTurin as TcbTurin,
    )

_HOMES = {
    "AttestationReport": "report",
    "GuestPolicy": "report",
    "KeyInfo": "report",
    "MsgHdr": "msg_hdr",
    "MsgReportReq": "report",
    "MsgReportRsp": "report",
    "PlatformInfo": "report",
    "ReportKeySel": "report",
    "SnpReportResp": "report",
    "TcbMilan": "report",
    "TcbTurin": "report",
}

__all__ = [
    "AttestationReport",
    "ConstructFormatError",
    "GuestPolicy",
    "KeyInfo",
    "MsgHdr",
    "MsgReportReq",
    "MsgReportRsp",
    "PlatformInfo",
    "ReportKeySel",
    "SnpReportResp",
    "TcbMilan",
    "TcbTurin",
    "Typed",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
