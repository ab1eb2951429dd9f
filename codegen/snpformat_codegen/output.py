"""Writing what was generated: all of it or nothing, and telling what differs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Every generated file says so in its first lines; a file that does not is never removed.
MARK = "run `snpformat-codegen generate`"


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is not as the specs would have it."""

    path: Path
    reason: str  # "is missing", "differs" or "is left over"


def differences(root: Path, files: Mapping[str, str]) -> list[Difference]:
    """How the folder `root` differs from `files` (text by relative name), leftovers included."""
    found = []
    for name, text in sorted(files.items()):
        path = root / name
        if not path.exists():
            found.append(Difference(path, "is missing"))
        elif path.read_bytes() != text.encode():
            found.append(Difference(path, "differs"))
    found += [Difference(path, "is left over") for path in leftovers(root, files)]
    return found


def leftovers(root: Path, files: Mapping[str, str]) -> list[Path]:
    """Generated files in the folders of `files` that are not among them any more."""
    folders = {Path(name).parent for name in files}
    present = (path for folder in sorted(folders) for path in sorted((root / folder).glob("*.py")))
    wanted = {root / name for name in files}
    return [path for path in present if path not in wanted and _is_generated(path)]


def _is_generated(path: Path) -> bool:
    if path.name == "__init__.py":
        return False  # it makes a package of what else stands there
    with path.open("rb") as stream:
        return MARK.encode() in stream.read(2000)


def write(root: Path, files: Mapping[str, str]) -> list[Path]:
    """Bring `root` in line with `files`; returns the paths that changed.

    Every new text is complete on the disk, under a temporary name, before the first file is
    replaced. Raises OSError, with the temporary files removed.
    """
    changed = {d.path for d in differences(root, files) if d.reason != "is left over"}
    staged: list[tuple[Path, Path]] = []
    try:
        for name, text in files.items():
            path = root / name
            if path in changed:
                path.parent.mkdir(parents=True, exist_ok=True)
                handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
                staged.append((Path(temporary), path))
                with open(handle, "wb") as stream:
                    stream.write(text.encode())
                Path(temporary).chmod(_mode(path))
        for stage, path in staged:
            stage.replace(path)
    finally:
        for stage, _ in staged:
            stage.unlink(missing_ok=True)
    for path in leftovers(root, files):
        path.unlink()
        changed.add(path)
    return sorted(changed)


def _mode(path: Path) -> int:
    """The permissions of the file at `path`, or those of a new one."""
    return path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
