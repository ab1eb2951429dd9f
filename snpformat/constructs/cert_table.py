"""Plain construct declarations of cert_table.

Generated from cert_table.yaml; change that and run `snpformat-codegen generate`.
"""

import construct as cs  # type: ignore[import-untyped, unused-ignore]

CertTableEntry = cs.Struct(
    "guid" / cs.Bytes(16),
    "offset" / cs.Int32ul,
    "length" / cs.Int32ul,
)

CertTable = cs.Struct(
    "entries"
    / cs.ExprValidator(
        cs.RepeatUntil(cs.obj_ == bytes(24), cs.Select(cs.Const(bytes(24)), CertTableEntry)),
        cs.len_(cs.obj_) <= 0x2AA,
    ),
)
