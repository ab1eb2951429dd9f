"""The generator as a command: same input, same bytes; all or nothing; anybody's specs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from snpformat_codegen import cli, output

from snpformat.fields import Enum
from snpformat.formats import STRUCTURES
from snpformat.wire import Bits, VersionedRecord

TOY = """\
snpformat: 1
module: toy
structs:
  toy:
    size: 4
    fields:
      - {at: 0, name: colour, type: u16, doc: What it looks like.}
      - {at: 2, reserved: 2}
"""


@pytest.fixture
def toys(tmp_path: Path) -> Path:
    folder = tmp_path / "toys"
    folder.mkdir()
    (folder / "toy.yaml").write_text(TOY)
    return folder


def run_python(code: str, *paths: Path) -> str:
    """What `code` prints in a fresh interpreter that finds packages in `paths` first."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, "-P", "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def generated_files(package: Path) -> dict[str, bytes]:
    folders = [package / "formats", package / "constructs", package / "testing"]
    files = [path for folder in folders for path in folder.glob("*.py")]
    return {str(path.relative_to(package)): path.read_bytes() for path in files}


def test_the_committed_files_are_what_the_specs_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["generate", "--check"]) == cli.DONE, capsys.readouterr().err
    assert capsys.readouterr().out == "up to date\n"


def test_the_same_specs_give_the_same_bytes(tmp_path: Path) -> None:
    """In another folder, another process, with another hash seed."""
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "snpformat_codegen", "generate"]
        options = ["--specs", str(cli.SPECS), "--out", str(tmp_path / seed), "--package", "copy"]
        environment = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run([*command, *options], env=environment, check=True, capture_output=True)
    ours = generated_files(ROOT / "snpformat")
    marked = {name: text for name, text in ours.items() if output.MARK.encode() in text[:2000]}
    for seed in ("1", "2"):
        made = generated_files(tmp_path / seed / "copy")
        assert b"copy" in made.pop("testing/__init__.py")  # made once, then its owner's
        assert made == marked


