"""Packages generated from a spec of the test's own, for what the shipped ones have not."""

from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from snpformat_codegen import cli

_numbers = itertools.count()

# Secret fields of every kind, and nested ones; constants, a closed enum and reserved bits.
VAULT = """\
snpformat: 1
module: vault
endian: big
axes:
  version: {field: vault.version, known: [1, 3]}
enums:
  metal: {repr: u32, closed: true, values: {0x5a71c3e9: tin, 0x6b82d4fa: gold}}
  seal: {repr: u32, values: {0: none, 0x7c93e50b: wax}}
bitfields:
  marks:
    repr: u64
    bits:
      - {bits: 0..3, name: level}
      - {bits: 4..47, name: serial}
      - {bits: 48, const: 1}
      - {bits: 49..63, reserved: zero}
structs:
  drawer:
    size: 48
    fields:
      - {at: 0, name: magic, type: u32, const: 0x1badcafe}
      - {at: 4, name: metal, type: metal, default: gold}
      - {at: 8, name: marks, type: marks}
      - {at: 16, name: label, bytes: 16}
      - {at: 32, name: vault_key, bytes: 8, secret: true}
      - {at: 40, reserved: 8}
  vault:
    size: 256
    axis: version
    fields:
      - {at: 0, name: version, type: u32}
      - {at: 4, name: is_open, type: u32}
      - {at: 8, name: number, type: u64, secret: true}
      - {at: 16, name: limited, type: u64, min: 1, max: 0x0fffffffffffffff, secret: true}
      - {at: 24, name: key, bytes: 32, secret: true}
      - {at: 56, name: stamp, type: u64, const: 0x3141592653589793, secret: true}
      - {at: 64, name: metal, type: metal, default: tin, secret: true}
      - {at: 68, name: seal, type: seal, secret: true}
      - {at: 72, name: marks, type: marks, secret: true}
      - {at: 80, name: hidden, type: drawer, secret: true}
      - {at: 128, name: drawer, type: drawer}
      - {at: 176, name: opened, bytes: 32, when: {is_open: 1}, secret: true}
      - {at: 208, reserved: 16, until: 3}
      - {at: 208, name: late, bytes: 16, since: 3, secret: true}
      - {at: 224, name: word, type: u32, const: 0x55aa55aa}
      - {at: 228, name: plain, type: metal, default: gold}
      - {at: 232, name: spare, type: marks}
      - {at: 240, name: note, type: marks, when: {is_open: 1}}
      - {at: 248, reserved: 8}
"""


@contextmanager
def generated(spec: str, folder: Path) -> Iterator[ModuleType]:
    """The package of `spec`, imported; gone again afterwards."""
    name = f"toy_package_{next(_numbers)}"
    specs = folder / f"{name}_specs"
    specs.mkdir()
    module = spec.partition("module: ")[2].split()[0]
    (specs / f"{module}.yaml").write_text(spec)
    options = ["--specs", str(specs), "--out", str(folder), "--package", name]
    assert cli.main(["generate", *options]) == cli.DONE
    sys.path.insert(0, str(folder))
    try:
        importlib.invalidate_caches()
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
        for loaded in [one for one in sys.modules if one.partition(".")[0] == name]:
            del sys.modules[loaded]
