"""Plain construct declarations of secrets_page.

Generated from secrets_page.yaml; change that and run `snpformat-codegen generate`.
"""

import construct as cs  # type: ignore[import-untyped, unused-ignore]

from .os_area import OsArea

SecretsPageFlags = cs.ByteSwapped(
    cs.BitStruct(
        "reserved_1" / cs.Default(cs.BitsInteger(31), 0),
        "imi_en" / cs.Flag,
    )
)

SvsmArea = cs.Struct(
    "svsm_base" / cs.Int64ul,
    "svsm_size" / cs.Int64ul,
    "svsm_caa" / cs.Int64ul,
    "svsm_max_version" / cs.Int32ul,
    "svsm_guest_vmpl" / cs.Int8ul,
    "reserved_1d" / cs.Default(cs.Bytes(3), bytes(3)),
)

SecretsPage = cs.Struct(
    "version" / cs.OneOf(cs.Int32ul, (2, 3, 4)),
    "flags" / SecretsPageFlags,
    "fms" / cs.Int32ul,
    "reserved_c" / cs.Default(cs.Bytes(4), bytes(4)),
    "gosvw" / cs.Bytes(16),
    "vmpck0" / cs.Bytes(32),
    "vmpck1" / cs.Bytes(32),
    "vmpck2" / cs.Bytes(32),
    "vmpck3" / cs.Bytes(32),
    "os_area" / OsArea,
    "reserved_100" / cs.If(cs.this.version < 3, cs.Default(cs.Bytes(3840), bytes(3840))),
    "vmsa_tweak_bitmap" / cs.If(cs.this.version >= 3, cs.Bytes(64)),
    "guest_area_2" / cs.If(cs.this.version >= 3, cs.Bytes(32)),
    "tsc_factor" / cs.If(cs.this.version >= 3, cs.Int32ul),
    "reserved_164"
    / cs.If(
        (cs.this.version >= 3) & (cs.this.version < 4),
        cs.Default(cs.Bytes(3740), bytes(3740)),
    ),
    "reserved_164_v4" / cs.If(cs.this.version >= 4, cs.Default(cs.Bytes(4), bytes(4))),
    "launch_mit_vector" / cs.If(cs.this.version >= 4, cs.Int64ul),
    "reserved_170" / cs.If(cs.this.version >= 4, cs.Default(cs.Bytes(3728), bytes(3728))),
)
