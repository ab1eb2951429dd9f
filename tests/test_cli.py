"""The command as its users meet it: each runs in a process of its own."""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from samples import CLASSES, FORMS, default, form_name

from snpformat import cli, files
from snpformat.formats import STRUCTURES, AttestationReport, MsgHdr, MsgReportRsp, SnpReportResp
from snpformat.record import Record

REPORT = AttestationReport(
    version=5, cpuid_fam_id=0x1A, cpuid_mod_id=2, reported_tcb=0x5100000004010101
)
OLD = AttestationReport(version=2, reported_tcb=0x7308000000000003)


def snpformat(*arguments: object, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "snpformat", *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, check=False, timeout=60)


@pytest.fixture
def in_process(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Runner:
    return Runner(monkeypatch, capsysbinary)


class Runner:
    """Runs the command in this process: (status, stdout, stderr)."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[bytes]
    ) -> None:
        self.monkeypatch = monkeypatch
        self.capture = capture

    def __call__(self, *arguments: object, given: bytes = b"") -> tuple[int, bytes, str]:
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        status = cli.main([str(argument) for argument in arguments])
        out, err = self.capture.readouterr()
        return status, out, err.decode()


@pytest.mark.parametrize(("cls", "version"), FORMS, ids=form_name)
def test_decode_and_encode_are_inverse(
    cls: type[Record], version: int | None, in_process: Runner
) -> None:
    raw = default(cls, version).build()
    for spelt in (raw, raw.hex().encode(), base64.b64encode(raw)):
        _, as_json, err = in_process(
            "decode", "-", "--format", cls.NAME, "--json", "--show-secrets", given=spelt
        )
        assert err == ""
        assert in_process("encode", given=as_json) == (0, raw, "")


@pytest.mark.parametrize("cls", CLASSES, ids=form_name)
def test_every_structure_can_be_looked_at(cls: type[Record], in_process: Runner) -> None:
    raw = bytes(range(1, 256)) * 16
    raw = raw[:0x60] if cls is MsgHdr else default(cls, None).build()
    if cls is MsgHdr:
        raw = raw[:0x31] + b"\x01\x60\x00" + raw[0x34:]
    status, out, err = in_process("decode", "--format", cls.NAME, given=raw)
    assert (status, err) == (0, "")
    for field, here in cls.parse(raw).layout():
        if here:
            assert f" {field.name} " in out.decode()
    status, dump, err = in_process(
        "decode", "--format", cls.NAME, "--hexdump", "--show-secrets", given=raw
    )
    assert (status, err) == (0, "")
    # offset, two spaces, the bytes, two spaces, the name: the bytes alone make the structure
    digits = "".join(line[6:53].replace(" ", "") for line in dump.decode().splitlines())
    assert bytes.fromhex(digits) == raw


def test_formats_lists_structures_versions_and_sizes(in_process: Runner) -> None:
    status, out, _ = in_process("formats")
    lines = out.decode().splitlines()
    assert status == 0
    assert [line.split()[0] for line in lines[1:]] == sorted(STRUCTURES)
    versions = ", ".join(map(str, AttestationReport.VERSIONS))
    assert any(f"1184  {versions} " in line for line in lines)
    _, out, _ = in_process("formats", "--json")
    assert {row["format"]: row["size"] for row in json.loads(out)}["msg_hdr"] == 96


@pytest.mark.parametrize(
    ("record", "options", "wanted"),
    [
        (REPORT, [], "version 5, product turin"),
        (REPORT, [], "fmc                       1"),
        (REPORT, ["--product", "turin"], "microcode                 81"),
        (OLD, [], "raw bytes 0300000000000873 (product unknown)"),
        (OLD, ["--product", "genoa"], "snp                       8"),
        (MsgReportRsp(report=REPORT), [], "msg_report_rsp, 1216 bytes"),
        (MsgReportRsp(status=0x16), [], "status                      0x16 (invalid_parameter)"),
        (SnpReportResp(response=MsgReportRsp(status=0x27)), [], "0x27 (invalid_key)"),
        (SnpReportResp(response=MsgReportRsp(report=REPORT)), [], "product turin"),
        (REPORT.replace(policy=0x80000), [], "debug                     yes"),
        (REPORT.replace(policy=0x80000), [], "bit 17 (reserved)         0x0, must be 1"),
        (REPORT.replace(policy=1 << 63), [], "bits 63:26 (reserved)     0x2000000000"),
        (REPORT.replace(signature_algo=7), [], "7 (unknown)"),
    ],
)
def test_decode_guesses_and_names(
    record: Record, options: list[str], wanted: str, in_process: Runner
) -> None:
    status, out, err = in_process("decode", *options, given=record.build())
    assert (status, err) == (0, "")
    assert wanted in out.decode()


def test_an_unknown_version_is_refused_by_name_and_read_when_told_how(in_process: Runner) -> None:
    raw = b"\x09" + REPORT.build()[1:]
    known = ", ".join(map(str, AttestationReport.VERSIONS))
    status, out, err = in_process("decode", given=raw)
    assert (status, out) == (1, b"")
    assert err.splitlines() == [
        "snpformat: attestation_report.version at 0x0: unknown version 9 (0x9); "
        f"known: {known} (or assume one of them)",
        "  help: --assume-version N reads it with the layout of version N",
    ]
    status, out, _ = in_process("decode", "--assume-version", "5", given=raw)
    assert b"version 9, read like version 5" in out
    _, as_json, _ = in_process("decode", "--assume-version", "0x5", "--json", given=raw)
    _, _, err = in_process("decode", "--assume-version", "2", given=REPORT.build())
    assert err == "snpformat: note: --assume-version 2 is not needed: the version is known\n"
    assert in_process("encode", given=as_json) == (0, raw, "")


def test_the_data_says_its_product_whatever_the_user_says(in_process: Runner) -> None:
    for record in (REPORT, MsgReportRsp(report=REPORT)):
        status, out, err = in_process("decode", "--product", "milan", given=record.build())
        assert status == 0
        assert err == "snpformat: note: --product milan is ignored: the data says turin\n"
        assert b"fmc" in out


def test_reserved(in_process: Runner) -> None:
    raw = bytearray(MsgHdr().build())
    raw[0x28] = 7
    options = ["decode", "--format", "msg_hdr", "--reserved"]
    status, out, _ = in_process(*options, "keep", given=bytes(raw))
    assert b"(reserved)                  0700000000000000" in out
    status, out, err = in_process(*options, "reject", given=bytes(raw))
    assert (status, out) == (1, b"")
    assert err == "snpformat: msg_hdr at 0x28: reserved bytes are not zero: 0700000000000000\n"
    status, out, _ = in_process(*options, "drop", "--json", given=bytes(raw))
    assert in_process("encode", given=out)[1] == MsgHdr().build()


ERRORS: list[tuple[list[str], bytes, int, str]] = [
    (["decode", "/dev/zero"], b"", 1, "more than 1048576 bytes"),
    (["decode", "/nowhere"], b"", 2, "/nowhere: no such file or directory"),
    (["decode", "."], b"", 2, ".: is a directory"),
    (["decode"], b"", 1, "there is no data"),
    (["decode"], bytes(96), 1, "96 bytes may be msg_hdr or msg_report_req"),
    (["decode"], bytes(97), 1, "no format has 97 bytes (attestation_report 1184, "),
    (["decode", "--format", "nope"], b"x", 2, "there is no format 'nope'"),
    (["decode", "--product", "zen"], b"x", 2, "invalid choice: 'zen'"),
    (["decode", "--json", "--hexdump"], b"x", 2, "not allowed with"),
    (["decode", "--assume-version", "x"], b"x", 2, "invalid number value: 'x'"),
    (["decode", "--input-format", "hex"], b"0g", 1, "not hexadecimal: 'g'"),
    (["decode", "--input-format", "hex"], b"012", 1, "3 digits make no whole bytes"),
    (["decode", "--input-format", "base64"], b"*", 1, "not base64: "),
    (["decode"], b"0" * 191, 1, "191 digits make no whole bytes"),
    (["encode", "-o", ""], b'{"format": "msg_hdr"}', 2, "an empty name is no file"),
    (["decode", "--format", "msg_hdr", "--product", "milan"], bytes(96), 2, "means nothing"),
    (["decode", "--format", "msg_hdr"], bytes(96), 1, "msg_hdr.hdr_version at 0x31: is always"),
    (["decode", "--format", "msg_hdr"], bytes(95), 1, "at 0x3d: the data ends after 95 bytes"),
    (["encode"], b"", 1, "not JSON"),
    (["encode"], b"[1]", 1, "expected a JSON object"),
    (["encode"], b"[" * 100_000, 1, "nested too deeply"),
    (["encode"], b"9" * 5000, 1, "not JSON"),
    (["encode"], b"\xff\xfe", 1, "not JSON"),
    (["encode"], b"{}", 2, 'the JSON has no "format"'),
    (["encode"], b'{"format": "nope"}', 2, "there is no format 'nope'"),
    (["encode"], b'{"format": 5}', 1, "expected a name"),
    (["encode"], b'{"format": "msg_hdr", "a": 1, "a": 2}', 1, "'a' is given twice"),
    (["encode"], b'{"format": "msg_hdr", "msg_type": 1e3}', 1, "got float"),
    (["encode"], b'{"format": "msg_hdr", "msg_type": NaN}', 1, "got float"),
    (["encode"], b'{"format": "msg_hdr", "authtag": "<secret>"}', 1, "authtag at 0x0: is redacted"),
    (["encode", "-o", "/nowhere/x"], b'{"format": "msg_hdr"}', 2, "/nowhere/x: no such file"),
    (["frobnicate"], b"", 2, "invalid choice"),
    ([], b"", 2, "COMMAND"),
]


@pytest.mark.parametrize(
    ("arguments", "given", "status", "text"), ERRORS, ids=lambda part: str(part)[:50]
)
def test_an_error_is_one_line_and_perhaps_what_to_do(
    arguments: list[str], given: bytes, status: int, text: str, in_process: Runner
) -> None:
    found, out, err = in_process(*arguments, given=given)
    assert (found, out) == (status, b"")
    first, *rest = err.splitlines()
    assert first.startswith("snpformat: ")
    assert text in first
    assert len(rest) <= 1
    assert all(line.startswith("  help: ") for line in rest)


def test_colour_only_on_a_terminal(in_process: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    _, plain, _ = in_process("decode", "--hexdump", given=REPORT.build())
    assert b"\x1b" not in plain
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    _, coloured, _ = in_process("decode", "--hexdump", given=REPORT.build())
    assert b"\x1b[36m0000  05 00 00 00" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert in_process("decode", "--hexdump", given=REPORT.build())[1] == plain


def test_where_bytes_go(in_process: Runner, tmp_path: Path) -> None:
    text = json.dumps(REPORT.to_dict()).encode()
    path = tmp_path / "report.bin"
    path.write_bytes(b"older")
    path.chmod(0o640)
    assert in_process("encode", "-o", path, given=text) == (0, b"", "")
    assert path.read_bytes() == REPORT.build()
    assert path.stat().st_mode & 0o777 == 0o640
    link = tmp_path / "link"
    link.symlink_to(path)
    assert in_process("encode", "-o", link, "--output-format", "hex", given=text)[0] == 0
    assert link.is_symlink()
    assert path.read_text() == REPORT.build().hex() + "\n"
    assert sorted(tmp_path.iterdir()) == [link, path]
    _, out, _ = in_process("encode", "--output-format", "base64", given=text)
    assert base64.b64decode(out) == REPORT.build()


def test_auto_prefers_the_spelling_that_fits() -> None:
    raw = REPORT.build()
    spelt = [
        raw,
        raw.hex().encode(),
        b"0x" + raw.hex().upper().encode() + b"\n",
        raw.hex(" ", 2).encode(),
        raw.hex(":").encode(),
        base64.b64encode(raw),
        base64.encodebytes(raw),
        base64.urlsafe_b64encode(raw).rstrip(b"="),
    ]
    for data in spelt:
        assert files.unwrap(data, "auto", {len(raw)}) == raw
    digits = b"ab" * 48  # 96 characters that could be hex: a header's length as they stand
    assert files.unwrap(digits, "auto", {96}) == digits
    assert files.unwrap(digits, "auto", {48}) == b"\xab" * 48
    assert files.unwrap(b"abcd", "auto", {96}) == b"\xab\xcd"


def test_pipes_and_signals_are_silent() -> None:
    reader = subprocess.Popen(
        [sys.executable, "-m", "snpformat", "decode", "-", "--hexdump"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert reader.stdin and reader.stdout and reader.stderr
    reader.stdout.close()
    reader.stdin.write(REPORT.build())
    reader.stdin.close()
    assert reader.wait(timeout=60) == 0
    assert reader.stderr.read() == b""
    reader.stderr.close()


@pytest.mark.skipif(os.name == "nt", reason="signals are delivered otherwise there")
def test_interrupt_is_silent() -> None:
    # Ready once it has read a first part: only then is main() surely at work.
    waiting = subprocess.Popen(
        [sys.executable, "-m", "snpformat", "decode", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert waiting.stdin
    deadline = time.monotonic() + 30
    while "pipe_read" not in _waits_in(waiting.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    waiting.send_signal(signal.SIGINT)
    out, err = waiting.communicate(timeout=60)
    assert (waiting.returncode, out, err) == (130, b"", b"")


def _waits_in(pid: int) -> str:
    """The kernel function that a process sleeps in, where the system tells."""
    try:
        return Path(f"/proc/{pid}/wchan").read_text()
    except OSError:
        return "pipe_read"


def test_closed_and_full_outputs() -> None:
    shell = f"{sys.executable} -m snpformat formats"
    for redirect, text in [(">&-", b"standard output is closed"), (">/dev/full", b"no space left")]:
        if redirect == ">/dev/full" and not Path("/dev/full").exists():
            continue
        done = subprocess.run(
            ["sh", "-c", f"{shell} {redirect}"], capture_output=True, check=False, timeout=60
        )
        assert done.returncode == 2
        assert text in done.stderr
        assert done.stderr.count(b"\n") == 1


def test_it_runs_as_a_module_and_names_its_version() -> None:
    done = snpformat("--version")
    assert done.returncode == 0
    assert done.stdout.startswith(b"snpformat ")
    done = snpformat("decode", given=REPORT.build())
    assert (done.returncode, done.stderr) == (0, b"")
