"""Plain construct declarations of codes.

Generated from codes.yaml; change that and run `snpformat-codegen generate`.
"""

FW_ERROR_NAMES = {
    "success": 0x0,
    "invalid_platform_state": 0x1,
    "invalid_guest_state": 0x2,
    "invalid_config": 0x3,
    "invalid_length": 0x4,
    "already_owned": 0x5,
    "invalid_certificate": 0x6,
    "policy_failure": 0x7,
    "inactive": 0x8,
    "invalid_address": 0x9,
    "bad_signature": 0xA,
    "bad_measurement": 0xB,
    "asid_owned": 0xC,
    "invalid_asid": 0xD,
    "wbinvd_required": 0xE,
    "dfflush_required": 0xF,
    "invalid_guest": 0x10,
    "invalid_command": 0x11,
    "active": 0x12,
    "hardware_platform": 0x13,
    "hardware_unsafe": 0x14,
    "unsupported": 0x15,
    "invalid_parameter": 0x16,
    "resource_limit": 0x17,
    "secure_data_invalid": 0x18,
    "invalid_page_size": 0x19,
    "invalid_page_state": 0x1A,
    "invalid_mdata_entry": 0x1B,
    "invalid_page_owner": 0x1C,
    "aead_overflow": 0x1D,
    "exit_ring_buffer": 0x1F,
    "rmp_init_required": 0x20,
    "bad_svn": 0x21,
    "bad_version": 0x22,
    "shutdown_required": 0x23,
    "update_failed": 0x24,
    "restore_required": 0x25,
    "rmp_initialization_failed": 0x26,
    "invalid_key": 0x27,
    "no_fw_call": 0xFFFFFFFF,
}

VMM_ERROR_NAMES = {
    "success": 0x0,
    "invalid_len": 0x1,
    "busy": 0x2,
    "generic": 0xFFFFFFFF,
}
