"""A guest written by hand, to judge the software firmware with: offsets and AES-GCM, no codec."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from snpformat.errors import MailboxError
from snpformat.firmware import Firmware, Identity

PAGE = 4096
HEADER = 0x60
CPUID_REQ, KEY_REQ, REPORT_REQ, TSC_INFO_REQ = 1, 3, 5, 17
PRODUCTS = ("milan", "genoa", "turin")
VMPCKS = [bytes([n + 1]) * 32 for n in range(4)]


def message(
    key: bytes,
    payload: bytes,
    *,
    msg_type: int,
    seqno: int,
    vmpck: int = 0,
    version: int = 1,
    algo: int = 1,
    hdr_version: int = 1,
    hdr_size: int = 0x60,
    size: int | None = None,
    reserved: bytes = bytes(35),
) -> bytes:
    """Header and sealed payload, without the rest of the page; anything in it may be wrong."""
    size = len(payload) if size is None else size
    aad = struct.pack("<BBHBBHIB35s", algo, hdr_version, hdr_size, msg_type, version, size, 0,
                      vmpck, reserved)  # fmt: skip
    sealed = AESGCM(key).encrypt(struct.pack("<QI", seqno, 0), payload, aad)
    return sealed[-16:] + bytes(16) + struct.pack("<QQ", seqno, 0) + aad + sealed[:-16]


def paged(message: bytes, offset: int = 0) -> bytes:
    """A page with the message at `offset`, cut where the page ends."""
    return (bytes(offset) + message)[:PAGE].ljust(PAGE, b"\0")


def opened(key: bytes, page: bytes, offset: int = 0) -> bytes:
    """The payload of a response. Raises InvalidTag."""
    (size,) = struct.unpack_from("<H", page, offset + 0x36)
    (seqno,) = struct.unpack_from("<Q", page, offset + 0x20)
    body = page[offset + HEADER : offset + HEADER + size]
    aad = page[offset + 0x30 : offset + HEADER]
    return AESGCM(key).decrypt(struct.pack("<QI", seqno, 0), body + page[offset : offset + 16], aad)


class Guest:
    """A firmware with known VMPCKs, and a guest that counts as it should."""

    def __init__(self, vmpck: int = 0, **identity: Any) -> None:
        known = Identity.from_mapping({"seed": "tests", **identity})
        self.firmware = Firmware(known, insecure_vmpcks=VMPCKS)
        self.vmpck = vmpck
        self.seqno = 1

    def ask(self, msg_type: int, payload: bytes) -> bytes:
        """The payload of the response."""
        key = VMPCKS[self.vmpck]
        request = message(key, payload, msg_type=msg_type, seqno=self.seqno, vmpck=self.vmpck)
        page = self.firmware.handle(paged(request))
        self.seqno += 2
        return opened(key, page)

    def refusal(self, msg_type: int, payload: bytes) -> int:
        """The code of the mailbox error that must come."""
        try:
            self.ask(msg_type, payload)
        except MailboxError as error:
            return error.code
        raise AssertionError("the firmware answered")


def report_request(
    report_data: bytes = b"\x5a" * 64, vmpl: int = 0, key_sel: int = 0, rest: bytes = bytes(24)
) -> bytes:
    return struct.pack("<64sII24s", report_data, vmpl, key_sel, rest)


def key_request(
    root: int = 0, select: int = 0, vmpl: int = 0, svn: int = 0, tcb: int = 0, rest: int = 0
) -> bytes:
    return struct.pack("<IIQIIQ", root, rest, select, vmpl, svn, tcb)


def openssl(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The judge of certificates and signatures; a test that needs it skips where it is missing."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, check=False
    )
