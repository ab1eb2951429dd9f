"""Typed records of codes.

Generated from codes.yaml; change that and run `snpformat-codegen generate`.

What the firmware and the host answer when there is no response: the two halves of exitinfo2.
"""

from __future__ import annotations

from snpformat import wire


class FwError(wire.Enum):
    """Status of a firmware command, from the mailbox. Kernel headers older than SNP host support
    end at 0x18.

    Numbers of 4 bytes; others are kept. [abi chapter 6, status codes; psp enum sev_ret_code]
    """

    SUCCESS = 0x0  # The command was carried out.
    INVALID_PLATFORM_STATE = 0x1  # The platform is in another state than the command needs.
    INVALID_GUEST_STATE = 0x2  # The guest is in another state than the command needs.
    INVALID_CONFIG = 0x3  # The platform's configuration does not allow it.
    INVALID_LENGTH = 0x4  # A buffer is too small.
    ALREADY_OWNED = 0x5  # The platform has an owner already.
    INVALID_CERTIFICATE = 0x6  # A certificate is not valid.
    POLICY_FAILURE = 0x7  # The guest's policy forbids it.
    INACTIVE = 0x8  # The guest is not active on any ASID.
    INVALID_ADDRESS = 0x9  # An address is not valid.
    BAD_SIGNATURE = 0xA  # A signature is not valid.
    BAD_MEASUREMENT = 0xB  # A guest message failed authentication.
    ASID_OWNED = 0xC  # The ASID belongs to another guest.
    INVALID_ASID = 0xD  # The ASID is not valid.
    WBINVD_REQUIRED = 0xE  # The host has to run WBINVD first.
    DFFLUSH_REQUIRED = 0xF  # The host has to run DF_FLUSH first.
    INVALID_GUEST = 0x10  # The guest is not the one that the command needs.
    INVALID_COMMAND = 0x11  # The firmware does not know the command.
    ACTIVE = 0x12  # The guest is active.
    HARDWARE_PLATFORM = 0x13  # A hardware fault; the platform can go on.
    HARDWARE_UNSAFE = 0x14  # A hardware fault; the platform is no longer safe.
    UNSUPPORTED = 0x15  # The firmware does not support it.
    INVALID_PARAMETER = 0x16  # A parameter of the command or of the message header is not valid.
    RESOURCE_LIMIT = 0x17  # A resource of the firmware is used up.
    SECURE_DATA_INVALID = 0x18  # The firmware's stored data failed its integrity check.
    INVALID_PAGE_SIZE = 0x19  # A page has another size than the RMP says.
    INVALID_PAGE_STATE = 0x1A  # A page is in another state than the command needs.
    INVALID_MDATA_ENTRY = 0x1B  # A metadata entry is not valid.
    INVALID_PAGE_OWNER = 0x1C  # A page belongs to another guest.
    AEAD_OVERFLOW = 0x1D  # The sequence number is not the next one or the last is used up.
    EXIT_RING_BUFFER = 0x1F  # The command left the ring buffer.
    RMP_INIT_REQUIRED = 0x20  # The RMP has to be initialised again.
    BAD_SVN = 0x21  # The security version is lower than the committed one.
    BAD_VERSION = 0x22  # The version is lower than the committed one.
    SHUTDOWN_REQUIRED = 0x23  # The platform has to be shut down first.
    UPDATE_FAILED = 0x24  # A firmware update failed.
    RESTORE_REQUIRED = 0x25  # A firmware restore is needed.
    RMP_INITIALIZATION_FAILED = 0x26  # The RMP could not be initialised.
    INVALID_KEY = 0x27  # The selected key is not to be had.
    NO_FW_CALL = 0xFFFFFFFF  # The firmware was not reached; Linux's own code.

    NAME = "fw_error"
    NAMES = {
        0x0: "success",
        0x1: "invalid_platform_state",
        0x2: "invalid_guest_state",
        0x3: "invalid_config",
        0x4: "invalid_length",
        0x5: "already_owned",
        0x6: "invalid_certificate",
        0x7: "policy_failure",
        0x8: "inactive",
        0x9: "invalid_address",
        0xA: "bad_signature",
        0xB: "bad_measurement",
        0xC: "asid_owned",
        0xD: "invalid_asid",
        0xE: "wbinvd_required",
        0xF: "dfflush_required",
        0x10: "invalid_guest",
        0x11: "invalid_command",
        0x12: "active",
        0x13: "hardware_platform",
        0x14: "hardware_unsafe",
        0x15: "unsupported",
        0x16: "invalid_parameter",
        0x17: "resource_limit",
        0x18: "secure_data_invalid",
        0x19: "invalid_page_size",
        0x1A: "invalid_page_state",
        0x1B: "invalid_mdata_entry",
        0x1C: "invalid_page_owner",
        0x1D: "aead_overflow",
        0x1F: "exit_ring_buffer",
        0x20: "rmp_init_required",
        0x21: "bad_svn",
        0x22: "bad_version",
        0x23: "shutdown_required",
        0x24: "update_failed",
        0x25: "restore_required",
        0x26: "rmp_initialization_failed",
        0x27: "invalid_key",
        0xFFFFFFFF: "no_fw_call",
    }
    DOCS = {
        0x0: "The command was carried out.",
        0x1: "The platform is in another state than the command needs.",
        0x2: "The guest is in another state than the command needs.",
        0x3: "The platform's configuration does not allow it.",
        0x4: "A buffer is too small.",
        0x5: "The platform has an owner already.",
        0x6: "A certificate is not valid.",
        0x7: "The guest's policy forbids it.",
        0x8: "The guest is not active on any ASID.",
        0x9: "An address is not valid.",
        0xA: "A signature is not valid.",
        0xB: "A guest message failed authentication.",
        0xC: "The ASID belongs to another guest.",
        0xD: "The ASID is not valid.",
        0xE: "The host has to run WBINVD first.",
        0xF: "The host has to run DF_FLUSH first.",
        0x10: "The guest is not the one that the command needs.",
        0x11: "The firmware does not know the command.",
        0x12: "The guest is active.",
        0x13: "A hardware fault; the platform can go on.",
        0x14: "A hardware fault; the platform is no longer safe.",
        0x15: "The firmware does not support it.",
        0x16: "A parameter of the command or of the message header is not valid.",
        0x17: "A resource of the firmware is used up.",
        0x18: "The firmware's stored data failed its integrity check.",
        0x19: "A page has another size than the RMP says.",
        0x1A: "A page is in another state than the command needs.",
        0x1B: "A metadata entry is not valid.",
        0x1C: "A page belongs to another guest.",
        0x1D: "The sequence number is not the next one or the last is used up.",
        0x1F: "The command left the ring buffer.",
        0x20: "The RMP has to be initialised again.",
        0x21: "The security version is lower than the committed one.",
        0x22: "The version is lower than the committed one.",
        0x23: "The platform has to be shut down first.",
        0x24: "A firmware update failed.",
        0x25: "A firmware restore is needed.",
        0x26: "The RMP could not be initialised.",
        0x27: "The selected key is not to be had.",
        0xFFFFFFFF: "The firmware was not reached; Linux's own code.",
    }


class VmmError(wire.Enum):
    """The host's word on a guest request.

    Numbers of 4 bytes; others are kept. [ghcb section 4.1.8, SNP guest request]
    """

    SUCCESS = 0x0  # The host passed the request on.
    INVALID_LEN = 0x1  # The pages given for certificates are too few; RBX says how many are needed.
    BUSY = 0x2  # The request was throttled and not passed on; send it again later.
    GENERIC = 0xFFFFFFFF

    NAME = "vmm_error"
    NAMES = {
        0x0: "success",
        0x1: "invalid_len",
        0x2: "busy",
        0xFFFFFFFF: "generic",
    }
    DOCS = {
        0x0: "The host passed the request on.",
        0x1: "The pages given for certificates are too few; RBX says how many are needed.",
        0x2: "The request was throttled and not passed on; send it again later.",
        0xFFFFFFFF: "Some other failure of the host; also half of the word that says that "
        "the firmware was not reached.",
    }
