"""What a code means, in words: cause and remedy for everything that a guest request can end with.

A request ends in up to four numbers, each with a table of its own below, one row a code:

    errno       what the kernel said, in Linux's numbers wherever this runs
    result      what an ioctl returned without an errno; anything but 0 is a failure
    exitinfo2   64 bits beside it: the firmware's code in the low half, the host's in the high one
    status      STATUS inside a response that did arrive

Some pairs of errno and exitinfo2 mean more than their parts and have a table too. The words for
codes of firmware and host are the specs'; remedies stand here, and only such as someone inside the
guest can carry out.

Sources: Linux drivers/virt/coco/sev-guest (6.1, 6.12), arch/x86/include/asm/sev.h (enum es_result),
Documentation/ABI/testing/configfs-tsm; snp abi, status codes (revision 1.58); ghcb section 4.1.8.
"""

from __future__ import annotations

from dataclasses import dataclass

from .formats.codes import FwError, VmmError
from .formats.report import MsgStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .fields import Enum

# Two values of exitinfo2 that nobody answered with; they are tested before the word is split.
NOT_CALLED = 0xFFFF_FFFF_FFFF_FFFF  # SEV_RET_NO_FW_CALL, -1 as C widens it: set before the exchange
NOT_SENT = 0xFF  # set when the driver takes a request up, long before anything is sent

INVALID_LEN = VmmError.INVALID_LEN << 32
BUSY = VmmError.BUSY << 32

RELOAD = (
    "the key of this driver is not to be used again: reload it with another one (modprobe -r "
    "sev-guest; modprobe sev-guest vmpck_id=1; requests then need vmpl 1 or above), or restart "
    "the guest"
)
_OPERATOR = "nothing inside the guest mends this: give the code to the operator of the host"
_LOOK_UP = "look the number up in the newest specification; a newer snpformat may name it"
_WAIT = (
    "wait some seconds and ask again; ask rarely, since hosts throttle all of a guest's requests"
)
_LOAD = "load the driver (modprobe sev-guest); dmesg tells whether SEV-SNP is active in this guest"
_ADMIT = "run it as root, or let a udev rule give this user the device"

# number: name, cause, remedy
ERRNOS: dict[int, tuple[str, str, str]] = {
    1: ("EPERM", "this process may not do that", _ADMIT),
    2: ("ENOENT", "there is no such file: not an SEV-SNP guest, or no driver is loaded", _LOAD),
    4: (
        "EINTR",
        "a signal came while the call was waiting",
        "make the call again: each one is a message of its own",
    ),
    5: (
        "EIO",
        "the exchange with the firmware failed, and the driver wipes its key then (unless "
        "exitinfo2 is 0x100000000: there were more certificates than room)",
        RELOAD,
    ),
    6: (
        "ENXIO",
        "no driver stands behind this file; from configfs: the firmware refused, with a STATUS "
        "that has no errno of its own",
        "load the driver; where configfs answered, ask /dev/sev-guest, which tells the STATUS",
    ),
    11: (
        "EAGAIN",  # EWOULDBLOCK is the same number
        "the host throttles requests; from configfs: another program changed the inputs meanwhile",
        _WAIT,
    ),
    12: (
        "ENOMEM",
        "the kernel has no memory for this; from configfs: the report is larger than its buffer",
        "free some memory and ask again",
    ),
    13: ("EACCES", "this user may not open the file", _ADMIT),
    14: (
        "EFAULT",
        "an address that was handed over cannot be read or written",
        "hand over whole buffers that are writable and stay alive during the call",
    ),
    16: (
        "EBUSY",
        "the device is in use; from configfs: the inputs were written too often since a read",
        "wait for the other program; with configfs, use a directory of your own",
    ),
    19: ("ENODEV", "the kernel found no SEV-SNP guest or no secrets page", _LOAD),
    22: (
        "EINVAL",
        "the driver does not take this request; from configfs: the report data is not 64 bytes or "
        "is missing, privlevel is below privlevel_floor, or the firmware refused (STATUS 0x16 or "
        "0x27)",
        "check report data, vmpl and key_sel; ask /dev/sev-guest, which tells the STATUS",
    ),
    25: (
        "ENOTTY",
        "the key of this driver is empty or was wiped, or the file is not /dev/sev-guest, or its "
        "driver is too old for this request",
        RELOAD,
    ),
    28: (
        "ENOSPC",
        "the buffer for certificates is too small",
        "ask again with the certs_len that came back",
    ),
    30: (
        "EROFS",
        "the file system of the device file is read-only",
        "open it read-only: the ioctls work all the same",
    ),
    38: (
        "ENOSYS",
        "the kernel does not know this call; under an emulated device: the emulator has ended",
        "start the program again, under a running emulator",
    ),
    63: ("ENOSR", "the driver has no sequence number for another message", RELOAD),
    74: (
        "EBADMSG",
        "what the host handed back is not the firmware's answer to this request, and the driver "
        "has wiped its key",
        RELOAD,
    ),
    110: ("ETIMEDOUT", "the host throttled this request for a minute; the driver gave up and wiped "
          "its key", RELOAD),
}  # fmt: skip

