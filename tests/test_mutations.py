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
                payload,
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
        "            self._ciphers.pop(vmpck, None)\n", "",
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
        "a forked child may go on", "secrets/store.py",
        "        if os.getpid() != self._process:\n            raise LocalError(",
        "        if False:\n            raise LocalError(",
        f"{CHANNEL}test_a_forked_child_is_refused",
    ),
    Mutation(
        "threads share a number", "secrets/store.py",
        "        with self._lock:\n            cipher", "        if True:\n            cipher",
        f"{CHANNEL}test_threads_never_share_a_number",
    ),
    Mutation(
        "-1 is a key", "secrets/store.py", "    if vmpck not in VMPCKS:", "    if vmpck > 3:",
        "test_secrets_store.py::test_there_are_four_keys",
    ),
    Mutation(
        "the new file is not flushed", "secrets/file.py",
        "            os.fsync(opened)\n        finally", "        finally",
    ),
    Mutation(
        "the folder is not flushed", "secrets/file.py", "        _flush_folder(path)\n", "",
    ),
    Mutation(
        "there is no lock", "secrets/file.py",
        "                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)\n", "",
    ),
    Mutation(
        "a copy is taken", "secrets/file.py", "        if inode != found.st_ino:\n",
        "        if False:\n",
    ),
    Mutation(
        "an earlier state is taken", "secrets/file.py", "        elif state < self._witness[1]:\n",
        "        elif False:\n",
    ),
    Mutation(
        "the state is not noted", "secrets/file.py",
        "            os.pwrite(self._lock_file, _WITNESS.pack(*self._witness), 0)\n",
        "            pass\n",
    ),
    Mutation(
        "a torn file is taken", "secrets/file.py",
        "if len(raw) != FILE_SIZE or hashlib.sha256(raw[:-_DIGEST_SIZE]).digest() != "
        "raw[-_DIGEST_SIZE:]:", "if len(raw) != FILE_SIZE:",
    ),
    Mutation(
        "a store that was moved goes on", "secrets/file.py",
        "        if found.st_ino not in self._inodes:\n", "        if False:\n",
        f"{FILE}test_a_store_that_changes_its_name_while_it_is_open",
    ),
    Mutation(
        "a second name is taken", "secrets/file.py", "    if found.st_nlink > 1:\n",
        "    if False:\n", f"{FILE}test_a_store_that_changes_its_name_while_it_is_open",
    ),
    Mutation(
        "the replaced file keeps the key", "secrets/file.py",
        "        os.pwrite(opened, bytes(FILE_SIZE), 0)\n", "        pass\n",
        f"{FILE}test_a_retired_key_is_nowhere",
    ),
    Mutation(
        "the mode is left to the umask", "secrets/file.py",
        "            os.fchmod(opened, 0o600)\n", "", f"{FILE}test_nobody_else_may_read_it",
    ),
    Mutation(
        "what is no store is overwritten", "secrets/file.py",
        "    if not raw or not _MAGIC.startswith(raw[: len(_MAGIC)]):", "    if not raw:",
        f"{FILE}test_what_is_no_store_is_left_as_it_is",
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
        "no key is ever retired", "channel.py", "        self._secrets.retire(self._vmpck)\n", "",
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
        "zeros are a key", "aead.py", "        if not any(raw):\n", "        if False:\n",
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
import os, sys
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
