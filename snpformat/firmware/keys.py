"""The private keys of a software secure processor, all derived from its seed.

As in a chip, the VCEK depends on the chip and on the reported TCB, the VLEK on its cloud provider
and the reported TCB (not on the chip), and the VMRK on the guest. Whoever has the seed has them
all, so nothing that they sign is worth trusting.
"""

from __future__ import annotations

from functools import cached_property

from ..formats import KeySel
from .seed import expand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from .identity import Identity

    Endorsement = Literal["vcek", "vlek"]

# The order of curve P-384 [FIPS 186-4, D.1.2.4].
_P384_ORDER = int(
    "ffffffffffffffffffffffffffffffffffffffffffffffff"
    "c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    16,
)


def choose(identity: Identity, key_sel: int) -> Endorsement | None:
    """The endorsement key that `key_sel` (0 to 3) means; None when that is not to be had.

    A masked chip key still is the choice: what that leads to depends on the message.
    """
    if key_sel == KeySel.VLEK_ELSE_VCEK:
        key_sel = KeySel.VLEK if identity.vlek else KeySel.VCEK
    if key_sel == KeySel.VLEK:
        return "vlek" if identity.vlek else None
    if key_sel == KeySel.VCEK:
        return None if identity.vcek_dis else "vcek"
    return None


class Keyring:
    """The private keys of one identity, made when they are first asked for."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    @cached_property
    def vcek(self) -> EllipticCurvePrivateKey:
        """The Versioned Chip Endorsement Key, on curve P-384."""
        return self._signing("vcek")

    @cached_property
    def vlek(self) -> EllipticCurvePrivateKey:
        """The Versioned Loaded Endorsement Key, on curve P-384; there is one even if not loaded."""
        return self._signing("vlek")

    def signing(self, which: Endorsement) -> EllipticCurvePrivateKey:
        """The key of that name."""
        return self.vcek if which == "vcek" else self.vlek

    def root(self, which: Endorsement | Literal["vmrk"]) -> bytes:
        """The 32 bytes that derived keys come from."""
        return self._expand(f"{which} root key", which, 32)

    def _signing(self, which: Endorsement) -> EllipticCurvePrivateKey:
        from cryptography.hazmat.primitives.asymmetric import ec  # slow to load

        # 128 more bits than the order has: then the remainder is as good as uniform.
        drawn = int.from_bytes(self._expand(f"{which} signing key", which, 64), "big")
        return ec.derive_private_key(drawn % (_P384_ORDER - 1) + 1, ec.SECP384R1())

    def _expand(self, purpose: str, which: str, size: int) -> bytes:
        identity = self._identity
        tcb = int(identity.reported_tcb).to_bytes(8, "little")
        inputs = {
            "vcek": (identity.product.encode(), identity.chip_id, tcb),
            "vlek": (identity.product.encode(), identity.csp_id.encode(), tcb),
            "vmrk": (identity.report_id,),
        }[which]
        return expand(identity.seed, purpose, *inputs, size=size)

    def __repr__(self) -> str:
        return "<Keyring>"  # never a key
