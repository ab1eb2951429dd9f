"""Derived keys of the software firmware: checks, and what matters to a key."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import struct
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode
from firmware_lab import KEY_REQ, PRODUCTS, Guest, key_request
from hypothesis import given, strategies as st

from snpformat.firmware import Identity, kdf, key
from snpformat.firmware.keys import Keyring
from snpformat.formats import MsgKeyRsp

LOADED, MASKED, DISABLED = {"vlek": True}, {"mask_chip_key": True}, {"vcek_dis": True}
SVN, TCB = 1 << 4, 1 << 5
MILAN = {
    "product": "milan",
    "guest_svn": 5,
    "committed_tcb": {"boot_loader": 4, "tee": 0, "snp": 24, "microcode": 219},
}
TURIN = {
    "product": "turin",
    "committed_tcb": {"fmc": 1, "boot_loader": 2, "tee": 3, "snp": 4, "microcode": 5},
}


def tcb(text: str) -> int:
    return int.from_bytes(bytes.fromhex(text), "little")


# VMPCK; the identity; the request; STATUS.
CHECKS: list[tuple[str, int, dict[str, Any], dict[str, Any], int]] = [
    ("a key", 0, {}, {}, 0),
    ("all of v1 selected", 0, {}, {"select": 0x3F}, 0),
    ("bit 3 beside key_sel", 0, {}, {"root": 8}, 0x16),
    ("bit 31 beside key_sel", 0, {}, {"root": 1 << 31}, 0x16),
    ("the reserved word", 0, {}, {"rest": 1}, 0x16),
    ("key_sel 0, VLEK loaded", 0, LOADED, {"root": 0}, 0),
    ("key_sel 1", 0, LOADED, {"root": 1 << 1}, 0),
    ("key_sel 2", 0, LOADED, {"root": 2 << 1}, 0),
    ("key_sel 2 without VLEK", 0, {}, {"root": 2 << 1}, 0x27),
    ("key_sel 3", 0, LOADED, {"root": 3 << 1}, 0x27),
    ("key_sel 0, no VCEK", 0, DISABLED, {"root": 0}, 0x27),
    ("key_sel 1, no VCEK", 0, DISABLED | LOADED, {"root": 1 << 1}, 0x27),
    ("key_sel 0, no VCEK but a VLEK", 0, DISABLED | LOADED, {"root": 0}, 0),
    ("masked", 0, MASKED, {"root": 0}, 0x27),
    ("masked, though a VLEK is loaded", 0, MASKED | LOADED, {"root": 2 << 1}, 0x27),
    ("VMRK", 0, {}, {"root": 1}, 0),
    ("VMRK, masked", 0, MASKED, {"root": 1}, 0),
    ("VMRK ignores key_sel 3", 0, {}, {"root": 1 | 3 << 1}, 0),
    ("VMRK ignores key_sel 2 without VLEK", 0, {}, {"root": 1 | 2 << 1}, 0),
    ("vmpl above the caller's", 1, {}, {"vmpl": 3}, 0),
    ("vmpl below the caller's", 2, {}, {"vmpl": 1}, 0x16),
    ("vmpl 4", 0, {}, {"vmpl": 4}, 0x16),
    ("field 6, of version 2", 0, {}, {"select": 1 << 6}, 0x16),
    ("field 63", 0, {}, {"select": 1 << 63}, 0x16),
    ("guest_svn as the guest's", 0, MILAN, {"select": SVN, "svn": 5}, 0),
    ("guest_svn above the guest's", 0, MILAN, {"select": SVN, "svn": 6}, 0x16),
    ("guest_svn above, not selected", 0, MILAN, {"svn": 6}, 0),
    ("tcb as committed", 0, MILAN, {"select": TCB, "tcb": tcb("04000000000018db")}, 0),
    ("tcb below, though greater as a number", 0, MILAN,
     {"select": TCB, "tcb": tcb("04000000000018da")}, 0),
    ("tcb, boot_loader above", 0, MILAN, {"select": TCB, "tcb": tcb("0500000000000000")}, 0x16),
    ("tcb, tee above", 0, MILAN, {"select": TCB, "tcb": tcb("0001000000000000")}, 0x16),
    ("tcb, snp above", 0, MILAN, {"select": TCB, "tcb": tcb("0000000000001900")}, 0x16),
    ("tcb, microcode above", 0, MILAN, {"select": TCB, "tcb": tcb("00000000000000dc")}, 0x16),
    ("tcb, reserved byte", 0, MILAN, {"select": TCB, "tcb": tcb("0000010000000000")}, 0x16),
    ("tcb above, not selected", 0, MILAN, {"tcb": 2**64 - 1}, 0),
    ("tcb of Turin as committed", 0, TURIN, {"select": TCB, "tcb": tcb("0102030400000005")}, 0),
    ("tcb of Turin, fmc above", 0, TURIN, {"select": TCB, "tcb": tcb("0202030400000005")}, 0x16),
    ("tcb of Turin, reserved byte", 0, TURIN, {"select": TCB, "tcb": tcb("0102030401000005")},
     0x16),
    ("reserved before key", 0, {}, {"root": 3 << 1, "rest": 1}, 0x16),
    ("key before vmpl", 3, {}, {"root": 3 << 1, "vmpl": 0}, 0x27),
    ("key before field select", 0, {}, {"root": 3 << 1, "select": 1 << 40}, 0x27),
    ("masked before guest_svn", 0, MASKED, {"select": SVN, "svn": 9}, 0x27),
]  # fmt: skip


@pytest.mark.parametrize(
    ("vmpck", "identity", "request_", "status"),
    [pytest.param(*case, id=f"F8 {name}") for name, *case in CHECKS],
)
def test_checks(
    vmpck: int, identity: dict[str, Any], request_: dict[str, Any], status: int
) -> None:
    guest = Guest(vmpck, **identity)
    answer = guest.ask(KEY_REQ, key_request(**{"vmpl": vmpck, **request_}))
    found = MsgKeyRsp.parse(answer, reserved="reject")
    assert len(answer) == 0x40 and found.status == status
    assert any(found.derived_key) is (status == 0)
    assert guest.firmware.message_counts[vmpck] == 2


def by_hand(identity: Identity, root: int, select: int, vmpl: int, svn: int, tcb: int) -> bytes:
    """The key by section 6 of the reference, written once more."""
    ring = Keyring(identity)
    which = "vmrk" if root & 1 else ("vcek", "vcek", "vlek")[root >> 1]
    if not root & 1 and root >> 1 == 0 and identity.vlek:
        which = "vlek"
    number = ["none", "id", "author"].index(identity.id_block_key)
    mix = struct.pack("<II", root & 1 | number << 1, 0) + struct.pack("<QI", select, vmpl)
    mix += struct.pack("<I", svn) if select & 0x10 else bytes(4)
    mix += struct.pack("<Q", tcb) if select & 0x20 else bytes(8)
    mix += struct.pack("<Q", identity.policy) if select & 1 else bytes(8)
    mix += identity.image_id if select & 2 else bytes(16)
    mix += identity.family_id if select & 4 else bytes(16)
    mix += identity.measurement[:32] if select & 8 else bytes(32)
    mix += identity.host_data
    mix += [bytes(48), identity.id_key_digest, identity.author_key_digest][number][:32]
    assert len(mix) == 0xA8
    data = b"\1\0\0\0" + b"gmsg-keyreq" + b"\0" + mix + b"\0\1\0\0"
    return hmac.new(ring.root(which), data, hashlib.sha256).digest()  # type: ignore[arg-type]


IDENTITIES = st.fixed_dictionaries(
    {
        "product": st.sampled_from(PRODUCTS),
        "seed": st.binary(min_size=1, max_size=8),
        "policy": st.integers(0, 2**64 - 1),
        "guest_svn": st.integers(0, 2**32 - 1),
        "image_id": st.binary(min_size=16, max_size=16),
        "family_id": st.binary(min_size=16, max_size=16),
        "measurement": st.binary(min_size=48, max_size=48),
        "host_data": st.binary(min_size=32, max_size=32),
        "id_key_digest": st.binary(min_size=48, max_size=48),
        "author_key_digest": st.binary(min_size=48, max_size=48),
        "id_block_key": st.sampled_from(["none", "id", "author"]),
        "vlek": st.booleans(),
    }
)


@given(
    identity=IDENTITIES,
    root=st.sampled_from([0, 1, 2]),
    select=st.integers(0, 0x3F),
    vmpl=st.integers(0, 3),
    data=st.data(),
)
def test_the_key_is_what_the_reference_says(
    identity: dict[str, Any], root: int, select: int, vmpl: int, data: st.DataObject
) -> None:
    known = Identity(**identity)
    svn = data.draw(st.integers(0, known.guest_svn))
    committed = known.committed_tcb
    parts = {n: data.draw(st.integers(0, most)) for n, most in committed.to_names().items()}
    tcb = int(type(committed).from_bits(**parts))
    payload = key_request(root, select, vmpl, svn, tcb)
    answer = key.answer(known, Keyring(known), 0, payload)
    assert answer[:0x20] == bytes(0x20)
    assert answer[0x20:] == by_hand(known, root, select, vmpl, svn, tcb)


def flipped(raw: bytes) -> bytes:
    return bytes([raw[0] ^ 1]) + raw[1:]


BASE = Identity(
    product="milan", seed=b"base", guest_svn=9, host_data=b"h" * 32, id_key_digest=b"k" * 48,
    author_key_digest=b"a" * 48, author_key_en=True, id_block_key="id", vlek=True,
)  # fmt: skip

# What a change of the guest or the request must do to a key: the bit that selects it, or always.
ALWAYS, NEVER = 0, -1
CHANGES: list[tuple[str, int, dict[str, Any], dict[str, Any]]] = [
    ("policy", 1 << 0, {"policy": 0x3001F}, {}),
    ("image_id", 1 << 1, {"image_id": b"I" * 16}, {}),
    ("family_id", 1 << 2, {"family_id": b"F" * 16}, {}),
    ("measurement", 1 << 3, {"measurement": flipped(BASE.measurement)}, {}),
    ("guest_svn asked for", 1 << 4, {}, {"svn": 8}),
    ("tcb_version asked for", 1 << 5, {}, {"tcb": 1}),
    ("vmpl", ALWAYS, {}, {"vmpl": 1}),
    ("host_data", ALWAYS, {"host_data": b"H" * 32}, {}),
    ("id key", ALWAYS, {"id_key_digest": flipped(BASE.id_key_digest)}, {}),
    ("id key select", ALWAYS, {"id_block_key": "none"}, {}),
    ("author key instead", ALWAYS, {"id_block_key": "author"}, {}),
    ("root key", ALWAYS, {}, {"root": 1}),
    ("key_sel", ALWAYS, {}, {"root": 1 << 1}),
    ("reported TCB", ALWAYS, {"reported_tcb": {"snp": 1}}, {}),
    ("provider of the VLEK", ALWAYS, {"csp_id": "CN=other"}, {}),
    ("seed", ALWAYS, {"seed": b"other"}, {}),
    ("author key while the id key counts", NEVER, {"author_key_digest": b"A" * 48}, {}),
    ("measurement behind 32 bytes", NEVER, {"measurement": BASE.measurement[:-1] + b"\0"}, {}),
    ("id key behind 32 bytes", NEVER, {"id_key_digest": BASE.id_key_digest[:-1] + b"\0"}, {}),
    ("the guest's own guest_svn", NEVER, {"guest_svn": 99}, {}),
    ("chip under a VLEK", NEVER, {"chip_id": b"c" * 64}, {}),
    ("report_id under a VLEK", NEVER, {"report_id": b"r" * 32}, {}),
    ("debris: platform_info, versions", NEVER, {"platform_info": 1, "current_build": 1}, {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("bit", "guest", "request_"), [pytest.param(*case, id=name) for name, *case in CHANGES]
)
@given(select=st.integers(0, 0x3F))
def test_what_is_selected_matters_and_nothing_else(
    bit: int, guest: dict[str, Any], request_: dict[str, Any], select: int
) -> None:
    def derived(identity: Identity, **request: Any) -> bytes:
        answer = key.answer(identity, Keyring(identity), 0, key_request(select=select, **request))
        assert answer[:4] == bytes(4)
        return answer[0x20:]

    before = derived(BASE)
    after = derived(dataclasses.replace(BASE, **guest), **request_)
    matters = bit == ALWAYS or (bit > 0 and bool(select & bit))
    assert (before != after) is matters


@given(one=st.integers(0, 0x3F), other=st.integers(0, 0x3F))
def test_field_select_itself_matters(one: int, other: int) -> None:
    keys = {key.answer(BASE, Keyring(BASE), 0, key_request(select=s)) for s in (one, other)}
    assert len(keys) == len({one, other})


@pytest.mark.parametrize(
    ("root", "change", "matters"),
    [
        (2, {"chip_id": b"c" * 64}, True),
        (2, {"csp_id": "CN=other"}, False),
        (1, {"chip_id": b"c" * 64}, False),
        (1, {"report_id": b"r" * 32}, True),
        (1, {"reported_tcb": {"snp": 1}}, False),
    ],
    ids=["VCEK, chip", "VCEK, provider", "VMRK, chip", "VMRK, guest", "VMRK, TCB"],
)
def test_what_a_root_key_depends_on(root: int, change: dict[str, Any], matters: bool) -> None:
    changed = dataclasses.replace(BASE, **change)
    keys = {key.answer(i, Keyring(i), 0, key_request(root)) for i in (BASE, changed)}
    assert (len(keys) == 2) is matters


def test_the_seed_fixes_derived_keys_through_the_whole_firmware() -> None:
    answers = {Guest(seed="one").ask(KEY_REQ, key_request(select=0x3F)) for _ in range(2)}
    assert len(answers) == 1
    assert Guest(seed="two").ask(KEY_REQ, key_request(select=0x3F)) not in answers


@given(
    root=st.binary(min_size=1, max_size=64),
    label=st.binary(min_size=1, max_size=20),
    context=st.binary(max_size=200),
    size=st.integers(1, 255 * 32),
)
def test_the_kdf_agrees_with_another_implementation(
    root: bytes, label: bytes, context: bytes, size: int
) -> None:
    """cryptography counts big-endian; a byte and three zeros are a little-endian counter."""
    fixed = bytes(3) + label + b"\0" + context + struct.pack("<I", 8 * size)
    other = KBKDFHMAC(
        hashes.SHA256(), Mode.CounterMode, size, 1, None, CounterLocation.BeforeFixed, None, None,
        fixed,
    )  # fmt: skip
    assert kdf.derive(root, label, context, size) == other.derive(root)


@pytest.mark.parametrize("size", [-1, 0, 0x10000])
def test_the_kdf_refuses_sizes(size: int) -> None:
    with pytest.raises(ValueError, match="derived key"):
        kdf.derive(b"k", b"l", b"", size)
