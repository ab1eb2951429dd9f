"""Hypothesis strategies of every structure: values, valid bytes, any bytes, and nearly valid ones.

Generated; change the specs and run `snpformat-codegen generate`.

Each shrinks to the all-default record, or to its bytes; nearly valid ones to these bytes with their
first constraint broken.
"""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from snpformat.testing import draw as _draw
from snpformat.testing.edges import NearValid

from .. import formats as _formats


def attestation_report(
    version: int | None = None,
    **fields: object,
) -> SearchStrategy[_formats.AttestationReport]:
    """Records of attestation_report, of one of the versions 1, 2, 3, 4, 5 or of `version`. `fields`
    are values or strategies for some fields.
    """
    return _draw.records(_formats.AttestationReport, version, fields)


def attestation_report_bytes(version: int | None = None) -> SearchStrategy[bytes]:
    """The 1184 bytes of attestation_report, of one of the versions 1, 2, 3, 4, 5 or of `version`:
    whatever `parse` accepts.
    """
    return _draw.valid_bytes(_formats.AttestationReport, version)


def attestation_report_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 1184 of attestation_report, valid or not."""
    return _draw.any_bytes(_formats.AttestationReport)


def attestation_report_near_valid(version: int | None = None) -> SearchStrategy[NearValid]:
    """Bytes of attestation_report, of one of the versions 1, 2, 3, 4, 5 or of `version`, with one
    constraint broken, and the FormatError to expect.
    """
    return _draw.near_valid(_formats.AttestationReport, version)


def cert_table(**fields: object) -> SearchStrategy[_formats.CertTable]:
    """Records of cert_table. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.CertTable, None, fields)


def cert_table_bytes() -> SearchStrategy[bytes]:
    """The 24 to 16368 bytes of cert_table: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.CertTable)


def cert_table_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 24 to 16368 of cert_table, valid or not."""
    return _draw.any_bytes(_formats.CertTable)


def cert_table_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of cert_table, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.CertTable)


def cert_table_entry(**fields: object) -> SearchStrategy[_formats.CertTableEntry]:
    """Records of cert_table_entry. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.CertTableEntry, None, fields)


def cert_table_entry_bytes() -> SearchStrategy[bytes]:
    """The 24 bytes of cert_table_entry: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.CertTableEntry)


def cert_table_entry_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 24 of cert_table_entry, valid or not."""
    return _draw.any_bytes(_formats.CertTableEntry)


def cert_table_entry_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of cert_table_entry, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.CertTableEntry)


def cpuid_function(**fields: object) -> SearchStrategy[_formats.CpuidFunction]:
    """Records of cpuid_function. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.CpuidFunction, None, fields)


def cpuid_function_bytes() -> SearchStrategy[bytes]:
    """The 48 bytes of cpuid_function: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.CpuidFunction)


def cpuid_function_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 48 of cpuid_function, valid or not."""
    return _draw.any_bytes(_formats.CpuidFunction)


def cpuid_function_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of cpuid_function, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.CpuidFunction)


def cpuid_page(**fields: object) -> SearchStrategy[_formats.CpuidPage]:
    """Records of cpuid_page. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.CpuidPage, None, fields)


def cpuid_page_bytes() -> SearchStrategy[bytes]:
    """The 4096 bytes of cpuid_page: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.CpuidPage)


def cpuid_page_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 4096 of cpuid_page, valid or not."""
    return _draw.any_bytes(_formats.CpuidPage)


def cpuid_page_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of cpuid_page, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.CpuidPage)


def hcl_header(**fields: object) -> SearchStrategy[_formats.HclHeader]:
    """Records of hcl_header. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.HclHeader, None, fields)


def hcl_header_bytes() -> SearchStrategy[bytes]:
    """The 32 bytes of hcl_header: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.HclHeader)


def hcl_header_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 32 of hcl_header, valid or not."""
    return _draw.any_bytes(_formats.HclHeader)


def hcl_header_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of hcl_header, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.HclHeader)


def hcl_request_data(**fields: object) -> SearchStrategy[_formats.HclRequestData]:
    """Records of hcl_request_data. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.HclRequestData, None, fields)


def hcl_request_data_bytes() -> SearchStrategy[bytes]:
    """The 20 bytes of hcl_request_data: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.HclRequestData)


