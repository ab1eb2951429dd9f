"""Readers of single values of an identity: Python's form, or the form that JSON and TOML have.

Each is called with the value and the product and returns the value in Python's form; each raises
``fields.Refused`` with a reason that also says what would be right.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from ..fields import Refused, count, near, type_name
from ..formats import CpuidFunction
from .cpuid import twice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ..bits import Bits
    from .products import Product

    Reader = Callable[[object, Product], object]

SEED_MAX = 1024  # bytes


def octets(size: int) -> Reader:
    """Exactly `size` bytes: a bytes-like object or hexadecimal digits."""

    def read(value: object, product: Product) -> bytes:
        raw = _octets(value)
        if len(raw) != size:
            digits = f" ({2 * size} hexadecimal digits)" if isinstance(value, str) else ""
            raise Refused(f"expected {count(size, 'byte')}{digits}, got {len(raw)}")
        return raw

    return read


def chip_id(value: object, product: Product) -> bytes:
    """The 64 bytes of a report; where the product's ids are shorter, those alone will do."""
    raw = _octets(value)
    size = product.chip_id_size
    if len(raw) not in (size, 64):
        sizes = "64" if size == 64 else f"{size} or 64"
        raise Refused(f"expected {sizes} bytes for {product.name}, got {len(raw)}")
    if any(raw[size:]):
        raise Refused(f"a chip id of {product.name} has {size} bytes, and zeros behind them")
    return raw.ljust(64, b"\0")


def _octets(value: object) -> bytes:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if not isinstance(value, str):
        raise Refused(f"expected bytes as hexadecimal digits, got {type_name(value)}")
    try:
        return bytes.fromhex(value)
    except ValueError:
        raise Refused("expected bytes as hexadecimal digits, two a byte") from None


def number(bits: int) -> Reader:
    """A number of `bits` bits: an int, or digits such as "0x30000" (JSON has no hexadecimal)."""

    def read(value: object, product: Product) -> int:
        found = _number(value)
        if found < 0 or found >> bits:
            raise Refused(f"expected a number of {bits} bits")
        return found

    return read


def _number(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and len(value) <= 80:
        try:
            return int(value, 0)
        except ValueError:
            raise Refused("expected a number, such as 48 or 0x30") from None
    raise Refused(f"expected a number, got {type_name(value)}")


def flag(value: object, product: Product) -> bool:
    """True or false; 0 and 1 are neither."""
    if not isinstance(value, bool):
        raise Refused(f"expected true or false, got {type_name(value)}")
    return value


def choice(*known: object) -> Reader:
    """One of a few values."""

    def read(value: object, product: Product) -> object:
        for one in known:
            if type(one) is type(value) and one == value:
                return one
        names = ", ".join(map(str, known))
        raise Refused(f"expected one of {names}{near(value, map(str, known))}")

    return read


def bits_of(kind: type[Bits]) -> Reader:
    """A bit field: a number, or its parts by name; parts that are not given are zero."""

    def read(value: object, product: Product) -> Bits:
        return _bits(value, kind(0).settled())

    return read


def tcb(value: object, product: Product) -> Bits:
    """A TCB_VERSION in the product's own form: a number, or its parts by name."""
    kind = type(product.tcb)
    if type(value) not in (kind, int, str) and hasattr(value, "__index__"):
        raise Refused(f"expected a {kind.NAME}, as {product.name} has it")
    return _bits(value, kind(0).settled())


def _bits(value: object, base: Bits) -> Bits:
    kind = type(base)
    if not isinstance(value, dict):
        found = _number(value)
        if found < 0 or found >> 8 * kind.SIZE:
            raise Refused(f"expected a number of {8 * kind.SIZE} bits")
        return kind(found)
    parts = {bit.name: bit for bit in kind.BITS if bit.name}
    for name, part in value.items():
        bit = parts.get(name)
        if bit is None:
            known = ", ".join(parts)
            raise Refused(f"has no part {str(name)!r}{near(name, parts)}; it has {known}")
        most = bit.mask >> bit.low
        given = int(part) if isinstance(part, bool) and most == 1 else _number(part)
        if not 0 <= given <= most:
            raise Refused(f"{name} is a number up to {most}")
        base = base.replace(**{name: given})
    return base


def cpuid_table(value: object, product: Product) -> tuple[CpuidFunction, ...]:
    """CPUID functions, each with its fields by name; those that are not given are zero."""
    if not isinstance(value, (list, tuple)):
        raise Refused(f"expected a list of CPUID functions, got {type_name(value)}")
    functions = tuple(_function(index, item) for index, item in enumerate(value))
    again = twice(functions)
    if again is not None:
        raise Refused(f"leaf {again.eax_in:#x}, sub-leaf {again.ecx_in:#x} is given twice")
    return functions


def _function(index: int, value: object) -> CpuidFunction:
    if isinstance(value, CpuidFunction):
        return value
    place = f"function {index}"
    if not isinstance(value, dict):
        raise Refused(f"{place}: expected fields by name, got {type_name(value)}")
    fields = {field.name: field for field in CpuidFunction.FIELDS if field.name}
    numbers = {}
    for name, given in value.items():
        if name not in fields:
            known = ", ".join(fields)
            raise Refused(f"{place} has no {str(name)!r}{near(name, fields)}; it has {known}")
        numbers[name] = _number(given)
        if numbers[name] < 0 or numbers[name] >> 8 * fields[name].size:
            raise Refused(f"{place}: {name} is a number of {8 * fields[name].size} bits")
    return CpuidFunction(**numbers)


def text(limit: int) -> Reader:
    """1 to `limit` printable ASCII characters."""

    def read(value: object, product: Product) -> str:
        if not isinstance(value, str):
            raise Refused(f"expected text, got {type_name(value)}")
        if not 0 < len(value) <= limit or not (value.isascii() and value.isprintable()):
            raise Refused(f"expected 1 to {limit} printable ASCII characters")
        return value

    return read


def seed(value: object, product: Product) -> bytes:
    """Bytes, or text, which stands for its UTF-8 bytes even where it looks like hexadecimal."""
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass")
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise Refused(f"expected text or bytes, got {type_name(value)}")
    raw = bytes(value)
    if not 0 < len(raw) <= SEED_MAX:
        raise Refused(f"expected 1 to {SEED_MAX} bytes, got {len(raw)}")
    return raw


def moment(value: object, product: Product) -> datetime:
    """A time, or ISO text such as "2026-01-01"; UTC where it does not say. Whole seconds."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise Refused("expected a time such as 2026-01-01T00:00:00Z") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        raise Refused(f"expected a time such as 2026-01-01T00:00:00Z, got {type_name(value)}")
    if not 2000 <= value.year <= 2100:  # also keeps the years after it within what X.509 can say
        raise Refused("expected a time from 2000 to 2100")
    zone = value.tzinfo or UTC
    return value.replace(tzinfo=zone, microsecond=0).astimezone(UTC)


def one_of_names(names: Collection[str], value: object) -> str:
    """A name that is known. Raises Refused with the nearest one."""
    if isinstance(value, str) and value in names:
        return value
    raise Refused(f"expected one of {', '.join(names)}{near(value, names)}")
