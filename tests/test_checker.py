"""The checker as a command and as a whole: what it prints, its exit codes, and what it survives.

What it finds is tested by the files of bad_specs/ (test_bad_specs.py).
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, strategies as st
from snpformat_codegen import cli, passes, program, source
from snpformat_codegen.diagnostics import Diagnostic, Log, render
from snpformat_codegen.words import near_miss

HERE = Path(__file__).resolve().parent
SPECS = HERE.parent / "specs"
HEAD = "snpformat: 1\nmodule: {}\n"
STRUCT = "structs:\n  s:\n    size: {}\n    fields:\n"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.yaml"
    path.write_bytes((HEAD.format(name) + text).encode())
    return path


def check(*paths: Path) -> list[Diagnostic]:
    log = Log()
    files = [file for path in paths for file in program.spec_files(str(path))]
    passes.check(program.load(files, log), log)
    return log.sorted()


# What is printed


def test_text_has_the_line_a_caret_the_note_and_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fields = "      - {at: 0, name: a, type: u64}\n      - {at: 4, name: b, type: u32}\n"
    write(tmp_path, "m", STRUCT.format(8) + fields)
    assert render(check(Path("m.yaml"))).splitlines() == [
        'm.yaml:8:9: error[SF020]: field "b" [0x4..0x8) overlaps "a" [0x0..0x8)',
        "          - {at: 4, name: b, type: u32}",
        "            ^",
        'm.yaml:7:9: note: "a": declared here',
        "          - {at: 0, name: a, type: u64}",
        "            ^",
        "  help: one of the two is wrong: its offset or its size",
    ]


@pytest.mark.parametrize(
    ("line", "column", "caret"),
    [
        ("imports: [Ab]", 11, "          ^^"),
        ("imports: [\t\tAb]", 13, "          \t\t^^"),
        ('"日本": 1', 1, "^^^^^^"),  # a wide character takes two columns of the terminal
        ("sources: {日本: 1}", 11, "          ^^^^"),
        ("doc: e\u0301 # ok\nimports: [Ab]", 11, "          ^^"),
    ],
)
def test_the_caret_stands_below_the_place(
    line: str, column: int, caret: str, tmp_path: Path
) -> None:
    found = check(write(tmp_path, "m", line + "\n"))[0]
    assert found.span.column == column
    shown = render([found]).splitlines()
    assert shown[1] == "    " + line.splitlines()[-1]
    assert shown[2] == "    " + caret


def test_a_long_line_is_shown_around_the_place(tmp_path: Path) -> None:
    text = "imports: [" + "a, " * 10_000 + "B, " + "a, " * 10_000 + "a]\n"
    found = next(found for found in check(write(tmp_path, "m", text)) if found.code == "SF012")
    _, shown, caret = render([found]).splitlines()[:3]
    assert len(shown) <= 124
    assert shown[caret.index("^")] == "B"


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "m", "endian: little\nendian: big\n")
    assert cli.main(["check", "--format", "json", str(path)]) == cli.FINDINGS
    (found,) = json.loads(capsys.readouterr().out)
    place = {"file": str(path), "column": 1, "end_column": 7}
    note = {"message": "first given here", **place, "line": 3}
    assert found == {
        "code": "SF013",
        **place,
        "line": 4,
        "message": 'duplicate key "endian"',
        "notes": [note],
        "help": "remove one of the two",
    }


def test_json_of_no_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--format", "json", str(SPECS)]) == cli.DONE
    assert json.loads(capsys.readouterr().out) == []


# Exit codes and paths


def test_the_specs_are_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check"]) == 0
    assert "no mistakes" in capsys.readouterr().out


def test_findings_are_exit_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(write(tmp_path, "m", "colour: red\n"))]) == 1
    printed = capsys.readouterr()
    assert printed.out.endswith("1 mistake\n")
    assert printed.err == ""


@pytest.mark.parametrize("name", ["missing.yaml", "missing", "."])
def test_a_path_with_nothing_to_read_is_exit_2(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", str(tmp_path / name)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert re.fullmatch(r"snpformat-codegen: \S+: no .*\n", printed.err)


def test_a_wrong_option_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--colour"]) == 2
    assert "unrecognized arguments: --colour" in capsys.readouterr().err


def test_a_fault_of_the_checker_is_exit_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.delenv("SNPFORMAT_DEBUG", raising=False)
    monkeypatch.setattr(passes, "check", fail)
    assert cli.main(["check"]) == 3
    assert "internal error: RuntimeError: on purpose" in capsys.readouterr().err


def test_two_folders_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, "same", "colour: red\n")  # a name of its own in each folder
    assert cli.main(["check", str(tmp_path / "one"), str(tmp_path / "two")]) == 1
    out = capsys.readouterr().out
    assert out.count("error[") == 2
    assert "2 mistakes" in out


def test_reports_of_a_folder_are_sorted_and_complete(tmp_path: Path) -> None:
    for name in ("c", "a", "b"):
        write(tmp_path, name, "imports: [x]\ncolour: red\nendian: middle\n")
    places = [(Path(f.span.file.path).stem, f.span.line, f.code) for f in check(tmp_path)]
    each = [(3, "SF031"), (4, "SF010"), (5, "SF012")]
    assert places == [(name, line, code) for name in "abc" for line, code in each]


def test_a_file_named_twice_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path, "m", "colour: red\n")
    assert len(check(Path("m.yaml"), path, Path("./m.yaml"))) == 1


def test_hidden_files_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "m", "")
    (tmp_path / ".#m.yaml").symlink_to("nowhere")  # what an editor leaves behind
    assert check(tmp_path) == []


def test_mistakes_beside_each_other_are_all_told(tmp_path: Path) -> None:
    fields = (
        "      - {at: 0, name: a, type: nothing}\n"
        "      - {at: 1, name: b, type: u8, const: 256}\n"
        "      - {at: x, name: c, type: u8}\n"
        "      - {at: 3, name: c, type: u8, when: {d: 1}}\n"
        "      - {at: 4, name: c, type: u8, default: 256}\n"
    )
    found = check(write(tmp_path, "m", STRUCT.format(5) + fields))
    codes = [(f.span.line, f.code) for f in found]
    assert codes == [(7, "SF030"), (8, "SF040"), (9, "SF012"), (11, "SF014"), (11, "SF040")]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_mark_are_accepted(
    newline: str, mark: str, tmp_path: Path
) -> None:
    text = (SPECS / "report.yaml").read_text(encoding="utf-8")
    path = tmp_path / "report.yaml"
    path.write_bytes((mark + text.replace("\n", newline)).encode())
    assert check(path) == []


# Sizes. Each of these took minutes, or ended in a RecursionError, in some version of the checker.


def _chain_of_structures() -> str:
    inner = "".join(
        f"  s{i}: {{size: 1, fields: [{{at: 0, name: a, type: s{i + 1}}}]}}\n" for i in range(4000)
    )
    return f"structs:\n{inner}  s4000: {{size: 1, fields: [{{at: 0, reserved: 1}}]}}\n"


def _many_versions() -> str:
    known = ", ".join(map(str, range(1, 3000)))
    fields = "".join(f"      - {{at: {4 * i}, name: f{i}, type: u32}}\n" for i in range(3000))
    return (
        f"axes:\n  v: {{field: s.f0, known: [{known}]}}\n{STRUCT.format(12_000)}{fields}".replace(
            "    fields:", "    axis: v\n    fields:"
        )
    )


def _many_layouts() -> str:
    known = ", ".join(map(str, range(1, 3000)))
    gated = "".join(f"      - {{at: 4, reserved: 4, since: {i}}}\n" for i in range(1, 3000))
    version = "    axis: v\n    fields:\n      - {at: 0, name: v, type: u32}\n"
    axis = f"axes:\n  v: {{field: s.v, known: [{known}]}}\n"
    return f"{axis}structs:\n  s:\n    size: 8\n{version}{gated}"


def _many_undefined_types() -> str:
    enums = "".join(f"  e{i}: {{repr: u8, values: {{0: a}}}}\n" for i in range(7000))
    fields = "".join(f"      - {{at: {i}, name: a{i}, type: f{i}}}\n" for i in range(1500))
    return f"enums:\n{enums}{STRUCT.format(1500)}{fields}"


LARGE = {
    "chain of structures": (_chain_of_structures, set()),
    "many versions": (_many_versions, set()),
    "many layouts": (_many_layouts, {"SF003"}),
    "many undefined types": (_many_undefined_types, {"SF030", "SF009"}),
    "many unknown keys": (
        lambda: "".join(f"struct{i}: 1\n" for i in range(40_000)),
        {"SF010", "SF009"},
    ),
    "many duplicate keys": (lambda: "a: 1\n" * 40_000, {"SF010", "SF013"}),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_input_is_judged_soon(name: str, tmp_path: Path) -> None:
    make, codes = LARGE[name]
    path = write(tmp_path, "m", make())
    started = time.monotonic()
    found = check(path)
    render(found)
    assert time.monotonic() - started < 10  # about one second, on a quiet machine
    assert {f.code for f in found} == codes


def test_a_near_miss_is_not_looked_for_among_very_many() -> None:
    names = [f"name{number}" for number in range(600)]
    assert near_miss("nome1", names[:10]) == 'did you mean "name1"?'
    assert near_miss("nome1", names) == ""


def test_a_long_chain_of_imports(tmp_path: Path) -> None:
    for number in range(1500):
        write(tmp_path, f"m{number:04}", f"imports: [m{number + 1:04}]\n")
    (found,) = check(tmp_path)
    assert found.message == 'undefined import "m1500"'
    write(tmp_path, "m1500", "imports: [m0000]\n")
    (found,) = check(tmp_path)
    assert found.message.startswith("import cycle: m0000 -> m0001 -> ")
    assert len(found.message) < 100


def test_the_pure_parser_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where libyaml is missing, PyYAML's own parser takes its place."""
    folder = HERE / "bad_specs"
    names = [path for path in sorted(folder.glob("*.yaml")) if "yaml_" not in path.name]
    before = [[d.to_dict() for d in check(path)] for path in names]
    monkeypatch.setattr(source, "_LOADER", yaml.SafeLoader)
    assert [[d.to_dict() for d in check(path)] for path in names] == before