def hcl_request_data_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 20 of hcl_request_data, valid or not."""
    return _draw.any_bytes(_formats.HclRequestData)


def hcl_request_data_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of hcl_request_data, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.HclRequestData)


def msg_cpuid_req(**fields: object) -> SearchStrategy[_formats.MsgCpuidReq]:
    """Records of msg_cpuid_req. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.MsgCpuidReq, None, fields)


def msg_cpuid_req_bytes() -> SearchStrategy[bytes]:
    """The 16 to 3088 bytes of msg_cpuid_req: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.MsgCpuidReq)


def msg_cpuid_req_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 16 to 3088 of msg_cpuid_req, valid or not."""
    return _draw.any_bytes(_formats.MsgCpuidReq)


def msg_cpuid_req_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of msg_cpuid_req, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.MsgCpuidReq)


def msg_cpuid_rsp(**fields: object) -> SearchStrategy[_formats.MsgCpuidRsp]:
    """Records of msg_cpuid_rsp. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.MsgCpuidRsp, None, fields)


def msg_cpuid_rsp_bytes() -> SearchStrategy[bytes]:
    """The 16 to 3088 bytes of msg_cpuid_rsp: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.MsgCpuidRsp)


def msg_cpuid_rsp_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 16 to 3088 of msg_cpuid_rsp, valid or not."""
    return _draw.any_bytes(_formats.MsgCpuidRsp)


def msg_cpuid_rsp_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of msg_cpuid_rsp, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.MsgCpuidRsp)


def msg_hdr(**fields: object) -> SearchStrategy[_formats.MsgHdr]:
    """Records of msg_hdr. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.MsgHdr, None, fields)


def msg_hdr_bytes() -> SearchStrategy[bytes]:
    """The 96 bytes of msg_hdr: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.MsgHdr)


def msg_hdr_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 96 of msg_hdr, valid or not."""
    return _draw.any_bytes(_formats.MsgHdr)


def msg_hdr_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of msg_hdr, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.MsgHdr)


def msg_key_req(**fields: object) -> SearchStrategy[_formats.MsgKeyReq]:
    """Records of msg_key_req. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.MsgKeyReq, None, fields)


def msg_key_req_bytes() -> SearchStrategy[bytes]:
    """The 32 bytes of msg_key_req: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.MsgKeyReq)


def msg_key_req_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 32 of msg_key_req, valid or not."""
    return _draw.any_bytes(_formats.MsgKeyReq)


def msg_key_req_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of msg_key_req, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.MsgKeyReq)


def msg_key_req_v2(**fields: object) -> SearchStrategy[_formats.MsgKeyReqV2]:
    """Records of msg_key_req_v2. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.MsgKeyReqV2, None, fields)


def msg_key_req_v2_bytes() -> SearchStrategy[bytes]:
    """The 40 bytes of msg_key_req_v2: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.MsgKeyReqV2)


def msg_key_req_v2_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 40 of msg_key_req_v2, valid or not."""
    return _draw.any_bytes(_formats.MsgKeyReqV2)


def msg_key_req_v2_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of msg_key_req_v2, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.MsgKeyReqV2)


def msg_key_rsp(**fields: object) -> SearchStrategy[_formats.MsgKeyRsp]:
    """Records of msg_key_rsp. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.MsgKeyRsp, None, fields)


def msg_key_rsp_bytes() -> SearchStrategy[bytes]:
    """The 64 bytes of msg_key_rsp: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.MsgKeyRsp)


def msg_key_rsp_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 64 of msg_key_rsp, valid or not."""
    return _draw.any_bytes(_formats.MsgKeyRsp)


def msg_key_rsp_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of msg_key_rsp, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.MsgKeyRsp)


def msg_report_req(**fields: object) -> SearchStrategy[_formats.MsgReportReq]:
    """Records of msg_report_req. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.MsgReportReq, None, fields)


def msg_report_req_bytes() -> SearchStrategy[bytes]:
    """The 96 bytes of msg_report_req: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.MsgReportReq)


def msg_report_req_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 96 of msg_report_req, valid or not."""
    return _draw.any_bytes(_formats.MsgReportReq)


def msg_report_req_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of msg_report_req, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.MsgReportReq)


