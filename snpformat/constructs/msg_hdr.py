"""Plain construct declarations of msg_hdr.

Generated from msg_hdr.yaml; change that and run `snpformat-codegen generate`.
"""

import construct as cs  # type: ignore[import-untyped, unused-ignore]

AEAD_ALGO_NAMES = {
    "invalid": 0x0,
    "aes_256_gcm": 0x1,
}

MSG_TYPE_NAMES = {
    "invalid": 0x0,
    "cpuid_req": 0x1,
    "cpuid_rsp": 0x2,
    "key_req": 0x3,
    "key_rsp": 0x4,
    "report_req": 0x5,
    "report_rsp": 0x6,
    "export_req": 0x7,
    "export_rsp": 0x8,
    "import_req": 0x9,
    "import_rsp": 0xA,
    "absorb_req": 0xB,
    "absorb_rsp": 0xC,
    "vmrk_req": 0xD,
    "vmrk_rsp": 0xE,
    "absorb_noma_req": 0xF,
    "absorb_noma_rsp": 0x10,
    "tsc_info_req": 0x11,
    "tsc_info_rsp": 0x12,
}

MsgHdr = cs.Struct(
    "authtag" / cs.Bytes(32),
    "msg_seqno" / cs.Int64ul,
    "reserved_28" / cs.Default(cs.Bytes(8), bytes(8)),
    "algo" / cs.Enum(cs.Int8ul, **AEAD_ALGO_NAMES),
    "hdr_version" / cs.Const(1, cs.Int8ul),
    "hdr_size" / cs.Const(0x60, cs.Int16ul),
    "msg_type" / cs.Enum(cs.Int8ul, **MSG_TYPE_NAMES),
    "msg_version" / cs.Int8ul,
    "msg_size" / cs.Int16ul,
    "reserved_38" / cs.Default(cs.Bytes(4), bytes(4)),
    "msg_vmpck" / cs.Int8ul,
    "reserved_3d" / cs.Default(cs.Bytes(35), bytes(35)),
)
