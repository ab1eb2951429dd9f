"""Plain construct declarations of hcl.

Generated from hcl.yaml; change that and run `snpformat-codegen generate`.
"""

import construct as cs  # type: ignore[import-untyped, unused-ignore]

HCL_REQUEST_TYPE_NAMES = {
    "invalid": 0x0,
    "key_release": 0x1,
    "ak_cert": 0x2,
    "wrapped_key": 0x3,
}

HCL_REPORT_TYPE_NAMES = {
    "invalid": 0x0,
    "vbs": 0x1,
    "snp": 0x2,
    "tvm": 0x3,
    "tdx": 0x4,
    "cca": 0x5,
}

HCL_HASH_TYPE_NAMES = {
    "invalid": 0x0,
    "sha256": 0x1,
    "sha384": 0x2,
    "sha512": 0x3,
}

HclHeader = cs.Struct(
    "magic" / cs.Const(0x414C4348, cs.Int32ul),
    "version" / cs.Int32ul,
    "report_size" / cs.Int32ul,
    "request_type" / cs.Enum(cs.Int32ul, **HCL_REQUEST_TYPE_NAMES),
    "status" / cs.Int32ul,
    "reserved_14" / cs.Default(cs.Bytes(12), bytes(12)),
)

HclRequestData = cs.Struct(
    "data_size" / cs.Int32ul,
    "version" / cs.Int32ul,
    "report_type" / cs.Enum(cs.Int32ul, **HCL_REPORT_TYPE_NAMES),
    "hash_type" / cs.Enum(cs.Int32ul, **HCL_HASH_TYPE_NAMES),
    "variable_data_size" / cs.Int32ul,
)
