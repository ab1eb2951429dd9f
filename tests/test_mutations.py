"""Our code, broken on purpose in every way that we could think of: some test must see each.

A row is a mutation (its text must stand in the file once) and the tests that it must turn red:
the state machine of ``test_conversation``, but for what it does not look at. When code moves, move
the row with it; a row that is hard to kill tells where a test is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

import pytest
from conftest import ROOT

MACHINE = "test_conversation.py::TestConversation"
CHANNEL = "test_channel.py::"
FILE = "test_secrets_file.py::"
STORE = "test_secrets_store.py::"
COPIES = "test_secrets_copies.py::"
ERRORS = "test_no_keys_in_errors.py::test_no_error_leads_to_a_key"
FIRMWARE = "test_firmware_secrets.py::"


Outcome = tuple[int, str]


class Mutation(NamedTuple):
    """In `file`, `old` becomes `new`; `killer` is what must fail then."""

    name: str
    file: str
    old: str
    new: str
    killer: str = MACHINE


SEAL = """\
            return cipher.seal(
                plain,
                msg_type=msg_type,
                msg_seqno=seqno,
                msg_vmpck=vmpck,
                msg_version=msg_version,
            )
"""
PERSIST = """\
            try:
                self._persist()
            except BaseException:
                self._count(vmpck, seqno - 1)  # nothing was sealed with it
                raise
