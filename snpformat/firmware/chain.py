"""The certificates of a software secure processor: a test PKI in the shape of AMD's.

    ARK (self-signed) -> ASK  -> VCEK
    ARK -> ASVK               -> VLEK

The three CA keys, the same for all products, lie in ``test_keys`` for everyone to read: what these
certificates vouch for is worth nothing, and their names say TEST. The CA certificates are fixed, so
that the roots can be pinned; VCEK and VLEK are made on demand. For one seed their content is always
the same, but not their signature, since RSA-PSS draws a salt.

The same as in genuine certificates: order and types of the names' parts; RSA-4096 and PSS with
SHA-384, MGF1 with SHA-384 and a salt of 48 bytes; P-384 leaf keys; validity of 25, 7 and 1 years;
the leaves' extensions, in their order (boot loader, tee, 4 to 7, snp, microcode; on Turin fmc, boot
loader, tee, snp, 5 to 7, microcode), none critical; hwID as bare bytes; basic constraints, key
usage and key identifiers of the CAs, and their serial numbers. Different:

- O is "snpformat TEST, not AMD", and each CN ends with "-TEST";
- the leaves' serial number is 1: AMD's is 0, which RFC 5280 forbids and cryptography refuses;
- there are no CRL distribution points, since nobody publishes a CRL;
- all CA certificates begin on one day.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib import resources
from threading import RLock

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier

from ..errors import LocalError
from .products import PRODUCTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    from .identity import Identity
    from .keys import Keyring
    from .products import Product

    Name = Literal["ark", "ask", "asvk", "vcek", "vlek"]

AUTHORITIES = ("ark", "ask", "asvk")
NAMES = (*AUTHORITIES, "vcek", "vlek")

_OID = "1.3.6.1.4.1.3704.1"
# The SPL extensions, in genuine order: number, and the part of the TCB (None: always zero).
_SPLS = ((1, "boot_loader"), (2, "tee"), (4, None), (5, None), (6, None), (7, None), (3, "snp"),
         (8, "microcode"))  # fmt: skip
_SPLS_TURIN = ((9, "fmc"), (1, "boot_loader"), (2, "tee"), (3, "snp"), (5, None), (6, None),
               (7, None), (8, "microcode"))  # fmt: skip

_HASH = hashes.SHA384()
_PSS = padding.PSS(mgf=padding.MGF1(_HASH), salt_length=48)
_INTEGER = 0x02
_IA5_STRING = 0x16


class Certificates:
    """The certificates that belong to one firmware."""

    def __init__(self, identity: Identity, keys: Keyring) -> None:
        self._identity = identity
        self._keys = keys
        self._leaves: dict[str, x509.Certificate] = {}
        self._lock = RLock()

    @property
    def ark(self) -> x509.Certificate:
        """The root."""
        return authority("ark", self._identity.product)

    @property
    def ask(self) -> x509.Certificate:
        """The issuer of VCEK certificates."""
        return authority("ask", self._identity.product)

    @property
    def asvk(self) -> x509.Certificate:
        """The issuer of VLEK certificates."""
        return authority("asvk", self._identity.product)

    @property
    def vcek(self) -> x509.Certificate:
        """That of the chip's key, valid for seven years from the identity's `not_before`."""
        return self._leaf("vcek", vcek)

    @property
    def vlek(self) -> x509.Certificate:
        """That of the provider's key, valid for one year. Raises LocalError without a VLEK."""
        if not self._identity.vlek:
            raise LocalError("no VLEK is loaded: the identity has vlek = false")
        return self._leaf("vlek", vlek)

    def get(self, name: Name) -> x509.Certificate:
        """The one of a name: ark, ask, asvk, vcek or vlek. Raises LocalError for another."""
        if name not in NAMES:
            raise LocalError(f"there is no certificate {name!r}, only {', '.join(NAMES)}")
        found: x509.Certificate = getattr(self, name)
        return found

    def der(self, name: Name) -> bytes:
        """The one of a name, as DER."""
        return self.get(name).public_bytes(serialization.Encoding.DER)

    def pem(self, name: Name) -> bytes:
        """The one of a name, as PEM."""
        return self.get(name).public_bytes(serialization.Encoding.PEM)

    def _leaf(
        self, name: str, make: Callable[[Identity, EllipticCurvePublicKey], x509.Certificate]
    ) -> x509.Certificate:
        with self._lock:  # a certificate that was handed out stays the one there is
            if name not in self._leaves:
                key = self._keys.vcek if name == "vcek" else self._keys.vlek
                self._leaves[name] = make(self._identity, key.public_key())
            return self._leaves[name]


