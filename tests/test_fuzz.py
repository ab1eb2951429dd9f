"""The two fuzzers: short runs of both find nothing, and both find what is broken on purpose."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest
from snpformat_codegen import fuzz as spec_fuzz, passes, program

from snpformat import assemble, cli, files, fuzz, jsonform, record, show, wire
from snpformat.catalog import structures
from snpformat.commands.common import REFUSED, USAGE
from snpformat.errors import FormatError
from snpformat.formats import MsgHdr


def test_a_short_run_finds_nothing() -> None:
    run = fuzz.Run(Random(1), fuzz.forms())
    assert [str(finding) for finding in run.findings(8_000, None)] == []
    assert run.count == 8_000
    assert run.accepted > 2_000
    assert run.count - run.accepted > 2_000


@pytest.mark.parametrize("name", structures())
def test_one_structure(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The command, on every structure; the same seed gives the same run."""
    shown = []
    for _ in range(2):
        assert cli.main(["fuzz", "--format", name, "--count", "200", "--seed", "0x7"]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0].startswith("seed 7: 200 inputs in ")
    assert shown[0].endswith("accepted; 0 findings\n")
    assert shown[0].split(")")[1] == shown[1].split(")")[1]


def test_it_ends_in_time_and_tells_its_seed(capsys: pytest.CaptureFixture[str]) -> None:
    start = time.monotonic()
    assert cli.main(["fuzz", "--seconds", "0.2"]) == 0
    assert time.monotonic() - start < 10
    assert capsys.readouterr().out.startswith("seed ")
    assert cli.main(["fuzz", "--format", "nope"]) == USAGE


def _crash(*_: object, **__: object) -> object:
    raise ZeroDivisionError("on purpose")


_BUILD = MsgHdr.build


def _forgetful(self: MsgHdr) -> bytes:
    return _BUILD(self if self.msg_seqno == 0 else MsgHdr())


BREAKS = [
    (wire, "size_error", _crash, "ZeroDivisionError: on purpose"),
    (wire, "settle", lambda self, *_: self, "but it is accepted"),
    (MsgHdr, "build", _forgetful, "build gives back"),
    (record.Record, "__repr__", lambda self: "\n", "no line of plain text"),
    (show, "hexdump", lambda *_: ["0000  00"], "a record can be shown"),
    (jsonform, "to_dict", lambda self, *_: {"format": self.NAME}, "JSON gives back"),
    (assemble, "from_dict", _crash, "JSON gives back the record"),
    (assemble, "replace", lambda self, _: type(self)(), "copies are equal"),
    (files, "unwrap", _crash, "any text is unwrapped"),
]


@pytest.mark.parametrize(("where", "name", "broken", "told"), BREAKS, ids=lambda value: str(value))
def test_it_finds_what_is_broken(
    where: object, name: str, broken: object, told: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(where, name, broken)
    command = ["fuzz", "--count", "2000", "--seed", "3", "--format", "msg_hdr"]
    assert cli.main(command) == REFUSED
    out = capsys.readouterr().out
    assert told in out
    assert "\n  input: " in out
    assert f"{fuzz.MAX_FINDINGS} findings" in out


def test_a_wrong_place_in_an_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(cls: type[record.Record], data: bytes) -> FormatError:
        return FormatError(cls.NAME, None, 5000, None, "too short")

    monkeypatch.setattr(wire, "size_error", elsewhere)
    found = [*fuzz.Run(Random(1), fuzz.forms("msg_hdr")).findings(500, None)]
    assert {finding.promise for finding in found} >= {"one broken constraint is told"}
    assert "told at 5000" in " ".join(map(str, found))


def test_it_needs_no_hypothesis() -> None:
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "from snpformat import cli; sys.exit(cli.main(['fuzz', '--count', '100']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_a_short_run_over_specs_finds_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--count", "150", "--seed", "1", "--keep", str(tmp_path)]
    assert spec_fuzz.main(command) == 0, capsys.readouterr().out
    out = capsys.readouterr().out
    assert out.startswith("seed 1: 150 specs in ")
    assert out.endswith(" 0 findings\n")
    assert [*tmp_path.iterdir()] == []
    right = int(out.split("), ")[1].split()[0])
    assert 0 < right < 150, "some texts are still specs, and some no more"


def _slow(*_: object) -> None:
    time.sleep(0.02)


@pytest.mark.parametrize(
    ("where", "name", "broken", "told"),
    [
        (program, "load", _crash, "ZeroDivisionError: on purpose"),
        (passes, "check", _crash, "ZeroDivisionError"),
        (passes, "check", _slow, "took 0.0 s"),
        (spec_fuzz, "EMITTERS", [lambda _: [("x.py", "no python")]], "SyntaxError"),
    ],
    ids=["load", "check", "slow", "text"],
)
def test_a_broken_checker_is_found(
    where: object, name: str, broken: object, told: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(where, name, broken)
    monkeypatch.setattr(spec_fuzz, "LIMIT", 0.01)
    assert spec_fuzz.main(["--count", "60", "--seed", "1", "--keep", str(tmp_path)]) == 1
    assert told in capsys.readouterr().out
    kept = [*tmp_path.iterdir()]
    assert kept
    assert all((folder / "report.yaml").exists() for folder in kept)
