"""MSG_TSC_INFO_REQ: what a guest with Secure TSC computes its time from."""

from __future__ import annotations

from ..formats import MsgStatus, MsgTscInfoReq, MsgTscInfoRsp
from .payload import fitted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .identity import Identity
    from .keys import Keyring


def answer(identity: Identity, keys: Keyring, vmpck: int, payload: bytes) -> bytes:
    """The payload of MSG_TSC_INFO_RSP.

    A request of 128 zeros is all there is; no source says what firmware does with another. Here it
    gets STATUS 0x16, as reserved bits of other messages do, and no parameters.
    """
    if any(fitted(payload, MsgTscInfoReq.SIZE)):
        return MsgTscInfoRsp(status=MsgStatus.INVALID_PARAMETER).build()
    return MsgTscInfoRsp(
        tsc_scale=identity.tsc_scale,
        tsc_offset=identity.tsc_offset,
        tsc_factor=identity.tsc_factor,
    ).build()
