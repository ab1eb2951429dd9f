"""Ioctl definitions: each command with the records that its argument is made of.

Generated; change the specs and run `snpformat-codegen generate`.
"""

from snpformat import wire

from .ioctl import (
    SnpDerivedKeyReq,
    SnpDerivedKeyResp,
    SnpExtReportReq,
    SnpGuestRequestIoctl,
    SnpReportReq,
    SnpReportResp,
)

# 0xC0205300
SNP_GET_REPORT = wire.Ioctl(
    "snp_get_report",
    "readwrite",
    "S",
    0,
    SnpGuestRequestIoctl,
    request=SnpReportReq,
    response=SnpReportResp,
    doc="Get an attestation report with 64 bytes of the caller's own in it. The "
    "result is 0 whatever STATUS says.",
    cite="uapi SNP_GET_REPORT",
)

# 0xC0205301
SNP_GET_DERIVED_KEY = wire.Ioctl(
    "snp_get_derived_key",
    "readwrite",
    "S",
    1,
    SnpGuestRequestIoctl,
    request=SnpDerivedKeyReq,
    response=SnpDerivedKeyResp,
    doc="Get a key derived from a root key of the chip or of the guest: the same one "
    "for the same guest and request. Send message version 1 only: the kernel "
    "passes on the 32 bytes of that form, and a request of version 2 has cost "
    "guests their key. The result is 0 whatever STATUS says.",
    cite="uapi SNP_GET_DERIVED_KEY",
)

# 0xC0205302
SNP_GET_EXT_REPORT = wire.Ioctl(
    "snp_get_ext_report",
    "readwrite",
    "S",
    2,
    SnpGuestRequestIoctl,
    request=SnpExtReportReq,
    response=SnpReportResp,
    doc="Get an attestation report and the host's certificates for it: a table "
    "(cert_table) and what it points to. When there is less room than the host "
    "needs the result is EIO with vmm_error 1, and certs_len says how much is "
    "needed; ask again with that, and expect that it may have grown. A buffer of "
    "zeros means that the host has no certificates.",
    cite="uapi SNP_GET_EXT_REPORT",
)

IOCTLS = (
    SNP_GET_REPORT,
    SNP_GET_DERIVED_KEY,
    SNP_GET_EXT_REPORT,
)