"""
COUNT = "            self._count(vmpck, seqno + 1)\n"
SEAL_FIRST = SEAL.replace("return cipher", "page = cipher")

MUTATIONS = [
    Mutation("the count stands still", "secrets/store.py", COUNT, ""),
    Mutation(
        "it counts by one", "secrets/store.py", COUNT, COUNT.replace("seqno + 1", "seqno")
    ),
    Mutation(
        "it counts by four", "secrets/store.py", COUNT, COUNT.replace("seqno + 1", "seqno + 3")
    ),
    Mutation(
        "it counts when it has sealed", "secrets/store.py", COUNT + PERSIST + SEAL,
        SEAL_FIRST + COUNT + PERSIST + "            return page\n",
    ),
    Mutation(
        "it writes when it has sealed", "secrets/store.py", PERSIST + SEAL,
        SEAL_FIRST + PERSIST + "            return page\n",
    ),
    Mutation(
        "it never writes", "secrets/store.py", "                self._persist()\n",
        "                pass\n",
    ),
    Mutation(
        "a count that was not written is kept", "secrets/store.py",
        "                self._count(vmpck, seqno - 1)  # nothing was sealed with it\n", "",
    ),
    Mutation(
        "a failed write is passed over", "secrets/store.py",
        "sealed with it\n                raise\n", "sealed with it\n",
    ),
    Mutation(
        "a retired key is not written", "secrets/store.py",
        "            self._persist(retiring=True)\n", "",
    ),
    Mutation(
        "a retired key stays a cipher", "secrets/store.py",
        "        with self._turn:\n            self._ciphers.pop(vmpck, None)\n",
        "        with self._turn:\n",
    ),
    Mutation(
        "a retired key stays in the page", "secrets/store.py",
        "            self._page[place] = bytes(KEY_SIZE)\n            self._persist",
        "            self._persist",
    ),
    Mutation(
        "the numbers end late", "secrets/store.py",
        "COUNT_END = 0xFFFFFFFF ", "COUNT_END = 0x100000001 ",
    ),
    Mutation(
        "the numbers end early", "secrets/store.py",
        "COUNT_END = 0xFFFFFFFF ", "COUNT_END = 0xFFFFFFFD ",
    ),
    Mutation(
        "the end is one off", "secrets/store.py", "if seqno >= COUNT_END or", "if seqno + 1 >= "
        "COUNT_END or", f"{CHANNEL}test_d12_where_the_numbers_end",
    ),
    Mutation(
        "high words are not looked at", "secrets/store.py", "(has_high and any(", "(False and any(",
        f"{CHANNEL}test_d12_where_the_numbers_end",
    ),
    Mutation(
        "high words count in the old area", "secrets/store.py", "(has_high and any(", "(any(",
        f"{CHANNEL}test_d12_where_the_numbers_end",
    ),
    Mutation(
        "a forked child may go on", "turns.py",
        "        if not self.is_here():\n", "        if False:\n",
        f"{CHANNEL}test_a_forked_child_is_refused",
    ),
    Mutation(
        "forks are not counted", "turns.py", "    _forks += 1\n", "    pass\n",
        f"{STORE}test_a_child_with_its_parents_number",
    ),
    Mutation(
        "numbers of processes do not count", "turns.py",
        "(os.getpid(), _forks)\n\n    def", "(self._is[0], _forks)\n\n    def",
        f"{STORE}test_another_number_is_another_process",
    ),
    Mutation(
        "a signal handler may come in between", "turns.py", "        if self._taken:\n",
        "        if False:\n", f"{STORE}test_a_call_in_the_middle_of_another",
    ),
    Mutation(
        "a turn never ends", "turns.py", "        self._taken = False\n        self._lock.release",
        "        self._lock.release", f"{STORE}test_a_turn_ends_with_its_error",
    ),
    Mutation(
        "a refused turn keeps the lock", "turns.py",
        "            self._lock.release()\n            raise", "            raise",
        f"{STORE}test_a_turn_ends_with_its_error",
    ),
    Mutation(
        "threads share a number", "secrets/store.py",
        "        with self._turn:\n            cipher", "        if True:\n            cipher",
        f"{CHANNEL}test_threads_never_share_a_number",
    ),
    Mutation(
        "-1 is a key", "secrets/store.py", "or vmpck not in VMPCKS:", "or vmpck > 3:",
        f"{STORE}test_there_are_four_keys",
    ),
    Mutation(
        "1.0 is a key", "secrets/store.py", "type(vmpck) is not int or", "False or",
        f"{STORE}test_what_cannot_be_sealed_uses_no_number",
    ),
    Mutation(
        "5.0 is a message type", "aead.py", ", typed=True", "",
        f"{STORE}test_what_cannot_be_sealed_uses_no_number",
    ),
    Mutation(
        "a list is a message type", "secrets/store.py", "            except TypeError:  # not even",
        "            except ValueError:  # not even",
        f"{STORE}test_what_cannot_be_sealed_uses_no_number",
    ),
    Mutation(
        "counts are odd", "secrets/store.py", "        if seqno % 2 == 0:\n", "        if False:\n",
        f"{STORE}test_a_count_that_is_odd",
    ),
    Mutation(
        "two keys are the same", "secrets/store.py", "    if len(set(given)) < len(given):\n",
        "    if False:\n", f"{STORE}test_a_key_that_is_there_twice",
    ),
    Mutation(
        "empty keys are the same", "secrets/store.py", "for key in keys if any(key)]",
        "for key in keys]",
        f"{STORE}test_a_key_that_is_there_twice",
    ),
    Mutation(
        "a closed store counts from 1", "secrets/store.py",
        "        key_place(vmpck)\n        self._check_open()\n", "        key_place(vmpck)\n",
        f"{STORE}test_a_closed_store_says_so",
    ),
    Mutation(
        "a closed store writes its empty page", "secrets/file.py",
        "        self._file = self._lock = None\n        for", "        for",
        f"{STORE}test_a_closed_store_says_so",
    ),
    Mutation(
        "closing does not wait", "secrets/store.py",
        "            return\n        with self._turn:\n            self._wipe()",
        "            return\n        if True:\n            self._wipe()",
        f"{STORE}test_a_call_in_the_middle_of_another",
    ),
    Mutation(
        "what was not made cannot be shown", "secrets/store.py",
        "    _closed = True  # until it is made\n", "",
        f"{STORE}test_what_was_not_made_can_be_shown",
    ),
    Mutation(
        "the new file is not flushed", "secrets/disk.py",
        "            os.fsync(opened)\n        except", "        except",
    ),
    Mutation(
        "the folder is not flushed", "secrets/file.py",
        "            disk.flush_folder(self._path)\n", "",
    ),
    Mutation(
        "the old state is spoilt before the folder is flushed", "secrets/file.py",
        "            disk.flush_folder(self._path)\n            replaced = True\n",
        "            replaced = True\n            if old is not None:\n"
        "                disk.spoil(old, durable=durable)\n"
        "            disk.flush_folder(self._path)\n",
        f"{FILE}test_a_crash_at_every_call",
    ),
    Mutation(
        "the state is noted before the folder is flushed", "secrets/file.py",
        "            disk.flush_folder(self._path)\n            replaced = True\n",
        "            disk.note(self._lock, self._path, head, durable=True)\n"
        "            disk.flush_folder(self._path)\n            replaced = True\n",
        f"{FILE}test_a_crash_at_every_call",
    ),
    Mutation(
        "a new store is not noted first", "secrets/file.py",
        "            disk.note(self._lock, self._path, form.Head(self._store, 0, 0, 0), "
        "durable=True)\n",
        "", f"{FILE}test_a_crash_while_it_is_made",
    ),
    Mutation(
        "there is no lock", "secrets/disk.py",
        "                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)\n", "",
    ),
    Mutation(
        "NaN waits for ever", "secrets/disk.py", "max(0.0, wait)  # NaN is no time", "wait",
        f"{FILE}test_waits_that_are_none",
    ),
    Mutation(
        "a lock is left beside what is no store", "secrets/file.py",
        "            self._check_kind()\n", "",
        f"{FILE}test_no_lock_is_left_beside_what_is_no_store",
    ),
    Mutation(
        "a dropped store keeps its lock", "secrets/file.py",
        "        self._release()  # or nobody", "        pass  # or nobody",
        f"{FILE}test_a_store_that_is_dropped_frees_its_lock",
    ),
    Mutation(
        "any text is a path", "secrets/file.py", "except (TypeError, ValueError) as error",
        "except TypeError as error", f"{FILE}test_paths",
    ),
    Mutation(
        "a copy is taken", "secrets/file.py",
        "        if head.inode != disk.inode(self._file, self._path):\n", "        if False:\n",
        f"{COPIES}test_a_copy_in_its_own_place",
    ),
    Mutation(
        "a copy is taken, if it has a lock", "secrets/file.py",
        " or head.lock_inode != disk.inode(self._lock, f\"{self._path}.lock\"):", ":",
        f"{COPIES}test_a_copy_with_a_copied_lock",
    ),
    Mutation(
        "what the lock says is not compared", "secrets/file.py",
        "head.store != own or head", "head", f"{COPIES}test_an_earlier_state_beside_a_new_lock",
    ),
    Mutation(
        "an earlier state is taken", "secrets/file.py", "        elif head.state < newest or (",
        "        elif (",
    ),
    Mutation(
        "a state that never came in place is taken", "secrets/file.py",
        "(head.state == newest and head.inode != last_inode)", "False",
        f"{COPIES}test_a_state_that_never_came_in_place",
    ),
    Mutation(
        "what was left behind is not spoilt", "secrets/disk.py",
        "            _spoil_leftover(temporary, store)\n", "",
        f"{COPIES}test_a_leftover_with_two_names",
    ),
    Mutation(
        "whatever is in the way is spoilt", "secrets/disk.py",
        "            if form.is_state_of(os.pread(left, form.HEAD_SIZE, 0), store):\n",
        "            if True:\n", f"{COPIES}test_what_is_found_in_the_way_is_not_spoilt",
    ),
    Mutation(
        "keys of a copy are kept", "secrets/file.py", "= form.without_keys(page)", "= page",
        f"{COPIES}test_a_copy_under_another_name",
    ),
    Mutation(
        "the state is not noted", "secrets/disk.py",
        "        os.pwrite(held, _WITNESS.pack(*head[:3]), 0)\n", "        pass\n",
        f"{COPIES}test_an_earlier_state_with_all_its_inodes",
    ),
    Mutation(
        "a torn file is taken", "secrets/form.py",
        "        and hashlib.sha256(raw[:-_DIGEST_SIZE]).digest() == raw[-_DIGEST_SIZE:]\n", "",
    ),
    Mutation(
        "a head that is torn to zeros is a form", "secrets/form.py", "(raw)[1]) > FORM:",
        "(raw)[1]) != FORM:", f"{FILE}test_torn_to_zeros",
    ),
    Mutation(
        "states go on for ever", "secrets/file.py", "        if self._state >= form.LAST_STATE:\n",
        "        if False:\n", f"{COPIES}test_states_near_their_end",
    ),
    Mutation(
        "a state behind the last is read", "secrets/form.py", " or head.state > LAST_STATE:", ":",
        f"{COPIES}test_a_state_behind_the_last",
    ),
    Mutation(
        "a lock with the last state is no limit", "secrets/file.py",
        "own, min(newest, form.LAST_STATE - 1)", "own, newest",
        f"{COPIES}test_states_near_their_end",
    ),
    Mutation(
        "a store that was moved goes on", "secrets/file.py",
        "        disk.check_in_place(self._path, self._file)\n", "",
        f"{FILE}test_a_store_that_changes_its_name_while_it_is_open",
    ),
    Mutation(
        "a lock that was moved goes on", "secrets/file.py",
        '        disk.check_in_place(f"{self._path}.lock", self._lock)\n', "",
        f"{COPIES}test_a_lock_that_goes_while_the_store_is_open",
    ),
    Mutation(
        "a second name is taken", "secrets/disk.py", "    _check_names(path, own)\n",
        "", f"{FILE}test_a_store_that_changes_its_name_while_it_is_open",
    ),
    Mutation(
        "what has a second name is opened", "secrets/disk.py",
        "        _check_names(path, found)\n", "", f"{COPIES}test_a_name_too_many_costs_nothing",
    ),
    Mutation(
        "the replaced file keeps the key", "secrets/file.py",
        "                if replaced or durable:\n"
        "                    disk.spoil(old, durable=durable)\n",
        "", f"{FILE}test_a_retired_key_is_nowhere",
    ),
    Mutation(
        "an old state lives when the folder fails", "secrets/file.py",
        "                if replaced or durable:\n", "                if replaced:\n",
        f"{COPIES}test_a_disk_that_fails_while_a_key_is_retired",
    ),
    Mutation(
        "a key that cannot be retired lives on", "secrets/file.py",
        "                disk.spoil(self._file, durable=True)\n", "",
        f"{COPIES}test_a_disk_that_fails_while_a_key_is_retired",
    ),
    Mutation(
        "a store that was moved keeps a retired key", "secrets/file.py",
        "                disk.spoil(self._file, durable=True)\n", "",
        f"{COPIES}test_a_store_that_was_moved_while_a_key_is_retired",
    ),
    Mutation(
        "a spoilt state may be put back", "secrets/file.py",
        "                    disk.note(self._lock, self._path, head, durable=True)\n",
        "                    pass\n", f"{COPIES}test_a_copy_of_a_state_that_was_spoilt",
    ),
    Mutation(
        "nothing is spoilt", "secrets/disk.py",
        "        os.pwrite(opened, bytes(form.FILE_SIZE - form.HEAD_SIZE), form.HEAD_SIZE)\n",
        "        pass\n", f"{COPIES}test_a_spoilt_state_is_damaged",
    ),
    Mutation(
        "the mode is left to the umask", "secrets/disk.py",
        "            os.fchmod(opened, 0o600)\n", "", f"{FILE}test_nobody_else_may_read_it",
    ),
    Mutation(
        "what is no store is overwritten", "secrets/form.py",
        "    if not raw or not MAGIC.startswith(raw[: len(MAGIC)]):", "    if not raw:",
        f"{FILE}test_what_is_no_store_is_left_as_it_is",
    ),
    Mutation(
        "errors have frames", "errors.py", "    return error.with_traceback(None)\n",
        "    return error\n", ERRORS,
    ),
    Mutation(
        "errors tell what led to them", "errors.py", "    error.__context__ = None\n", "", ERRORS,
    ),
    Mutation(
        "the page is in the frame of create", "secrets/file.py",
        "            del page  # of errors nobody", "            pass  # of errors nobody", ERRORS,
    ),
    Mutation(
        "the page is in the frame of a store", "secrets/store.py",
        "            del page  # of errors nobody", "            pass  # of errors nobody", ERRORS,
    ),
    Mutation(
        "keys are in the frame of a firmware", "firmware/psp.py",
        "                del insecure_vmpcks  # of", "                pass  # of", ERRORS,
    ),
    Mutation(
        "a derived key is in the frame of F7", "firmware/psp.py",
        "            del answer, payload  # not", "            pass  # not", ERRORS,
    ),
    Mutation(
        "an old answer is opened before it is compared", "channel.py",
        "                self._compare(MsgHdr.parse(copy[: MsgHdr.SIZE]))\n"
        "                _, payload = self._secrets.open(self._vmpck, copy)\n",
        "                _, payload = self._secrets.open(self._vmpck, copy)\n"
        "                self._compare(MsgHdr.parse(copy[: MsgHdr.SIZE]))\n", ERRORS,
    ),
    Mutation(
        "the firmware counts when it has sealed", "firmware/psp.py",
        "        self._counts[vmpck] = count + 2  # first: nothing else is ever sealed under that "
        "number\n        response", "        response",
        f"{FIRMWARE}test_what_was_interrupted_uses_its_number",
    ),
    Mutation(
        "a channel that could not retire is dead", "channel.py",
        "            self._page, self._state = page, WAITING\n", "",
        f"{CHANNEL}test_a_signal_handler_in_the_middle_of_the_stores_work",
    ),
    Mutation(
        "a channel may be copied", "channel.py",
        "        raise TypeError(\"a channel", "        return super().__reduce__()\n"
        "        raise TypeError(\"a channel", f"{CHANNEL}test_it_cannot_be_copied",
    ),
    Mutation(
        "a list is a page", "channel.py",
        'bytes(page) if hasattr(page, "__bytes__") else bytes(memoryview(page))', "bytes(page)",
        f"{CHANNEL}test_what_becomes_of_it",
    ),
    Mutation(
        "BUSY: the request is sealed again", "channel.py",
        "            if exitinfo2 == VmmError.BUSY << 32:\n                return self._page\n",
        "            if exitinfo2 == VmmError.BUSY << 32:\n"
        "                sent, payload = self._secrets.open(self._vmpck, self._page)\n"
        "                self._page = self._secrets.seal(self._vmpck, sent.msg_type, payload)\n"
        "                return self._page\n",
    ),
    Mutation(
        "BUSY with a firmware code is BUSY", "channel.py",
        "if exitinfo2 == VmmError.BUSY << 32:", "if exitinfo2 >> 32 == VmmError.BUSY:",
    ),
    Mutation(
        "INVALID_LEN on a plain request", "channel.py",
        "VmmError.INVALID_LEN << 32 and self._extended:", "VmmError.INVALID_LEN << 32:",
    ),
    Mutation(
        "a second INVALID_LEN", "channel.py",
        "                self._extended = False\n                return", "                return",
    ),
    Mutation(
        "no key is ever retired", "channel.py", "            self._secrets.retire(self._vmpck)\n",
        "            pass\n",
    ),
    Mutation(
        "a wrong answer costs nothing", "channel.py",
        "            self._retire()\n        except StoreError", "            pass\n        except "
        "StoreError",
    ),
    Mutation(
        "the dead rise", "channel.py", "        self._state = DEAD\n",
        "        self._state = READY\n",
    ),
    Mutation(
        "giving up costs nothing", "channel.py",
        '            self._await("the end of waiting")\n            self._retire()\n',
        '            self._await("the end of waiting")\n            self._state = READY\n',
    ),
    Mutation(
        "two requests at once", "channel.py", "            if self._state == WAITING:\n",
        "            if False:\n",
    ),
    Mutation(
        "an answer is taken twice", "channel.py",
        '            self._state = READY\n            self._page = b""\n            return',
        "            return",
    ),
    Mutation(
        "the page is read twice", "channel.py",
        "self._secrets.open(self._vmpck, copy)", "self._secrets.open(self._vmpck, bytes(page))",
    ),
    Mutation(
        "a page of any length", "channel.py", "if len(copy) != PAGE_SIZE:", "if False:",
        f"{CHANNEL}test_what_becomes_of_it",
    ),
    Mutation(
        "the child waits for a lock", "channel.py",
        "        self._secrets.check_process()  # a child may find the lock held for ever\n", "",
        f"{CHANNEL}test_a_child_that_was_forked_in_the_middle_of_a_call",
    ),
    *(
        Mutation(f"{line.split(':')[0]} is not compared", "channel.py", f"            {line}\n", "")
        for line in (
            '"msg_seqno": sent.msg_seqno + 1,',
            '"msg_type": sent.msg_type + 1,',
            '"msg_version": sent.msg_version,',
            '"msg_vmpck": sent.msg_vmpck,',
            '"msg_size": exchange.response_size(sent.msg_size),',
        )
    ),
    Mutation(
        "zeros are a key", "aead.py", "    if not any(raw):\n", "    if False:\n",
        "test_aead.py::test_what_is_no_key",
    ),
    Mutation(
        "a payload of any length", "aead.py", "    if not 0 < msg_size <= PAYLOAD_MAX:\n",
        "    if False:\n", "test_aead.py::test_what_cannot_be_sealed",
    ),
    Mutation(
        "a message without payload", "aead.py", "if size == 0 or end >", "if end >",
        "test_aead.py::test_what_is_no_message",
    ),
    Mutation(
        "requests with reserved bytes", "exchanges.py", 'parse(payload, reserved="reject")',
        "parse(payload)", f"{CHANNEL}test_what_becomes_of_it",
    ),
    Mutation(
        "requests of any version", "exchanges.py", "1 <= msg_version <= self.max_version",
        "1 <= msg_version", f"{CHANNEL}test_what_becomes_of_it",
    ),
    Mutation(
        "too few pages for certificates", "host.py", "        if pages < needed:\n",
        "        if False:\n", "test_host.py::test_certificates",
    ),
    Mutation(
        "algo is not compared", "aead.py",
        "        if header.algo != _AES_256_GCM:\n", "        if False:\n",
    ),
    Mutation(
        "the IV is always the same", "aead.py", "self._encrypt(iv, payload,",
        "self._encrypt(bytes(12), payload,",
    ),
    Mutation(
        "the AAD is cut", "aead.py", "self._encrypt(iv, payload, aad)",
        "self._encrypt(iv, payload, aad[:12])",
    ),
    Mutation(
        "the AAD is made anew", "aead.py", "IV_END, sealed, raw[_AAD])",
        "IV_END, sealed, raw[0x30:0x38] + bytes(4) + raw[0x3C:0x3D] + bytes(35))",
    ),
    Mutation(
        "the page is short", "aead.py", '.ljust(\n            PAGE_SIZE, b"\\0"\n        )\n', "\n",
    ),
]  # fmt: skip
NAMES = {mutation.name: mutation for mutation in MUTATIONS}
KILLERS = sorted({mutation.killer for mutation in MUTATIONS})


# One process loads what all runs need, but for the package, and forks a child for each run: that
# is twice as fast as an interpreter for each.
SERVER = """
import os, signal, sys
import Crypto.Cipher.AES, hypothesis.stateful, pytest
import cryptography.hazmat.primitives.ciphers.aead

