"""Plain construct declarations of cpuid.

Generated from cpuid.yaml; change that and run `snpformat-codegen generate`.
"""

import construct as cs  # type: ignore[import-untyped, unused-ignore]

from .report import MSG_STATUS_NAMES

CpuidFunction = cs.Struct(
    "eax_in" / cs.Int32ul,
    "ecx_in" / cs.Int32ul,
    "xcr0_in" / cs.Int64ul,
    "xss_in" / cs.Int64ul,
    "eax" / cs.Int32ul,
    "ebx" / cs.Int32ul,
    "ecx" / cs.Int32ul,
    "edx" / cs.Int32ul,
    "reserved_28" / cs.Default(cs.Bytes(8), bytes(8)),
)

MsgCpuidReq = cs.Struct(
    "count" / cs.Rebuild(cs.ExprValidator(cs.Int32ul, cs.obj_ <= 0x40), cs.len_(cs.this.functions)),
    "reserved_4" / cs.Default(cs.Bytes(4), bytes(4)),
    "reserved_8" / cs.Default(cs.Bytes(8), bytes(8)),
    "functions" / cs.Array(cs.this.count, CpuidFunction),
)

MsgCpuidRsp = cs.Struct(
    "status" / cs.Enum(cs.Int32ul, **MSG_STATUS_NAMES),
    "count" / cs.Int32ul,
    "reserved_8" / cs.Default(cs.Bytes(8), bytes(8)),
    "functions" / cs.ExprValidator(cs.GreedyRange(CpuidFunction), cs.len_(cs.obj_) <= 0x40),
    cs.Terminated,
)

CpuidPage = cs.Struct(
    "count" / cs.Int32ul,
    "reserved_4" / cs.Default(cs.Bytes(4), bytes(4)),
    "reserved_8" / cs.Default(cs.Bytes(8), bytes(8)),
    "functions" / cs.Array(64, CpuidFunction),
    "reserved_c10" / cs.Default(cs.Bytes(1008), bytes(1008)),
)
