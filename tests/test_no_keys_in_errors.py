"""Errors that leave the package lead to no key: not in any variable of any frame that they carry.

Whoever logs errors with the variables of their frames, as many do, would log keys otherwise.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from disk import Disk
from firmware_lab import KEY_REQ, VMPCKS, Guest, key_request, message
from psp_oracle import KEYS, PAGE, REQUESTS, Psp, secrets_page

from snpformat.aead import Aead
from snpformat.channel import Channel
from snpformat.errors import FormatError, MailboxError, SnpformatError, without_frames
from snpformat.firmware import Firmware
from snpformat.formats import SecretsPage
from snpformat.secrets import FileSecrets, Secrets

BODY = REQUESTS[5]
TWICE = secrets_page(keys=[KEYS[0], KEYS[0], KEYS[2], KEYS[3]])
OLD = bytes([0xFF]) + secrets_page()[1:]  # a version that is not known


def led_to(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and all that it leads to."""
    if error is not None:
        yield error
        yield from led_to(error.__context__)
        if error.__cause__ is not error.__context__:
            yield from led_to(error.__cause__)


def variables(error: BaseException, here: object) -> Iterator[tuple[str, object]]:
    """What is in the frames of the error and of all behind it, but for tests' own."""
    for one in led_to(error):
        yield "arguments", one.args
        yield "attributes", vars(one)
        trace: TracebackType | None = one.__traceback__
        while trace:
            code = trace.tb_frame.f_code
            if code.co_filename != __file__ and "/snpformat/" in code.co_filename:
                for name, value in trace.tb_frame.f_locals.items():
                    yield f"{name} in {code.co_qualname}", value
            trace = trace.tb_next


def shown(value: object, depth: int = 3) -> Iterator[bytes]:
    """Bytes that somebody sees who shows a value."""
    if isinstance(value, bytes | bytearray | memoryview):
        yield bytes(value)
    elif isinstance(value, SecretsPage):
        yield value.build()
    elif isinstance(value, list | tuple | set | dict) and depth:
        for part in [*value.values(), *value] if isinstance(value, dict) else [*value]:
            yield from shown(part, depth - 1)
    yield repr(value).encode()


def spellings(key: bytes) -> list[bytes]:
    """A key, and as Python shows it; also a part of it, for what is cut."""
    return [spelling for part in (key, key[:12], key[-12:])
            for spelling in (part, part.hex().encode(), repr(part)[2:-1].encode())]  # fmt: skip


