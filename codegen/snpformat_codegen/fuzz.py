"""``python -m snpformat_codegen.fuzz``: random and mutated specs through the loader and the checks.

What is promised of any text: diagnostics or a program, soon. A finding is an exception, a run that
takes longer than LIMIT, or a text without mistakes whose generated code is no Python. The same seed
gives the same texts; a finding is written to a file, beside those it imports.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from . import layout, passes, program
from .cli import SPECS
from .diagnostics import Log, render
from .emit import EMITTERS
from .language import FILE
from .shapes import Either, Forms, ListOf, MapOf, Table

LIMIT = 2.0  # seconds
MAX_FINDINGS = 20

# Words, numbers, and runs of what stands between them.
_TOKEN = re.compile(r"[A-Za-z_]\w*|0x[0-9a-fA-F]+|\d+|\s+|[^\w\s]")
_HOSTILE = (
    "", " ", "\n", "\t", "\0", "\x85", "\ufeff", "\U0001f600", "[", "]", "{", "}", ": ", "- ", "&a",
    "*a", "!!int", "<<: ", "%YAML 1.1", "---", "...", "'", '"', "|", ">", "#", "~", "null", "true",
    "on", "010", "1_000", "31:16", "1e3", "-1", "0", "1", "255", "256", "4096", "0x7fffffff",
    "18446744073709551616", "9" * 5000, "0..0", "7..3", "0x10..0x20", "a" * 70, "[" * 500,
    "{a: " * 300, "class", "self", "__class__", "reserved_0", "zero", "sizeof", "len(version)",
)  # fmt: skip


class Texts:
    """Makes specs out of those that there are."""

    def __init__(self, random: Random, texts: dict[str, str]) -> None:
        self.random = random
        self.texts = texts
        self.tokens: dict[str, list[str]] = {
            name: _TOKEN.findall(text) for name, text in texts.items()
        }
        self.words: list[str] = sorted(
            {token for tokens in self.tokens.values() for token in tokens}
        )
        self.words += sorted(_keys(FILE))

    def one(self) -> tuple[str, str]:
        """The name of a file, and what it shall hold instead."""
        name = self.random.choice(sorted(self.texts))
        kind = self.random.randrange(10)
        if kind == 0:
            return name, self._nonsense()
        if kind < 4:
            return name, self._lines(self.texts[name].split("\n"))
        return name, "".join(self._changed(list(self.tokens[name])))

    def _nonsense(self) -> str:
        length = self.random.randrange(400)
        if self.random.random() < 0.3:
            return "".join(chr(self.random.choice((10, 32, 45, 58, 91, 93, 123, 125,
                           self.random.randrange(1, 0x250)))) for _ in range(length))  # fmt: skip
        return "".join(self._word() for _ in range(length))

    def _lines(self, lines: list[str]) -> str:
        """A few lines lost, doubled, moved, indented or mixed up with others."""
        for _ in range(self.random.randrange(1, 4)):
            at, other = self.random.randrange(len(lines)), self.random.randrange(len(lines))
            kind = self.random.randrange(5)
            if kind == 0:
                del lines[at : at + self.random.choice((1, 1, 5))]
            elif kind == 1:
                lines.insert(at, lines[other])
            elif kind == 2:
                lines[at], lines[other] = lines[other], lines[at]
            elif kind == 3:
                lines[at] = " " * self.random.randrange(12) + lines[at].strip()
            else:
                lines[at] = "".join(self._changed(_TOKEN.findall(lines[at]) or [""]))
            lines = lines or [""]
        return "\n".join(lines)

    def _changed(self, tokens: list[str]) -> list[str]:
        """A few tokens changed, lost or doubled."""
        for _ in range(self.random.choice((1, 1, 1, 2, 5, 20))):
            at = self.random.randrange(len(tokens))
            kind = self.random.randrange(6)
            if kind == 0:
                tokens[at] = ""
            elif kind == 1:
                tokens.insert(at, self._word())
            elif kind == 2 and re.fullmatch("[0-9]{1,20}", tokens[at]):
                tokens[at] = str(max(0, int(tokens[at]) + self.random.choice((-1, 1, 8, 4096))))
            elif kind == 3:
                tokens[at] = self.random.choice(tokens)
            else:
                tokens[at] = self._word()
        return tokens

    def _word(self) -> str:
        return self.random.choice(self.words if self.random.random() < 0.8 else _HOSTILE)


def _keys(shape: object) -> set[str]:
    """Every key of the language."""
    if isinstance(shape, Table):
        return set(shape.keys).union(*(_keys(key.shape) for key in shape.keys.values()))
    if isinstance(shape, Forms):
        return set().union(*map(_keys, shape.forms.values()))
    if isinstance(shape, (ListOf, MapOf)):
        return _keys(shape.item if isinstance(shape, ListOf) else shape.value)
    return _keys(shape.long) if isinstance(shape, Either) else set()


def try_spec(paths: Sequence[str]) -> tuple[str, bool]:
    """What is wrong with how these specs are taken (empty when nothing), and if they are right."""
    start = time.monotonic()
    log = Log()
    try:
        loaded = program.load(paths, log)
        passes.check(loaded, log)
        render(log.sorted())
        if not log.found:
            modules = layout.resolve(loaded)
            for name, text in (file for emit in EMITTERS for file in emit(modules)):
                compile(text, name, "exec")
    except Exception as error:
        return f"{type(error).__name__}: {error}", False
    seconds = time.monotonic() - start
    return (f"took {seconds:.1f} s" if seconds > LIMIT else ""), not log.found


def run(count: int | None, seconds: float | None, seed: int, keep: Path) -> int:
    """Try specs, print what was found, and write each finding into the folder `keep`."""
    start, tried, right, slowest, told = time.monotonic(), 0, 0, 0.0, 0
    texts = Texts(Random(seed), {p.name: p.read_text() for p in sorted(SPECS.glob("*.yaml"))})
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.texts.items():
            Path(folder, name).write_text(text)
        while (count is None or tried < count) and told < MAX_FINDINGS:
            begun = time.monotonic()
            if seconds is not None and begun - start >= seconds:
                break
            name, text = texts.one()
            path = Path(folder, name)
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
            problem, is_right = try_spec([str(path)])
            slowest = max(slowest, time.monotonic() - begun)
            tried += 1
            right += is_right
            if problem:
                told += 1
                kept = keep / f"finding-{seed}-{tried}"
                shutil.copytree(folder, kept, dirs_exist_ok=True)
                print(f"{kept / name}: {problem}", flush=True)
            path.write_text(texts.texts[name])
    passed = time.monotonic() - start
    print(
        f"seed {seed}: {tried} specs in {passed:.1f} s ({tried / max(passed, 1e-6):.0f} a second,"
        f" the slowest {slowest:.2f} s), {right} without mistakes;"
        f" {told} finding{'' if told == 1 else 's'}"
    )
    return told


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command. Returns 1 when there are findings, else 0."""
    parser = argparse.ArgumentParser(prog="python -m snpformat_codegen.fuzz")
    parser.add_argument("--count", type=int, metavar="N", help="how many specs")
    parser.add_argument("--seconds", type=float, metavar="N", help="how long (default: 10)")
    parser.add_argument("--seed", type=int, metavar="N", help="to have the same run again")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()), metavar="DIR",
                        help="where findings are written (default: the system's own)")  # fmt: skip
    arguments = parser.parse_args(argv)
    seconds = arguments.seconds
    if arguments.count is None and seconds is None:
        seconds = 10.0
    seed = Random().randrange(1 << 32) if arguments.seed is None else arguments.seed
    return 1 if run(arguments.count, seconds, seed, arguments.keep) else 0


if __name__ == "__main__":
    sys.exit(main())
