"""Typed records of every format; each is loaded when it is first asked for.

Generated; change the specs and run `snpformat-codegen generate`.
"""

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .cert_table import CertTable as CertTable, CertTableEntry as CertTableEntry
    from .codes import FwError as FwError, VmmError as VmmError
    from .cpuid import (
        CpuidFunction as CpuidFunction,
        CpuidPage as CpuidPage,
        MsgCpuidReq as MsgCpuidReq,
        MsgCpuidRsp as MsgCpuidRsp,
    )
    from .hcl import (
        HclHashType as HclHashType,
        HclHeader as HclHeader,
        HclReportType as HclReportType,
        HclRequestData as HclRequestData,
        HclRequestType as HclRequestType,
    )
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
    from .msg_hdr import AeadAlgo as AeadAlgo, MsgHdr as MsgHdr, MsgType as MsgType
    from .os_area import OsArea as OsArea
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
        TcbMilan as TcbMilan,
        TcbTurin as TcbTurin,
    )
    from .secrets_page import (
        SecretsPage as SecretsPage,
        SecretsPageFlags as SecretsPageFlags,
        SvsmArea as SvsmArea,
    )
    from .tsc_info import MsgTscInfoReq as MsgTscInfoReq, MsgTscInfoRsp as MsgTscInfoRsp

# The name of each structure in the specs, and of its class.
STRUCTURES = {
    "attestation_report": "AttestationReport",
    "cert_table": "CertTable",
    "cert_table_entry": "CertTableEntry",
    "cpuid_function": "CpuidFunction",
    "cpuid_page": "CpuidPage",
    "hcl_header": "HclHeader",
    "hcl_request_data": "HclRequestData",
    "msg_cpuid_req": "MsgCpuidReq",
    "msg_cpuid_rsp": "MsgCpuidRsp",
    "msg_hdr": "MsgHdr",
    "msg_key_req": "MsgKeyReq",
    "msg_key_req_v2": "MsgKeyReqV2",
    "msg_key_rsp": "MsgKeyRsp",
    "msg_report_req": "MsgReportReq",
    "msg_report_rsp": "MsgReportRsp",
    "msg_tsc_info_req": "MsgTscInfoReq",
    "msg_tsc_info_rsp": "MsgTscInfoRsp",
    "os_area": "OsArea",
    "secrets_page": "SecretsPage",
    "snp_derived_key_req": "SnpDerivedKeyReq",
    "snp_derived_key_resp": "SnpDerivedKeyResp",
    "snp_ext_report_req": "SnpExtReportReq",
    "snp_guest_request_ioctl": "SnpGuestRequestIoctl",
    "snp_report_req": "SnpReportReq",
    "snp_report_resp": "SnpReportResp",
    "svsm_area": "SvsmArea",
}

_HOMES = {
    "AeadAlgo": "msg_hdr",
    "AttestationReport": "report",
    "CertTable": "cert_table",
    "CertTableEntry": "cert_table",
    "CpuidFunction": "cpuid",
    "CpuidPage": "cpuid",
    "Exitinfo2": "ioctl",
    "FwError": "codes",
    "GuestFieldSelect": "key",
    "GuestPolicy": "report",
    "HclHashType": "hcl",
    "HclHeader": "hcl",
    "HclReportType": "hcl",
    "HclRequestData": "hcl",
    "HclRequestType": "hcl",
    "KeyInfo": "report",
    "KeySel": "report",
    "MsgCpuidReq": "cpuid",
    "MsgCpuidRsp": "cpuid",
    "MsgHdr": "msg_hdr",
    "MsgKeyReq": "key",
    "MsgKeyReqV2": "key",
    "MsgKeyRsp": "key",
    "MsgReportReq": "report",
    "MsgReportRsp": "report",
    "MsgStatus": "report",
    "MsgTscInfoReq": "tsc_info",
    "MsgTscInfoRsp": "tsc_info",
    "MsgType": "msg_hdr",
    "OsArea": "os_area",
    "PlatformInfo": "report",
    "ReportKeySel": "report",
    "RootKeySel": "key",
    "SecretsPage": "secrets_page",
    "SecretsPageFlags": "secrets_page",
    "SignatureAlgo": "report",
    "SigningKey": "report",
    "SnpDerivedKeyReq": "ioctl",
    "SnpDerivedKeyResp": "ioctl",
    "SnpExtReportReq": "ioctl",
    "SnpGuestRequestIoctl": "ioctl",
    "SnpReportReq": "ioctl",
    "SnpReportResp": "ioctl",
    "SvsmArea": "secrets_page",
    "TcbMilan": "report",
    "TcbTurin": "report",
    "VmmError": "codes",
}

__all__ = [
    "STRUCTURES",
    "AeadAlgo",
    "AttestationReport",
    "CertTable",
    "CertTableEntry",
    "CpuidFunction",
    "CpuidPage",
    "Exitinfo2",
    "FwError",
    "GuestFieldSelect",
    "GuestPolicy",
    "HclHashType",
    "HclHeader",
    "HclReportType",
    "HclRequestData",
    "HclRequestType",
    "KeyInfo",
    "KeySel",
    "MsgCpuidReq",
    "MsgCpuidRsp",
    "MsgHdr",
    "MsgKeyReq",
    "MsgKeyReqV2",
    "MsgKeyRsp",
    "MsgReportReq",
    "MsgReportRsp",
    "MsgStatus",
    "MsgTscInfoReq",
    "MsgTscInfoRsp",
    "MsgType",
    "OsArea",
    "PlatformInfo",
    "ReportKeySel",
    "RootKeySel",
    "SecretsPage",
    "SecretsPageFlags",
    "SignatureAlgo",
    "SigningKey",
    "SnpDerivedKeyReq",
    "SnpDerivedKeyResp",
    "SnpExtReportReq",
    "SnpGuestRequestIoctl",
    "SnpReportReq",
    "SnpReportResp",
    "SvsmArea",
    "TcbMilan",
    "TcbTurin",
    "VmmError",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
