"""Plain construct declarations of key.

Generated from key.yaml; change that and run `snpformat-codegen generate`.
"""

import construct as cs  # type: ignore[import-untyped, unused-ignore]

from .report import KEY_SEL_NAMES, MSG_STATUS_NAMES

RootKeySel = cs.ByteSwapped(
    cs.BitStruct(
        "reserved_3" / cs.Default(cs.BitsInteger(29), 0),
        "key_sel" / cs.Enum(cs.BitsInteger(2), **KEY_SEL_NAMES),
        "root_key_select" / cs.Flag,
    )
)

GuestFieldSelect = cs.ByteSwapped(
    cs.BitStruct(
        "reserved_7" / cs.Default(cs.BitsInteger(57), 0),
        "launch_mit_vector" / cs.Flag,
        "tcb_version" / cs.Flag,
        "guest_svn" / cs.Flag,
        "measurement" / cs.Flag,
        "family_id" / cs.Flag,
        "image_id" / cs.Flag,
        "policy" / cs.Flag,
    )
)

MsgKeyReq = cs.Struct(
    "root_key_select" / RootKeySel,
    "reserved_4" / cs.Default(cs.Bytes(4), bytes(4)),
    "guest_field_select" / GuestFieldSelect,
    "vmpl" / cs.Int32ul,
    "guest_svn" / cs.Int32ul,
    "tcb_version" / cs.Int64ul,
)

MsgKeyReqV2 = cs.Struct(
    "root_key_select" / RootKeySel,
    "reserved_4" / cs.Default(cs.Bytes(4), bytes(4)),
    "guest_field_select" / GuestFieldSelect,
    "vmpl" / cs.Int32ul,
    "guest_svn" / cs.Int32ul,
    "tcb_version" / cs.Int64ul,
    "launch_mit_vector" / cs.Int64ul,
)

MsgKeyRsp = cs.Struct(
    "status" / cs.Enum(cs.Int32ul, **MSG_STATUS_NAMES),
    "reserved_4" / cs.Default(cs.Bytes(28), bytes(28)),
    "derived_key" / cs.Bytes(32),
)
