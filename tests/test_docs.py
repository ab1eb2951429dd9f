"""The documentation: its examples run, its tables are true, its links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from snpformat_codegen import cli as codegen_cli
from snpformat_codegen.language import FILE
from snpformat_codegen.shapes import Either, Forms, ListOf, MapOf, Table

from snpformat import catalog, cli
from snpformat.commands.formats import first_sentence
from snpformat.formats import AttestationReport

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
README = (ROOT / "README.md").read_text()
REPORT = AttestationReport(
    version=5, guest_svn=2, policy=0x3001F, cpuid_fam_id=0x1A, cpuid_mod_id=2
)


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_python_examples_run(document: Path) -> None:
    names: dict[str, Any] = {"data": REPORT.build()}
    for block in blocks(document.read_text(), "python"):
        # In brackets, or tools that look for source would read the document as Python.
        exec(compile(block, f"<{document.name}>", "exec"), names)
    for name in [name for name in names if name.startswith("test_")]:
        names[name]()


def test_console_examples_are_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("report.bin").write_bytes(REPORT.build())
    assert cli.main(["decode", "report.bin"]) == 0
    shown = capsys.readouterr().out
    (block,) = [block for block in blocks(README, "console") if "decode report.bin" in block]
    printed = [line for line in block.split("$ ")[1].splitlines()[1:] if line.strip() != "..."]
    assert shown.startswith("\n".join(printed))
    Path("short.bin").write_bytes(REPORT.build()[:500])
    assert cli.main(["decode", "short.bin", "--format", "attestation_report"]) == 1
    told = capsys.readouterr().err.replace("short.bin: ", "").strip()
    assert told in block


def test_the_table_of_formats_is_true() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (\d+(?: to \d+)?) \| (.+?) \| (.+?) \|$", README, re.MULTILINE
    )
    assert rows == [
        (
            name,
            catalog.sizes_text(kind),
            ", ".join(map(str, kind.VERSIONS)) or "-",
            first_sentence(kind),
        )
        for name, kind in catalog.structures().items()
    ]


def test_the_diagnostic_shown_is_what_the_checker_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = (
        "snpformat: 1\nmodule: report\nstructs:\n  s:\n    size: 0x34\n"
        + "\n" * 27
        + (
            "    fields:\n"
            "      - {at: 0x020, name: image_id, bytes: 16}\n"
            "      - {at: 0x02c, name: vmpl, type: u32}\n"
            "      - {at: 0x000, reserved: 32}\n"
            "      - {at: 0x030, reserved: 4}\n"
        )
    )
    Path("report.yaml").write_text(spec)
    assert codegen_cli.main(["check", "report.yaml"]) == 1
    told = capsys.readouterr().out
    (block,) = [block for block in blocks(README, "console") if "error[SF020]" in block]
    for line in block.splitlines():
        assert line.strip() in told, line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def test_every_key_of_the_language_is_described() -> None:
    text = (ROOT / "docs" / "spec-language.md").read_text()
    for key in sorted(_keys(FILE)):
        assert f"`{key}`" in text or f"`{key}:" in text or f"{key}:" in text, key


def _keys(shape: object) -> set[str]:
    """Every key of a shape and of the shapes in it."""
    if isinstance(shape, Table):
        inner = [key.shape for key in shape.keys.values()]
        return set(shape.keys) | set().union(*map(_keys, inner))
    if isinstance(shape, Forms):
        return set().union(*map(_keys, shape.forms.values()))
    if isinstance(shape, ListOf):
        return _keys(shape.item)
    if isinstance(shape, MapOf):
        return _keys(shape.value)
    return _keys(shape.long) if isinstance(shape, Either) else set()


def test_help_says_what_there_is() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import snpformat; help(snpformat)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    for word in ("snpformat.formats", "snpformat.constructs", "FormatError", "Typed"):
        assert word in done.stdout
