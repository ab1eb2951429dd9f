"""Files -> one Program: reads the specs named on the command line and all that they import."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable

from . import ir, reading, source
from .diagnostics import Log, Note, TooManyMistakes
from .language import MODULE
from .words import Spot, near_miss


def spec_files(path: str) -> list[str]:
    """The specs that `path` names: itself, or each ``*.yaml`` of a folder, sorted.

    Hidden files are left out: editors keep their locks and copies there. Raises OSError when there
    is nothing to read.
    """
    if not os.path.isdir(path):
        return [path]
    found = sorted(
        name
        for name in os.listdir(path)
        if name.endswith((".yaml", ".yml")) and not name.startswith(".")
    )
    if not found:
        raise FileNotFoundError(2, "no .yaml files in this folder", path)
    return [os.path.join(path, name) for name in found]


def load(paths: Iterable[str], log: Log) -> ir.Program:
    """Read `paths` (of one folder) and what they import. Raises OSError for an unreadable file."""
    loader = _Loader(log)
    with contextlib.suppress(TooManyMistakes):
        for path in paths:
            loader.load(path)
    return ir.Program(loader.modules)


class _Loader:
    """Follows imports depth first, on a stack of its own: a chain may be longer than Python's."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.modules: dict[str, ir.Module] = {}  # finished, by file name, imported ones first
        self.seen: set[str] = set()  # absolute paths
        self.open: dict[str, tuple[ir.Module, str, list[Spot[str]]]] = {}  # the chain, by file name

    def load(self, path: str) -> None:
        self._begin(path)
        while self.open:
            name = next(reversed(self.open))
            module, folder, wanted = self.open[name]
            if wanted:
                self._import(wanted.pop(0), folder)
            else:
                del self.open[name]
                self.modules.setdefault(name, module)

    def _begin(self, path: str) -> None:
        path = os.path.normpath(path)
        if os.path.abspath(path) in self.seen:
            return
        self.seen.add(os.path.abspath(path))
        file, root = source.load(path, self.log)
        module = reading.read(root, file, self.log) if root is not None else None
        if module is None:
            return
        name = os.path.splitext(os.path.basename(path))[0]
        self._check_name(module, name)
        self.open[name] = (module, os.path.dirname(path), list(module.imports))

    def _import(self, wanted: Spot[str], folder: str) -> None:
        if wanted.value in self.open:
            names = list(self.open)
            chain = [*names[names.index(wanted.value) :], wanted.value]
            if len(chain) > 8:
                chain = [*chain[:4], "...", *chain[-3:]]
            help = "move what both need into a file of its own"
            note = Note(f'"{wanted.value}" is here', self.open[wanted.value][0].name.span)
            message = f"import cycle: {' -> '.join(chain)}"
            self.log.error("SF032", wanted.span, message, notes=[note], help=help)
            return
        path = os.path.join(folder, f"{wanted.value}.yaml")
        if os.path.exists(path):
            self._begin(path)
            return
        beside = [name.removesuffix(".yaml") for name in os.listdir(folder or ".")]
        help = near_miss(wanted.value, beside) or f"there is no {path}"
        message = f'undefined import "{wanted.value}"'
        self.log.error("SF031", wanted.span, message, help=help)

    def _check_name(self, module: ir.Module, name: str) -> None:
        if module.name.value != name:
            message = f'module "{module.name.value}" stands in a file named "{name}"'
            help = f"write module: {name}, or rename the file"
            if not re.fullmatch(MODULE.pattern, name):
                help = f"rename the file: {module.name.value}.yaml"
            self.log.error("SF017", module.name.span, message, help=help)
        elif name in self.modules:
            note = Note("the other one", self.modules[name].name.span)
            message = f'duplicate module "{name}"'
            self.log.error("SF014", module.name.span, message, notes=[note], help="rename one")
