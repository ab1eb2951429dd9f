"""What the software firmware keeps to itself: its keys, its numbers, its process."""

from __future__ import annotations

import copy
import os
import pickle
import struct
import subprocess
import sys
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from firmware_lab import (
    KEY_REQ,
    PAGE,
    PRODUCTS,
    REPORT_REQ,
    VMPCKS,
    Guest,
    key_request,
    message,
    paged,
    report_request,
)

from snpformat.aead import Aead
from snpformat.errors import LocalError, MailboxError, SnpformatError
from snpformat.firmware import Firmware, Identity
from snpformat.formats import SecretsPage


def good(**changes: Any) -> bytes:
    """A request for a report."""
    return message(VMPCKS[0], report_request(), msg_type=REPORT_REQ, **{"seqno": 1, **changes})


def test_it_does_not_work_in_a_forked_process() -> None:
    """The child has the same keys and counts: its answers would have the parent's numbers."""
    firmware = Guest().firmware
    child = os.fork()
    if child == 0:
        refused = 0
        for use in (
            lambda: firmware.handle(paged(good())),
            lambda: firmware.message_counts,
            lambda: firmware.certificates,
        ):
            try:
                use()
            except LocalError as error:
                refused += "belongs to the process that this one was forked from" in str(error)
        os._exit(refused)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 3
    assert len(firmware.handle(paged(good()))) == PAGE


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, pickle.dumps])
def test_it_cannot_be_copied(how: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match="copied"):
        how(Guest().firmware)


@pytest.mark.parametrize(
    "vmpcks",
    [
        [],
        VMPCKS[:3],
        [*VMPCKS, b"5" * 32],
        [*VMPCKS[:3], b"short"],
        [*VMPCKS[:3], bytes(32)],
        [*VMPCKS[:3], VMPCKS[0]],
        [*VMPCKS[:3], 32],
        [*VMPCKS[:3], "k" * 32],
    ],
    ids=["none", "three", "five", "short", "zeros", "one twice", "a number", "text"],
)
def test_vmpcks_that_are_none(vmpcks: list[Any]) -> None:
    with pytest.raises(LocalError) as caught:
        Firmware(insecure_vmpcks=vmpcks)
    assert VMPCKS[0].hex() not in str(caught.value)


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize(("report_version", "page_version"), [(2, 3), (3, 3), (5, 4)])
def test_the_secrets_page(product: str, report_version: int, page_version: int) -> None:
    guest = Guest(product=product, report_version=report_version, tsc_factor=123)
    for vmpl in range(4):
        page = guest.firmware.secrets_page(vmpl)
        raw = page.build()
        assert SecretsPage.parse(raw, reserved="reject").build() == raw
        assert page.version == page_version
        keys = [raw[0x20 + 32 * n :][:32] for n in range(4)]
        assert keys == [bytes(32) if n < vmpl else key for n, key in enumerate(VMPCKS)]
        assert not any(raw[0xA0:0x100])  # counts of zero
        assert struct.unpack_from("<I", raw, 0x160) == (123,)
        vector = (guest.firmware.identity.launch_mit_vector,) if page_version == 4 else (0,)
        assert struct.unpack_from("<Q", raw, 0x168) == vector
    fms = {"milan": 0x00A00F11, "genoa": 0x00A10F11, "turin": 0x00B00F21}[product]
    assert page.fms == fms


@pytest.mark.parametrize("vmpl", [-1, 4, None, "0"])
def test_there_is_no_such_vmpl(vmpl: Any) -> None:
    with pytest.raises(LocalError, match="VMPL"):
        Guest().firmware.secrets_page(vmpl)


def test_certificates_cost_nothing_until_they_are_asked_for() -> None:
    code = (
        "import sys; from snpformat.firmware import Firmware; Firmware().secrets_page();"
        "assert 'cryptography.x509' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_seed_never_fixes_a_vmpck() -> None:
    pages = [Firmware(Identity(seed=b"one")).secrets_page() for _ in range(3)]
    keys = {getattr(page, f"vmpck{n}") for page in pages for n in range(4)}
    assert len(keys) == 12 and all(any(key) for key in keys)


def test_nothing_secret_is_shown() -> None:
    seed = b"the seed of this"
    guest = Guest(seed=seed, vlek=True)
    firmware = guest.firmware
    key = guest.ask(KEY_REQ, key_request())[0x20:]
    secrets = [
        *VMPCKS,
        key,
        seed,
        *(firmware._keys.root(w) for w in ("vcek", "vmrk")),
    ]
    shown_objects = (
        firmware, firmware.identity, firmware.secrets_page(), firmware.certificates,
        firmware._keys, firmware._aeads,
    )  # fmt: skip
    texts = [*map(repr, shown_objects), *map(str, shown_objects)]
    for use in (
        lambda: firmware.handle(paged(b"\x01" + good()[1:])),
        lambda: firmware.handle(paged(good(seqno=99))),
        lambda: Firmware(insecure_vmpcks=[*VMPCKS[:3], VMPCKS[0]]),
        lambda: Identity(seed=b""),
        lambda: Identity(seed=seed * 100),
    ):
        try:
            use()
        except SnpformatError as error:
            texts += [str(error), repr(error), "".join(traceback.format_exception(error))]
    shown = "\n".join(texts)
    for secret in secrets:
        for spelling in (secret.hex(), repr(secret)[2:-1], str([*secret])[1:-1]):
            assert spelling not in shown


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("after", [False, True], ids=["before it sealed", "behind it"])
def test_what_was_interrupted_uses_its_number(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException], after: bool
) -> None:
    """Whether the answer was sealed nobody knows, so nothing else is under that number."""
    firmware = Guest().firmware
    sealed: list[tuple[int, bytes]] = []
    genuine = Aead.seal

    def seal(self: Aead, payload: bytes, **header: Any) -> bytes:
        if not sealed and not after:
            sealed.append((header["msg_seqno"], b"unknown"))
            raise error
        page = genuine(self, payload, **header)
        sealed.append((header["msg_seqno"], payload))
        if len(sealed) == 1:
            raise error
        return page

    monkeypatch.setattr(Aead, "seal", seal)
    with pytest.raises(error):
        firmware.handle(paged(good()))
    assert firmware.message_counts[0] == 2
    with pytest.raises(MailboxError, match="F5"):
        firmware.handle(paged(good()))
    assert len(firmware.handle(paged(good(seqno=3)))) == PAGE
    assert [number for number, _ in sealed] == [2, 4]


def test_a_signal_handler_that_asks() -> None:
    """In the middle of an answer it is refused, and does not wait for itself."""
    firmware = Guest().firmware
    told: list[str] = []

    class Reentrant(type(firmware._keys)):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> Any:
            if not told:
                told.append("")
                for use in (
                    lambda: firmware.handle(paged(good())), lambda: firmware.message_counts,
                    lambda: firmware.certificates,
                ):  # fmt: skip
                    with pytest.raises(LocalError, match="signal handler"):
                        use()
                    told.append("refused")
            return super().__getattribute__(name)

    object.__setattr__(firmware, "_keys", Reentrant(firmware.identity))
    told.clear()
    assert len(firmware.handle(paged(good()))) == PAGE
    assert told == ["", *["refused"] * 3]
    assert firmware.message_counts[0] == 2
