"""The emitters: each turns the layouts into files, ``emit(modules) -> (file name, text)``.

To add one, write a module with that function and a FOLDER, and list it here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..layout import ModuleLayout
from . import construct, ioctl, python, strategies

Emitter = Callable[[tuple[ModuleLayout, ...]], Iterable[tuple[str, str]]]

EMITTERS: tuple[Emitter, ...] = (python.emit, construct.emit, ioctl.emit, strategies.emit)
FOLDERS = (python.FOLDER, construct.FOLDER)
