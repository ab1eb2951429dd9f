"""MSG_CPUID_REQ: CPUID values that the host proposes, put right by the firmware.

What this firmware accepts is the identity's table ``cpuid``: a function that stands in it comes
back with the table's values. One that does not is accepted as it came, since nothing else is known
of the processor.
"""

from __future__ import annotations

from ..errors import FormatError
from ..formats import CpuidFunction, MsgCpuidReq, MsgCpuidRsp, MsgStatus
from .payload import fitted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .identity import Identity
    from .keys import Keyring

_HEADER = MsgCpuidReq.MIN_SIZE
_ENTRY = CpuidFunction.SIZE
_MOST = (MsgCpuidReq.MAX_SIZE - _HEADER) // _ENTRY

# Only functions of these are counted in the answer, though all come back.
_COUNTED = (range(0x10000), range(0x80000000, 0x80010000))
_XSAVE_LEAF = 0xD  # the only one whose answer depends on XCR0 and IA32_XSS

Question = tuple[int, int, int, int]


def answer(identity: Identity, keys: Keyring, vmpck: int, payload: bytes) -> bytes:
    """The payload of MSG_CPUID_RSP, as long as the request, whatever length that has.

    STATUS 0x16 for more than 64 functions and for reserved bits (those of a function too, where no
    source says what firmware does): count is 0 then, and the functions are zeros.

    Where the payload is shorter than its count says, the missing functions read as zeros, and are
    counted; functions behind the count come back untouched.
    """
    return fitted(_answer(identity, payload), len(payload))


def _answer(identity: Identity, payload: bytes) -> bytes:
    """The answer with all functions that the request has or counts."""
    number = min(max(len(payload) - _HEADER, 0) // _ENTRY, _MOST)
    count = int.from_bytes(fitted(payload, 4), "little")
    if count <= _MOST:
        number = max(number, count)
        raw = fitted(payload, _HEADER + _ENTRY * count)
        rest = fitted(payload, _HEADER + _ENTRY * number)[len(raw) :]
        try:
            asked = MsgCpuidReq.parse(raw, reserved="reject").functions
        except FormatError:
            pass
        else:
            return _accepted(identity, asked, rest)
    nothing = [CpuidFunction()] * number
    return MsgCpuidRsp(status=MsgStatus.INVALID_PARAMETER, functions=nothing).build()


def _accepted(identity: Identity, asked: tuple[CpuidFunction, ...], rest: bytes) -> bytes:
    table = {question(known): known for known in identity.cpuid}
    counted = sum(any(one.eax_in in leaves for leaves in _COUNTED) for one in asked)
    functions = [_corrected(one, table.get(question(one))) for one in asked]
    return MsgCpuidRsp(count=counted, functions=functions).build() + rest


def _corrected(one: CpuidFunction, known: CpuidFunction | None) -> CpuidFunction:
    if known is None:
        return one
    return one.replace(eax=known.eax, ebx=known.ebx, ecx=known.ecx, edx=known.edx)


def question(function: CpuidFunction) -> Question:
    """What a function is told by: leaf and sub-leaf; of leaf 0xd also XCR0 and IA32_XSS."""
    if function.eax_in != _XSAVE_LEAF:
        return function.eax_in, function.ecx_in, 0, 0
    return function.eax_in, function.ecx_in, function.xcr0_in, function.xss_in


def twice(functions: Iterable[CpuidFunction]) -> CpuidFunction | None:
    """A function that stands in a table twice, if one does."""
    seen = set()
    for function in functions:
        if question(function) in seen:
            return function
        seen.add(question(function))
    return None
