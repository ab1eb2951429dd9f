"""Plain construct declarations of os_area.

Generated from os_area.yaml; change that and run `snpformat-codegen generate`.
"""

import construct as cs  # type: ignore[import-untyped, unused-ignore]

OsArea = cs.Struct(
    "_start" / cs.Tell,
    "version" / cs.Pointer(cs.this._start + 0x3E, cs.OneOf(cs.Int16ul, (0, 1))),
    "msg_seqno_0" / cs.Int32ul,
    "msg_seqno_1" / cs.Int32ul,
    "msg_seqno_2" / cs.Int32ul,
    "msg_seqno_3" / cs.Int32ul,
    "ap_jump_table_pa" / cs.Int64ul,
    "reserved_18" / cs.If(cs.this.version < 1, cs.Default(cs.Bytes(38), bytes(38))),
    "msg_seqno_0_high" / cs.If(cs.this.version >= 1, cs.Int32ul),
    "msg_seqno_1_high" / cs.If(cs.this.version >= 1, cs.Int32ul),
    "msg_seqno_2_high" / cs.If(cs.this.version >= 1, cs.Int32ul),
    "msg_seqno_3_high" / cs.If(cs.this.version >= 1, cs.Int32ul),
    "reserved_28" / cs.If(cs.this.version >= 1, cs.Default(cs.Bytes(22), bytes(22))),
    "version" / cs.OneOf(cs.Int16ul, (0, 1)),
    "guest_usage" / cs.Bytes(32),
)
