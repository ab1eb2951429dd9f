"""The checker against specs with one mistake each.

Each file of bad_specs/ says in comments what the checker has to say, at the end of the line it has
to say it about: ``# error[SF020]: part of the message``, and ``# note: ...`` at the other place
involved. A report that is not expected fails as much as one that is missing. A folder is checked
as one program. Mistakes that no comment can stand beside are in the table UNWRITABLE.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from snpformat_codegen import passes, program
from snpformat_codegen.codes import CODES
from snpformat_codegen.diagnostics import MAX_MISTAKES, Diagnostic, Log

BAD = Path(__file__).with_name("bad_specs")
UNITS = sorted(path.name for path in BAD.iterdir())
CHECKER = Path(passes.__file__).parents[1]

EXPECTED = re.compile(r"# (error\[(SF\d+)\]|note): (.*?)(?=\s+# (?:error\[|note:)|$)")

Line = tuple[str, int, str, str]  # file, line, "error[SF020]" or "note", message or part of it


def check(path: Path) -> list[Diagnostic]:
    log = Log()
    passes.check(program.load(program.spec_files(str(path)), log), log)
    return log.sorted()


def expected_in(path: Path) -> Iterator[Line]:
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            for kind, _, part in EXPECTED.findall(text):
                yield file.name, number, kind, part.strip()


def said_by(diagnostics: list[Diagnostic]) -> Iterator[Line]:
    for found in diagnostics:
        name = Path(found.span.file.path).name
        yield name, found.span.line, f"error[{found.code}]", found.message
        for note in found.notes:
            yield Path(note.span.file.path).name, note.span.line, "note", note.message


def differences(expected: list[Line], found: list[Line]) -> list[str]:
    """What was expected and not said, and what was said and not expected."""
    extra = list(found)
    missing = []
    for line in expected:
        same = [said for said in extra if said[:3] == line[:3] and line[3] in said[3]]
        if same:
            extra.remove(same[0])
        else:
            missing.append(line)
    return [f"missing: {line}" for line in missing] + [f"extra: {line}" for line in extra]


@pytest.mark.parametrize("unit", UNITS)
def test_the_checker_says_what_the_comments_say(unit: str) -> None:
    assert differences(list(expected_in(BAD / unit)), list(said_by(check(BAD / unit)))) == []


@pytest.mark.parametrize("unit", UNITS)
def test_one_mistake_is_one_report_with_help(unit: str) -> None:
    found = check(BAD / unit)
    assert len(found) == 1
    assert found[0].help


@pytest.mark.parametrize("unit", UNITS)
def test_the_place_is_inside_its_line(unit: str) -> None:
    for found in check(BAD / unit):
        for span in (found.span, *(note.span for note in found.notes)):
            assert 1 <= span.column < span.end <= len(span.file.line(span.line)) + 2


def test_a_missing_and_an_extra_report_both_fail() -> None:
    line = ("a.yaml", 3, "error[SF010]", "unknown key")
    said = ("a.yaml", 3, "error[SF010]", 'unknown key "b" in a spec')
    assert differences([line], [said]) == []
    assert differences([line], []) != []
    assert differences([], [said]) != []
    assert differences([line], [said, said]) != []
    assert differences([line], [("a.yaml", 4, *said[2:])]) != []


HEAD = b"snpformat: 1\nmodule: spec\n"
FIELDS = "".join(f"      - {{at: {2 * i}, name: a{i}, type: u8}}\n" for i in range(1500)).encode()

# What is written to spec.yaml, and the only report: code, line, column, part of the message.
UNWRITABLE = {
    "empty": (b"", "SF004", 1, 1, "the file is empty"),
    "blank": (b"\n \n", "SF004", 1, 1, "the file is empty"),
    "comments only": (b"# nothing\n", "SF004", 1, 1, "the file is empty"),
    "null": (b"~\n", "SF012", 1, 1, "a spec is a mapping"),
    "latin-1": (HEAD + b"doc: caf\xe9\n", "SF001", 3, 9, "byte 0xe9 is not UTF-8"),
    "latin-1 with mark": (b"\xef\xbb\xbfdoc: \xe9\n", "SF001", 1, 6, "byte 0xe9 is not UTF-8"),
    "latin-1 with CRLF": (b"a: 1\r\nb: \xe9\r\n", "SF001", 2, 4, "byte 0xe9 is not UTF-8"),
    "utf-16": ("doc: a\n".encode("utf-16"), "SF001", 1, 1, "is not UTF-8"),
    "control character": (HEAD + b"doc: a\x07b\n", "SF002", 3, 7, "not valid YAML"),
    "not a character": (HEAD + "doc: \ufffe\n".encode(), "SF002", 3, 6, "not valid YAML"),
    "zero bytes": (bytes(10), "SF002", 1, 1, "not valid YAML"),
    "enormous": (b"#" * (1 << 20) + b"\n", "SF003", 1, 1, "the file is larger than 1048576"),
    "many values": (HEAD + b"imports: [" + b"a," * 100_000 + b"]", "SF003", 3, 0, "more than"),
    "deep brackets": (b"[" * 100_000, "SF003", 1, 0, "nested more than 32 deep"),
    "deep dashes": (b"- " * 100_000, "SF003", 1, 65, "nested more than 32 deep"),
    "deep mappings": (b"{a: " * 100_000, "SF003", 1, 129, "nested more than 32 deep"),
    "key of a key": (b"? " * 100_000, "SF012", 1, 3, "a key must be a plain word"),
    "unclosed quote": (HEAD + b'doc: "text\n', "SF002", 4, 1, "found unexpected end of stream"),
    "tag directives": (b"%TAG !a! b\n" * 90_000, "SF006", 1, 1, "directives are not allowed"),
    "key over lines": (HEAD + b"? a\n  b\n: 1\n", "SF010", 3, 3, 'unknown key "a b"'),
    "long key": (HEAD + b"? " + b"k" * 1_000_000 + b"\n: 1\n", "SF010", 3, 3, '"kkkkkkk'),
    "unknown key, CRLF": (b"snpformat: 1\r\nmodule: spec\r\ncolour: 1\r\n", "SF010", 3, 1, ""),
    "unknown key, CR": (b"snpformat: 1\rmodule: spec\rcolour: 1\r", "SF010", 3, 1, ""),
    "unknown key, mark": (b"\xef\xbb\xbf" + HEAD + b"colour: 1\n", "SF010", 3, 1, ""),
}


def write(folder: Path, data: bytes) -> Path:
    path = folder / "spec.yaml"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", UNWRITABLE)
def test_what_no_comment_can_stand_beside(name: str, tmp_path: Path) -> None:
    data, code, line, column, part = UNWRITABLE[name]
    started = time.monotonic()
    (found,) = check(write(tmp_path, data))
    assert time.monotonic() - started < 5  # a tenth of a second, on a quiet machine
    assert (found.code, found.span.line) == (code, line)
    assert found.span.column == column or not column
    assert part in found.message
    assert len(found.message) < 200
    assert found.help


def test_no_more_than_so_many_mistakes_are_shown(tmp_path: Path) -> None:
    structure = b"structs:\n  s:\n    size: 3000\n    fields:\n"
    log = Log()
    path = write(tmp_path, HEAD + structure + FIELDS)
    passes.check(program.load([str(path)], log), log)
    assert len(log.found) == MAX_MISTAKES + 1
    assert log.found[-1].code == "SF009"
    assert {found.code for found in log.found[:-1]} == {"SF021"}


def test_every_code_is_exercised() -> None:
    kinds = {kind for unit in UNITS for _, _, kind, _ in expected_in(BAD / unit)}
    exercised = {kind[len("error[") : -1] for kind in kinds if kind != "note"}
    exercised |= {code for _, code, *_ in UNWRITABLE.values()}
    assert exercised | {"SF009"} == set(CODES)  # SF009 has a test of its own


def test_every_code_that_is_used_is_declared_and_the_other_way_round() -> None:
    used: set[str] = set()
    for path in CHECKER.rglob("*.py"):
        if path.name != "codes.py":
            used |= set(re.findall(r'"(SF\d{3})"', path.read_text(encoding="utf-8")))
    assert used == set(CODES)