for line in sys.stdin:
    folder, configuration, node = line.rstrip("\\n").split("\\t")
    child = os.fork()
    if not child:
        told = os.open(f"{folder}/told", os.O_WRONLY | os.O_CREAT)
        os.dup2(told, 1)
        os.dup2(told, 2)
        os.chdir(folder)
        sys.path.insert(0, folder)
        signal.alarm(120)  # a mutant may wait for ever
        os.environ["PYTHONPATH"] = folder  # for the processes of tests
        assert not any(name.startswith("snpformat") for name in sys.modules)
        code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--tb=line",
                            "-W", "ignore::pytest.PytestAssertRewriteWarning",
                            "-c", configuration, node])
        import snpformat
        assert snpformat.__file__.startswith(folder)
        sys.stdout.flush()
        os._exit(int(code))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Runner:
    """Runs tests against changed copies of the package, one after the other."""

    def __init__(self) -> None:
        environment = os.environ | {"SNPFORMAT_HYPOTHESIS": "mutants", "PYTHONHASHSEED": "0"}
        self._server = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def outcome(self, folder: Path, killer: str, mutation: Mutation | None = None) -> Outcome:
        """pytest's exit code for `killer`, and what it printed, with a copy in `folder`."""
        shutil.copytree(ROOT / "snpformat", folder / "snpformat")
        if mutation is not None:
            change(folder / "snpformat" / mutation.file, mutation)
        assert self._server.stdin is not None and self._server.stdout is not None
        order = [str(folder), str(ROOT / "pyproject.toml"), f"{ROOT}/tests/{killer}"]
        print(*order, sep="\t", file=self._server.stdin, flush=True)
        code = int(self._server.stdout.readline())
        told = (folder / "told").read_text()
        shutil.rmtree(folder)
        return code, told

    def close(self) -> None:
        self._server.communicate()