def msg_report_rsp(**fields: object) -> SearchStrategy[_formats.MsgReportRsp]:
    """Records of msg_report_rsp. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.MsgReportRsp, None, fields)


def msg_report_rsp_bytes() -> SearchStrategy[bytes]:
    """The 1216 bytes of msg_report_rsp: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.MsgReportRsp)


def msg_report_rsp_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 1216 of msg_report_rsp, valid or not."""
    return _draw.any_bytes(_formats.MsgReportRsp)


def msg_report_rsp_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of msg_report_rsp, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.MsgReportRsp)


def msg_tsc_info_req(**fields: object) -> SearchStrategy[_formats.MsgTscInfoReq]:
    """Records of msg_tsc_info_req. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.MsgTscInfoReq, None, fields)


def msg_tsc_info_req_bytes() -> SearchStrategy[bytes]:
    """The 128 bytes of msg_tsc_info_req: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.MsgTscInfoReq)


def msg_tsc_info_req_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 128 of msg_tsc_info_req, valid or not."""
    return _draw.any_bytes(_formats.MsgTscInfoReq)


def msg_tsc_info_req_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of msg_tsc_info_req, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.MsgTscInfoReq)


def msg_tsc_info_rsp(**fields: object) -> SearchStrategy[_formats.MsgTscInfoRsp]:
    """Records of msg_tsc_info_rsp. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.MsgTscInfoRsp, None, fields)


def msg_tsc_info_rsp_bytes() -> SearchStrategy[bytes]:
    """The 128 bytes of msg_tsc_info_rsp: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.MsgTscInfoRsp)


def msg_tsc_info_rsp_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 128 of msg_tsc_info_rsp, valid or not."""
    return _draw.any_bytes(_formats.MsgTscInfoRsp)


def msg_tsc_info_rsp_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of msg_tsc_info_rsp, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.MsgTscInfoRsp)


def os_area(version: int | None = None, **fields: object) -> SearchStrategy[_formats.OsArea]:
    """Records of os_area, of one of the versions 0, 1 or of `version`. `fields` are values or
    strategies for some fields.
    """
    return _draw.records(_formats.OsArea, version, fields)


def os_area_bytes(version: int | None = None) -> SearchStrategy[bytes]:
    """The 96 bytes of os_area, of one of the versions 0, 1 or of `version`: whatever `parse`
    accepts.
    """
    return _draw.valid_bytes(_formats.OsArea, version)


def os_area_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 96 of os_area, valid or not."""
    return _draw.any_bytes(_formats.OsArea)


def os_area_near_valid(version: int | None = None) -> SearchStrategy[NearValid]:
    """Bytes of os_area, of one of the versions 0, 1 or of `version`, with one constraint broken,
    and the FormatError to expect.
    """
    return _draw.near_valid(_formats.OsArea, version)


def secrets_page(
    version: int | None = None,
    **fields: object,
) -> SearchStrategy[_formats.SecretsPage]:
    """Records of secrets_page, of one of the versions 2, 3, 4 or of `version`. `fields` are values
    or strategies for some fields.
    """
    return _draw.records(_formats.SecretsPage, version, fields)


def secrets_page_bytes(version: int | None = None) -> SearchStrategy[bytes]:
    """The 4096 bytes of secrets_page, of one of the versions 2, 3, 4 or of `version`: whatever
    `parse` accepts.
    """
    return _draw.valid_bytes(_formats.SecretsPage, version)


def secrets_page_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 4096 of secrets_page, valid or not."""
    return _draw.any_bytes(_formats.SecretsPage)


def secrets_page_near_valid(version: int | None = None) -> SearchStrategy[NearValid]:
    """Bytes of secrets_page, of one of the versions 2, 3, 4 or of `version`, with one constraint
    broken, and the FormatError to expect.
    """
    return _draw.near_valid(_formats.SecretsPage, version)


def snp_derived_key_req(**fields: object) -> SearchStrategy[_formats.SnpDerivedKeyReq]:
    """Records of snp_derived_key_req. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.SnpDerivedKeyReq, None, fields)


