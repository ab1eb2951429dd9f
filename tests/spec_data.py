"""Specs as plain data, shaped like the YAML that they are written out as."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Data = dict[str, Any]
INTEGERS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}
PRODUCTS = ["milan", "genoa", "turin"]


class Plain(str):
    """Text that YAML has to have without quotes."""


@dataclass
class SpecSet:
    """The files of a program, imported ones first: contents by module name."""

    modules: dict[str, Data] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "\n".join(f"--- {name}.yaml\n{self.text(name)}" for name in self.modules)

    def text(self, module: str) -> str:
        """The YAML of a module: a line for each part that has a name, and for each field."""
        lines: list[str] = []
        for key, value in self.modules[module].items():
            if key not in ("enums", "bitfields", "structs"):
                lines.append(f"{key}: {flow(value)}")
                continue
            lines.append(f"{key}:")
            for name, body in value.items():
                lines.append(f"  {name}:")
                for inner, part in body.items():
                    if isinstance(part, list):
                        lines += [f"    {inner}:", *(f"    - {flow(item)}" for item in part)]
                    else:
                        lines.append(f"    {inner}: {flow(part)}")
        return "\n".join(lines) + "\n"

    def write(self, folder: Path) -> list[str]:
        """Write the files; returns their paths."""
        paths = [folder / f"{name}.yaml" for name in self.modules]
        for path in paths:
            path.write_text(self.text(path.stem), encoding="utf-8")
        return [str(path) for path in paths]

    def named(self, key: str) -> dict[str, Data]:
        """All enums, bitfields or structs, by name."""
        return {
            name: body for data in self.modules.values() for name, body in data.get(key, {}).items()
        }


def flow(value: Any) -> str:
    """`value` on one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and not isinstance(value, Plain):
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_elastic(entry: Data) -> bool:
    """Whether a field is an array of no fixed size."""
    return "of" in entry and not isinstance(entry.get("count"), int)


def elastic_of(body: Data) -> Data | None:
    """The array of no fixed size that ends a structure."""
    return next((entry for entry in body["fields"] if is_elastic(entry)), None)


def size_of(body: Data) -> int:
    """Bytes of an enum, a bit field or a structure; of what stands before an array that varies."""
    return int(body["size"]) if "size" in body else INTEGERS[body["repr"]]
