"""The test PKI: OpenSSL verifies its chains, and it looks like AMD's where it should."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from firmware_lab import PRODUCTS, openssl

from snpformat.errors import LocalError
from snpformat.firmware import Firmware, Identity, make_test_keys
from snpformat.firmware.chain import NAMES

BASE = "1.3.6.1.4.1.3704.1"
KEYS = ROOT / "snpformat" / "firmware" / "test_keys"
GENUINE = {  # a genuine certificate of each kind; there is no VLEK of Genoa or Turin
    ("milan", "vcek"): "leaf/milan-v3-fw1.55.29-tav.vcek.der",
    ("genoa", "vcek"): "leaf/genoa-v5-fw1.55.49.vcek.der",
    ("turin", "vcek"): "leaf/turin-v5-fw1.55.65.vcek.der",
    ("milan", "vlek"): "leaf/milan-v3-vlek-vmpl1-fw1.55.29.vlek.der",
    **{(p, n): f"ca/{n}-{p}.pem" for p in PRODUCTS for n in ("ark", "ask", "asvk")},
}


def firmware(product: str, **identity: Any) -> Firmware:
    known = {"product": product, "seed": "chain", "vlek": True, **identity}
    return Firmware(Identity.from_mapping(known))


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize(("leaf", "issuer"), [("vcek", "ask"), ("vlek", "asvk")])
def test_openssl_verifies_the_chain(product: str, leaf: Any, issuer: Any, tmp_path: Path) -> None:
    certificates = firmware(product).certificates
    for name in NAMES:
        (tmp_path / name).write_bytes(certificates.pem(name))  # type: ignore[arg-type]

    def verify(root: str, between: str, *more: str) -> bool:
        chain = ("-CAfile", tmp_path / root, "-untrusted", tmp_path / between)
        done = openssl("verify", "-attime", at, *more, *chain, tmp_path / leaf)
        return done.returncode == 0 and done.stdout.endswith(": OK\n")

    at = str(int(datetime(2026, 6, 1, tzinfo=UTC).timestamp()))
    other = "asvk" if issuer == "ask" else "ask"
    assert verify("ark", issuer)
    assert not verify("ark", other)
    at = str(int(datetime(2027, 6, 1, tzinfo=UTC).timestamp()))
    assert verify("ark", issuer) is (leaf == "vcek")  # one year against seven
    at = str(int(datetime(2033, 6, 1, tzinfo=UTC).timestamp()))
    assert not verify("ark", issuer)


def load(path: Path) -> x509.Certificate:
    raw = path.read_bytes()
    if raw.startswith(b"-----"):
        return x509.load_pem_x509_certificate(raw)
    return x509.load_der_x509_certificate(raw)


def shape(certificate: x509.Certificate) -> dict[str, Any]:
    """What must be as in a genuine certificate."""
    names = certificate.issuer, certificate.subject
    public = certificate.public_key()
    pss = certificate.signature_algorithm_parameters
    assert isinstance(pss, padding.PSS)
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    critical = {e.oid.dotted_string: e.critical for e in certificate.extensions}
    critical.pop("2.5.29.31", None)  # CRL distribution points: we have none
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        serial = certificate.serial_number
    return {
        "names": [[(a.oid, a._type) for a in name] for name in names],
        "name values": [[a.value for a in [*name][:4]] for name in names],
        "version": certificate.version,
        "signature": certificate.signature_algorithm_oid,
        "hash": type(certificate.signature_hash_algorithm),
        "salt": pss._salt_length,
        "key": (type(public), getattr(public, "key_size", None)),
        "years": (end.year - begin.year, end.replace(year=begin.year) - begin),
        "extensions": [*critical.items()],
        "serial": max(serial, 1),  # 0 is not to be had
    }


@pytest.mark.parametrize(("product", "name"), GENUINE, ids=lambda v: str(v))
def test_they_look_like_genuine_ones(product: str, name: Any, vectors: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about serial number 0
        genuine = load(vectors / "certs" / GENUINE[product, name])
    ours = firmware(product).certificates.get(name)
    assert shape(ours) == shape(genuine)
    theirs = {e.oid: e.value for e in genuine.extensions}
    for extension in ours.extensions:
        value = theirs[extension.oid]
        if isinstance(extension.value, x509.UnrecognizedExtension):
            assert isinstance(value, x509.UnrecognizedExtension)
            assert extension.value.value[:1] == value.value[:1] or name == "vcek"
            number = extension.oid.dotted_string.removeprefix(f"{BASE}.")
            if number in ("1", "2", "4"):
                size = len(value.value)
                assert len(extension.value.value) == size
            if number in ("1", "2"):
                assert extension.value.value == value.value
        elif isinstance(value, (x509.KeyUsage, x509.BasicConstraints)):
            assert extension.value == value


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("name", NAMES)
def test_names_say_that_it_is_a_test(product: str, name: Any) -> None:
    certificate = firmware(product).certificates.get(name)
    for whose in (certificate.subject, certificate.issuer):
        values = {a.oid._name: str(a.value) for a in whose}
        assert values["commonName"].endswith("-TEST")
        assert values["organizationName"] == "snpformat TEST, not AMD"
        assert "Advanced Micro Devices" not in values.values()


def extensions(certificate: x509.Certificate) -> dict[str, bytes]:
    found = {}
    for extension in certificate.extensions:
        assert isinstance(extension.value, x509.UnrecognizedExtension)
        number = extension.oid.dotted_string.removeprefix(f"{BASE}.")
        found[number] = extension.value.value
    return found


TCB = {"boot_loader": 1, "tee": 127, "snp": 128, "microcode": 255}


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("name", ["vcek", "vlek"])
def test_what_a_leaf_says(product: str, name: Any) -> None:
    turin = product == "turin"
    tcb = {**TCB, "fmc": 200} if turin else TCB
    chip_id = bytes(range(0x80, 0x88 if turin else 0xC0))
    maker = firmware(product, reported_tcb=tcb, current_tcb={"snp": 99}, chip_id=chip_id,
                     csp_id="CN=here")  # fmt: skip
    zero = b"\x02\x01\x00"
    title = product.title()
    expected = {
        "1": b"\x02\x01\x01" if turin else zero,
        "2": b"\x16" + bytes([len(title)]) + title.encode(),
        "3.1": b"\x02\x01\x01", "3.2": b"\x02\x01\x7f", "3.3": b"\x02\x02\x00\x80",
        "3.5": zero, "3.6": zero, "3.7": zero, "3.8": b"\x02\x02\x00\xff",
        **({"3.9": b"\x02\x02\x00\xc8"} if turin else {"3.4": zero}),
        **({"4": chip_id} if name == "vcek" else {"5": b"\x16\x07CN=here"}),
    }  # fmt: skip
    if (product, name) == ("milan", "vcek"):
        expected["2"] = b"\x16\x08Milan-B0"
    certificate = maker.certificates.get(name)
    assert extensions(certificate) == expected
    public = certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert isinstance(public.curve, ec.SECP384R1)
    assert public == maker._keys.signing(name).public_key()
    assert certificate.serial_number == 1


def test_what_a_signing_key_depends_on() -> None:
    def key(name: Any, **identity: Any) -> bytes:
        public = firmware("milan", **identity).certificates.get(name).public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        return public.public_numbers().x.to_bytes(48, "big")

    vcek, vlek = key("vcek"), key("vlek")
    assert len({vcek, vlek, key("vcek", seed="other"), key("vlek", seed="other")}) == 4
    assert vcek == key("vcek") == key("vcek", csp_id="CN=other", guest_svn=4)
    assert vlek == key("vlek") == key("vlek", chip_id=b"c" * 64, report_id=b"r" * 32)
    assert vcek != key("vcek", chip_id=b"c" * 64) and vlek != key("vlek", csp_id="CN=other")
    for name, known in (("vcek", vcek), ("vlek", vlek)):
        assert known != key(name, reported_tcb={"snp": 1})
        assert known == key(name, current_tcb={"snp": 99}, committed_tcb={"snp": 24})


def test_the_seed_fixes_all_but_the_salt() -> None:
    for name in NAMES:
        one, other = (firmware("genoa").certificates.get(name) for _ in range(2))  # type: ignore[arg-type]
        assert one.tbs_certificate_bytes == other.tbs_certificate_bytes


def test_a_leaf_is_made_once() -> None:
    certificates = firmware("genoa").certificates
    with ThreadPoolExecutor(8) as pool:
        made = {*pool.map(lambda _: certificates.der("vcek"), range(8))}
    assert len(made) == 1


def test_not_before() -> None:
    given = firmware("milan", not_before="2024-02-29T12:30:00+02:00").certificates
    begin = datetime(2024, 2, 29, 10, 30, tzinfo=UTC)
    assert given.vcek.not_valid_before_utc == given.vlek.not_valid_before_utc == begin
    assert given.vcek.not_valid_after_utc == datetime(2031, 2, 28, 10, 30, tzinfo=UTC)
    assert given.vlek.not_valid_after_utc == datetime(2025, 2, 28, 10, 30, tzinfo=UTC)
    now = datetime.now(UTC)
    fresh = Firmware(Identity(vlek=True)).certificates.vlek  # without a seed: valid now
    assert timedelta(hours=23) < now - fresh.not_valid_before_utc < timedelta(hours=25)


def test_without_a_vlek() -> None:
    certificates = Firmware().certificates
    for get in (lambda: certificates.vlek, lambda: certificates.der("vlek")):
        with pytest.raises(LocalError, match="VLEK"):
            get()
    with pytest.raises(LocalError, match="no certificate 'crl'"):
        certificates.get("crl")  # type: ignore[arg-type]


def test_the_packaged_roots() -> None:
    """They are fixed: a new one breaks every pin."""
    keys: dict[str, set[bytes]] = {"ark": set(), "ask": set(), "asvk": set()}
    for product in PRODUCTS:
        for name, found in keys.items():
            certificate = load(KEYS / f"{name}-{product}.pem")
            public = certificate.public_key()
            assert isinstance(public, rsa.RSAPublicKey) and public.key_size == 4096
            found.add(public.public_numbers().n.to_bytes(512, "big"))
            certificate.verify_directly_issued_by(load(KEYS / f"ark-{product}.pem"))
    assert [len(found) for found in keys.values()] == [1, 1, 1]
    assert len({*map(frozenset, keys.values())}) == 3


def test_the_tool_keeps_keys(tmp_path: Path) -> None:
    for name in ("ark", "ask", "asvk"):
        (tmp_path / f"{name}.key.pem").write_bytes((KEYS / f"{name}.key.pem").read_bytes())
    assert make_test_keys.main([str(tmp_path)]) == 0
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {path.name for path in KEYS.iterdir()} - {"README.md"}
    for name in made:
        ours, new = KEYS / name, tmp_path / name
        if name.endswith(".key.pem"):
            assert ours.read_bytes() == new.read_bytes()
        else:  # but for the salt
            assert load(ours).tbs_certificate_bytes == load(new).tbs_certificate_bytes


def test_the_tool_wants_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert make_test_keys.main([]) == 2
    assert "make_test_keys DIR" in capsys.readouterr().err
