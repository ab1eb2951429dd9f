"""docs/rules.md is complete and true: each rule is there, and the tests that it names name it."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

TEXT = (ROOT / "docs" / "rules.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if re.match(r"\| ([FD]\d+|\d+) \|", line)
]


def names(text: str, rule: str) -> bool:
    """Whether `text` names a rule: in a comment, an id, or the name of a test."""
    word = f"defect[ _]{rule}" if rule.isdigit() else rule
    return re.search(rf"(?<![a-z0-9]){word}(?![0-9])", text, re.IGNORECASE) is not None


def test_every_rule_has_a_row() -> None:
    expected = [f"F{n}" for n in range(1, 13)] + [f"D{n}" for n in range(1, 32)]
    assert [row[0] for row in ROWS] == expected + [str(n) for n in range(1, 19)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_row_is_true(row: list[str]) -> None:
    rule, *told, kept, tests = row
    homes = re.findall(r"`([\w/]+\.py)`", kept)
    judges = re.findall(r"`(test_\w+\.py)`", tests)
    assert (homes and judges) or "does not apply" in " ".join(told)
    for home in homes:
        assert (ROOT / "snpformat" / home).is_file(), home
    for judge in judges:
        assert names((ROOT / "tests" / judge).read_text(), rule), f"{judge} does not name {rule}"