def vcek(identity: Identity, key: EllipticCurvePublicKey) -> x509.Certificate:
    """A new certificate of a chip's `key`."""
    product = identity.facts
    hw_id = identity.chip_id[: product.chip_id_size]
    extensions = [*_common(identity, product.vcek_name), (f"{_OID}.4", hw_id)]
    return _issue("ask", "SEV-VCEK-TEST", identity, 7, extensions, key)


def vlek(identity: Identity, key: EllipticCurvePublicKey) -> x509.Certificate:
    """A new certificate of a provider's `key`."""
    csp = _der(_IA5_STRING, identity.csp_id.encode("ascii"))
    extensions = [*_common(identity, identity.facts.title), (f"{_OID}.5", csp)]
    return _issue("asvk", "SEV-VLEK-TEST", identity, 1, extensions, key)


def _common(identity: Identity, name: str) -> Iterator[tuple[str, bytes]]:
    """The extensions that both kinds have: OID and content."""
    product = identity.facts
    yield f"{_OID}.1", _integer(product.cert_version)
    yield f"{_OID}.2", _der(_IA5_STRING, name.encode("ascii"))
    parts = identity.reported_tcb.to_names()
    for number, part in _SPLS_TURIN if "fmc" in parts else _SPLS:
        yield f"{_OID}.3.{number}", _integer(parts[part] if part else 0)


def _integer(number: int) -> bytes:
    """A DER INTEGER of 0 to 255."""
    return _der(_INTEGER, number.to_bytes(1 + number // 128, "big"))


def _der(tag: int, content: bytes) -> bytes:
    """One DER element of less than 128 bytes."""
    return bytes((tag, len(content))) + content


def _issue(
    issuer: str,
    common_name: str,
    identity: Identity,
    years: int,
    extensions: list[tuple[str, bytes]],
    key: EllipticCurvePublicKey,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .issuer_name(authority(issuer, identity.product).subject)
        .subject_name(subject(common_name))
        .serial_number(1)
        .not_valid_before(identity.not_before)
        .not_valid_after(years_after(identity.not_before, years))
        .public_key(key)
    )
    for oid, content in extensions:
        extension = x509.UnrecognizedExtension(ObjectIdentifier(oid), content)
        builder = builder.add_extension(extension, critical=False)
    return signed(builder, _authority_key(issuer))


def signed(builder: x509.CertificateBuilder, key: rsa.RSAPrivateKey) -> x509.Certificate:
    """The certificate, signed as all of them are."""
    return builder.sign(key, _HASH, rsa_padding=_PSS)


def subject(common_name: str) -> x509.Name:
    """A name with the parts, in the order, that AMD's names have."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Engineering"),
            x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(NameOID.LOCALITY_NAME, "Santa Clara"),
            x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "CA"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "snpformat TEST, not AMD"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def authority_name(name: str, product: Product) -> str:
    """The CN of a CA, such as ``SEV-VLEK-Milan-TEST``."""
    head = {"ark": "ARK", "ask": "SEV", "asvk": "SEV-VLEK"}[name]
    return f"{head}-{product.title}-TEST"


def years_after(moment: datetime, years: int) -> datetime:
    """The same day, `years` later; 28 February for a 29th that is not there."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)


@cache
def authority(name: str, product: str) -> x509.Certificate:
    """A CA certificate: ark, ask or asvk, of a product."""
    return x509.load_pem_x509_certificate(_packaged(f"{name}-{PRODUCTS[product].name}.pem"))


@cache
def _authority_key(name: str) -> rsa.RSAPrivateKey:
    # It is ours, so it need not be checked, which takes longer than all the rest.
    key = serialization.load_pem_private_key(
        _packaged(f"{name}.key.pem"), password=None, unsafe_skip_rsa_key_validation=True
    )
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def _packaged(file: str) -> bytes:
    return resources.files(__package__).joinpath("test_keys", file).read_bytes()