def change(file: Path, mutation: Mutation) -> None:
    text = file.read_text()
    assert text.count(mutation.old) == 1, f"{mutation.name}: the text has moved"
    changed = text.replace(mutation.old, mutation.new)
    compile(changed, mutation.file, "exec")
    file.write_text(changed)
    os.utime(file, ns=(0, 0))  # never the stamp of the bytecode that was copied


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Outcome]]]:
    """Of each mutation by name, and of the code as it is by killer; two at a time."""
    home = tmp_path_factory.mktemp("mutants")
    runners: SimpleQueue[Runner] = SimpleQueue()
    for _ in range(2):
        runners.put(Runner())

    def run(number: int, killer: str, mutation: Mutation | None = None) -> Outcome:
        runner = runners.get()
        try:
            return runner.outcome(home / str(number), killer, mutation)
        finally:
            runners.put(runner)

    with ThreadPoolExecutor(2) as pool:
        found = {killer: pool.submit(run, n, killer) for n, killer in enumerate(KILLERS)}
        for mutation in MUTATIONS:
            found[mutation.name] = pool.submit(run, len(found), mutation.killer, mutation)
        yield found
        pool.shutdown(cancel_futures=True)
    while not runners.empty():
        runners.get().close()


@pytest.mark.parametrize("killer", KILLERS)
def test_the_code_as_it_is_passes(outcomes: dict[str, Future[Outcome]], killer: str) -> None:
    code, told = outcomes[killer].result()
    assert code == 0, told


@pytest.mark.parametrize("name", NAMES)
def test_each_mutation_is_seen(outcomes: dict[str, Future[Outcome]], name: str) -> None:
    code, told = outcomes[name].result()
    assert code == 1, f"{name} survives:\n{told}"  # 1: a test failed; all else is another trouble
    assert NAMES[name].killer.split("::")[1] in told
    assert "ImportError" not in told


def test_names_are_there_once() -> None:
    assert len(NAMES) == len(MUTATIONS)
