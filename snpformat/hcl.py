"""The blob that Azure keeps in the vTPM of a confidential VM, and what in it can be believed.

Header, hardware report, request data, JSON ("variable data", with the vTPM's attestation key), and
zeros up to the size of the container. The processor signed the report and nothing else; the report
carries a digest of the JSON in its report_data. So the JSON counts for as much as the report, once
the report has been verified (its signature, elsewhere) and `HclBlob.binding` holds. Header and
request data count for nothing: they only say where to look.

Integers are little-endian, sizes and offsets in bytes. Sources: OpenHCL's attestation protocol
(microsoft/openvmm); real blobs, from kinvolk/azure-cvm-tooling and confidential-containers/trustee.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import Enum
from itertools import islice

from . import show
from .errors import FormatError
from .formats import AttestationReport, HclHashType, HclHeader, HclReportType, HclRequestData

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Self, TypeVar

    from .record import Record
    from .reserved import Reserved
    from .wire import Buffer

    R = TypeVar("R", bound=Record)

STRUCTURE = "hcl_blob"  # in errors
REPORT_AT = HclHeader.SIZE
REQUEST_AT = REPORT_AT + AttestationReport.SIZE
VARIABLE_AT = REQUEST_AT + HclRequestData.SIZE

_JSON_LINES = 200  # shown


class Verdict(Enum):
    """Whether the report vouches for the variable data."""

    HOLDS = "holds"
    BROKEN = "broken"
    NOT_CHECKABLE = "not checkable"


@dataclass(frozen=True, slots=True)
class Binding:
    """What came of comparing report_data with the variable data; true only when it holds.

    Attributes:
        verdict: holds, broken, or not checkable.
        hash_type: the digest that was compared, such as ``sha256``; None where none is known.
        reason: the sentence that says why.
    """

    verdict: Verdict
    hash_type: str | None
    reason: str

    def __bool__(self) -> bool:
        return self.verdict is Verdict.HOLDS

    def __str__(self) -> str:
        return f"{self.verdict.value}: {self.reason}"


@dataclass(frozen=True, slots=True)
class HclBlob:
    """A blob, taken apart.

    Attributes:
        header, request: what stands before and behind the report; nobody vouches for it.
        report: the report, where report_type is ``snp``; else the 1184 bytes in its place.
        variable_data: the JSON, as the bytes that the digest is of.
        rest: what fills the container; zeros in every blob seen.
    """

    header: HclHeader
    report: AttestationReport | bytes
    request: HclRequestData
    variable_data: bytes
    rest: bytes = b""

    @classmethod
    def parse(
        cls, data: Buffer, *, reserved: Reserved = "keep", assume_version: int | None = None
    ) -> Self:
        """Read a blob, and all of the container it lies in. It is copied; `build` is the inverse.

        Args:
            data: the whole NV index, or at least all up to the end of the variable data.
            reserved: ``keep``, ``reject`` or ``drop`` what should be zero: reserved bytes and bits
                of the parts, and the rest of the container.
            assume_version: the layout for a report of a version that is not known.

        Raises:
            FormatError: for no such blob: another magic, cut short, or sizes that contradict each
                other or pass its end; and for a report that cannot be read.
        """
        raw = _copy(data)
        header = _part(HclHeader, "header", raw, 0, reserved)
        request = _part(HclRequestData, "request", raw, REQUEST_AT, reserved)
        end = _check_sizes(header, request, len(raw))
        report: AttestationReport | bytes = raw[REPORT_AT:REQUEST_AT]
        if request.report_type == HclReportType.SNP:
            report = _part(AttestationReport, "report", raw, REPORT_AT, reserved, assume_version)
        rest = _settled(raw[end:], end, reserved)
        return cls(header, report, request, raw[VARIABLE_AT:end], rest)

    def build(self) -> bytes:
        """The bytes of the blob; what `parse` was given, to the byte."""
        parts = (self.header, self.report, self.request, self.variable_data, self.rest)
        return b"".join(map(bytes, parts))

    @property
    def binding(self) -> Binding:
        """Whether report_data is the digest of the variable data followed by zeros.

        That the report is genuine is for others to verify, and does not follow from this.
        """
        kind = self.request.hash_type
        name = HclHashType.name_of(kind)
        known = kind in (HclHashType.SHA256, HclHashType.SHA384, HclHashType.SHA512)
        if not isinstance(self.report, AttestationReport):
            whose = HclReportType.name_of(self.request.report_type) or self.request.report_type
            reason = f"the report is of type {whose}, whose report_data is not read here"
            return Binding(Verdict.NOT_CHECKABLE, name if known else None, reason)
        if not known or name is None:
            reason = f"hash_type {kind:#x} is no digest that is known"
            return Binding(Verdict.NOT_CHECKABLE, None, reason)
        digest = hashlib.new(name, self.variable_data).digest()
        size = len(digest)
        carried, rest = self.report.report_data[:size], self.report.report_data[size:]
        if carried != digest:
            reason = f"report_data is not the {name} of the variable data"
            return Binding(Verdict.BROKEN, name, reason)
        if any(rest):
            reason = f"behind the {name} report_data goes on with bytes that are not zero"
            return Binding(Verdict.BROKEN, name, reason)
        then = f", and {len(rest)} zero bytes" if rest else ""
        return Binding(Verdict.HOLDS, name, f"report_data is the {name} of the variable data{then}")

    def runtime_json(self) -> dict[str, Any]:
        """The variable data as JSON: keys of the vTPM, configuration of the VM, user data.

        What it says counts for nothing before `binding` holds and the report is verified.

        Raises:
            FormatError: for anything but one JSON object in UTF-8, with every key given once.
        """
        try:
            found = json.loads(
                self.variable_data.decode(), object_pairs_hook=_object, parse_constant=_constant
            )
        except RecursionError:
            raise _refusal("variable_data", VARIABLE_AT, None, "is nested too deeply") from None
        except ValueError as error:
            raise _refusal("variable_data", VARIABLE_AT, None, f"is not JSON: {error}") from None
        if not isinstance(found, dict):
            raise _refusal("variable_data", VARIABLE_AT, None, "is JSON, but not an object")
        return found


def describe(blob: HclBlob, axes: Mapping[str, str] | None = None) -> list[str]:
    """A blob as lines of plain ASCII for people; offsets count from the start of each part.

    `axes` is what the user knows, such as ``{"product": "milan"}``.
    """
    lines = [f"{STRUCTURE}, {len(blob.build())} bytes", f"  binding {blob.binding}"]
    places = ((0, blob.header), (REPORT_AT, blob.report), (REQUEST_AT, blob.request))
    for at, part in places:
        if isinstance(part, bytes):
            lines.append(f"  {at:#05x}  a hardware report of another kind, {len(part)} bytes")
            continue
        first, *rows = show.table(part, axes or {}, False)
        lines += [f"  {at:#05x}  {first}", *(f"  {row}" for row in rows)]
    lines.append(f"  {VARIABLE_AT:#05x}  variable data, {len(blob.variable_data)} bytes")
    lines += [f"    {line}" for line in _json_lines(blob)]
    if any(blob.rest):
        at = VARIABLE_AT + len(blob.variable_data)
        lines.append(f"  {at:#05x}  the rest, {len(blob.rest)} bytes, is not zero")
    return lines


def _json_lines(blob: HclBlob) -> list[str]:
    """The JSON, or what is wrong with it. Escaped, as it may hold what a terminal obeys."""
    try:
        text = json.dumps(blob.runtime_json(), indent=2)
    except FormatError as error:
        return [error.reason]
    lines = list(islice(text.split("\n"), _JSON_LINES + 1))
    return lines if len(lines) <= _JSON_LINES else [*lines[:_JSON_LINES], "..."]


def _copy(data: Buffer) -> bytes:
    try:
        return bytes(memoryview(data))
    except (TypeError, ValueError, BufferError):
        raise _refusal(None, None, None, f"expected bytes, got {type(data).__name__}") from None


def _part(
    kind: type[R],
    name: str,
    raw: bytes,
    at: int,
    reserved: Reserved,
    assume_version: int | None = None,
) -> R:
    """The part of `raw` at `at`; errors tell their place in the blob."""
    try:
        own = raw[at : at + kind.SIZE]
        return kind.parse(own, reserved=reserved, assume_version=assume_version)
    except FormatError as inner:
        field = f"{name}.{inner.field}" if inner.field else name
        place = None if inner.offset is None else at + inner.offset
        if len(own) < kind.SIZE:
            reason = f"the blob ends after {len(raw)} bytes, and {name} takes those up to "
            raise _refusal(field, place, len(raw), reason + f"{at + kind.SIZE:#x}") from None
        raise _refusal(field, place, inner.value, inner.reason) from None


def _check_sizes(header: HclHeader, request: HclRequestData, length: int) -> int:
    """Where the variable data ends. The three sizes have to agree, so that no reader can differ."""
    size = request.variable_data_size
    if request.data_size != HclRequestData.SIZE + size:
        reason = (
            f"{request.data_size} is not {HclRequestData.SIZE} + variable_data_size ({size});"
            " extended request data are not known here"
        )
        raise _refusal("request.data_size", REQUEST_AT, request.data_size, reason)
    if header.report_size != REQUEST_AT + request.data_size:
        reason = f"{header.report_size} is not {REQUEST_AT} + data_size ({request.data_size})"
        at = HclHeader.field("report_size").offset
        raise _refusal("header.report_size", at, header.report_size, reason)
    if header.report_size > length:
        reason = f"{size} bytes pass the end of the blob ({length - VARIABLE_AT} are left)"
        at = REQUEST_AT + HclRequestData.field("variable_data_size").offset
        raise _refusal("request.variable_data_size", at, size, reason)
    return header.report_size


def _settled(rest: bytes, at: int, reserved: Reserved) -> bytes:
    """The rest of the container, treated like reserved bytes."""
    if reserved == "reject" and any(rest):
        first = next(index for index, byte in enumerate(rest) if byte)
        reason = "behind the variable data there are bytes that are not zero"
        raise _refusal(None, at + first, rest[first], reason)
    return bytes(len(rest)) if reserved == "drop" else rest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers may differ over a key that is given twice."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name[:40]!r} is given twice")
        found[name] = value
    return found


def _constant(name: str) -> object:
    raise ValueError(f"{name} is no number")


def _refusal(field: str | None, offset: int | None, value: object, reason: str) -> FormatError:
    return FormatError(STRUCTURE, field, offset, value, reason)
