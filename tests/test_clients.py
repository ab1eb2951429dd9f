"""How programs in use call the driver, replayed against the model of it, step by step.

Each step is a call, with what the kernel gives: the ioctl's result and exitinfo2 behind it. The
calls are those that were seen of the programs; nothing of theirs is run.
"""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest
from driver_bench import CERTS, DATA, STALE, Bench

from snpformat.formats import MsgStatus, SnpDerivedKeyReq, SnpReportReq

PAGE = 4096
INVALID_LEN = 1 << 32
CHAIN = bytes(range(1, 251)) * 20  # 5000 bytes: two pages

Step = tuple[Callable[[Bench], object], object]


def report(vmpl: int, **options: int) -> Callable[[Bench], tuple[int, int]]:
    return lambda bench: bench.get_report(
        SnpReportReq(user_data=DATA, vmpl=vmpl).build(), **options
    )


def command(number: int) -> Callable[[Bench], tuple[int, int]]:
    return lambda bench: bench.ioctl(number, SnpReportReq(user_data=DATA).build())


def status(bench: Bench) -> int:
    return bench.status


def zeros(bench: Bench) -> bool:
    return not any(bench.certs[:24])


def wide_version(bench: Bench) -> object:
    """msg_version as a u32: 1 and three zero bytes, which is the same."""
    return bench.get_report(msg_version=1)


GO_ATTEST: list[Step] = [
    (lambda b: b.get_ext(0, 0, exitinfo2=0), (0, 0)),  # no length told: no certificates, a report
    (lambda b: b.report.report_data, DATA),
]
GO_ATTEST_FALLS_BACK: list[Step] = [
    (lambda b: b.get_ext(0, 0, exitinfo2=0), (-errno.EIO, INVALID_LEN)),  # asks for the length
    (lambda b: b.certs_len, 2 * PAGE),
    (lambda b: b.get_ext(2 * PAGE, exitinfo2=0), (0, 0)),
    (lambda b: bytes(b.certs[:5000]), CHAIN),
    (report(0, exitinfo2=0), (0, 0)),
]
AMD_GET_REPORT: list[Step] = [
    # certs_address = -1, and no length: to be told how much is needed.
    (lambda b: b.get_ext(0, (1 << 64) - 1, exitinfo2=0), (-errno.EIO, INVALID_LEN)),
    (lambda b: b.certs_len, 2 * PAGE),
    # The argument is used again: after a good call it still says INVALID_LEN.
    (lambda b: b.get_ext(2 * PAGE, exitinfo2=INVALID_LEN), (0, INVALID_LEN)),
    (lambda b: b.report.report_data, DATA),
]
AMD_WITHOUT_CERTIFICATES: list[Step] = [
    (lambda b: b.get_ext(0, (1 << 64) - 1, exitinfo2=0), (0, 0)),
    (lambda b: b.get_ext(4 * PAGE, CERTS, exitinfo2=0), (0, 0)),
    (zeros, True),
]
AMD_KDF: list[Step] = [
    (lambda b: b.get_key(SnpDerivedKeyReq().build(), exitinfo2=0), (0, 0)),
    (lambda b: any(b.response[0x20:0x40]), True),
]
PYTHON_CLIENT: list[Step] = [
    # Two sizes of the argument that no kernel has, and then the right one, with VMPL 1.
    (command(0xC0185300), (-errno.ENOTTY, 0xFF)),
    (command(0xC0105300), (-errno.ENOTTY, 0xFF)),
    (report(1, exitinfo2=0xFF), (0, 0xFF)),
    (status, MsgStatus.SUCCESS),
    (report(0, exitinfo2=0xFF), (0, 0xFF)),
    (status, MsgStatus.SUCCESS),
]
RUST_CLIENT: list[Step] = [
    (wide_version, (0, STALE)),
    (report(3), (0, STALE)),
    (lambda b: b.report.vmpl, 3),
]
RUST_DERIVED_KEY: list[Step] = [
    # Defaults to msg_version 2; the kernel passes 32 bytes on, and the guest loses its key.
    (lambda b: b.get_key(msg_version=2, exitinfo2=0), (-errno.EIO, 0x16)),
    (report(0, exitinfo2=0), (-errno.ENOTTY, 0)),
]
WRONG_IOCTL: list[Step] = [
    (command(0xC0A01181), (-errno.ENOTTY, 0xFF)),  # of a Python collector
    (report(0), (0, STALE)),
]
DATA_TOO_LONG: list[Step] = [
    # More than 64 bytes of data: the rest lands in reserved space, and only STATUS tells.
    (
        lambda b: b.get_report(bytes(64) + bytes(4) + bytes(4) + b"\1" * 24),
        (0, STALE),
    ),
    (status, MsgStatus.INVALID_PARAMETER),
    (report(0), (0, STALE)),
]

REPLAYS: dict[str, tuple[bytes, int, list[Step]]] = {
    "go attest": (b"", 0, GO_ATTEST),
    "go attest, certificates": (CHAIN, 0, GO_ATTEST_FALLS_BACK),
    "amd get-report -x": (CHAIN, 0, AMD_GET_REPORT),
    "amd get-report -x, none": (b"", 0, AMD_WITHOUT_CERTIFICATES),
    "amd kdf": (b"", 0, AMD_KDF),
    "python client": (b"", 0, PYTHON_CLIENT),
    "rust client": (b"", 0, RUST_CLIENT),
    "rust derived key": (b"", 0, RUST_DERIVED_KEY),
    "wrong number": (b"", 0, WRONG_IOCTL),
    "data too long": (b"", 0, DATA_TOO_LONG),
    # Under an SVSM: VMPL 0 is below the guest's own, so 0x16, and the client tries the next.
    "vmpl order at VMPL 2": (
        b"",
        2,
        [
            (report(0), (0, STALE)),
            (status, MsgStatus.INVALID_PARAMETER),
            (report(1), (0, STALE)),
            (status, MsgStatus.INVALID_PARAMETER),
            (report(2), (0, STALE)),
            (status, MsgStatus.SUCCESS),
        ],
    ),
}


@pytest.mark.parametrize("name", REPLAYS)
def test_the_client_gets_what_the_kernel_gives(name: str) -> None:
    certificates, vmpl, steps = REPLAYS[name]
    bench = Bench(certificates=certificates, vmpl=vmpl)
    for number, (call, expected) in enumerate(steps):
        assert call(bench) == expected, f"step {number}"
