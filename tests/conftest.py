"""Where the real vectors are, and what their absence means."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import Phase, settings

settings.register_profile("default", deadline=None, max_examples=100)
settings.register_profile("thorough", deadline=None, max_examples=2000)
# What decides over a change draws the same examples each time; everyone else's runs explore.
settings.register_profile("ci", deadline=None, max_examples=100, derandomize=True)
# For code that is broken on purpose: the first failure will do, and nobody reads the example.
settings.register_profile(
    "mutants",
    deadline=None,
    max_examples=200,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
)
usual = "ci" if os.environ.get("CI") else "default"
settings.load_profile(os.environ.get("SNPFORMAT_HYPOTHESIS", usual))

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of real reports and certificates; without it the test is skipped, or fails."""
    given = os.environ.get("SNPFORMAT_VECTORS")
    folder = Path(given) if given else ROOT.parent / "shared" / "vectors"
    if (folder / "expected.json").is_file():
        return folder
    reason = f"no real vectors in {folder} (SNPFORMAT_VECTORS=DIR names another folder)"
    if os.environ.get("SNPFORMAT_REQUIRE_VECTORS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
