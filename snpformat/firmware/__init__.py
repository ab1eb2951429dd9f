"""The software secure processor: the PSP's side of the conversation, in pages.

    firmware = Firmware(Identity(product="milan", seed=b"my test"))
    page = firmware.secrets_page()              # what the guest finds in its memory
    response = firmware.handle(request)         # what its secure processor answers
    firmware.certificates.vcek                  # what a verifier needs

It signs with keys of a test PKI that everyone can have (``test_keys``), never with AMD's.
"""

from .identity import Identity, IdentityError
from .psp import Firmware

__all__ = ["Firmware", "Identity", "IdentityError"]
