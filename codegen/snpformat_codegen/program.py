"""Files -> one Program: reads the specs named on the command line and all that they import."""

from __future__ import annotations

import os
from collections.abc import Iterable

from . import ir, language, source
from .diagnostics import Log, Note
from .shapes import Spot, near_miss


def spec_files(path: str) -> list[str]:
    """The specs that `path` names: itself, or each ``*.yaml`` of a folder, sorted.

    Raises OSError when there is nothing to read.
    """
    if not os.path.isdir(path):
        return [path]
    found = sorted(name for name in os.listdir(path) if name.endswith((".yaml", ".yml")))
    if not found:
        raise FileNotFoundError(2, "no .yaml files in this folder", path)
    return [os.path.join(path, name) for name in found]


def load(paths: Iterable[str], log: Log) -> ir.Program:
    """Read `paths` (of one folder) and what they import. Raises OSError for an unreadable file."""
    loader = _Loader(log)
    for path in paths:
        loader.load(path)
    return ir.Program(loader.modules)


class _Loader:
    def __init__(self, log: Log) -> None:
        self.log = log
        self.modules: dict[str, ir.Module] = {}  # finished, imported ones first
        self.seen: dict[str, ir.Module | None] = {}  # by path; None: refused, or still open
        self.open: list[ir.Module] = []  # the chain of imports being followed

    def load(self, path: str) -> ir.Module | None:
        path = os.path.normpath(path)
        if path in self.seen:
            return self.seen[path]
        self.seen[path] = None
        file, root = source.load(path, self.log)
        module = language.read(root, file, self.log) if root is not None else None
        if module is None:
            return None
        self.seen[path] = module
        self._check_name(module, path)
        self.open.append(module)
        for imported in module.imports:
            self._import(module, imported, os.path.dirname(path))
        self.open.pop()
        self.modules.setdefault(module.name.value, module)
        return module

    def _import(self, module: ir.Module, wanted: Spot[str], folder: str) -> None:
        names = [opened.name.value for opened in self.open]
        if wanted.value in names:
            chain = " -> ".join([*names[names.index(wanted.value) :], wanted.value])
            self.log.error("SF032", wanted.span, f"import cycle: {chain}")
            return
        path = os.path.join(folder, f"{wanted.value}.yaml")
        if not os.path.exists(path):
            beside = [os.path.splitext(name)[0] for name in os.listdir(folder or ".")]
            help = near_miss(wanted.value, beside) or f"there is no {path}"
            message = f'undefined import "{wanted.value}"'
            self.log.error("SF031", wanted.span, message, help=help)
            return
        self.load(path)

    def _check_name(self, module: ir.Module, path: str) -> None:
        stem = os.path.splitext(os.path.basename(path))[0]
        if module.name.value != stem:
            message = f'module "{module.name.value}" stands in a file named "{stem}"'
            help = f"write module: {stem}, or rename the file"
            self.log.error("SF017", module.name.span, message, help=help)
        other = self.modules.get(module.name.value)
        if other is not None:
            note = Note("the other one", other.name.span)
            message = f'duplicate module "{module.name.value}"'
            self.log.error("SF014", module.name.span, message, notes=[note])
