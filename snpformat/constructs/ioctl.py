"""Plain construct declarations of ioctl.

Generated from ioctl.yaml; change that and run `snpformat-codegen generate`.
"""

import construct as cs  # type: ignore[import-untyped, unused-ignore]

from .codes import FW_ERROR_NAMES, VMM_ERROR_NAMES
from .key import GuestFieldSelect, RootKeySel
from .report import MSG_STATUS_NAMES, MsgReportRsp, ReportKeySel

Exitinfo2 = cs.ByteSwapped(
    cs.BitStruct(
        "vmm_error" / cs.Enum(cs.BitsInteger(32), **VMM_ERROR_NAMES),
        "fw_error" / cs.Enum(cs.BitsInteger(32), **FW_ERROR_NAMES),
    )
)

SnpGuestRequestIoctl = cs.Struct(
    "msg_version" / cs.Int8ul,
    "reserved_1" / cs.Default(cs.Bytes(7), bytes(7)),
    "req_data" / cs.Int64ul,
    "resp_data" / cs.Int64ul,
    "exitinfo2" / Exitinfo2,
)

SnpReportReq = cs.Struct(
    "user_data" / cs.Bytes(64),
    "vmpl" / cs.Int32ul,
    "key_sel" / ReportKeySel,
    "reserved_48" / cs.Default(cs.Bytes(24), bytes(24)),
)

SnpReportResp = cs.Struct(
    "response" / MsgReportRsp,
    "reserved_4c0" / cs.Default(cs.Bytes(2784), bytes(2784)),
)

SnpDerivedKeyReq = cs.Struct(
    "root_key_select" / RootKeySel,
    "reserved_4" / cs.Default(cs.Bytes(4), bytes(4)),
    "guest_field_select" / GuestFieldSelect,
    "vmpl" / cs.Int32ul,
    "guest_svn" / cs.Int32ul,
    "tcb_version" / cs.Int64ul,
)

SnpDerivedKeyResp = cs.Struct(
    "status" / cs.Enum(cs.Int32ul, **MSG_STATUS_NAMES),
    "reserved_4" / cs.Default(cs.Bytes(28), bytes(28)),
    "derived_key" / cs.Bytes(32),
)

SnpExtReportReq = cs.Struct(
    "data" / SnpReportReq,
    "certs_address" / cs.Int64ul,
    "certs_len" / cs.Int32ul,
    "reserved_6c" / cs.Default(cs.Bytes(4), bytes(4)),
)
