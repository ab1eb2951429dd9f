"""Identities: what they are when nothing is said, from files, and how mistakes are told."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from firmware_lab import PRODUCTS
from hypothesis import given, strategies as st

from snpformat import SnpformatError
from snpformat.firmware import Identity, IdentityError
from snpformat.firmware.keys import Keyring
from snpformat.formats import CpuidFunction, GuestPolicy, TcbMilan, TcbTurin

NAMES = [field.name for field in dataclasses.fields(Identity)]


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_seed_fixes_it_all(product: str) -> None:
    one, same = (Identity(product=product, seed=b"x") for _ in range(2))
    assert one == same and hash(one) == hash(same)
    other = Identity(product=product, seed=b"y")
    differing = {name for name in NAMES if getattr(one, name) != getattr(other, name)}
    assert differing == {"seed", "chip_id", "report_id", "measurement"}
    assert len(one.chip_id) == 64


def test_the_values_of_a_seed_stay() -> None:
    """Golden: whoever pinned something made from a seed finds it again in the next release."""
    known = Identity(seed=b"golden")
    assert known.chip_id.hex()[:16] == "c68848ab86dbbfb0"
    assert known.report_id.hex()[:16] == "989e1cb7a8a5600e"
    assert known.measurement.hex()[:16] == "2b4f6eba39f1d5b5"
    keys = Keyring(known)
    assert f"{keys.vcek.public_key().public_numbers().x:096x}"[:16] == "de6fecfb18d50746"
    assert f"{keys.vlek.public_key().public_numbers().x:096x}"[:16] == "a34101b140df133b"
    roots = hashlib.sha256(
        b"".join([keys.root("vcek"), keys.root("vlek"), keys.root("vmrk")])
    ).hexdigest()
    assert roots[:16] == "3a05c72248e2224a"


@pytest.mark.parametrize(
    ("given_", "follows"),
    [
        ({"current_tcb": {"snp": 1}}, {"committed_tcb", "reported_tcb", "launch_tcb"}),
        ({"committed_tcb": {"snp": 1}}, {"reported_tcb"}),
        ({"current_build": 9}, {"committed_build"}),
        ({"current_mit_vector": 9}, {"launch_mit_vector"}),
        ({"mask_chip_key": True}, {"mask_chip_id"}),
        ({"author_key_digest": "11" * 48}, {"author_key_en", "id_block_key"}),
        ({"id_key_digest": "11" * 48}, {"id_block_key"}),
    ],
    ids=lambda v: next(iter(v)),
)
def test_what_follows_from_what_is_given(given_: dict[str, Any], follows: set[str]) -> None:
    plain = Identity(seed=b"x")
    found = Identity.from_mapping({"seed": "x", **given_})
    differing = {name for name in NAMES if getattr(plain, name) != getattr(found, name)}
    assert differing == {*given_, *follows}


FORMS: list[tuple[str, object, str, object]] = [
    ("policy", {"smt": True, "debug": 1, "abi_minor": 31}, "policy", GuestPolicy(0xB001F)),
    ("policy", "0x3001f", "policy", GuestPolicy(0x3001F)),
    ("policy", 0x30000, "policy", GuestPolicy(0x30000)),
    ("platform_info", {"smt_en": True}, "platform_info", 1),
    ("guest_svn", "7", "guest_svn", 7),
    ("host_data", "AB " * 32, "host_data", b"\xab" * 32),
    ("host_data", bytearray(32), "host_data", bytes(32)),
    ("reported_tcb", {"snp": "0x17"}, "reported_tcb",
     TcbMilan.from_bits(boot_loader=10, snp=23, microcode=88)),
    ("reported_tcb", 5, "reported_tcb", TcbMilan(5)),
    ("cpuid", [{"eax_in": "0xd", "xss_in": 1, "eax": 5}], "cpuid",
     (CpuidFunction(eax_in=0xD, xss_in=1, eax=5),)),
    ("cpuid", [CpuidFunction(eax_in=7)], "cpuid", (CpuidFunction(eax_in=7),)),
    ("seed", "text \u00e9", "seed", "text \u00e9".encode()),
    ("seed", "00ff", "seed", b"00ff"),
    ("not_before", date(2025, 5, 1), "not_before", datetime(2025, 5, 1, tzinfo=UTC)),
    ("not_before", "2025-05-01", "not_before", datetime(2025, 5, 1, tzinfo=UTC)),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value", "name", "expected"), FORMS, ids=lambda v: str(v)[:20])
def test_forms_of_values(key: str, value: object, name: str, expected: object) -> None:
    found = getattr(Identity.from_mapping({key: value}), name)
    assert found == expected and type(found) is type(getattr(Identity(), name))


def test_single_parts_of_a_tcb_follow_too() -> None:
    found = Identity.from_mapping({"current_tcb": {"snp": 1}, "reported_tcb": {"microcode": 2}})
    assert (found.committed_tcb.snp, found.reported_tcb.snp) == (1, 1)
    assert (found.committed_tcb.microcode, found.reported_tcb.microcode) == (88, 2)
    assert found.reported_tcb.boot_loader == 10


def test_chip_ids_of_turin() -> None:
    short = Identity(product="turin", chip_id=b"\x01" * 8)
    assert short.chip_id == b"\x01" * 8 + bytes(56)
    assert Identity(product="turin", chip_id=short.chip_id).chip_id == short.chip_id


# What is given, the key at fault, and the beginning of the reason.
MISTAKES: list[tuple[dict[str, Any], str, str]] = [
    ({"prodct": "milan"}, "prodct", "there is no such key; did you mean 'product'?"),
    ({"vmpck0": "00"}, "vmpck0", "there is no such key"),
    ({"product": "millan"}, "product", "expected one of milan, genoa, turin; did you mean 'milan'"),
    ({"product": 3}, "product", "expected one of"),
    ({"report_version": 4}, "report_version", "expected one of 2, 3, 5"),
    ({"report_version": "5"}, "report_version", "expected one of 2, 3, 5"),
    ({"report_version": True}, "report_version", "expected one of 2, 3, 5"),
    ({"host_data": "00"}, "host_data", "expected 32 bytes (64 hexadecimal digits), got 1"),
    ({"host_data": "zz" * 32}, "host_data", "expected bytes as hexadecimal digits"),
    ({"host_data": 5}, "host_data", "expected bytes as hexadecimal digits, got int"),
    ({"guest_svn": -1}, "guest_svn", "expected a number of 32 bits"),
    ({"guest_svn": 1 << 32}, "guest_svn", "expected a number of 32 bits"),
    ({"guest_svn": True}, "guest_svn", "expected a number, got bool"),
    ({"guest_svn": 1.0}, "guest_svn", "expected a number, got float"),
    ({"guest_svn": "seven"}, "guest_svn", "expected a number, such as 48 or 0x30"),
    ({"vlek": 1}, "vlek", "expected true or false, got int"),
    ({"id_block_key": "auther"}, "id_block_key",
     "expected one of none, id, author; did you mean 'author'?"),
    ({"policy": {"debgu": True}}, "policy", "has no part 'debgu'; did you mean 'debug'?"),
    ({"policy": {"abi_minor": 256}}, "policy", "abi_minor is a number up to 255"),
    ({"policy": {"smt": 2}}, "policy", "smt is a number up to 1"),
    ({"policy": 1 << 64}, "policy", "expected a number of 64 bits"),
    ({"current_tcb": {"fmc": 1}}, "current_tcb", "has no part 'fmc'"),
    ({"current_tcb": [1]}, "current_tcb", "expected a number, got list"),
    ({"product": "turin", "current_tcb": TcbMilan(1)}, "current_tcb",
     "expected a tcb_turin, as turin has it"),
    ({"product": "milan", "current_tcb": TcbTurin(1)}, "current_tcb", "expected a tcb_milan"),
    ({"product": "turin", "chip_id": "11" * 64}, "chip_id", "a chip id of turin has 8 bytes"),
    ({"product": "turin", "chip_id": "11" * 9}, "chip_id", "expected 8 or 64 bytes for turin"),
    ({"product": "milan", "chip_id": "11" * 8}, "chip_id", "expected 64 bytes for milan, got 8"),
    ({"cpuid": {"eax_in": 1}}, "cpuid", "expected a list of CPUID functions, got dict"),
    ({"cpuid": [1]}, "cpuid", "function 0: expected fields by name, got int"),
    ({"cpuid": [{}, {"eax_inn": 1}]}, "cpuid",
     "function 1 has no 'eax_inn'; did you mean 'eax_in'?"),
    ({"cpuid": [{"eax": 1 << 32}]}, "cpuid", "function 0: eax is a number of 32 bits"),
    ({"cpuid": [{"eax_in": 7}, {"eax_in": 7, "xss_in": 1}]}, "cpuid",
     "leaf 0x7, sub-leaf 0x0 is given twice"),
    ({"csp_id": ""}, "csp_id", "expected 1 to 64 printable ASCII characters"),
    ({"csp_id": "\u00e9"}, "csp_id", "expected 1 to 64 printable ASCII characters"),
    ({"csp_id": 1}, "csp_id", "expected text, got int"),
    ({"not_before": "soon"}, "not_before", "expected a time such as 2026-01-01T00:00:00Z"),
    ({"not_before": "1999-12-31"}, "not_before", "expected a time from 2000 to 2100"),
    ({"not_before": 5}, "not_before", "expected a time such as"),
    ({"seed": ""}, "seed", "expected 1 to 1024 bytes, got 0"),
    ({"seed": 5}, "seed", "expected text or bytes, got int"),
    ({"seed": "\ud800" * 400}, "seed", "expected 1 to 1024 bytes, got 1200"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("given_", "key", "reason"), MISTAKES, ids=[f"{k}: {r}"[:50] for _, k, r in MISTAKES]
)
def test_mistakes(given_: dict[str, Any], key: str, reason: str) -> None:
    with pytest.raises(IdentityError) as caught:
        Identity.from_mapping(given_, path="my.toml")
    error = caught.value
    assert (error.path, error.key) == ("my.toml", key)
    assert error.reason.startswith(reason)
    assert str(error).startswith(f"my.toml: {key}: {reason}")
    known = key in NAMES and key != "seed"
    assert error.value == (given_[key] if known else None)
    assert isinstance(error, SnpformatError) and isinstance(error, ValueError)


def test_constructor_and_replace_raise_the_same() -> None:
    with pytest.raises(IdentityError, match="identity: guest_svn: expected a number of 32 bits"):
        Identity(guest_svn=1 << 32)
    with pytest.raises(IdentityError, match="identity: chip_id: a chip id of turin"):
        dataclasses.replace(Identity(product="milan"), product="turin")
    with pytest.raises(dataclasses.FrozenInstanceError):
        Identity().guest_svn = 1  # type: ignore[misc]


TOML = """
product = "milan"
report_version = 3
seed = "my test"
policy = {smt = true, debug = true}
not_before = 2025-05-01
guest_svn = 0x7

