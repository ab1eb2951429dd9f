"""Plain construct declarations of every format, and Typed, which puts a typed record into a
declaration of your own.

Generated; change the specs and run `snpformat-codegen generate`.
"""

from importlib import import_module

from snpformat.constructs.typed import ConstructFormatError as ConstructFormatError, Typed as Typed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .cert_table import CertTable as CertTable, CertTableEntry as CertTableEntry
    from .cpuid import (
        CpuidFunction as CpuidFunction,
        CpuidPage as CpuidPage,
        MsgCpuidReq as MsgCpuidReq,
        MsgCpuidRsp as MsgCpuidRsp,
    )
    from .hcl import HclHeader as HclHeader, HclRequestData as HclRequestData
    from .ioctl import (
        Exitinfo2 as Exitinfo2,
        SnpDerivedKeyReq as SnpDerivedKeyReq,
        SnpDerivedKeyResp as SnpDerivedKeyResp,
        SnpExtReportReq as SnpExtReportReq,
        SnpGuestRequestIoctl as SnpGuestRequestIoctl,
        SnpReportReq as SnpReportReq,
        SnpReportResp as SnpReportResp,
    )
    from .key import (
        GuestFieldSelect as GuestFieldSelect,
        MsgKeyReq as MsgKeyReq,
        MsgKeyReqV2 as MsgKeyReqV2,
        MsgKeyRsp as MsgKeyRsp,
        RootKeySel as RootKeySel,
    )
    from .msg_hdr import MsgHdr as MsgHdr
    from .os_area import OsArea as OsArea
    from .report import (
        AttestationReport as AttestationReport,
        GuestPolicy as GuestPolicy,
        KeyInfo as KeyInfo,
        MsgReportReq as MsgReportReq,
        MsgReportRsp as MsgReportRsp,
        PlatformInfo as PlatformInfo,
        ReportKeySel as ReportKeySel,
        TcbMilan as TcbMilan,
        TcbTurin as TcbTurin,
    )
    from .secrets_page import (
        SecretsPage as SecretsPage,
        SecretsPageFlags as SecretsPageFlags,
        SvsmArea as SvsmArea,
    )
    from .tsc_info import MsgTscInfoReq as MsgTscInfoReq, MsgTscInfoRsp as MsgTscInfoRsp

_HOMES = {
    "AttestationReport": "report",
    "CertTable": "cert_table",
    "CertTableEntry": "cert_table",
    "CpuidFunction": "cpuid",
    "CpuidPage": "cpuid",
    "Exitinfo2": "ioctl",
    "GuestFieldSelect": "key",
    "GuestPolicy": "report",
    "HclHeader": "hcl",
    "HclRequestData": "hcl",
    "KeyInfo": "report",
    "MsgCpuidReq": "cpuid",
    "MsgCpuidRsp": "cpuid",
    "MsgHdr": "msg_hdr",
    "MsgKeyReq": "key",
    "MsgKeyReqV2": "key",
    "MsgKeyRsp": "key",
    "MsgReportReq": "report",
    "MsgReportRsp": "report",
    "MsgTscInfoReq": "tsc_info",
    "MsgTscInfoRsp": "tsc_info",
    "OsArea": "os_area",
    "PlatformInfo": "report",
    "ReportKeySel": "report",
    "RootKeySel": "key",
    "SecretsPage": "secrets_page",
    "SecretsPageFlags": "secrets_page",
    "SnpDerivedKeyReq": "ioctl",
    "SnpDerivedKeyResp": "ioctl",
    "SnpExtReportReq": "ioctl",
    "SnpGuestRequestIoctl": "ioctl",
    "SnpReportReq": "ioctl",
    "SnpReportResp": "ioctl",
    "SvsmArea": "secrets_page",
    "TcbMilan": "report",
    "TcbTurin": "report",
}

__all__ = [
    "AttestationReport",
    "CertTable",
    "CertTableEntry",
    "ConstructFormatError",
    "CpuidFunction",
    "CpuidPage",
    "Exitinfo2",
    "GuestFieldSelect",
    "GuestPolicy",
    "HclHeader",
    "HclRequestData",
    "KeyInfo",
    "MsgCpuidReq",
    "MsgCpuidRsp",
    "MsgHdr",
    "MsgKeyReq",
    "MsgKeyReqV2",
    "MsgKeyRsp",
    "MsgReportReq",
    "MsgReportRsp",
    "MsgTscInfoReq",
    "MsgTscInfoRsp",
    "OsArea",
    "PlatformInfo",
    "ReportKeySel",
    "RootKeySel",
    "SecretsPage",
    "SecretsPageFlags",
    "SnpDerivedKeyReq",
    "SnpDerivedKeyResp",
    "SnpExtReportReq",
    "SnpGuestRequestIoctl",
    "SnpReportReq",
    "SnpReportResp",
    "SvsmArea",
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
