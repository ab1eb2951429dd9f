"""Identity: all that a software secure processor says about itself and its guest.

What is not given is filled in: what identifies (chip id, report id, measurement) from the seed, the
rest as a current processor of the product has it. The seed also fixes the signing keys and the root
keys of derived keys (see ``keys``), so two firmwares of one seed give the same report bytes and the
same derived keys. It never fixes a VMPCK. Without a seed everything is random.

A file is JSON or TOML with the names below as keys, bytes as hexadecimal digits and parts by name:

    product = "milan"
    seed = "my test"
    policy = {smt = true, debug = true}
    reported_tcb = {snp = 23}
    id_key_digest = "00112233..."
"""

# ruff: noqa: RUF009 (a field's default is what `_given` makes, as with dataclasses.field)

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from .. import files
from ..errors import SnpformatError
from ..fields import Refused, near
from ..formats import CpuidFunction, GuestPolicy, PlatformInfo
from . import readers
from .products import PRODUCTS, Product, Tcb
from .seed import expand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .readers import Reader

REPORT_VERSIONS = (2, 3, 5)

# A seed fixes the certificates' content too, so their time cannot come from a clock then.
_SEEDED_NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


class IdentityError(SnpformatError, ValueError):
    """What was given for an identity cannot be used; the one error of this module.

    Attributes:
        path: the file; None for what did not come from one.
        key: the key at fault; None for the whole.
        value: what was refused; None for the seed, which is a secret.
        reason: what is wrong, and what would be right.
    """

    def __init__(self, path: str | None, key: str | None, value: object, reason: str) -> None:
        super().__init__(path, key, value, reason)
        self.path = path
        self.key = key
        self.value = value
        self.reason = reason

    def __str__(self) -> str:
        place = ": ".join(part for part in (self.path or "identity", self.key) if part)
        shown = "" if self.value is None else f" (given: {_shown(self.value)})"
        return f"{place}: {self.reason}{shown}"

    def __repr__(self) -> str:
        return f"IdentityError({str(self)!r})"  # the value itself may be too long to show


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # an int of thousands of digits
        text = f"a {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:77]}..."


def _yesterday() -> datetime:
    """Not now: a clock that is a little slow would find the certificates not yet valid."""
    return datetime.now(UTC) - timedelta(days=1)


class _Unset:
    """Stands for a value that was not given."""


_UNSET: Any = _Unset()


def _given(
    read: Reader,
    default: Callable[[Identity], object],
    *,
    secret: bool = False,
    partly: bool = False,
) -> Any:
    """A field: how a given value is read, and what it is when not given (fields go in order).

    `partly` says that parts which are not given are those of the default, instead of zero.
    """
    metadata = {"read": read, "default": default, "partly": partly}
    return field(default=_UNSET, repr=not secret, metadata=metadata)


def _from_seed(size: int, purpose: str) -> Any:
    return _given(readers.octets(size), lambda me: expand(me.seed, purpose, size=size))


def _tcb(default: Callable[[Identity], Tcb]) -> Any:
    return _given(readers.tcb, default, partly=True)


