"""Peers that parse attestation reports, and the three fields that all of them offer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from snpformat.formats import AttestationReport

from .. import inputs
from . import Peer, load


def attributes(report: Any) -> tuple[Any, ...]:
    """The three fields of a report with attributes."""
    return report.measurement, report.report_data, report.chip_id


def items(report: Any) -> tuple[Any, ...]:
    """The three fields of a report that is a dict."""
    return report["measurement"], report["report_data"], report["chip_id"]


def peers() -> tuple[list[Peer], list[str]]:
    """Those that are installed, and notes on the others."""
    return load(
        (
            ("construct", _construct),
            ("kaitaistruct", _kaitai),
            ("omne-attest", _one("omne-attest", "omne_attest", "Report.parse", attributes)),
            ("cvm-attest", _one("cvm-attest", "cvm_attest.snp.report", "parse_snp_report", items)),
            (
                "secretvm-verify",
                _one("secretvm-verify", "secretvm.verify.amd", "_amd_parse_report", items),
            ),
        )
    )


def _construct() -> Iterable[Peer]:
    from .declared import peers as declared_peers

    return declared_peers(AttestationReport.parse(inputs.report()), attributes)


def _kaitai() -> Iterable[Peer]:
    from .kaitai import Report

    return [Peer("kaitai style", Report.from_bytes, attributes)]


def _one(
    name: str, module: str, function: str, read: Callable[[Any], tuple[Any, ...]]
) -> Callable[[], Iterable[Peer]]:
    """A loader for a parser of another package, found only when it is asked for."""

    def load_it() -> Iterable[Peer]:
        found: Any = import_module(module)
        for part in function.split("."):
            found = getattr(found, part)
        return [Peer(name, found, read)]

    return load_it
