"""The commands that talk to a secure processor: report, key, certs, message, secrets, explain."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from firmware_lab import openssl
from test_cli import Runner, snpformat

from snpformat import cli, device
from snpformat.aead import Aead
from snpformat.certtable import GUIDS, TableEntry, read_table, write_table
from snpformat.explain import ERRNOS
from snpformat.firmware import Firmware, Identity
from snpformat.formats import (
    AttestationReport,
    FwError,
    HclHeader,
    HclRequestData,
    MsgKeyRsp,
    MsgReportReq,
    MsgStatus,
    MsgType,
    OsArea,
    SecretsPage,
    VmmError,
)
from snpformat.secrets import FileSecrets

KEY = bytes(range(1, 33))
DATA = bytes(range(64))


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
    tmp_path: Path,
) -> Runner:
    """The command in this process, where there is no device, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(device, "SEV_GUEST", str(tmp_path / "missing"))
    monkeypatch.setattr(device, "TSM_REPORTS", str(tmp_path / "missing"))
    return Runner(monkeypatch, capsysbinary)


def test_report_and_decode_right_after_installation() -> None:
    """As its first user runs it: a pipe, no device, no set-up."""
    command = f"{sys.executable} -m snpformat report | {sys.executable} -m snpformat decode -"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith("attestation_report, version 5, product genoa, 1184 bytes")
    assert "asking the emulated device" in done.stderr


def test_report_on_a_terminal_is_shown() -> None:
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "snpformat", "report"], stdout=follower, stderr=subprocess.DEVNULL
    ) as running:
        os.close(follower)
        shown = b""
        while True:
            try:
                more = os.read(leader, 65536)
            except OSError:
                break
            if not more:
                break
            shown += more
    os.close(leader)
    assert running.returncode == 0
    assert shown.startswith(b"attestation_report, version 5") and b"\0" not in shown


@pytest.mark.parametrize(
    ("options", "given"),
    [
        (["--report-data", DATA.hex()], b""),
        (["--report-data", "0x" + DATA.hex()], b""),
        (["--report-data", "@raw"], b""),
        (["--report-data", "@hex"], b""),
        (["--report-data", "-"], DATA),
        (["--report-data", "-"], DATA.hex().encode() + b"\n"),
    ],
)
def test_report_data(run: Runner, options: list[str], given: bytes) -> None:
    Path("raw").write_bytes(DATA)
    Path("hex").write_text(DATA.hex() + "\n")
    status, out, _ = run("report", *options, given=given)
    assert status == 0
    assert AttestationReport.parse(out).report_data == DATA


def test_report_options(run: Runner) -> None:
    Path("me.toml").write_text('product = "milan"\nseed = "s"\nreport_version = 3\nvlek = true\n')
    status, out, err = run("report", "--identity", "me.toml", "--vmpl", 2, "--key-sel", "vcek")
    report = AttestationReport.parse(out)
    assert (status, report.product, report.version, report.vmpl) == (0, "milan", 3, 2)
    assert report.key_info.signing_key == 0 and "test keys" in err
    _, out, _ = run("report", "--identity", "me.toml", "--key-sel", 2, "--json")
    assert json.loads(out)["key_info"]["signing_key"]["name"] == "vlek"
    assert run("report", "--identity", "me.toml", "-o", "report.bin")[:2] == (0, b"")
    first = Path("report.bin").read_bytes()
    run("report", "--identity", "me.toml", "-o", "report.bin")
    assert Path("report.bin").read_bytes() == first  # a seed fixes the bytes
    assert run("report", "--identity", "me.toml", "-o", "-")[1] == first


def test_an_identity_from_a_pipe(run: Runner) -> None:
    given = b'{"product": "turin", "report_version": 3}'
    status, out, _ = run("report", "--identity", "-", given=given)
    assert status == 0 and AttestationReport.parse(out).product == "turin"
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_bytes(given))
    writer.start()
    status, out, _ = run("report", "--identity", "pipe")
    writer.join()
    assert status == 0 and AttestationReport.parse(out).product == "turin"
    assert run("report", "--identity", "-", given=b"bogus = 1")[0] == 1


