"""Seal and open one guest message: AES-256-GCM between a guest and its secure processor.

A message is one 4096-byte page: header, sealed payload, zeros. The IV is the sequence number, so a
key must never seal two payloads under one number; this module cannot know that, and leaves it to
``channel`` and ``firmware``. Nothing here keeps state but the key.

Of the bytes of a page nothing vouches for these: the spare half of the tag field (0x10 to 0x1F),
the reserved bytes behind the sequence number (0x28 to 0x2F), and all that follows the payload.
Nobody may act on what they hold. All others are authenticated, the sequence number as the IV.

Sources: abi tables 100 and 101 (revision 1.58); Linux drivers/virt/coco/sev-guest.
"""

from __future__ import annotations

from functools import lru_cache
from struct import Struct, error as struct_error

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import AuthenticationError, FormatError, LocalError, without_frames
from .fields import type_name
from .formats.msg_hdr import AeadAlgo, MsgHdr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .wire import Buffer

PAGE_SIZE = 4096
KEY_SIZE = 32
PAYLOAD_MAX = PAGE_SIZE - MsgHdr.SIZE

# Bound once: they are looked up for every message.
_HEADER_SIZE = MsgHdr.SIZE
_AES_256_GCM = AeadAlgo.AES_256_GCM
_TAG = slice(*MsgHdr.SPANS["tag"])
_AAD = slice(*MsgHdr.SPANS["aad"])
_SEQNO = slice(MsgHdr.field("msg_seqno").offset, MsgHdr.field("msg_seqno").end)
_LAST_16, _BUT_LAST_16 = slice(-16, None), slice(-16)  # tag and ciphertext, as they are made
# The IV: sequence number, little-endian as in the header, and four zero bytes.
_pack_iv = Struct("<Q4x").pack
_IV_END = bytes(4)


class Aead:
    """One VMPCK as a cipher."""

    __slots__ = ("_decrypt", "_encrypt")

    def __init__(self, key: Buffer) -> None:
        """Take a key of 32 bytes. Raises LocalError for another length or an empty key (zeros)."""
        try:
            cipher = AESGCM(_key_bytes(key))
        except LocalError as error:
            del key  # of errors nobody shall find it in this frame
            raise without_frames(error) from None
        # Kept: making one costs more than sealing a message
        self._encrypt = cipher.encrypt
        self._decrypt = cipher.decrypt

    def seal(
        self,
        payload: bytes,
        *,
        msg_type: int,
        msg_seqno: int,
        msg_vmpck: int = 0,
        msg_version: int = 1,
    ) -> bytes:
        """The page of 4096 bytes that carries `payload`.

        Args:
            payload: 1 to 4000 bytes.
            msg_type: what the payload is.
            msg_seqno: also the IV; never used before under this key, with another payload.
            msg_vmpck: which of the four keys this is.
            msg_version: version of the payload's form.

        Raises:
            LocalError: for a payload that is empty or does not fit, or an unfit number.
        """
        try:
            gap, rest, aad = frame(msg_type, msg_version, len(payload), msg_vmpck)
            iv = _pack_iv(msg_seqno)
            sealed = self._encrypt(iv, payload, aad)
        except struct_error:
            raise LocalError(f"msg_seqno {msg_seqno!r} is no number of 64 bits") from None
        except TypeError:
            raise LocalError("expected a payload of bytes, and numbers for its header") from None
        return b"".join((sealed[_LAST_16], gap, iv[:8], rest, sealed[_BUT_LAST_16])).ljust(
            PAGE_SIZE, b"\0"
        )

    def open(self, page: Buffer) -> tuple[MsgHdr, bytes]:
        """The header and the payload of a message, which may be followed by other bytes.

        The page is copied before it is looked at. The header's bytes are authenticated as they
        came, reserved ones included; what its fields say is for the caller to judge, but for what
        decides how it is opened.

        Raises:
            FormatError: for a page that holds no message: cut short, another algorithm, header
                version or size, or a payload that the page cannot hold.
            AuthenticationError: when tag, key, sequence number, header and payload do not agree.
        """
        raw = page if type(page) is bytes else _copy(page)
        header = MsgHdr.parse(raw[:_HEADER_SIZE])
        size = header.msg_size
        end = _HEADER_SIZE + size
        if header.algo != _AES_256_GCM:
            raise _refusal("algo", header.algo, "is not AES-256-GCM")
        if size == 0 or end > len(raw):
            raise _refusal("msg_size", size, f"the page has {len(raw) - _HEADER_SIZE} bytes for it")
        try:
            sealed = raw[_HEADER_SIZE:end] + raw[_TAG]
            return header, self._decrypt(raw[_SEQNO] + _IV_END, sealed, raw[_AAD])
        except InvalidTag:
            raise AuthenticationError(
                "the message was changed, or sealed with another key or sequence number"
            ) from None

    def __repr__(self) -> str:
        return "<Aead>"  # never the key


def _key_bytes(key: Buffer) -> bytes:
    try:
        raw = bytes(memoryview(key))
    except (TypeError, ValueError):  # or a view that was released
        raise LocalError(f"expected the bytes of a VMPCK, got {type_name(key)}") from None
    if len(raw) != KEY_SIZE:
        raise LocalError(f"a VMPCK has {KEY_SIZE} bytes, not {len(raw)}")
    if not any(raw):
        raise LocalError("a VMPCK of zeros is no key")
    return raw


def _copy(page: Buffer) -> bytes:
    try:
        return bytes(memoryview(page))
    except (TypeError, ValueError):  # or a view that was released
        reason = f"expected the bytes of a page, got {type_name(page)}"
        raise FormatError(MsgHdr.NAME, None, None, None, reason) from None


@lru_cache(maxsize=64, typed=True)  # typed: 5.0 is no message type, though it equals one
def frame(
    msg_type: int, msg_version: int, msg_size: int, msg_vmpck: int
) -> tuple[bytes, bytes, bytes]:
    """The header of a message with a payload of `msg_size` bytes, but for tag and sequence number.

    Returns the bytes between these two, those behind them, and which of all are authenticated. They
    are kept: one side sends few different headers, and making one costs as much as sealing. Raises
    LocalError for what `Aead.seal` does not take; so it also tells beforehand.
    """
    if not 0 < msg_size <= PAYLOAD_MAX:
        raise LocalError(f"a payload has 1 to {PAYLOAD_MAX} bytes, not {msg_size}")
    try:
        raw = MsgHdr(
            msg_type=msg_type, msg_version=msg_version, msg_size=msg_size, msg_vmpck=msg_vmpck
        ).build()
    except FormatError as error:
        raise LocalError(str(error)) from None
    return raw[_TAG.stop : _SEQNO.start], raw[_SEQNO.stop :], raw[_AAD]


def _refusal(name: str, value: int, reason: str) -> FormatError:
    return FormatError(MsgHdr.NAME, name, MsgHdr.field(name).offset, value, reason)