# (errno, exitinfo2): cause, remedies. They say more than either number alone.
PAIRS: dict[tuple[int, int], tuple[str, tuple[str, ...]]] = {
    (5, NOT_CALLED): (
        "the kernel's call to the host failed (it may have no GHCB), so the firmware was not "
        "reached, and the driver has wiped its key",
        (_LOAD, RELOAD),
    ),
    (5, NOT_SENT): (
        "nothing was sent: the sequence numbers of this key (32 bits in Linux) are used up",
        (RELOAD,),
    ),
    (5, INVALID_LEN): (
        "the host has more certificates than the buffer holds; the key is kept. After a request "
        "without certificates this answer makes no sense, and the driver's count may be out of "
        "step with the firmware's",
        ("ask again with the certs_len that came back", f"without certificates: {RELOAD}"),
    ),
    (5, BUSY): (
        "the host throttles requests, and this driver is too old to wait for it. The first drivers "
        "kept the sequence number, so that any other request now would use it twice",
        ("make the very same request again, or none with this key", "use a newer kernel"),
    ),
    (14, 0): ("the argument of the ioctl (32 bytes) cannot be read or written", (ERRNOS[14][2],)),
    (14, NOT_SENT): (
        "the request, the response or the certificates lie where memory cannot be read or written",
        (ERRNOS[14][2],),
    ),
    (22, 0): ("msg_version is 0 (only its lowest 8 bits count)", ("give msg_version 1",)),
    (22, NOT_SENT): (
        "an address is null, or certs_len is no multiple of 4096 or above 16384",
        ("give both addresses, and whole pages for the certificates, at most four",),
    ),
    (25, 0): (
        "the key of this driver is empty or was wiped after an earlier failure (or the file is not "
        "/dev/sev-guest)",
        (RELOAD, "where this was the first request: check the path of the device"),
    ),
    (25, NOT_SENT): (
        "the driver does not know this request (a 32-bit program, or a kernel too old for it); "
        "since Linux 6.13 also: its key is empty or was wiped",
        ("use a 64-bit program and a kernel that has the request", RELOAD),
    ),
    (110, BUSY): (ERRNOS[110][1], (RELOAD, _WAIT)),
}

# What an ioctl returned: name, cause. They are the kernel's own codes (enum es_result) that slipped
# through; a program that tests for less than 0 takes them for success.
RESULTS = {
    1: ("ES_UNSUPPORTED", "the call to the host is not supported; from the first drivers: the "
        "message could not be sealed, and nothing was sent"),
    2: ("ES_VMM_ERROR", "the host refused the call itself"),
    3: ("ES_DECODE_FAILED", "the kernel could not decode an instruction on its way to the host"),
    4: ("ES_EXCEPTION", "the call to the host ended in an exception"),
    5: ("ES_RETRY", "the kernel meant to repeat the call to the host, and did not"),
}  # fmt: skip