def test_report_with_certificates(run: Runner) -> None:
    status, out, err = run("report", "--certs", "certs")
    assert status == 0 and len(out) == 1184
    assert sorted(os.listdir("certs")) == ["ark.pem", "ask.pem", "vcek.pem"]
    assert "wrote ark.pem, ask.pem, vcek.pem to certs" in err
    chain = ["-CAfile", "certs/ark.pem", "-untrusted", "certs/ask.pem"]
    done = openssl("verify", *chain, "certs/vcek.pem")
    assert done.stdout == "certs/vcek.pem: OK\n", done.stderr


@pytest.mark.parametrize("table", [b"garbage" * 100, bytes(range(1, 251)) * 20])
def test_certificates_that_are_none_do_not_cost_the_report(
    run: Runner, monkeypatch: pytest.MonkeyPatch, table: bytes
) -> None:
    monkeypatch.setattr("snpformat.device.emulated.chain_table", lambda firmware: table)
    status, out, err = run("report", "--certs", "certs")
    assert (status, len(out)) == (1, 1184) and "cert_table" in err
    assert os.listdir("certs") == []


def test_nothing_is_asked_that_cannot_be_written(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*arguments: object) -> None:
        raise AssertionError("a device was asked")

    monkeypatch.setattr("snpformat.commands.report.opened", asked)
    monkeypatch.setattr("snpformat.commands.key.opened", asked)
    Path("file").touch()
    for options in (["-o", "no/x"], ["-o", "."], ["--certs", "file"], ["--vmpl", "9"]):
        assert run("report", *options)[0] == 2
    assert run("key", "-o", "no/x")[0] == 2
    monkeypatch.setattr(sys, "stdout", None)
    assert cli.main(["report"]) == 2