class Bench:
    """What the errors are made with."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store"
        self.secrets = [*KEYS, *VMPCKS]

    def store(self) -> FileSecrets:
        return FileSecrets.create(self.path, secrets_page())


def full(*calls: str, behind: int = 0) -> Disk:
    """A disk on which these calls fail."""

    def fail(name: str, number: int) -> None:
        if name in calls and number >= behind:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return Disk(fail)


def seal_on(*calls: str) -> Callable[[Bench], object]:
    def act(bench: Bench) -> None:
        with bench.store() as store, full(*calls).mounted():
            store.seal(0, 5, BODY)

    return act


def retire_on(*calls: str) -> Callable[[Bench], object]:
    def act(bench: Bench) -> None:
        with bench.store() as store, full(*calls).mounted():
            store.retire(0)

    return act


def create_on(*calls: str) -> Callable[[Bench], object]:
    def act(bench: Bench) -> None:
        with full(*calls).mounted():
            bench.store()

    return act


def open_on(*calls: str, change: Callable[[Path], object] = lambda path: None) -> Any:
    def act(bench: Bench) -> None:
        bench.store().close()
        change(bench.path)
        with full(*calls).mounted():
            FileSecrets(bench.path)

    return act


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def copied(path: Path) -> None:
    shutil.copy2(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


def lockless(path: Path) -> None:
    path.with_name("store.lock").unlink()


def set_back(path: Path) -> None:
    os.link(path, path.with_name("old"))
    raw = path.read_bytes()
    path.with_name("old").unlink()
    with FileSecrets(path) as store:
        store.seal(0, 5, BODY)
    path.write_bytes(raw)


def record_of_unknown_version(_: Bench) -> None:
    Secrets(OLD).record()


def again(_: Bench) -> None:
    FileSecrets.create(_.store().path, secrets_page())


def channel_with_a_full_disk(bench: Bench) -> None:
    channel = Channel(bench.store())
    channel.request(5, BODY)
    with full("open").mounted():
        channel.receive(bytes(PAGE))


def replayed_key(bench: Bench) -> None:
    """The answer to an earlier request for a derived key."""
    guest, channel = Psp(), Channel(Secrets(secrets_page()))
    old = guest.handle(channel.request(3, REQUESTS[3]))
    bench.secrets.append(channel.receive(old)[0x20:])
    channel.request(3, REQUESTS[3])
    channel.receive(old)


def key_that_was_changed(bench: Bench) -> None:
    guest, channel = Psp(), Channel(Secrets(secrets_page()))
    answer = guest.handle(channel.request(3, REQUESTS[3]))
    bench.secrets.append(guest.carried_out[0][1][0x20:])
    channel.receive(bytes([answer[0] ^ 1]) + answer[1:])


def no_room_for_the_key(bench: Bench) -> None:
    """F7, of a request that the firmware has carried out."""
    guest = Guest()
    bench.secrets.append(guest.ask(KEY_REQ, key_request())[0x20:])
    request = message(VMPCKS[0], key_request(), msg_type=KEY_REQ, seqno=3)
    guest.firmware.handle(request.ljust(PAGE, b"\0"), response_offset=PAGE - 1)


ERRORS: dict[str, Callable[[Bench], object]] = {
    **{f"seal: {call} fails": seal_on(call) for call in
       ("open", "fchmod", "fstat", "write", "fsync", "rename", "stat")},
    **{f"retire: {call} fails": retire_on(call) for call in
       ("open", "fchmod", "fstat", "write", "fsync", "rename", "stat")},
    **{f"create: {call} fails": create_on(call) for call in
       ("open", "fchmod", "fstat", "write", "fsync", "rename", "pwrite")},
    **{f"open: {call} fails": open_on(call) for call in
       ("open", "fstat", "read", "pread", "pwrite")},
    **{f"open what is {change.__name__}": open_on(change=change) for change in
       (torn, copied, lockless, set_back)},
    **{f"open what is {change.__name__}: {call} fails": open_on(call, change=change)
       for change in (torn, copied, lockless) for call in ("write", "rename")},
    "create what exists": again,
    "create in no folder": lambda _: FileSecrets.create("/nowhere/store", secrets_page()),
    "create at what is no path": lambda _: FileSecrets.create("a\0b", secrets_page()),
    "create of a key twice": lambda bench: FileSecrets.create(bench.path, TWICE),
    "a key twice": lambda _: Secrets(TWICE),
    "a key twice, in a record": lambda _: Secrets(SecretsPage.parse(TWICE)),
    "a page that is too long": lambda _: Secrets(secrets_page() + b"\0"),
    "a page of a version that is not known": record_of_unknown_version,
    "a channel whose disk is full": channel_with_a_full_disk,
    "a derived key that is sent again": replayed_key,
    "a derived key that was changed": key_that_was_changed,
    "F7": no_room_for_the_key,
    "VMPCKs of which two are the same": lambda _: Firmware(
        insecure_vmpcks=[*VMPCKS[:3], VMPCKS[0]]),
    "VMPCKs of which one is empty": lambda _: Firmware(insecure_vmpcks=[*VMPCKS[:3], bytes(32)]),
    "VMPCKs of which one is none": lambda _: Firmware(
        insecure_vmpcks=[*VMPCKS[:3], 5]),  # type: ignore[list-item]
    "a key that is too long": lambda _: Aead(KEYS[0] + b"\0"),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_no_error_leads_to_a_key(tmp_path: Path, name: str) -> None:
    bench = Bench(tmp_path)
    with pytest.raises(SnpformatError) as caught:
        ERRORS[name](bench)
    looked_at = 0
    for place, value in variables(caught.value, bench):
        for text in shown(value):
            for key in bench.secrets:
                for spelling in spellings(key):
                    assert spelling not in text, f"a key is in {place}"
            looked_at += 1
    assert looked_at > 2


def test_the_search_finds_keys() -> None:
    """In a frame of the package, of what was raised and of what led to it."""
    with pytest.raises(FormatError) as caught:
        SecretsPage.parse(OLD)
    for error in (caught.value, without_frames(ValueError())):
        outer = KeyError()
        outer.__context__ = error
        texts = [text for _, value in variables(outer, None) for text in shown(value)]
        assert any(KEYS[0] in text for text in texts) == (error is caught.value)


def test_what_is_raised_again_is_the_same() -> None:
    error = MailboxError(5, "why")
    with pytest.raises(MailboxError):
        raise error from ValueError()
    assert error.__traceback__ and error.__cause__
    assert without_frames(error) is error
    assert str(error) == "firmware code 0x5: why"
    assert not [place for place, _ in variables(error, None) if " in " in place]
    assert error.__context__ is None
