"""MSG_REPORT_REQ: an attestation report, signed.

Order of the checks, and their STATUS, as in AMD's firmware 1.55.25: reserved bits (0x16), the key
(0x27), the VMPL (0x16). One is stricter here: a VMPL above 3 has no meaning and gives 0x16, which
that firmware does not check.
"""

from __future__ import annotations

from ..errors import FormatError
from ..formats import (
    AttestationReport,
    KeyInfo,
    MsgReportReq,
    MsgReportRsp,
    MsgStatus,
    SignatureAlgo,
    SigningKey,
)
from .keys import choose
from .payload import fitted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from .identity import Identity
    from .keys import Keyring


def answer(identity: Identity, keys: Keyring, vmpck: int, payload: bytes) -> bytes:
    """The payload of MSG_REPORT_RSP to one that came under VMPCK number `vmpck`.

    With another STATUS than success, report_size is set all the same and the report is zeros.
    """
    try:
        request = MsgReportReq.parse(fitted(payload, MsgReportReq.SIZE), reserved="reject")
    except FormatError:  # the length fits, so a reserved bit is set
        return MsgReportRsp(status=MsgStatus.INVALID_PARAMETER).build()
    chosen = choose(identity, request.key_sel.key_sel)
    if chosen is None:
        return MsgReportRsp(status=MsgStatus.INVALID_KEY).build()
    if not vmpck <= request.vmpl <= 3:
        return MsgReportRsp(status=MsgStatus.INVALID_PARAMETER).build()
    if chosen == "vcek" and identity.mask_chip_key:
        # The trap of this message: success, and a report that nothing signed.
        report = _unsigned(identity, request, SigningKey.NONE)
    else:
        number = SigningKey.VCEK if chosen == "vcek" else SigningKey.VLEK
        report = signed(_unsigned(identity, request, number), keys.signing(chosen))
    return MsgReportRsp(report=report).build()


def _unsigned(identity: Identity, request: MsgReportReq, signing_key: int) -> AttestationReport:
    """The report up to its signature, in the identity's version."""
    key_info = KeyInfo.from_bits(
        author_key_en=identity.author_key_en,
        mask_chip_key=identity.mask_chip_key,
        signing_key=signing_key,
    )
    version = identity.report_version
    cpuid = version >= 3
    mitigations = version >= 5
    return AttestationReport(
        version=version,
        guest_svn=identity.guest_svn,
        policy=identity.policy,
        family_id=identity.family_id,
        image_id=identity.image_id,
        vmpl=request.vmpl,
        signature_algo=SignatureAlgo.ECDSA_P384_SHA384,
        current_tcb=identity.current_tcb,
        platform_info=identity.platform_info,
        key_info=key_info,
        report_data=request.report_data,
        measurement=identity.measurement,
        host_data=identity.host_data,
        id_key_digest=identity.id_key_digest,
        author_key_digest=identity.author_key_digest if identity.author_key_en else bytes(48),
        report_id=identity.report_id,
        report_id_ma=identity.report_id_ma,
        reported_tcb=identity.reported_tcb,
        cpuid_fam_id=identity.cpuid_fam_id if cpuid else None,
        cpuid_mod_id=identity.cpuid_mod_id if cpuid else None,
        cpuid_step=identity.cpuid_step if cpuid else None,
        chip_id=bytes(64) if identity.mask_chip_id else identity.chip_id,
        committed_tcb=identity.committed_tcb,
        current_build=identity.current_build,
        current_minor=identity.current_minor,
        current_major=identity.current_major,
        committed_build=identity.committed_build,
        committed_minor=identity.committed_minor,
        committed_major=identity.committed_major,
        launch_tcb=identity.launch_tcb,
        launch_mit_vector=identity.launch_mit_vector if mitigations else None,
        current_mit_vector=identity.current_mit_vector if mitigations else None,
    )


def signed(report: AttestationReport, key: EllipticCurvePrivateKey) -> AttestationReport:
    """`report` with the ECDSA P-384 / SHA-384 signature of `key` over its span ``signed``.

    R and S are little-endian numbers of 72 bytes. The nonce follows from key and message [RFC
    6979], so that the same request gives the same bytes.
    """
    from cryptography.hazmat.primitives import hashes  # slow to load
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    algorithm = ec.ECDSA(hashes.SHA384(), deterministic_signing=True)
    r, s = utils.decode_dss_signature(key.sign(report.span("signed"), algorithm))
    return report.replace(
        signature_r=r.to_bytes(72, "little"), signature_s=s.to_bytes(72, "little")
    )