def test_an_interrupted_key_leaves_no_file(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(old: str, new: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    assert run("key", "-o", "key.bin")[0] == 130
    assert os.listdir() == []


# what is asked: exit status, and what is said
WRONG = {
    ("report", "--report-data", "abc"): (2, "--report-data is no hexadecimal number"),
    ("report", "--report-data", "ab"): (2, "--report-data takes 64 bytes, not 1"),
    ("report", "--report-data", "@missing"): (2, "missing: no such file or directory"),
    ("report", "--vmpl", "4"): (2, "a VMPL is 0 to 3, not '4'"),
    ("report", "--vmpl", "x"): (2, "a VMPL is 0 to 3, not 'x'"),
    ("report", "--key-sel", "3"): (1, "STATUS 0x27 (INVALID_KEY)"),
    ("report", "--key-sel", "vlek"): (1, "STATUS 0x27 (INVALID_KEY)"),
    ("report", "--key-sel", "vclk"): (2, "there is no key 'vclk'; there are vlek_else_vcek (0)"),
    ("report", "--device", "missing"): (2, "open through missing: ENOENT (errno 2)"),
    ("report", "--device", ""): (2, "open through "),
    ("report", "--device", "tsm"): (2, "configfs-tsm"),
    ("report", "--device", "/dev/null"): (1, "ENOTTY"),
    ("report", "--device", "/dev/null", "--identity", "me.toml"): (2, "--identity"),
    ("report", "--identity", "missing.toml"): (2, "missing.toml: no such file"),
    ("report", "--identity", "."): (2, ".: is a directory"),
    ("report", "-o", "."): (2, ".: is a directory"),
    ("report", "-o", ""): (2, "an empty name is no file"),
    ("report", "-o", "/dev/full"): (2, "/dev/full: no space left on device"),
    ("report", "--certs", "key"): (2, "key: file exists"),
    ("report", "--certs", "key/sub"): (2, "key/sub: not a directory"),
    ("report", "--identity", "bad.toml"): (1, "bad.toml: polisy: there is no such key; did you"),
    ("report", "-o", "no/such/folder"): (2, "no/such/folder: no such file or directory"),
    ("report", "--json", "-o", "x"): (2, "not allowed with"),
    ("report", "--report-data", "-", "--identity", "-"): (2, "cannot be both"),
    ("key",): (2, "a key is not shown unasked"),
    ("key", "--fields", "polisy", "-o", "-"): (2, "there is no 'polisy'"),
    ("key", "--fields", "guest_svn", "--guest-svn", "9", "-o", "-"): (1, "STATUS 0x16"),
    ("key", "--guest-svn", "0", "-o", "-"): (2, "--guest-svn has no effect without its field"),
    ("key", "--fields", "policy", "--tcb-version", "1", "-o", "-"): (2, "--tcb-version has no"),
    ("key", "--fields", ",", "-o", "-"): (2, "there is no ''"),
    ("key", "-o", "no/such/folder"): (2, "no/such/folder: no such file or directory"),
    ("certs", "pack", "vcek="): (2, "an empty name is no file"),
    ("decode", "table"): (1, "this is a table of certificates"),
    ("certs", "show", "missing"): (2, "missing: no such file"),
    ("certs", "show", "bad.toml"): (1, "cert_table"),
    ("certs", "pack", "vcek"): (2, "'vcek' names no file"),
    ("certs", "pack", "vcak=bad.toml"): (2, "'vcak' is no GUID and no name"),
    ("message", "open", "--key", "00" * 31): (2, "--key takes 32 bytes, not 31"),
    ("message", "open", "--key", "00" * 32): (1, "there is no data"),
    ("message", "open"): (2, "one of the arguments --key --secrets is required"),
    ("message", "seal", "--key", "@key", "--type", "nonsense", "--seqno", "1"): (2, "nonsense"),
    ("message", "seal", "--key", "@key", "--type", "report_req", "--seqno", "-1", "key"): (
        2, "no message has msg_seqno -1"),
    ("message", "seal", "--key", "@zeros", "--type", "report_req", "--seqno", "1", "key"): (
        1, "a VMPCK of zeros is no key"),
    ("message", "seal", "--key", "@key", "--type", "report_req", "--seqno", "1", "empty"): (
        1, "a payload has 1 to 4000 bytes, not 0"),
    ("message", "seal", "--key", "@key", "--type", "report_req", "--seqno", "0", "key"): (
        2, "no message has msg_seqno 0"),
    ("message", "seal", "--secrets", "page", "--type", "5", "--seqno", "1", "key"): (
        2, "one of the arguments --key is required"),
    ("secrets", "show", "key"): (1, "is no store of secrets"),
    ("secrets", "init", "key"): (1, "exists already"),
    ("secrets", "init", "no/such/folder"): (1, "no such file or directory"),
    ("secrets", "init", "new", "--page", "key"): (1, "key: a secrets page has 4096 bytes"),
    ("explain-error", "nonsense"): (2, "invalid errno value"),
    ("explain-error", "5", "0x10000000000000000"): (2, "64 bits"),
    ("explain-error", "5", "-9223372036854775809"): (2, "64 bits"),
    ("explain-error", "5", "0", "--status", "0x100000000"): (2, "32 bits"),
}  # fmt: skip


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_what_is_wrong_is_told(run: Runner, arguments: tuple[str, ...]) -> None:
    status, words = WRONG[arguments]
    Path("me.toml").write_text("vmpl = 1\n")
    Path("bad.toml").write_text("polisy = {smt = true}\n")
    Path("key").write_bytes(KEY)
    Path("zeros").write_bytes(bytes(32))
    Path("empty").write_bytes(b"")
    Path("table").write_bytes(write_table([TableEntry(GUIDS["ARK"], b"x" * 99)]))
    before = sorted(os.listdir())
    got, out, err = run(*arguments)
    assert (got, out) == (status, b"")
    lines = [line for line in err.splitlines() if not line.startswith("snpformat: note:")]
    assert lines[0].startswith("snpformat: ") and words in lines[0], err
    assert all(line.startswith("  help: ") for line in lines[1:]), err
    assert "Traceback" not in err
    left = set(os.listdir()) - set(before)
    assert left == set()


def test_a_key(run: Runner) -> None:
    Path("me.json").write_text('{"seed": "s"}')
    Path("key.bin").write_bytes(b"old")
    os.chmod("key.bin", 0o644)
    status, out, _ = run("key", "--identity", "me.json", "--fields", "policy,measurement",
                         "-o", "key.bin")  # fmt: skip
    assert (status, out) == (0, b"")
    assert stat.S_IMODE(os.stat("key.bin").st_mode) == 0o600
    derived = Path("key.bin").read_bytes()
    assert len(derived) == 32
    assert run("key", "--identity", "me.json", "--fields", "measurement,policy", "-o", "-") == (
        0, derived, run("report", "--identity", "me.json")[2],
    )  # fmt: skip
    assert run("key", "--identity", "me.json", "-o", "-")[1] != derived
    assert run("key", "--identity", "me.json", "--root", "vmrk", "-o", "-")[1] != derived


def test_certs(run: Runner) -> None:
    certificates = Firmware(Identity(seed=b"s")).certificates
    Path("vcek.der").write_bytes(certificates.der("vcek"))
    Path("ark.pem").write_bytes(certificates.pem("ark"))
    Path("odd").write_bytes(b"odd")
    guid = "00112233-4455-6677-8899-aabbccddeeff"
    assert run("certs", "pack", "vcek=vcek.der", "ark=ark.pem", f"{guid}=odd", "-o", "t")[0] == 0
    table = Path("t").read_bytes()
    assert [entry.name for entry in read_table(table)] == ["VCEK", "ARK", None]
    status, out, _ = run("certs", "show", "t")
    lines = out.decode().splitlines()
    assert status == 0
    assert [line.split()[-1] for line in lines] == ["DER", "PEM", "certificate"]
    assert lines[2].startswith(guid) and "unknown" in lines[2]
    assert run("certs", "extract", "t", "out")[0] == 0
    assert sorted(os.listdir("out")) == [f"{guid}.bin", "ark.pem", "vcek.der"]
    assert Path("out/vcek.der").read_bytes() == certificates.der("vcek")
    assert run("certs", "show", "-", given=bytes(4096))[1] == b"no certificates\n"
    whole = run("certs", "pack", "ark=ark.pem", "--whole-pages")[1]
    assert len(whole) % 4096 == 0


def test_a_name_that_stands_twice_is_written_twice(run: Runner) -> None:
    guid = GUIDS["VCEK"]
    Path("t").write_bytes(write_table([TableEntry(guid, b"one"), TableEntry(guid, b"two")]))
    assert run("certs", "extract", "t", "out")[0] == 0
    assert sorted(os.listdir("out")) == ["vcek-1.bin", "vcek.bin"]


def test_messages(run: Runner) -> None:
    Path("key").write_bytes(KEY)
    request = MsgReportReq(report_data=DATA, vmpl=1).build()
    Path("request").write_bytes(request)
    status, page, _ = run("message", "seal", "--key", "@key", "--type", "report_req",
                          "--seqno", "7", "--vmpck", "1", "request")  # fmt: skip
    assert status == 0 and len(page) == 4096
    assert page == Aead(KEY).seal(request, msg_type=MsgType.REPORT_REQ, msg_seqno=7, msg_vmpck=1)
    for given in (page, page.hex().encode()):
        status, out, _ = run("message", "open", "--key", KEY.hex(), given=given)
        assert status == 0
        assert re.search(r"msg_seqno +7\b", out.decode()) and DATA[:16].hex() in out.decode()
    shown = json.loads(run("message", "open", "--key", "@key", "--json", given=page)[1])
    assert shown["header"]["msg_type"]["name"] == "report_req"
    assert shown["payload"]["vmpl"] == 1
    assert run("message", "open", "--key", "@key", "-o", "got", given=page)[0] == 0
    assert Path("got").read_bytes() == request
    broken = page[:0x60] + bytes([page[0x60] ^ 1]) + page[0x61:]
    status, out, err = run("message", "open", "--key", "@key", given=broken)
    assert (status, out) == (1, b"") and "was changed, or sealed with another key" in err
    status, _, err = run("message", "open", "--key", "@key", given=page[:80])
    assert status == 1 and "msg_hdr" in err


def test_a_message_with_a_secret_or_without_a_format(run: Runner) -> None:
    Path("key").write_bytes(KEY)
    answer = MsgKeyRsp(derived_key=b"\xab" * 32).build()
    page = Aead(KEY).seal(answer, msg_type=MsgType.KEY_RSP, msg_seqno=2)
    assert run("message", "open", "--key", "@key", "-o", "payload", given=page)[0] == 0
    assert stat.S_IMODE(os.stat("payload").st_mode) == 0o600
    for options in ([], ["--json"]):
        text = run("message", "open", "--key", "@key", *options, given=page)[1].decode()
        assert "<secret>" in text and "abababab" not in text
        shown = run("message", "open", "--key", "@key", "--show-secrets", *options, given=page)[1]
        assert b"abababab" in shown
    page = Aead(KEY).seal(b"x" * 16, msg_type=MsgType.VMRK_REQ, msg_seqno=2)
    assert b"there is no format" in run("message", "open", "--key", "@key", given=page)[1]
    page = Aead(KEY).seal(b"x" * 16, msg_type=MsgType.REPORT_REQ, msg_seqno=2)
    status, out, _ = run("message", "open", "--key", "@key", "--json", given=page)
    assert status == 0 and json.loads(out)["payload_bytes"] == "78" * 16


def test_secrets(run: Runner) -> None:
    assert run("secrets", "init", "store")[0] == 0
    assert stat.S_IMODE(os.stat("store").st_mode) == 0o600
    status, out, _ = run("secrets", "show", "store")
    text = out.decode()
    assert status == 0 and text.count("<secret>") == 4
    assert text.count("the next request has msg_seqno 1") == 4
    with FileSecrets("store") as store:
        page = store.seal(2, MsgType.REPORT_REQ, MsgReportReq().build())
        key = store.record().vmpck2
        store.retire(3)
        # Looking does not take the lock, nor the keys.
        text = run("secrets", "show", "store")[1].decode()
        assert "VMPCK 2: the next request has msg_seqno 3" in text
        assert "VMPCK 3: empty" in text and key.hex() not in text
        assert key.hex() in run("secrets", "show", "store", "--show-secrets")[1].decode()
    assert run("message", "open", "--secrets", "store", given=page)[0] == 0
    assert json.loads(run("secrets", "show", "store", "--json")[1])["vmpck2"] == "<secret>"
    spent = OsArea(version=0, msg_seqno_0=0xFFFFFFFE, msg_seqno_1=5)
    Path("page").write_bytes(
        SecretsPage(version=3, vmpck0=KEY, vmpck1=KEY[::-1], os_area=spent).build()
    )
    shown = run("secrets", "show", "page")[1].decode()
    assert "VMPCK 0 has used up its sequence numbers" in shown
    assert "the count of VMPCK 1 is odd" in shown
    Path("page").write_bytes(SecretsPage(version=3, vmpck0=KEY).build())
    assert run("secrets", "init", "second", "--page", "page")[0] == 0
    with FileSecrets("second") as store:
        assert store.record().vmpck0 == KEY
    assert run("secrets", "show", "page")[0] == 0
    # A store made of a store would use its numbers again.
    assert run("secrets", "init", "third", "--page", "second")[0] == 1


@pytest.mark.parametrize("number", ERRNOS)
def test_explain_knows_every_errno(run: Runner, number: int) -> None:
    status, out, _ = run("explain-error", number)
    assert status == 0 and out.decode().startswith(ERRNOS[number][0])
    assert run("explain-error", ERRNOS[number][0].lower())[1] == out
    assert run("explain-error", -number)[1].splitlines()[0] == out.splitlines()[0]


@pytest.mark.parametrize(
    ("word", "name"),
    [(code, name) for code, name in FwError.NAMES.items() if code]
    + [(code << 32, name) for code, name in VmmError.NAMES.items() if code],
)
def test_explain_knows_every_code(run: Runner, word: int, name: str) -> None:
    status, out, _ = run("explain-error", "EIO", hex(word))
    assert status == 0 and name.upper() in out.decode()


def test_explain_status_and_what_is_unknown(run: Runner) -> None:
    for number, name in MsgStatus.NAMES.items():
        text = run("explain-error", 0, 0, "--status", number)[1].decode()
        assert name.upper() in text or number == 0
    assert run("explain-error", "EIO", -1)[1] == run("explain-error", "EIO", hex(2**64 - 1))[1]
    assert b"give EXITINFO2 too" in run("explain-error", "EIO")[1]
    assert b"reports no error" in run("explain-error", 0)[1]
    assert b"the call succeeded" in run("explain-error", 0, "0x200000000")[1]
    for result in range(1, 6):
        out = run("explain-error", 0, "--result", result)[1]
        assert out.startswith(b"ES_") and b"reload" in out
    for arguments in ([999], [5, "0x77"], [5, hex(9 << 32)], [0, 0, "--status", 0x55]):
        status, out, _ = run("explain-error", *arguments)
        assert status == 0 and b"unknown" in out


def test_help_of_everything() -> None:
    done = snpformat("--help")
    commands = re.findall(r"^    ([\w-]+)(?: |$)", done.stdout.decode(), re.MULTILINE)
    assert {"report", "key", "certs", "message", "secrets", "explain-error"} <= set(commands)
    for command in commands:
        assert snpformat(command, "--help").returncode == 0


def hcl_blob(variable: bytes = b'{"keys": []}', **changes: int) -> bytes:
    report = AttestationReport(report_data=hashlib.sha256(variable).digest() + bytes(32))
    size = HclRequestData.SIZE + len(variable)
    header = HclHeader(report_size=0x4C0 + size, request_type=2)
    request = HclRequestData(
        data_size=size, version=1, report_type=2, hash_type=1, variable_data_size=len(variable)
    )
    return header.build() + report.build() + request.build() + variable + bytes(100)


def test_decode_shows_hcl_blobs(run: Runner) -> None:
    blob = hcl_blob()
    for given in (blob, blob.hex().encode()):
        status, out, _ = run("decode", given=given)
        assert status == 0 and out.startswith(b"hcl_blob, ") and b"binding holds" in out
    broken = blob[:0x70] + b"\1" + blob[0x71:]
    assert b"binding broken" in run("decode", given=broken)[1]
    shown = json.loads(run("decode", "--json", given=blob)[1])
    assert shown["binding"]["verdict"] == "holds" and shown["report"]["version"] == 5
    assert bytes.fromhex(shown["variable_data"]) == b'{"keys": []}'
    status, out, err = run("decode", given=blob[:1240])
    assert (status, out) == (1, b"") and "hcl_blob.request" in err
    assert run("decode", "--hexdump", given=blob)[0] == 2


def test_decode_shows_real_hcl_blobs(run: Runner, vectors: Path) -> None:
    for file in sorted((vectors / "hcl").glob("*.bin")):
        status, out, _ = run("decode", file)
        assert status == 0 and b"binding holds" in out
