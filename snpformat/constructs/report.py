"""Plain construct declarations of report.

Generated from report.yaml; change that and run `snpformat-codegen generate`.
"""

import construct as cs  # type: ignore[import-untyped, unused-ignore]

SIGNATURE_ALGO_NAMES = {
    "invalid": 0x0,
    "ecdsa_p384_sha384": 0x1,
}

SIGNING_KEY_NAMES = {
    "vcek": 0x0,
    "vlek": 0x1,
    "none": 0x7,
}

KEY_SEL_NAMES = {
    "vlek_else_vcek": 0x0,
    "vcek": 0x1,
    "vlek": 0x2,
}

MSG_STATUS_NAMES = {
    "success": 0x0,
    "invalid_parameter": 0x16,
    "invalid_key": 0x27,
}

GuestPolicy = cs.ByteSwapped(
    cs.BitStruct(
        "reserved_26" / cs.Default(cs.BitsInteger(38), 0),
        "page_swap_disable" / cs.Flag,
        "ciphertext_hiding_dram" / cs.Flag,
        "rapl_dis" / cs.Flag,
        "mem_aes_256_xts" / cs.Flag,
        "cxl_allow" / cs.Flag,
        "single_socket" / cs.Flag,
        "debug" / cs.Flag,
        "migrate_ma" / cs.Flag,
        "reserved_17" / cs.Default(cs.BitsInteger(1), 1),
        "smt" / cs.Flag,
        "abi_major" / cs.BitsInteger(8),
        "abi_minor" / cs.BitsInteger(8),
    )
)

PlatformInfo = cs.ByteSwapped(
    cs.BitStruct(
        "reserved_8" / cs.Default(cs.BitsInteger(56), 0),
        "tio_en" / cs.Flag,
        "iommu_write_safe" / cs.Flag,
        "alias_check_complete" / cs.Flag,
        "ciphertext_hiding_dram_en" / cs.Flag,
        "rapl_dis" / cs.Flag,
        "ecc_en" / cs.Flag,
        "tsme_en" / cs.Flag,
        "smt_en" / cs.Flag,
    )
)

KeyInfo = cs.ByteSwapped(
    cs.BitStruct(
        "reserved_5" / cs.Default(cs.BitsInteger(27), 0),
        "signing_key" / cs.Enum(cs.BitsInteger(3), **SIGNING_KEY_NAMES),
        "mask_chip_key" / cs.Flag,
        "author_key_en" / cs.Flag,
    )
)

ReportKeySel = cs.ByteSwapped(
    cs.BitStruct(
        "reserved_2" / cs.Default(cs.BitsInteger(30), 0),
        "key_sel" / cs.Enum(cs.BitsInteger(2), **KEY_SEL_NAMES),
    )
)

TcbMilan = cs.ByteSwapped(
    cs.BitStruct(
        "microcode" / cs.BitsInteger(8),
        "snp" / cs.BitsInteger(8),
        "reserved_16" / cs.Default(cs.BitsInteger(32), 0),
        "tee" / cs.BitsInteger(8),
        "boot_loader" / cs.BitsInteger(8),
    )
)

TcbTurin = cs.ByteSwapped(
    cs.BitStruct(
        "microcode" / cs.BitsInteger(8),
        "reserved_32" / cs.Default(cs.BitsInteger(24), 0),
        "snp" / cs.BitsInteger(8),
        "tee" / cs.BitsInteger(8),
        "boot_loader" / cs.BitsInteger(8),
        "fmc" / cs.BitsInteger(8),
    )
)

MsgReportReq = cs.Struct(
    "report_data" / cs.Bytes(64),
    "vmpl" / cs.Int32ul,
    "key_sel" / ReportKeySel,
    "reserved_48" / cs.Default(cs.Bytes(24), bytes(24)),
)

AttestationReport = cs.Struct(
    "version" / cs.OneOf(cs.Int32ul, (1, 2, 3, 4, 5)),
    "guest_svn" / cs.Int32ul,
    "policy" / GuestPolicy,
    "family_id" / cs.Bytes(16),
    "image_id" / cs.Bytes(16),
    "vmpl" / cs.Int32ul,
    "signature_algo" / cs.Enum(cs.Int32ul, **SIGNATURE_ALGO_NAMES),
    "current_tcb" / cs.Int64ul,
    "platform_info" / PlatformInfo,
    "key_info" / KeyInfo,
    "reserved_4c" / cs.Default(cs.Bytes(4), bytes(4)),
    "report_data" / cs.Bytes(64),
    "measurement" / cs.Bytes(48),
    "host_data" / cs.Bytes(32),
    "id_key_digest" / cs.Bytes(48),
    "author_key_digest" / cs.Bytes(48),
    "report_id" / cs.Bytes(32),
    "report_id_ma" / cs.Bytes(32),
    "reported_tcb" / cs.Int64ul,
    "reserved_188" / cs.If(cs.this.version < 3, cs.Default(cs.Bytes(24), bytes(24))),
    "cpuid_fam_id" / cs.If(cs.this.version >= 3, cs.Int8ul),
    "cpuid_mod_id" / cs.If(cs.this.version >= 3, cs.Int8ul),
    "cpuid_step" / cs.If(cs.this.version >= 3, cs.Int8ul),
    "reserved_18b" / cs.If(cs.this.version >= 3, cs.Default(cs.Bytes(21), bytes(21))),
    "chip_id" / cs.Bytes(64),
    "reserved_1e0" / cs.If(cs.this.version < 2, cs.Default(cs.Bytes(192), bytes(192))),
    "committed_tcb" / cs.If(cs.this.version >= 2, cs.Int64ul),
    "current_build" / cs.If(cs.this.version >= 2, cs.Int8ul),
    "current_minor" / cs.If(cs.this.version >= 2, cs.Int8ul),
    "current_major" / cs.If(cs.this.version >= 2, cs.Int8ul),
    "reserved_1eb" / cs.If(cs.this.version >= 2, cs.Default(cs.Bytes(1), bytes(1))),
    "committed_build" / cs.If(cs.this.version >= 2, cs.Int8ul),
    "committed_minor" / cs.If(cs.this.version >= 2, cs.Int8ul),
    "committed_major" / cs.If(cs.this.version >= 2, cs.Int8ul),
    "reserved_1ef" / cs.If(cs.this.version >= 2, cs.Default(cs.Bytes(1), bytes(1))),
    "launch_tcb" / cs.If(cs.this.version >= 2, cs.Int64ul),
    "reserved_1f8"
    / cs.If((cs.this.version >= 2) & (cs.this.version < 5), cs.Default(cs.Bytes(168), bytes(168))),
    "launch_mit_vector" / cs.If(cs.this.version >= 5, cs.Int64ul),
    "current_mit_vector" / cs.If(cs.this.version >= 5, cs.Int64ul),
    "reserved_208" / cs.If(cs.this.version >= 5, cs.Default(cs.Bytes(152), bytes(152))),
    "signature_r" / cs.Bytes(72),
    "signature_s" / cs.Bytes(72),
    "reserved_330" / cs.Default(cs.Bytes(368), bytes(368)),
)

MsgReportRsp = cs.Struct(
    "status" / cs.Enum(cs.Int32ul, **MSG_STATUS_NAMES),
    "report_size" / cs.Int32ul,
    "reserved_8" / cs.Default(cs.Bytes(24), bytes(24)),
    "report"
    / cs.Switch(
        cs.this.status,
        {"success": AttestationReport, 0: AttestationReport},
        default=cs.Bytes(1184),
    ),
)
