"""Plain construct declarations of tsc_info.

Generated from tsc_info.yaml; change that and run `snpformat-codegen generate`.
"""

import construct as cs  # type: ignore[import-untyped, unused-ignore]

from .report import MSG_STATUS_NAMES

MsgTscInfoReq = cs.Struct(
    "reserved_0" / cs.Default(cs.Bytes(128), bytes(128)),
)

MsgTscInfoRsp = cs.Struct(
    "status" / cs.Enum(cs.Int32ul, **MSG_STATUS_NAMES),
    "reserved_4" / cs.Default(cs.Bytes(4), bytes(4)),
    "tsc_scale" / cs.Int64ul,
    "tsc_offset" / cs.Int64ul,
    "tsc_factor" / cs.Int32ul,
    "reserved_1c" / cs.Default(cs.Bytes(100), bytes(100)),
)
