"""Typed records of every format; each is loaded when it is first asked for.

Generated; change the specs and run `snpformat-codegen generate`.
"""

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .msg_hdr import AeadAlgo as AeadAlgo, MsgHdr as MsgHdr, MsgType as MsgType
    from .report import (
        AttestationReport as AttestationReport,
        GuestPolicy as GuestPolicy,
        KeyInfo as KeyInfo,
        KeySel as KeySel,
        MsgReportReq as MsgReportReq,
        MsgReportRsp as MsgReportRsp,
        MsgStatus as MsgStatus,
        PlatformInfo as PlatformInfo,
        ReportKeySel as ReportKeySel,
        SignatureAlgo as SignatureAlgo,
        SigningKey as SigningKey,
        SnpReportResp as SnpReportResp,
        TcbMilan as TcbMilan,
        TcbTurin as TcbTurin,
    )

# The name of each structure in the specs, and of its class.
STRUCTURES = {
    "attestation_report": "AttestationReport",
    "msg_hdr": "MsgHdr",
    "msg_report_req": "MsgReportReq",
    "msg_report_rsp": "MsgReportRsp",
    "snp_report_resp": "SnpReportResp",
}

_HOMES = {
    "AeadAlgo": "msg_hdr",
    "AttestationReport": "report",
    "GuestPolicy": "report",
    "KeyInfo": "report",
    "KeySel": "report",
    "MsgHdr": "msg_hdr",
    "MsgReportReq": "report",
    "MsgReportRsp": "report",
    "MsgStatus": "report",
    "MsgType": "msg_hdr",
    "PlatformInfo": "report",
    "ReportKeySel": "report",
    "SignatureAlgo": "report",
    "SigningKey": "report",
    "SnpReportResp": "report",
    "TcbMilan": "report",
    "TcbTurin": "report",
}

__all__ = [
    "STRUCTURES",
    "AeadAlgo",
    "AttestationReport",
    "GuestPolicy",
    "KeyInfo",
    "KeySel",
    "MsgHdr",
    "MsgReportReq",
    "MsgReportRsp",
    "MsgStatus",
    "MsgType",
    "PlatformInfo",
    "ReportKeySel",
    "SignatureAlgo",
    "SigningKey",
    "SnpReportResp",
    "TcbMilan",
    "TcbTurin",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