FW_REMEDIES = {
    FwError.INVALID_LENGTH: "give a larger buffer",
    FwError.POLICY_FAILURE: "launch the guest with a policy that allows it",
    FwError.BAD_MEASUREMENT: RELOAD,
    FwError.UNSUPPORTED: "the platform needs newer firmware for this request",
    FwError.INVALID_PARAMETER: "the firmware may be too old for this message or its version; never "
    "send msg_version 2 in the 32 bytes of Linux's request for a derived key",
    FwError.RESOURCE_LIMIT: _WAIT,
    FwError.AEAD_OVERFLOW: RELOAD,  # nothing joins the two counts again
    FwError.INVALID_KEY: "choose another key_sel",
}
VMM_REMEDIES = {
    VmmError.INVALID_LEN: "ask again with the certs_len that came back",
    VmmError.BUSY: _WAIT,
}
STATUS_REMEDIES = {
    MsgStatus.INVALID_PARAMETER: "check the request: vmpl not below the guest's own (nor below the "
    "number of the key), reserved bits zero, a msg_version that this firmware knows; for a derived "
    "key also guest_svn not above the guest's, tcb_version not above the committed one, and only "
    "fields selected that this version has",
    MsgStatus.INVALID_KEY: "choose another key_sel (AWS has only a VLEK and refuses 1, GCP only a "
    "VCEK and refuses 2; 3 is reserved); where the chip's key is masked, derive from the VMRK",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened and what can be done: sentences without capital and full stop.

    Attributes:
        causes: a line for each code; never empty.
        remedies: what someone in the guest can do, no line twice; empty where nothing helps.
    """

    causes: tuple[str, ...]
    remedies: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([*self.causes, *(f"  help: {remedy}" for remedy in self.remedies)])


def explain(
    errno: int | None = None,
    exitinfo2: int | None = None,
    status: int | None = None,
    *,
    result: int | None = None,
) -> Explanation:
    """The words for the numbers that a request ended with. Takes any ints and never raises.

    Args:
        errno: Linux's number; negative ones, as the kernel writes them, mean the same.
        exitinfo2: the whole 64-bit word (fw_err in older headers); -1 is all ones.
        status: STATUS of the response.
        result: what the ioctl returned, where that was not -1: 0, or what should not be.
    """
    if result is not None and result < 0 and errno is None:
        errno, result = result, None
    lines: list[tuple[str, tuple[str, ...]]] = []
    if exitinfo2 is not None and -(1 << 63) <= exitinfo2 < 0:
        exitinfo2 &= NOT_CALLED
    number = abs(errno) if errno is not None else None
    pair = PAIRS.get((number, exitinfo2)) if number is not None and exitinfo2 is not None else None
    if number is not None and pair is not None:
        name = ERRNOS[number][0]
        beside = f" with exitinfo2 {exitinfo2:#x}{_names(exitinfo2)}" if exitinfo2 else ""
        lines.append((f"{name} (errno {number}){beside}: {pair[0]}", pair[1]))
    elif number is not None:
        lines.append(_errno(number))
    if result is not None:
        lines.append(_result(result))
    if exitinfo2 is not None and pair is None:
        done = not number and not result and (errno is not None or result is not None)
        lines += _exitinfo2(exitinfo2, done)
    if status is not None:
        lines.append(_status(status))
    if not lines:
        return Explanation(("no code was given",), ())
    remedies = dict.fromkeys(remedy for _, own in lines for remedy in own if remedy)
    return Explanation(tuple(cause for cause, _ in lines), tuple(remedies))


def name_of(errno: int) -> str:
    """An errno by name, and its number: ``EIO, errno 5``."""
    if errno in ERRNOS:
        return f"{ERRNOS[errno][0]}, errno {errno}"
    return f"errno {_decimal(errno)}"


def _errno(number: int) -> tuple[str, tuple[str, ...]]:
    if number == 0:
        return "errno 0: the kernel reports no error", ()
    if number in ERRNOS:
        name, cause, remedy = ERRNOS[number]
        return f"{name} (errno {number}): {cause}", (remedy,)
    return f"errno {_decimal(number)}: unknown; the driver is not known to give it", (_LOOK_UP,)


def _result(result: int) -> tuple[str, tuple[str, ...]]:
    if result == 0:
        return "ioctl result 0: the kernel reports no error", ()
    if result in RESULTS:
        name, cause = RESULTS[result]
        return f"{name} (ioctl result {result}, no errno): {cause}; no answer came", (RELOAD,)
    return f"ioctl result {_decimal(result)}: unknown; anything but 0 is a failure", (RELOAD,)


def _names(word: int) -> str:
    """The names of the codes in exitinfo2, where it holds codes."""
    if word in (NOT_CALLED, NOT_SENT):
        return ""
    halves = (FwError.name_of(word & 0xFFFF_FFFF), VmmError.name_of(word >> 32))
    names = [name.upper() for name in halves if name not in (None, "success")]
    return f" ({', '.join(names)})" if names else ""


def _exitinfo2(word: int, done: bool) -> list[tuple[str, tuple[str, ...]]]:
    """Lines for exitinfo2; `done` when the call succeeded all the same."""
    if word == 0:
        return [("exitinfo2 0: neither firmware nor host reports an error", ())]
    if word == NOT_CALLED:
        text = "the exchange with the host failed before the firmware was reached"
        return [(f"exitinfo2 {word:#x}: {text}", ())]
    if word == NOT_SENT:
        text = "the driver's preset: nothing was sent, the firmware was not reached"
        return [(f"exitinfo2 {word:#x}: {text}", ())]
    if not 0 < word < NOT_CALLED:
        return [(f"exitinfo2 {word:#x}: unknown; it does not fit in 64 bits", (_LOOK_UP,))]
    fw_error, vmm_error = word & 0xFFFF_FFFF, word >> 32
    lines: list[tuple[str, tuple[str, ...]]] = []
    if done:
        text = "the call succeeded; the first drivers leave anything here, so the response decides"
        lines.append((f"exitinfo2 {word:#x}: {text}", ()))
    if fw_error:
        lines.append(_coded("firmware code", FwError, fw_error, FW_REMEDIES))
    if vmm_error:
        lines.append(_coded("host code", VmmError, vmm_error, VMM_REMEDIES))
    return lines


def _status(status: int) -> tuple[str, tuple[str, ...]]:
    if status == 0:
        return "STATUS 0: the firmware carried the request out", ()
    # STATUS borrows its numbers from the firmware's codes; the spec names those that can come.
    borrowed = status not in MsgStatus.NAMES and status != FwError.NO_FW_CALL  # Linux's own
    enum = FwError if borrowed else MsgStatus
    return _coded("STATUS", enum, status, STATUS_REMEDIES)


def _coded(
    what: str, enum: type[Enum], number: int, remedies: dict[int, str]
) -> tuple[str, tuple[str, ...]]:
    """A code of a generated enum, in the words of its spec."""
    name = enum.name_of(number)
    if name is None:
        return f"{what} {number:#x}: unknown; this version of snpformat has no name for it", (
            _LOOK_UP,
        )
    doc = enum.DOCS.get(number, "").rstrip(".")
    words = f": {doc[0] if doc[1:2].isupper() else doc[0].lower()}{doc[1:]}" if doc else ""
    return f"{what} {number:#x} ({name.upper()}){words}", (remedies.get(number, _OPERATOR),)


def _decimal(number: int) -> str:
    """`number` for people; past 64 bits in hexadecimal, since Python refuses endless decimals."""
    return str(number) if number >> 64 == 0 else f"{number:#x}"
