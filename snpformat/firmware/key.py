"""MSG_KEY_REQ: a key that only this guest, on this chip, can get again.

Order of the checks, and their STATUS, as in AMD's firmware 1.55.25: reserved bits (0x16), masked
chip key and key_sel (0x27), then VMPL, field select, TCB_VERSION and GUEST_SVN (0x16 each). One is
stricter here: a VMPL above 3 has no meaning and gives 0x16.

Message version 2, with the mitigation vector, is not known to that firmware, nor here.
"""

from __future__ import annotations

from struct import Struct

from ..formats import MsgKeyReq, MsgKeyRsp, MsgStatus
from . import kdf
from .keys import choose
from .payload import fitted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .identity import Identity
    from .keys import Keyring
    from .products import Tcb

_LABEL = b"gmsg-keyreq"
_RESERVED = slice(4, 8)  # of the request
_FIELD_SELECT_V1 = 0x3F  # bit 6, the mitigation vector, came with message version 2

# What is mixed into a key; 0xa8 bytes, little-endian, packed: root key (bit 0) and ID block key
# (bits 2:1), reserved, field select, vmpl, guest_svn, tcb_version, policy, image_id, family_id,
# measurement, host_data, digest of the ID block key. Of the digests only the first 32 bytes count.
_pack_mix = Struct("<I4xQIIQQ16s16s32s32s32s").pack

_ID_BLOCK_KEYS = {"none": 0, "id": 1, "author": 2}


def answer(identity: Identity, keys: Keyring, vmpck: int, payload: bytes) -> bytes:
    """The payload of MSG_KEY_RSP to one that came under VMPCK number `vmpck`.

    With another STATUS than success the key is zeros.
    """
    raw = fitted(payload, MsgKeyReq.SIZE)
    request = MsgKeyReq.parse(raw)
    root = request.root_key_select
    if root != root.settled() or any(raw[_RESERVED]):
        return MsgKeyRsp(status=MsgStatus.INVALID_PARAMETER).build()
    if root.root_key_select:
        root_key = keys.root("vmrk")
    else:
        chosen = choose(identity, root.key_sel)
        if identity.mask_chip_key or chosen is None:  # masked: even where a VLEK is loaded
            return MsgKeyRsp(status=MsgStatus.INVALID_KEY).build()
        root_key = keys.root(chosen)
    if not _is_granted(identity, vmpck, request):
        return MsgKeyRsp(status=MsgStatus.INVALID_PARAMETER).build()
    key = kdf.derive(root_key, _LABEL, _mix(identity, request), 32)
    return MsgKeyRsp(derived_key=key).build()


def _is_granted(identity: Identity, vmpck: int, request: MsgKeyReq) -> bool:
    """Whether the guest may have what it names; what it does not select is not looked at."""
    select = request.guest_field_select
    if not vmpck <= request.vmpl <= 3:
        return False
    if select & ~_FIELD_SELECT_V1:
        return False
    if select.tcb_version and not _at_most(request.tcb_version, identity.committed_tcb):
        return False
    return not (select.guest_svn and request.guest_svn > identity.guest_svn)


def _at_most(number: int, limit: Tcb) -> bool:
    """Whether reserved bytes are zero and no part is above that of `limit`."""
    tcb = type(limit)(number)
    parts = limit.to_names()
    return tcb == tcb.settled() and all(
        part <= parts[name] for name, part in tcb.to_names().items()
    )


def _mix(identity: Identity, request: MsgKeyReq) -> bytes:
    """What the key depends on besides the root key; all that is not selected is zero."""
    select = request.guest_field_select
    digest = {"none": b"", "id": identity.id_key_digest, "author": identity.author_key_digest}
    block_key = identity.id_block_key
    return _pack_mix(
        request.root_key_select.root_key_select | _ID_BLOCK_KEYS[block_key] << 1,
        select,
        request.vmpl,
        request.guest_svn if select.guest_svn else 0,
        request.tcb_version if select.tcb_version else 0,
        identity.policy if select.policy else 0,
        identity.image_id if select.image_id else b"",
        identity.family_id if select.family_id else b"",
        identity.measurement[:32] if select.measurement else b"",
        identity.host_data,
        digest[block_key][:32],
    )