def test_somebody_elses_specs(
    toys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = ["generate", "--specs", str(toys), "--out", str(out), "--package", "toybox.made"]
    assert cli.main(arguments) == cli.DONE
    assert cli.main([*arguments, "--check"]) == cli.DONE
    found = run_python(
        "from toybox.made.formats import Toy\n"
        "from toybox.made.constructs import Toy as Plain, Typed\n"
        "import construct\n"
        "mine = construct.Struct('toy' / Typed(Toy))\n"
        "raw = Toy(colour=7).build()\n"
        "print(Toy.parse(raw), Plain.parse(raw).colour, mine.parse(raw).toy.colour)",
        out,
    )
    assert found == "Toy(colour=7) 7 7"
    (out / "toybox" / "made" / "__init__.py").write_text("# ours\n")
    assert cli.main([*arguments, "--check"]) == cli.DONE, "the package itself is its owner's"
    capsys.readouterr()


def test_check_names_the_file_that_differs_and_the_command(
    toys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = ["--specs", str(toys), "--out", str(out), "--package", "box"]
    formats = out / "box" / "formats"
    assert cli.main(["generate", *arguments]) == cli.DONE
    changes = [
        (formats / "toy.py", "differs"),
        (formats / "old.py", "is left over"),
        (formats / "__init__.py", "is missing"),
    ]
    for path, reason in changes:
        capsys.readouterr()
        if reason == "is missing":
            path.unlink()
        else:
            shutil.copy(formats / "__init__.py", path)
        before = sorted(out.rglob("*.py"))
        assert cli.main(["generate", "--check", *arguments]) == cli.FINDINGS
        told = capsys.readouterr().err.splitlines()
        assert told[0] == f"{path}: {reason}"
        assert told[-1] == f"mend it: snpformat-codegen generate {' '.join(arguments)}"
        assert sorted(out.rglob("*.py")) == before
        assert cli.main(["generate", *arguments]) == cli.DONE
        assert cli.main(["generate", "--check", *arguments]) == cli.DONE


def test_a_file_that_was_not_generated_is_left_alone(toys: Path, tmp_path: Path) -> None:
    formats = tmp_path / "box" / "formats"
    formats.mkdir(parents=True)
    (formats / "mine.py").write_text("MINE = 1\n")
    arguments = ["--specs", str(toys), "--out", str(tmp_path), "--package", "box"]
    assert cli.main(["generate", *arguments]) == cli.DONE
    assert (formats / "mine.py").read_text() == "MINE = 1\n"


def test_the_package_of_the_strategies_is_its_owners(toys: Path, tmp_path: Path) -> None:
    """Written where there is none; then left as it is, even if it came from a generator."""
    own = tmp_path / "box" / "testing" / "__init__.py"
    arguments = ["generate", "--specs", str(toys), "--out", str(tmp_path), "--package", "box"]
    assert cli.main(arguments) == cli.DONE
    assert own.read_text() == '"""For tests of code that uses box: Hypothesis strategies."""\n'
    own.write_text('"""Once: run `snpformat-codegen generate`."""\nMINE = 1\n')
    assert cli.main(arguments) == cli.DONE
    assert cli.main([*arguments, "--check"]) == cli.DONE
    assert "MINE" in own.read_text()
    own.unlink()
    assert cli.main([*arguments, "--check"]) == cli.FINDINGS


def test_nothing_is_written_when_a_spec_is_wrong(
    toys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (toys / "bad.yaml").write_text(TOY.replace("toy", "bad").replace("at: 2", "at: 3"))
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as caught:
        cli.main(["generate", "--specs", str(toys), "--out", str(out), "--package", "box"])
    assert caught.value.code == cli.FINDINGS
    told = capsys.readouterr().err
    assert "bad.yaml" in told
    assert "nothing was written" in told
    assert not out.exists()


def test_nothing_is_half_written_when_the_disk_fails(
    toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["generate", "--specs", str(toys), "--out", str(tmp_path), "--package", "box"]
    assert cli.main(arguments) == cli.DONE
    before = generated_files(tmp_path / "box")
    (toys / "toy.yaml").write_text(TOY.replace("colour", "hue"))
    written = []

    def fail_at_the_second(descriptor: int, mode: str) -> object:
        written.append(descriptor)
        if len(written) == 2:
            os.close(descriptor)
            raise OSError(28, "No space left on device", "somewhere")
        return os.fdopen(descriptor, mode)

    monkeypatch.setattr("snpformat_codegen.output.open", fail_at_the_second, raising=False)
    assert cli.main(arguments) == cli.USAGE
    assert "no space left on device" in capsys.readouterr().err
    assert generated_files(tmp_path / "box") == before
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--specs", "nowhere", "--out", "x", "--package", "y"], "nowhere: no such folder"),
        (["--specs", "."], "--specs needs --out"),
        (["--package", "not-a-name"], "is no name to import"),
        (["--package", ".."], "is no name to import"),
        (["--package", "class"], "is no name to import"),
        (["--specs", ".", "--out", "x"], "--package is needed"),
        (["--specs", ".", "--out", "x", "--package", "snpformat"], "--package is needed"),
    ],
)
def test_usage(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["generate", *arguments]) == cli.USAGE
    assert text in capsys.readouterr().err


def test_what_the_terminal_cannot_show_is_escaped(tmp_path: Path) -> None:
    spec = tmp_path / "arrow.yaml"
    spec.write_text("snpformat: 1\nmodule: arrow\nstructz: 3 # \u2192\n", encoding="utf-8")
    command = [sys.executable, "-m", "snpformat_codegen", "check", str(spec)]
    environment = os.environ | {"PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (cli.FINDINGS, b"")
    assert b"structz: 3 # \\u2192" in done.stdout


def test_an_internal_error_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SNPFORMAT_DEBUG", raising=False)
    monkeypatch.setattr(cli, "EMITTERS", (lambda modules: 1 / 0,))
    assert cli.main(["generate", "--check"]) == cli.INTERNAL
    told = capsys.readouterr().err
    assert told.startswith("snpformat-codegen: internal error: ZeroDivisionError")
    assert "Traceback" not in told


NEW_FIELD = "aes_key_strength"


def name_reserved_bytes(spec: Path) -> tuple[int, int]:
    """Give the report a further version with NEW_FIELD; returns that version, and its offset."""
    text = spec.read_text()
    known = re.search(r"field: attestation_report.version\n    known: \[([0-9, ]+)\]", text)
    assert known
    version = max(map(int, known[1].split(","))) + 1
    reserved = r"( +- )\{at: (0x[0-9a-f]+), reserved: (\d+), since: (\d+)\}\n"
    largest = max(re.finditer(reserved, text), key=lambda found: int(found[3]))
    bullet, offset, size, since = largest[1], int(largest[2], 0), int(largest[3]), largest[4]
    new = (
        f"{bullet}{{at: {offset:#x}, reserved: {size}, since: {since}, until: {version}}}\n"
        f"{bullet}{{at: {offset:#x}, name: {NEW_FIELD}, type: u64, since: {version},"
        " doc: New in this version.}\n"
        f"{bullet}{{at: {offset + 8:#x}, reserved: {size - 8}, since: {version}}}\n"
    )
    text = text.replace(largest[0], new).replace(known[1], f"{known[1]}, {version}")
    spec.write_text(text)
    return version, offset


def test_a_field_of_the_next_version_reaches_everything_by_one_edit_and_one_command(
    tmp_path: Path,
) -> None:
    """Name eight bytes that have been reserved so far; regenerate; use them everywhere."""
    for folder in ("specs", "codegen", "snpformat"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    version, offset = name_reserved_bytes(tmp_path / "specs" / "report.yaml")
    paths = (tmp_path, tmp_path / "codegen")
    run_python("import sys; from snpformat_codegen.cli import main; main(['generate'])", *paths)

    raw = tmp_path / "report.bin"
    code = (
        "import snpformat, pathlib\n"
        "from snpformat.formats import AttestationReport as R\n"
        "from snpformat import constructs\n"
        f"report = R(version={version}, {NEW_FIELD}=0x1234)\n"
        f"pathlib.Path({str(raw)!r}).write_bytes(report.build())\n"
        "assert pathlib.Path(snpformat.__file__).is_relative_to(pathlib.Path(%r))\n"
        f"assert report.build()[{offset}:{offset} + 8] == (0x1234).to_bytes(8, 'little')\n"
        f"assert R(version=5).{NEW_FIELD} is None\n"
        "assert R.parse(report.build(), reserved='reject') == report\n"
        f"assert constructs.AttestationReport.parse(report.build()).{NEW_FIELD} == 0x1234\n"
        f"assert constructs.AttestationReport.parse(R(version=5).build()).{NEW_FIELD} is None\n"
        f"print(R.field('{NEW_FIELD}').doc, report.to_dict()['{NEW_FIELD}'])"
    ) % str(tmp_path)
    assert run_python(code, *paths) == f"New in this version. {0x1234}"
    shell = "import sys; from snpformat.cli import main; sys.exit(main(sys.argv[1:]))"
    table = run_cli(shell, ["decode", str(raw)], paths)
    assert f"{offset:#05x}  {NEW_FIELD}            {0x1234}" in table.decode()
    as_json = run_cli(shell, ["decode", "--json", str(raw)], paths)
    assert run_cli(shell, ["encode"], paths, as_json) == raw.read_bytes()


def run_cli(code: str, arguments: list[str], paths: tuple[Path, ...], given: bytes = b"") -> bytes:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, "-P", "-c", code, *arguments]
    done = subprocess.run(command, env=environment, input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_structure_is_offered_by_name() -> None:
    wanted = {"msg_hdr", "attestation_report", "msg_report_req", "msg_report_rsp"}
    assert wanted <= STRUCTURES.keys()


def test_names_that_the_runtime_means_already_are_refused_in_specs() -> None:
    """A field called like a method would hide it."""
    from snpformat_codegen.passes import names

    def words(kind: type) -> set[str]:
        own = {name for name in dir(kind) if not name.startswith("_") and not name.isupper()}
        return own - set(dir(int) if kind is not Bits else ())

    assert words(VersionedRecord) <= names.TAKEN_IN_RECORDS
    assert words(Bits) <= names.TAKEN_IN_BITS
    reserved = {name.lower() for name in dir(Enum) if name.isupper()}
    assert reserved <= names.TAKEN_IN_ENUMS
