"""The command ``snpformat-codegen``: check specs, and generate code from them."""

from __future__ import annotations

import argparse
import io
import json
import keyword
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from . import layout, output, passes, program
from .codes import CODES
from .diagnostics import Diagnostic, Log, render
from .emit import EMITTERS, strategies
from .explain import explain
from .ir import Program
from .listing import listing
from .reference import reference
from .schema import schema
from .words import near_miss

DONE, FINDINGS, USAGE, INTERNAL = 0, 1, 2, 3

_HERE = Path(__file__).resolve().parent
# An installed generator carries the specs inside; in a checkout they stand beside codegen/.
_INSTALLED = (_HERE / "specs").is_dir()
SPECS = _HERE / "specs" if _INSTALLED else _HERE.parents[1] / "specs"
ROOT = _HERE.parent if _INSTALLED else _HERE.parents[1]


class UsageError(Exception):
    """The command line asks for something that cannot be done; `help` says what can."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.help = help


class Parser(argparse.ArgumentParser):
    """Reports a wrong command line like every other error: in one line, and what to do."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"{self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command. Returns 0 clean, 1 findings, 2 usage or I/O, 3 internal error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a spec may hold what the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    try:
        arguments = _parser().parse_args(argv)
        status: int = arguments.run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except BrokenPipeError:
        # The reader has gone; nothing may be written to it when the interpreter ends either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return 130
    except (UsageError, OSError) as error:
        print(f"snpformat-codegen: {_describe(error)}", file=sys.stderr)
        if isinstance(error, UsageError) and error.help:
            print(f"  help: {error.help}", file=sys.stderr)
        return USAGE
    except Exception as error:
        if os.environ.get("SNPFORMAT_DEBUG"):
            raise
        text = f"snpformat-codegen: internal error: {type(error).__name__}: {error}"
        print(text, file=sys.stderr)
        print(
            "  help: please report it with the spec; SNPFORMAT_DEBUG=1 shows where", file=sys.stderr
        )
        return INTERNAL


def _describe(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{error.strerror[:1].lower()}{error.strerror[1:]}"
    return str(error)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="snpformat-codegen",
        description="Check binary formats written as YAML, and generate code from them.",
        epilog="Exit status: 0 clean, 1 findings, 2 usage or I/O, 3 internal error.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="report every mistake in specs")
    check.add_argument("paths", nargs="*", metavar="PATH", help="specs, or folders of them")
    check.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    check.set_defaults(run=_check)

    generate = commands.add_parser("generate", help="write the code that the specs describe")
    generate.add_argument("--check", action="store_true", help="only say whether it is up to date")
    generate.add_argument("--specs", metavar="DIR", help="the specs (default: those of snpformat)")
    generate.add_argument("--out", metavar="DIR", help="the folder to write the package into")
    generate.add_argument("--package", metavar="NAME", help="import name (default: snpformat)")
    generate.set_defaults(run=_generate)

    layout = commands.add_parser("layout", help="print where every byte of a structure is")
    layout.add_argument("struct", metavar="STRUCT", help="its name in the specs")
    layout.add_argument("--version", type=_number, metavar="N", help="only what version N has")
    layout.add_argument("--specs", metavar="DIR", help="the specs (default: those of snpformat)")
    layout.set_defaults(run=_layout)

    explain = commands.add_parser("explain", help="say what a code of the checker means")
    explain.add_argument("code", metavar="CODE", help="such as SF020")
    explain.set_defaults(run=_explain)

    schema = commands.add_parser("schema", help="print the JSON Schema of the language")
    schema.set_defaults(run=_schema)

    reference = commands.add_parser(
        "reference", help="print the reference of the ioctls (Markdown)"
    )
    reference.add_argument("--specs", metavar="DIR", help="the specs (default: those of snpformat)")
    reference.set_defaults(run=_reference)
    return parser


def _number(text: str) -> int:
    """An integer as Python writes them: 5 or 0x5."""
    return int(text, 0)


_number.__name__ = "number"  # how argparse names it: "invalid number value"


def _layout(arguments: argparse.Namespace) -> int:
    modules = layout.resolve(_checked(Path(arguments.specs or SPECS)))
    structs = {struct.name: struct for module in modules for struct in module.structs}
    struct = structs.get(arguments.struct)
    if struct is None:
        help = near_miss(arguments.struct, structs) or f"there are {', '.join(sorted(structs))}"
        raise UsageError(f"there is no structure {arguments.struct!r}", help)
    if arguments.version is not None and arguments.version not in struct.versions:
        known = ", ".join(map(str, struct.versions)) or "it has one form only"
        raise UsageError(f"{struct.name} has no version {arguments.version}", f"known: {known}")
    for line in listing(struct, arguments.version):
        print(line)
    return DONE


def _explain(arguments: argparse.Namespace) -> int:
    code = arguments.code.upper()
    if code not in CODES:
        help = near_miss(code, CODES) or f"codes run from {min(CODES)} to {max(CODES)}"
        raise UsageError(f"there is no code {arguments.code!r}", help)
    print(explain(code))
    return DONE


def _schema(arguments: argparse.Namespace) -> int:
    print(json.dumps(schema(), indent=2))
    return DONE


def _reference(arguments: argparse.Namespace) -> int:
    modules = layout.resolve(_checked(Path(arguments.specs or SPECS)))
    if not any(module.ioctls for module in modules):
        raise UsageError("these specs have no ioctls")
    for line in reference(modules):
        print(line)
    return DONE


def _check(arguments: argparse.Namespace) -> int:
    found: list[Diagnostic] = []
    count = 0
    for files in _folders(arguments.paths or [str(SPECS)]):
        log = Log()
        passes.check(program.load(files, log), log)
        found += log.sorted()
        count += len(files)
    if arguments.format == "json":
        print(json.dumps([diagnostic.to_dict() for diagnostic in found], indent=2))
    elif found:
        print(render(found))
        print(f"{len(found)} mistake{'s' if len(found) > 1 else ''}")
    else:
        print(f"{count} spec{'s' if count > 1 else ''} checked, no mistakes")
    return FINDINGS if found else DONE


def _folders(paths: Sequence[str]) -> list[list[str]]:
    """The specs that `paths` name, those of one folder together: they form one program."""
    by_folder: dict[str, dict[str, None]] = {}
    for path in paths:
        for file in program.spec_files(path):
            by_folder.setdefault(os.path.dirname(os.path.abspath(file)), {})[file] = None
    return [list(files) for files in by_folder.values()]


def _generate(arguments: argparse.Namespace) -> int:
    if arguments.specs and not arguments.out:
        raise UsageError("--specs needs --out: where shall the package of these specs stand?")
    if _INSTALLED and not (arguments.out or arguments.check):
        raise UsageError("--out is needed: an installed snpformat is not written over")
    package = arguments.package or "snpformat"
    if not all(part.isidentifier() and not keyword.iskeyword(part) for part in package.split(".")):
        raise UsageError(f"--package {package!r} is no name to import")
    if package == "snpformat" and not (Path(arguments.out or ROOT) / package / "wire.py").exists():
        message = (
            "--package is needed: snpformat is the name of the runtime, which stands elsewhere"
        )
        raise UsageError(message, "--package my_formats")
    specs = Path(arguments.specs) if arguments.specs else SPECS
    files = _texts(_checked(specs))
    root = Path(arguments.out or ROOT).joinpath(*package.split("."))
    for name, text in _packages(package, files).items():
        if not (root / name).exists():
            files[name] = text
    if arguments.check:
        return _report_differences(output.differences(root, files), arguments)
    changed = output.write(root, files)
    for path in changed:
        print(path)
    print(f"{len(files)} files, {len(changed)} changed")
    return DONE


def _packages(package: str, files: Mapping[str, str]) -> dict[str, str]:
    """What makes packages of the folders: made once, then their owner's."""
    found = {"__init__.py": f'"""Formats of {package}."""\n', "py.typed": ""}
    if f"{strategies.FOLDER}/strategies.py" in files:
        text = f'"""For tests of code that uses {package}: Hypothesis strategies."""\n'
        found[f"{strategies.FOLDER}/__init__.py"] = text
    return found


def _checked(specs: Path) -> Program:
    """The program of the specs. Exits with their mistakes when there are any."""
    if not specs.is_dir():
        raise UsageError(f"{specs}: no such folder")
    log = Log()
    loaded = program.load(program.spec_files(os.path.relpath(specs)), log)
    passes.check(loaded, log)
    if log.found:
        print(render(log.sorted()), file=sys.stderr)
        print("nothing was written", file=sys.stderr)
        raise SystemExit(FINDINGS)
    return loaded


def _texts(loaded: Program) -> dict[str, str]:
    """Every generated file: its text by its name inside the package."""
    modules = layout.resolve(loaded)
    return {name: text for emit in EMITTERS for name, text in emit(modules)}


def _report_differences(found: Sequence[output.Difference], arguments: argparse.Namespace) -> int:
    if not found:
        print("up to date")
        return DONE
    options = [("--specs", arguments.specs), ("--out", arguments.out)]
    options.append(("--package", arguments.package))
    given = [word for name, value in options if value for word in (name, value)]
    for difference in found:
        print(f"{difference.path}: {difference.reason}", file=sys.stderr)
    print(f"mend it: {shlex.join(['snpformat-codegen', 'generate', *given])}", file=sys.stderr)
    return FINDINGS
