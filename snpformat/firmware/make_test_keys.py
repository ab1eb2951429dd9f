"""Make the CA keys and certificates of the test PKI.

    python -m snpformat.firmware.make_test_keys DIR

Keys that are in DIR already are kept, and certificates made anew. Not needed in daily life: what it
makes is committed, and a new root breaks every pin of the old one.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .chain import AUTHORITIES, authority_name, signed, subject, years_after
from .products import PRODUCTS, Product

NOT_BEFORE = datetime(2025, 1, 1, tzinfo=UTC)
YEARS = 25


def main(arguments: list[str]) -> int:
    """Write the files into the folder that is the one argument."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    keys = {name: _key(folder / f"{name}.key.pem") for name in AUTHORITIES}
    for product in PRODUCTS.values():
        for name in AUTHORITIES:
            certificate = _certificate(name, product, keys)
            path = folder / f"{name}-{product.name}.pem"
            path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return 0


def _key(path: Path) -> rsa.RSAPrivateKey:
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey), path
        return key
    key = rsa.generate_private_key(public_exponent=65537, key_size=4096)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(pem)
    return key


def _certificate(
    name: str, product: Product, keys: dict[str, rsa.RSAPrivateKey]
) -> x509.Certificate:
    own, root = keys[name].public_key(), keys["ark"].public_key()
    builder = (
        x509.CertificateBuilder()
        .issuer_name(subject(authority_name("ark", product)))
        .subject_name(subject(authority_name(name, product)))
        .serial_number(product.ca_serials[AUTHORITIES.index(name)])
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(years_after(NOT_BEFORE, YEARS))
        .public_key(own)
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(own)
    if name == "ark":  # the order of extensions is that of AMD's certificates
        builder = (
            builder.add_extension(_usage(crl_sign=True), critical=True)
            .add_extension(identifier, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        )
    else:
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root)
        builder = (
            builder.add_extension(identifier, critical=False)
            .add_extension(issuer, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(crl_sign=False), critical=True)
        )
    return signed(builder, keys["ark"])


def _usage(*, crl_sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
