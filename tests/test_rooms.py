"""The house rules: who imports whom, what an import loads, and what is installed."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

# From the bottom up; a module imports only from lower floors.
FLOORS = [
    {"errors"},
    {"fields"},
    {"arrays", "bits", "reserved", "ioctls", "turns"},
    {"jsonform", "values"},
    {"assemble"},
    {"record"},
    {"wire"},
    {"formats"},
    {"constructs", "catalog"},
    {"files", "show"},
    {"aead", "certtable", "exchanges", "explain", "hcl"},
    {"secrets"},
    {"channel", "firmware"},
    {"host"},
    {"testing"},
    {"device"},
    {"fuzz"},
    {"commands"},
    {"cli"},
    {"__init__", "__main__"},
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def imports_of(path: Path) -> set[str]:
    """Absolute names of all that `path` imports when it runs; type-only imports are no load."""
    package = path.relative_to(ROOT).with_suffix("").parts
    found: set[str] = set()
    for node in _running(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: -node.level]) if node.level else []
            module = ".".join([*base, *(node.module or "").split(".")]).rstrip(".")
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


def _running(node: ast.AST) -> list[ast.AST]:
    found = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        found += [child, *_running(child)]
    return found


def modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def test_imports_run_downwards() -> None:
    for path in modules("snpformat"):
        room = path.relative_to(ROOT / "snpformat").parts[0].removesuffix(".py")
        for name in imports_of(path):
            if not name.startswith("snpformat."):
                continue
            other = name.split(".")[1]
            if other != room and other in FLOOR_OF:
                assert FLOOR_OF[other] < FLOOR_OF[room], f"{path.name} imports {name}"


def test_every_room_has_a_floor() -> None:
    rooms = {path.relative_to(ROOT / "snpformat").parts[0] for path in modules("snpformat")}
    assert {room.removesuffix(".py") for room in rooms} == FLOOR_OF.keys()


def test_generator_and_runtime_meet_only_in_generated_files() -> None:
    for path in modules("snpformat"):
        for name in imports_of(path):
            assert name.split(".")[0] not in ("snpformat_codegen", "yaml"), path
    for path in modules("codegen"):
        for name in imports_of(path):
            assert name.split(".")[0] != "snpformat", path


def test_modules_fit_in_the_head() -> None:
    generated = [ROOT / "snpformat" / name for name in ("formats", "constructs")]
    generated.append(ROOT / "snpformat" / "testing" / "strategies.py")
    for path in modules("snpformat", "codegen"):
        if path not in generated and path.parent not in generated:
            assert len(path.read_text().splitlines()) <= 400, path


HEAVY = ("construct", "cryptography", "yaml", "numpy", "hypothesis", "typing", "dataclasses")


@pytest.mark.parametrize(
    "code",
    [
        "import snpformat",
        "import snpformat.formats",
        "from snpformat.formats import AttestationReport, MsgHdr; AttestationReport.parse",
        "import snpformat.constructs.msg_hdr",
    ],
)
def test_imports_are_lazy(code: str) -> None:
    show = "import sys; print(*sys.modules)"
    command = [sys.executable, "-I", "-c", f"{show}\n{code}\n{show}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after = (set(line.split()) for line in done.stdout.splitlines())
    loaded = {name for name in HEAVY if name in after - before}
    # construct brings what it likes; nothing else may.
    assert loaded == set() or ("constructs" in code and "cryptography" not in loaded)
    if code == "import snpformat":
        assert not any(name.startswith("snpformat.formats") for name in after)


def test_the_packages_listed_are_those_there_are() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = set(project["tool"]["setuptools"]["packages"])
    found = {
        ".".join(path.parent.relative_to(base).parts)
        for base in (ROOT, ROOT / "codegen")
        for path in base.glob("snpformat*/**/__init__.py")
    }
    assert listed == found | {"snpformat_codegen.specs"}


def test_the_wheel(tmp_path: Path) -> None:
    """Nothing named codegen, specs or tests on top; the generator in it agrees with its specs."""
    pytest.importorskip("setuptools", reason="builds a wheel without the network")
    source = tmp_path / "source"  # a copy: building leaves its marks in the tree
    for folder in ("snpformat", "codegen", "specs"):
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("*.pyc"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*build, "--wheel-dir", str(tmp_path), str(source)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"snpformat", "snpformat_codegen"}
    assert "snpformat/py.typed" in names
    assert "snpformat_codegen/specs/report.yaml" in names
    command = [sys.executable, "-m", "snpformat_codegen", "generate", "--check"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path / "site")}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "up to date\n"), done.stderr


def test_nothing_else_is_installed_on_top() -> None:
    names = ("codegen", "specs", "tests")
    code = f"from importlib.util import find_spec; print([n for n in {names} if find_spec(n)])"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd="/", capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
