"""Kaitai as a peer: readers written by hand after the manner of its compiler (one call a field,
in order, into plain attributes), on its real runtime. Bit fields stay numbers, in its favour.
"""

from __future__ import annotations

from kaitaistruct import (  # type: ignore[import-untyped, import-not-found, unused-ignore]
    KaitaiStream,
    KaitaiStruct,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Header(KaitaiStruct):  # type: ignore[misc, unused-ignore]
    """The guest message header."""

    def __init__(self, _io: Any, _parent: Any = None, _root: Any = None) -> None:
        super().__init__(_io)
        self._parent = _parent
        self._root = _root or self
        self._read()

    def _read(self) -> None:
        io: KaitaiStream = self._io
        self.authtag = io.read_bytes(32)
        self.msg_seqno = io.read_u8le()
        self.reserved_28 = io.read_bytes(8)
        self.algo = io.read_u1()
        self.hdr_version = io.read_u1()
        self.hdr_size = io.read_u2le()
        self.msg_type = io.read_u1()
        self.msg_version = io.read_u1()
        self.msg_size = io.read_u2le()
        self.reserved_38 = io.read_bytes(4)
        self.msg_vmpck = io.read_u1()
        self.reserved_3d = io.read_bytes(35)


class Report(KaitaiStruct):  # type: ignore[misc, unused-ignore]
    """The attestation report, versions 2 to 5."""

    def __init__(self, _io: Any, _parent: Any = None, _root: Any = None) -> None:
        super().__init__(_io)
        self._parent = _parent
        self._root = _root or self
        self._read()

    def _read(self) -> None:
        io: KaitaiStream = self._io
        self.version = io.read_u4le()
        self.guest_svn = io.read_u4le()
        self.policy = io.read_u8le()
        self.family_id = io.read_bytes(16)
        self.image_id = io.read_bytes(16)
        self.vmpl = io.read_u4le()
        self.signature_algo = io.read_u4le()
        self.current_tcb = io.read_u8le()
        self.platform_info = io.read_u8le()
        self.key_info = io.read_u4le()
        self.reserved_4c = io.read_bytes(4)
        self.report_data = io.read_bytes(64)
        self.measurement = io.read_bytes(48)
        self.host_data = io.read_bytes(32)
        self.id_key_digest = io.read_bytes(48)
        self.author_key_digest = io.read_bytes(48)
        self.report_id = io.read_bytes(32)
        self.report_id_ma = io.read_bytes(32)
        self.reported_tcb = io.read_u8le()
        if self.version >= 3:
            self.cpuid_fam_id = io.read_u1()
            self.cpuid_mod_id = io.read_u1()
            self.cpuid_step = io.read_u1()
        self.reserved_18b = io.read_bytes(21 if self.version >= 3 else 24)
        self.chip_id = io.read_bytes(64)
        self.committed_tcb = io.read_u8le()
        self.current_build = io.read_u1()
        self.current_minor = io.read_u1()
        self.current_major = io.read_u1()
        self.reserved_1eb = io.read_u1()
        self.committed_build = io.read_u1()
        self.committed_minor = io.read_u1()
        self.committed_major = io.read_u1()
        self.reserved_1ef = io.read_u1()
        self.launch_tcb = io.read_u8le()
        if self.version >= 5:
            self.launch_mit_vector = io.read_u8le()
            self.current_mit_vector = io.read_u8le()
        self.reserved_208 = io.read_bytes(152 if self.version >= 5 else 168)
        self.signature_r = io.read_bytes(72)
        self.signature_s = io.read_bytes(72)
        self.reserved_330 = io.read_bytes(368)
