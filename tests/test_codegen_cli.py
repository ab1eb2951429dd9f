"""The smaller commands of the generator: layout, explain, schema."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from conftest import ROOT
from samples import CLASSES, form_name
from snpformat_codegen import cli
from snpformat_codegen.codes import CODES
from snpformat_codegen.explain import ADVICE
from snpformat_codegen.schema import schema

from snpformat import catalog
from snpformat.formats.ioctls import IOCTLS
from snpformat.record import Record

SPECS = sorted((ROOT / "specs").glob("*.yaml"))
BAD_SPECS = sorted((ROOT / "tests" / "bad_specs").glob("*.yaml"))


@pytest.mark.parametrize("cls", CLASSES, ids=form_name)
def test_layout_lists_every_place(cls: type[Record], capsys: pytest.CaptureFixture[str]) -> None:
    for version in (None, *cls.VERSIONS):
        options = [] if version is None else ["--version", str(version)]
        assert cli.main(["layout", cls.NAME, *options]) == cli.DONE
        title, cite, _, _, *rows = capsys.readouterr().out.splitlines()
        assert title.startswith(f"{cls.NAME}, {catalog.sizes_text(cls)} bytes")
        assert cite == f"[{cls.CITE}]"
        fields = [field for field in cls.FIELDS if version is None or field.in_version(version)]
        assert [[int(part, 0) for part in row.split()[:2]] for row in rows] == [
            [field.offset, field.size] for field in fields
        ]
        for row, field in zip(rows, fields, strict=True):
            assert f"  {field.name or '(reserved)'}" in row
            assert ("secret" in row.split()) == field.secret


def test_layout_tells_what_limits_and_decides(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = {
        "attestation_report": [
            "from version 2; before version 5",
            "max 3",
            "by product: tcb_milan",
        ],
        "cert_table": ["0x18 each; until one that is all zero; at most 681"],
        "cpuid_page": ["cpuid_function[64]  functions   0x30 each\n"],
        "msg_cpuid_req": ["cpuid_function[count]  functions   0x30 each; at most 64"],
        "msg_cpuid_rsp": ["until the end of the bytes"],
        "msg_hdr": ["always 0x60", "min 1", "max 4000"],
        "msg_report_rsp": ["while status is 0x0"],
        "secrets_page": ["secret", "from version 3; can be read as svsm_area"],
        "snp_guest_request_ioctl": ["also fw_err, fw_error, vmm_error"],
    }
    for name, remarks in wanted.items():
        assert cli.main(["layout", name]) == cli.DONE
        shown = capsys.readouterr().out
        for remark in remarks:
            assert remark in shown, name


def test_layout_of_other_specs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = "snpformat: 1\nmodule: toy\nendian: big\nstructs:\n  toy:\n    size: 1\n"
    (tmp_path / "toy.yaml").write_text(
        f'{spec}    fields: [{{at: 0, bytes: 1, const: "05", name: a}}]'
    )
    assert cli.main(["layout", "toy", "--specs", str(tmp_path)]) == cli.DONE
    shown = capsys.readouterr().out
    assert "big endian" in shown
    assert "always 05" in shown


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["layout", "secrets_pag"], 'did you mean "secrets_page"?'),
        (["layout", "msg_hdr", "--version", "1"], "it has one form only"),
        (["layout", "attestation_report", "--version", "9"], "known: 1, 2, 3, 4, 5"),
        (["layout", "attestation_report", "--version", "x"], "invalid number value: 'x'"),
        (["layout", "toy", "--specs", "nowhere"], "no such folder"),
        (["explain", "SF02"], "there is no code 'SF02'"),
        (["explain"], "required: CODE"),
    ],
)
def test_usage(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == cli.USAGE
    assert text in capsys.readouterr().err


def test_every_code_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert ADVICE.keys() == CODES.keys()
    for code, what in CODES.items():
        assert cli.main(["explain", code.lower()]) == cli.DONE
        assert capsys.readouterr().out.startswith(f"{code}: {what}\n\n{ADVICE[code][0]}")


def test_the_schema_beside_the_specs_is_that_of_the_language() -> None:
    committed = (ROOT / "specs" / "snpformat-1.schema.json").read_text()
    assert json.loads(committed) == json.loads(json.dumps(schema())), "run ./dev generate"
    jsonschema.Draft202012Validator.check_schema(schema())
    for spec in SPECS:
        assert "$schema=./snpformat-1.schema.json" in spec.read_text().splitlines()[0]


def test_the_reference_of_the_ioctls(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """It is that of the specs, its links lead somewhere, and every field of every call is in it."""
    assert cli.main(["reference"]) == cli.DONE
    text = capsys.readouterr().out
    assert (ROOT / "docs" / "ioctls.md").read_text() == text, "run ./dev generate"
    anchors = re.findall(r'<a id="(\w+)">', text)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r"\(#(\w+)\)", text)) <= set(anchors)
    for ioctl in IOCTLS:
        assert f"`0x{ioctl.command:08X}`" in text
        for record in (ioctl.argument, ioctl.request, ioctl.response):
            assert record is not None and record.NAME in anchors
            for field in record.FIELDS:
                assert (
                    field.name is None
                    or f"| {field.offset:#x} | {field.size} | `{field.name}` |" in text
                )
    (tmp_path / "toy.yaml").write_text("snpformat: 1\nmodule: toy\n")
    assert cli.main(["reference", "--specs", str(tmp_path)]) == cli.USAGE


# Which keys an array needs depends on its others, and a schema does not know what is beside what.
BEYOND_SCHEMA = {"array_endless.yaml", "array_unbounded.yaml"}


def test_the_schema_accepts_good_specs_and_refuses_what_it_can_see() -> None:
    judge = jsonschema.Draft202012Validator(schema())
    for spec in SPECS:
        assert not list(judge.iter_errors(yaml.safe_load(spec.read_text()))), spec.name
    refused = 0
    for spec in BAD_SPECS:
        text = spec.read_text()
        code = re.search(r"error\[(SF\d+)\]", text)
        # Unknown and missing keys are all that a schema surely sees as the checker does.
        if code and code[1] in ("SF010", "SF011") and spec.name not in BEYOND_SCHEMA:
            assert list(judge.iter_errors(yaml.safe_load(text))), spec.name
            refused += 1
    assert refused > 20