# Anything at all: never a traceback, never a hang, and every place inside its file.

TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(SPECS.glob("*.yaml"))}
PIECES = ["{", "}", "[", "]", ":", ",", "#", "&a", "*a", "!t", "|", ">", "-", "'", '"', "%", "@"]
PIECES += ["\t", " ", "\n", "\0", "\x85", "\u2028", "é", "0x", "..", "null", "yes", "-1", "1.5"]


def survives(path: Path) -> list[Diagnostic]:
    found = check(path)
    render(found)
    json.dumps([diagnostic.to_dict() for diagnostic in found])
    for diagnostic in found:
        span = diagnostic.span
        assert diagnostic.help
        assert len(diagnostic.message) < 300
        assert "\n" not in diagnostic.message
        assert 1 <= span.line <= len(span.file.lines) + 1
        assert 1 <= span.column < span.end
    return found


@given(data=st.binary(max_size=200))
def test_any_bytes(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(data)
    assert survives(path)


@given(data=st.data())
def test_any_edit_of_a_real_spec(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name = data.draw(st.sampled_from(sorted(TEXTS)))
    text = TEXTS[name]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 40))
        new = data.draw(st.sampled_from(["", *PIECES, text[start : start + 2 * length]]))
        text = text[:start] + new + text[start + length :]
    path = tmp_path_factory.getbasetemp() / f"{name}.yaml"
    path.write_bytes(text.encode())
    survives(path)


NUMBERS = [
    (name, found.span())
    for name, text in TEXTS.items()
    for found in re.finditer(
        r"(?<=at: )0x[0-9a-f]+|(?<=(?:bytes|erved): )\d+|(?<=type: u)\d+", text
    )
]


@given(place=st.sampled_from(NUMBERS), change=st.sampled_from(["0", "1", "2", "4", "5", "8", "16"]))
def test_one_wrong_number_is_one_report(
    place: tuple[str, tuple[int, int]],
    change: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """An offset or a size of a real spec that slips, in whatever versions, is told once."""
    name, (start, end) = place
    text = TEXTS[name]
    old = text[start:end]
    if text[start - 1] == "u":
        new = {"0": "8", "1": "16", "2": "32"}.get(change, "64")
    else:
        new = hex(int(old, 0) + int(change))
    folder = tmp_path_factory.getbasetemp()
    for other, unchanged in TEXTS.items():  # what it may import
        (folder / f"{other}.yaml").write_text(unchanged, encoding="utf-8")
    path = folder / f"{name}.yaml"
    path.write_text(text[:start] + new + text[end:], encoding="utf-8")
    assert len(survives(path)) == (int(new, 0) != int(old, 0))