def snp_derived_key_req_bytes() -> SearchStrategy[bytes]:
    """The 32 bytes of snp_derived_key_req: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.SnpDerivedKeyReq)


def snp_derived_key_req_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 32 of snp_derived_key_req, valid or not."""
    return _draw.any_bytes(_formats.SnpDerivedKeyReq)


def snp_derived_key_req_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of snp_derived_key_req, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.SnpDerivedKeyReq)


def snp_derived_key_resp(**fields: object) -> SearchStrategy[_formats.SnpDerivedKeyResp]:
    """Records of snp_derived_key_resp. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.SnpDerivedKeyResp, None, fields)


def snp_derived_key_resp_bytes() -> SearchStrategy[bytes]:
    """The 64 bytes of snp_derived_key_resp: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.SnpDerivedKeyResp)


def snp_derived_key_resp_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 64 of snp_derived_key_resp, valid or not."""
    return _draw.any_bytes(_formats.SnpDerivedKeyResp)


def snp_derived_key_resp_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of snp_derived_key_resp, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.SnpDerivedKeyResp)


def snp_ext_report_req(**fields: object) -> SearchStrategy[_formats.SnpExtReportReq]:
    """Records of snp_ext_report_req. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.SnpExtReportReq, None, fields)


def snp_ext_report_req_bytes() -> SearchStrategy[bytes]:
    """The 112 bytes of snp_ext_report_req: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.SnpExtReportReq)


def snp_ext_report_req_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 112 of snp_ext_report_req, valid or not."""
    return _draw.any_bytes(_formats.SnpExtReportReq)


def snp_ext_report_req_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of snp_ext_report_req, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.SnpExtReportReq)


def snp_guest_request_ioctl(**fields: object) -> SearchStrategy[_formats.SnpGuestRequestIoctl]:
    """Records of snp_guest_request_ioctl. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.SnpGuestRequestIoctl, None, fields)


def snp_guest_request_ioctl_bytes() -> SearchStrategy[bytes]:
    """The 32 bytes of snp_guest_request_ioctl: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.SnpGuestRequestIoctl)


def snp_guest_request_ioctl_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 32 of snp_guest_request_ioctl, valid or not."""
    return _draw.any_bytes(_formats.SnpGuestRequestIoctl)


def snp_guest_request_ioctl_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of snp_guest_request_ioctl, with one constraint broken, and the FormatError
    to expect.
    """
    return _draw.near_valid(_formats.SnpGuestRequestIoctl)


def snp_report_req(**fields: object) -> SearchStrategy[_formats.SnpReportReq]:
    """Records of snp_report_req. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.SnpReportReq, None, fields)


def snp_report_req_bytes() -> SearchStrategy[bytes]:
    """The 96 bytes of snp_report_req: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.SnpReportReq)


def snp_report_req_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 96 of snp_report_req, valid or not."""
    return _draw.any_bytes(_formats.SnpReportReq)


def snp_report_req_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of snp_report_req, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.SnpReportReq)


def snp_report_resp(**fields: object) -> SearchStrategy[_formats.SnpReportResp]:
    """Records of snp_report_resp. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.SnpReportResp, None, fields)


def snp_report_resp_bytes() -> SearchStrategy[bytes]:
    """The 4000 bytes of snp_report_resp: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.SnpReportResp)


def snp_report_resp_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 4000 of snp_report_resp, valid or not."""
    return _draw.any_bytes(_formats.SnpReportResp)


def snp_report_resp_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of snp_report_resp, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.SnpReportResp)


def svsm_area(**fields: object) -> SearchStrategy[_formats.SvsmArea]:
    """Records of svsm_area. `fields` are values or strategies for some fields."""
    return _draw.records(_formats.SvsmArea, None, fields)


def svsm_area_bytes() -> SearchStrategy[bytes]:
    """The 32 bytes of svsm_area: whatever `parse` accepts."""
    return _draw.valid_bytes(_formats.SvsmArea)


def svsm_area_any_bytes() -> SearchStrategy[bytes]:
    """Bytes of any length around the 32 of svsm_area, valid or not."""
    return _draw.any_bytes(_formats.SvsmArea)


def svsm_area_near_valid() -> SearchStrategy[NearValid]:
    """Bytes of svsm_area, with one constraint broken, and the FormatError to expect."""
    return _draw.near_valid(_formats.SvsmArea)