def _product_name(value: object, product: Product) -> str:
    return readers.one_of_names(PRODUCTS, value)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A chip, its firmware, and the guest that runs on it. Read-only.

    Every argument may be left out, and may be given in the form that files have. Raises
    IdentityError. ``dataclasses.replace`` makes a changed copy with the same seed; it keeps all
    other values, also those that were filled in and would follow from the change (as author_key_en
    follows from author_key_digest).
    """

    product: str = _given(_product_name, lambda me: "genoa")
    # When VCEK and VLEK certificates begin. It asks whether a seed was given, so it comes first.
    not_before: datetime = _given(
        readers.moment, lambda me: _yesterday() if me.seed is _UNSET else _SEEDED_NOT_BEFORE
    )
    # Kept as bytes; text stands for its UTF-8 bytes. A secret: the private keys follow from it.
    seed: bytes = _given(readers.seed, lambda me: os.urandom(32), secret=True)

    report_version: int = _given(readers.choice(*REPORT_VERSIONS), lambda me: REPORT_VERSIONS[-1])

    # The guest, as it was launched.
    policy: GuestPolicy = _given(readers.bits_of(GuestPolicy), lambda me: GuestPolicy(0x30000))
    guest_svn: int = _given(readers.number(32), lambda me: 0)
    family_id: bytes = _given(readers.octets(16), lambda me: bytes(16))
    image_id: bytes = _given(readers.octets(16), lambda me: bytes(16))
    measurement: bytes = _from_seed(48, "measurement")
    host_data: bytes = _given(readers.octets(32), lambda me: bytes(32))
    id_key_digest: bytes = _given(readers.octets(48), lambda me: bytes(48))
    author_key_digest: bytes = _given(readers.octets(48), lambda me: bytes(48))
    author_key_en: bool = _given(readers.flag, lambda me: any(me.author_key_digest))
    # The key of the ID block that is mixed into derived keys: none, id or author.
    id_block_key: str = _given(
        readers.choice("none", "id", "author"),
        lambda me: "author" if me.author_key_en else "id" if any(me.id_key_digest) else "none",
    )
    report_id: bytes = _from_seed(32, "report_id")
    report_id_ma: bytes = _given(readers.octets(32), lambda me: b"\xff" * 32)
    vcek_dis: bool = _given(readers.flag, lambda me: False)  # launched so that the VCEK is not used

    # The chip.
    chip_id: bytes = _given(
        readers.chip_id, lambda me: expand(me.seed, "chip_id", size=me.facts.chip_id_size)
    )
    cpuid_fam_id: int = _given(readers.number(8), lambda me: me.facts.cpuid[0])
    cpuid_mod_id: int = _given(readers.number(8), lambda me: me.facts.cpuid[1])
    cpuid_step: int = _given(readers.number(8), lambda me: me.facts.cpuid[2])
    # What MSG_CPUID_REQ is corrected to; functions that are not here are accepted as they come.
    cpuid: tuple[CpuidFunction, ...] = _given(readers.cpuid_table, lambda me: ())

    # Its firmware. What is not given follows the current one, single parts of a TCB too.
    current_tcb: Tcb = _tcb(lambda me: me.facts.tcb)
    committed_tcb: Tcb = _tcb(lambda me: me.current_tcb)
    reported_tcb: Tcb = _tcb(lambda me: me.committed_tcb)
    launch_tcb: Tcb = _tcb(lambda me: me.current_tcb)
    current_build: int = _given(readers.number(8), lambda me: me.facts.firmware[0])
    current_minor: int = _given(readers.number(8), lambda me: me.facts.firmware[1])
    current_major: int = _given(readers.number(8), lambda me: me.facts.firmware[2])
    committed_build: int = _given(readers.number(8), lambda me: me.current_build)
    committed_minor: int = _given(readers.number(8), lambda me: me.current_minor)
    committed_major: int = _given(readers.number(8), lambda me: me.current_major)
    current_mit_vector: int = _given(readers.number(64), lambda me: me.facts.mit_vector)
    launch_mit_vector: int = _given(readers.number(64), lambda me: me.current_mit_vector)

    # What the host has set.
    platform_info: PlatformInfo = _given(
        readers.bits_of(PlatformInfo), lambda me: PlatformInfo(me.facts.platform_info)
    )
    mask_chip_key: bool = _given(readers.flag, lambda me: False)
    mask_chip_id: bool = _given(readers.flag, lambda me: me.mask_chip_key)
    vlek: bool = _given(readers.flag, lambda me: False)  # a VLEK is loaded
    csp_id: str = _given(readers.text(64), lambda me: "CN=snpformat-test.invalid")  # in its cert.
    # 1.0: a fixed point number, with 32 bits behind the point.
    tsc_scale: int = _given(readers.number(64), lambda me: 1 << 32)
    tsc_offset: int = _given(readers.number(64), lambda me: 0)
    tsc_factor: int = _given(readers.number(32), lambda me: 200)  # in 0.00001; Genoa's constant

    def __post_init__(self) -> None:
        for entry in fields(self):
            given = whole = getattr(self, entry.name)
            if given is _UNSET:
                whole = entry.metadata["default"](self)
            elif entry.metadata["partly"] and isinstance(given, dict):
                whole = {**entry.metadata["default"](self).to_names(), **given}
            # The product itself is read first, by a reader that does not look at a product.
            product = PRODUCTS["genoa"] if entry.name == "product" else self.facts
            try:
                value = entry.metadata["read"](whole, product)
            except Refused as refused:
                shown = given if entry.repr else None
                raise IdentityError(None, entry.name, shown, str(refused)) from None
            object.__setattr__(self, entry.name, value)

    @property
    def facts(self) -> Product:
        """What the product's family has in common."""
        return PRODUCTS[self.product]

    @property
    def fms(self) -> int:
        """CPUID Fn0000_0001 EAX: family, model and stepping as the secrets page has them."""
        family = self.cpuid_fam_id
        base, extended = (0xF, family - 0xF) if family >= 0xF else (family, 0)
        model = self.cpuid_mod_id
        return (
            extended << 20
            | (model >> 4) << 16
            | base << 8
            | (model & 0xF) << 4
            | self.cpuid_step & 0xF
        )

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any], *, path: str | None = None) -> Identity:
        """The identity that a JSON or TOML document describes; `path` is named in errors.

        Raises IdentityError.
        """
        if not isinstance(mapping, Mapping):
            reason = f"expected keys with values, got {type(mapping).__name__}"
            raise IdentityError(path, None, None, reason)
        names = [entry.name for entry in fields(cls)]
        for key in mapping:
            if key not in names:
                reason = f"there is no such key{near(key, names)}"
                raise IdentityError(path, str(key), None, reason)
        try:
            return cls(**mapping)
        except IdentityError as error:
            raise IdentityError(path, error.key, error.value, error.reason) from None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Identity:
        """Read a file, like `loads`. Raises IdentityError, for one that cannot be read too."""
        try:
            name = os.fsdecode(path)
        except TypeError:
            reason = f"expected the path of a file, got {type(path).__name__}"
            raise IdentityError(None, None, None, reason) from None
        try:
            data = files.read(name)
        except OSError as error:
            raise IdentityError(name, None, None, f"cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise IdentityError(name, None, None, str(error)) from None
        return cls.loads(data, path=name)

    @classmethod
    def loads(cls, data: bytes, *, path: str | None = None) -> Identity:
        """Read the bytes of a file: JSON where it starts with a brace, which TOML never does, else
        TOML. `path` is named in errors. Raises IdentityError.
        """
        try:
            content = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise IdentityError(path, None, None, "is not text in UTF-8") from None
        is_json = content.lstrip().startswith("{")
        try:
            if is_json:
                found = json.loads(content, object_pairs_hook=_once)
            else:
                found = tomllib.loads(content)
        except (ValueError, RecursionError) as error:
            kind = "JSON" if is_json else "TOML"
            raise IdentityError(path, None, None, f"is not {kind}: {error}") from None
        return cls.from_mapping(found, path=path)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; a key given twice is a mistake, of which JSON would keep the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} is given twice")
    return found
