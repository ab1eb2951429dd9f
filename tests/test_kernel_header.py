"""The kernel's own header judges the C structures: a compiler tells sizes, offsets and numbers."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from samples import CLASSES

from snpformat import formats
from snpformat.fields import Field
from snpformat.formats.ioctls import IOCTLS
from snpformat.record import Record

HEADER = Path("/usr/include/linux/sev-guest.h")
STRUCTS: dict[str, type[Record]] = {cls.NAME: cls for cls in CLASSES if "uapi struct" in cls.CITE}

# Where we differ on purpose. Name of ours that the header lacks -> why.
OURS_ONLY = {
    "snp_report_req.key_sel": "the first bytes of rsvd; the header has no name for them",
    "snp_report_resp.response": "data, taken apart",
    "snp_derived_key_resp.status": "data, taken apart",
    "snp_derived_key_resp.derived_key": "data, taken apart",
    "snp_guest_request_ioctl.fw_err": "the name in headers before the union of exitinfo2",
}
# Name in the header that we lack -> why.
HEADERS_ONLY = {
    "snp_report_req.rsvd": "reserved space, but for key_sel",
    "snp_report_resp.data": "response, and reserved space behind it",
    "snp_derived_key_req.rsvd": "reserved space",
    "snp_derived_key_resp.data": "status, reserved space and derived_key",
}


@pytest.fixture(scope="module")
def compiler() -> str:
    found = shutil.which("gcc") or shutil.which("cc")
    if found is None:
        pytest.skip("there is no C compiler")
    if not HEADER.exists():
        pytest.skip(f"{HEADER} is not there (Debian, Ubuntu: linux-libc-dev)")
    return found


def run_c(compiler: str, folder: Path, lines: list[str]) -> list[int]:
    """The numbers that C expressions have, in order."""
    body = "".join(f'    printf("%llu\\n", (unsigned long long)({line}));\n' for line in lines)
    source = folder / "judge.c"
    source.write_text(
        "#include <stddef.h>\n#include <stdio.h>\n#include <sys/ioctl.h>\n"
        f"#include <linux/sev-guest.h>\nint main(void) {{\n{body}    return 0;\n}}\n"
    )
    program = folder / "judge"
    subprocess.run([compiler, "-Wall", "-Werror", "-o", program, source], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    return [int(line) for line in done.stdout.split()]


def members(struct: str) -> list[str]:
    """The names of the members that the header declares, those of unnamed unions included."""
    match = re.search(rf"^struct {struct} {{(.*?)^}};", HEADER.read_text(), re.M | re.S)
    assert match, f"{struct} is not in the header"
    body = re.sub(r"/\*.*?\*/", "", match[1], flags=re.S)
    return re.findall(r"(\w+)(?:\[\d+\])?;", body)


def our_places(cls: type[Record]) -> dict[str, tuple[int, int]]:
    """Offset and size of every named field, and of the other names that parts of one have."""
    found = {}
    for field in cls.FIELDS:
        if field.name:
            found[field.name] = (field.offset, field.size)
            for name in field.also:
                found[name] = _place_of_part(field, name)
    return found


def _place_of_part(field: Field, name: str) -> tuple[int, int]:
    for bit in field.bits.BITS if field.bits else ():
        if bit.name == name:
            return field.offset + bit.low // 8, (bit.high - bit.low + 1) // 8
    return field.offset, field.size


def test_sizes(compiler: str, tmp_path: Path) -> None:
    assert len(STRUCTS) == 6
    found = run_c(compiler, tmp_path, [f"sizeof(struct {name})" for name in STRUCTS])
    assert found == [cls.SIZE for cls in STRUCTS.values()]


def test_offsets_and_lengths(compiler: str, tmp_path: Path) -> None:
    ours: set[str] = set()
    wanted: list[int] = []
    lines: list[str] = []
    for name, cls in STRUCTS.items():
        declared = members(name)
        for field, place in our_places(cls).items():
            ours.add(f"{name}.{field}")
            if field in declared:
                wanted += place
                lines.append(f"offsetof(struct {name}, {field})")
                lines.append(f"sizeof(((struct {name} *)0)->{field})")
            else:
                assert f"{name}.{field}" in OURS_ONLY
        for field in declared:
            assert f"{name}.{field}" in ours | HEADERS_ONLY.keys()
            assert (f"{name}.{field}" in ours) != (f"{name}.{field}" in HEADERS_ONLY)
    assert run_c(compiler, tmp_path, lines) == wanted
    assert OURS_ONLY.keys() <= ours, "a difference that is none any more"


def test_numbers(compiler: str, tmp_path: Path) -> None:
    names = [ioctl.name.upper() for ioctl in IOCTLS]
    assert re.findall(r"^#define (SNP_GET_\w+)", HEADER.read_text(), re.M) == names
    assert run_c(compiler, tmp_path, names) == [ioctl.command for ioctl in IOCTLS]


def test_definitions_carry_their_records() -> None:
    assert [hex(ioctl.command) for ioctl in IOCTLS] == ["0xc0205300", "0xc0205301", "0xc0205302"]
    for ioctl in IOCTLS:
        assert ioctl.argument is formats.SnpGuestRequestIoctl
        assert ioctl.request
        assert ioctl.response
        assert ioctl.doc
        assert ioctl.cite


def test_error_words_are_views_of_one_word() -> None:
    argument = formats.SnpGuestRequestIoctl(exitinfo2=2 << 32 | 0x16)
    assert (argument.fw_error, argument.vmm_error) == (0x16, 2)
    assert argument.exitinfo2 == argument.fw_err == argument["fw_err"] == 0x200000016
    assert argument.build()[24:] == bytes([0x16, 0, 0, 0, 2, 0, 0, 0])
