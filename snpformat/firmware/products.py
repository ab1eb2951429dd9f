"""What the families of processors do differently, and what a typical one of each looks like.

The typical values are those of genuine reports of version 5 (Genoa firmware 1.55.49, Turin 1.55.65)
or, for Milan, of version 3; the mitigation vector of Milan is that of firmware 1.58.0.
"""

from __future__ import annotations

from typing import NamedTuple

from ..formats import TcbMilan, TcbTurin

Tcb = TcbMilan | TcbTurin


class Product(NamedTuple):
    """One family.

    Attributes:
        name: as views of the formats name it.
        title: as certificates name it.
        vcek_name: productName of a VCEK certificate; that of a VLEK is the title.
        cert_version: structVersion of both.
        ca_serials: serial numbers of AMD's ARK, ASK and ASVK certificates.
        chip_id_size: bytes of a chip id; zeros fill it up to 64 in a report.
        cpuid: family, model, stepping.
        tcb: the security versions of a current firmware, in the family's own order of bytes.
        firmware: build, minor, major.
        platform_info: SMT, ECC, alias check complete; on Turin bit 6 too, as in genuine reports.
        mit_vector: no source documents the bits.
    """

    name: str
    title: str
    vcek_name: str
    cert_version: int
    ca_serials: tuple[int, int, int]
    chip_id_size: int
    cpuid: tuple[int, int, int]
    tcb: Tcb
    firmware: tuple[int, int, int]
    platform_info: int
    mit_vector: int


MILAN = Product(
    name="milan",
    title="Milan",
    vcek_name="Milan-B0",
    cert_version=0,
    ca_serials=(0x10000, 0x10001, 0x10101),
    chip_id_size=64,
    cpuid=(0x19, 0x01, 1),
    tcb=TcbMilan.from_bits(boot_loader=4, tee=0, snp=24, microcode=219),
    firmware=(0, 58, 1),
    platform_info=0x25,
    mit_vector=0xB,
)
GENOA = Product(
    name="genoa",
    title="Genoa",
    vcek_name="Genoa",
    cert_version=0,
    ca_serials=(0x20000, 0x20002, 0x20101),
    chip_id_size=64,
    cpuid=(0x19, 0x11, 1),
    tcb=TcbMilan.from_bits(boot_loader=10, tee=0, snp=27, microcode=88),
    firmware=(49, 55, 1),
    platform_info=0x25,
    mit_vector=0xB,
)
TURIN = Product(
    name="turin",
    title="Turin",
    vcek_name="Turin",
    cert_version=1,
    ca_serials=(0x30000, 0x30001, 0x30101),
    chip_id_size=8,
    cpuid=(0x1A, 0x02, 1),
    tcb=TcbTurin.from_bits(fmc=1, boot_loader=1, tee=1, snp=4, microcode=81),
    firmware=(65, 55, 1),
    platform_info=0x65,
    mit_vector=0x3F,
)
PRODUCTS = {product.name: product for product in (MILAN, GENOA, TURIN)}