[reported_tcb]
snp = 23
"""


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    toml, js = tmp_path / "a.txt", tmp_path / "b.txt"  # told by the content, not by the name
    toml.write_text(TOML)
    js.write_bytes(b"\xef\xbb\xbf \n" + json.dumps({
        "product": "milan", "report_version": 3, "seed": "my test", "guest_svn": "0x7",
        "policy": {"smt": True, "debug": True}, "not_before": "2025-05-01",
        "reported_tcb": {"snp": 23},
    }).encode())  # fmt: skip
    found = Identity.load(toml)
    assert found == Identity.load(str(js))
    assert (found.seed, found.policy, found.guest_svn) == (b"my test", 0xB0000, 7)
    assert isinstance(found.reported_tcb, TcbMilan)
    assert (found.reported_tcb.snp, found.current_tcb.snp) == (23, 24)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "is not JSON"),
        (b'{"guest_svn": 1, "guest_svn": 2}', "is not JSON: the key 'guest_svn' is given twice"),
        (b'{"policy": {"smt": true, "smt": true}}', "is not JSON: the key 'smt' is given twice"),
        (b'{"guest_svn": ' + b"9" * 5000 + b"}", "is not JSON"),
        (b'{"a":' * 100_000, "is not JSON"),
        (b"product", "is not TOML"),
        (b"guest_svn = 1\nguest_svn = 2", "is not TOML"),
        (b"a = " + b"[" * 100_000, "is not TOML"),
        (b"\xff\xfe", "is not text in UTF-8"),
        (b"[1, 2]", "is not TOML"),
        (b"#" * (1 << 20) + b"#", "more than 1048576 bytes"),
        (None, "cannot be read: No such file or directory"),
    ],
    ids=lambda v: str(v)[:40],
)
def test_files_that_are_none(content: bytes | None, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "identity"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(IdentityError) as caught:
        Identity.load(path)
    assert str(caught.value).startswith(f"{path}: {reason}")
    assert caught.value.path == str(path) and len(str(caught.value)) < 400


def test_a_number_that_cannot_be_shown() -> None:
    with pytest.raises(IdentityError) as caught:
        Identity.from_mapping({"guest_svn": 10**5000})
    assert "expected a number of 32 bits (given: a int)" in str(caught.value)
    assert len(repr(caught.value)) < 100


@pytest.mark.parametrize("mapping", [None, [], "product", 5])
def test_what_is_no_mapping(mapping: Any) -> None:
    with pytest.raises(IdentityError, match="expected keys with values"):
        Identity.from_mapping(mapping)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(mapping=st.dictionaries(st.sampled_from(NAMES) | st.text(), ANYTHING, max_size=3))
def test_any_mapping_is_an_identity_or_an_error(mapping: dict[str, Any]) -> None:
    try:
        found = Identity.from_mapping(mapping)
    except IdentityError as error:
        assert str(error)  # noqa: PT017
    else:
        assert dataclasses.replace(found) == found


@given(content=st.binary(max_size=60) | st.text(max_size=60).map(lambda t: ("{" + t).encode()))
def test_any_file_is_an_identity_or_an_error(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    try:
        Identity.load(path)
    except IdentityError as error:
        assert error.path == str(path)  # noqa: PT017
