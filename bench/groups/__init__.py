"""Every group, by the name that `--group` takes, in the order in which they run."""

from collections.abc import Callable

from ..engine import Group
from . import build, codec, generate, header, imports, parse, typed

GROUPS: dict[str, Callable[[], Group]] = {
    "parse": parse.group,
    "build": build.group,
    "header": header.group,
    "typed": typed.group,
    "codec": codec.group,
    "import": imports.group,
    "generate": generate.group,
}
