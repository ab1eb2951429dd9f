"""How names of a spec are spelt in Python."""

from __future__ import annotations


def class_name(name: str) -> str:
    """``attestation_report`` -> ``AttestationReport``."""
    return "".join(part.capitalize() for part in name.split("_"))
