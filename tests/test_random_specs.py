"""Random whole specs: what is generated imports, round-trips, agrees with construct and is typed.

The expected values come from spec_oracle.py, which reads the spec's own data.
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings, strategies as st
from random_specs import specs
from snpformat_codegen import layout, output, passes, program
from snpformat_codegen.diagnostics import Log, render
from snpformat_codegen.emit import EMITTERS
from spec_checks import (
    Generated,
    check_changes,
    check_constructor,
    check_copies,
    check_default,
    check_ioctls,
    check_lengths,
    check_refusals,
    check_reserved,
    check_tables,
    check_unknown_version,
    check_values,
)
from spec_data import SpecSet

ROOT = Path(__file__).resolve().parents[1]
BATCH = 60
_numbers = itertools.count()

# What chance seldom makes: types of another file that are used for constants only, files with
# enums only, and a file with nothing in it.
RARE = SpecSet(
    {
        "numbers": {
            "snpformat": 1,
            "module": "numbers",
            "endian": "little",
            "enums": {"colour": {"repr": "u8", "values": {0: "red", 7: "green"}}},
        },
        "nothing": {"snpformat": 1, "module": "nothing", "endian": "little"},
        "fixed": {
            "snpformat": 1,
            "module": "fixed",
            "endian": "big",
            "imports": ["numbers", "nothing"],
            "structs": {
                "box": {
                    "size": 1,
                    "fields": [{"at": 0, "name": "paint", "type": "colour", "const": "green"}],
                }
            },
        },
    }
)


def generate(spec: SpecSet, root: Path) -> tuple[layout.ModuleLayout, ...]:
    """Check `spec`, and write its package into the folder `root`."""
    root.mkdir()
    log = Log()
    loaded = program.load(spec.write(root), log)
    passes.check(loaded, log)
    assert not log.found, render(log.sorted())
    modules = layout.resolve(loaded)
    files = {name: text for emit in EMITTERS for name, text in emit(modules)}
    output.write(root, files | {"__init__.py": "", "py.typed": ""})
    return modules


@contextmanager
def imported(spec: SpecSet) -> Iterator[Generated]:
    """`spec`, generated and imported under a name of its own; both are gone afterwards."""
    package = f"random_spec_{next(_numbers)}"
    with tempfile.TemporaryDirectory() as folder:
        modules = generate(spec, Path(folder) / package)
        sys.path.insert(0, folder)
        try:
            importlib.invalidate_caches()
            yield Generated(spec, package, modules)
        finally:
            sys.path.remove(folder)
            for name in [name for name in sys.modules if name.partition(".")[0] == package]:
                del sys.modules[name]


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(spec=specs(), seed=st.integers(0, 2**32))
@example(spec=RARE, seed=0)
def test_what_is_generated_does_what_the_spec_says(spec: SpecSet, seed: int) -> None:
    random = Random(seed)
    with imported(spec) as made:
        check_tables(made)
        check_ioctls(made)
        for struct, version in made.forms():
            check_default(made, struct, version)
            for _ in range(3):
                raw = made.oracle.valid(struct, version, random)
                check_values(made, struct, raw)
                check_copies(made, struct, raw)
                check_reserved(made, struct, raw)
                check_constructor(made, struct, raw)
                check_constructor(made, struct, made.oracle.valid(struct, version, random, True))
                check_refusals(made, struct, raw, random)
            check_lengths(made, struct, made.oracle.valid(struct, version, random))
            check_changes(made, struct, version, random)
            check_unknown_version(made, struct, version, random)


def batch(count: int) -> list[SpecSet]:
    """The same random specs every time."""
    found: list[SpecSet] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(spec=specs())
    def collect(spec: SpecSet) -> None:
        found.append(spec)

    collect()
    return found


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package for each spec of a batch."""
    folder = tmp_path_factory.mktemp("batch")
    for number, spec in enumerate([RARE, *batch(BATCH - 1)]):
        generate(spec, folder / f"batch_{number}")
    return folder


def run(module: str, arguments: list[str], folder: Path) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    command = [sys.executable, "-m", module, *arguments]
    paths = os.environ | {"MYPYPATH": f"{folder}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        command, cwd=folder, env=paths, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_batch_passes_one_strict_mypy_run(tree: Path) -> None:
    """construct has no types; the comments that are generated have to be enough."""
    packages = sorted(path.name for path in tree.iterdir() if path.is_dir())
    assert len(packages) == BATCH
    names = [word for package in packages for word in ("-p", package)]
    cache = ["--cache-dir", str(tree / ".cache"), "--config-file", ""]
    run("mypy", ["--strict", *cache, *names], tree)


def test_a_batch_has_no_unused_names(tree: Path) -> None:
    run("ruff", ["check", "--isolated", "--no-cache", "--select", "F,E9", "."], tree)
