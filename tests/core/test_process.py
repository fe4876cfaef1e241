"""Whether the process behind an identity is certainly gone."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from litmine.core import process
from litmine.core.process import describe, is_gone, process_identity

CODE = (
    "from litmine.core.process import process_identity\n"
    "print(process_identity(), flush=True)\n"
    "input()\n"
)


@pytest.fixture
def child():
    with subprocess.Popen(
        [sys.executable, "-c", CODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        yield started
        started.kill()


def test_a_living_process_is_not_gone_and_a_killed_one_is(child):
    identity = child.stdout.readline().strip()
    assert not is_gone(identity)
    child.kill()
    while child.poll() is None and not is_gone(identity):
        time.sleep(0.01)
    assert is_gone(identity)  # also as a zombie that nobody has waited for


def test_this_process_is_not_gone_and_every_identity_is_its_own():
    one, two = process_identity(), process_identity()
    assert one != two
    assert not is_gone(one)
    assert not is_gone(two)


def test_a_process_number_used_again_counts_as_gone():
    host, kernel, pid, started, random = process_identity().split("|")
    assert is_gone("|".join([host, kernel, pid, str(int(started) - 1), random]))


def test_uncertain_identities_count_as_alive():
    host, kernel, pid, started, random = process_identity().split("|")
    elsewhere = "|".join([host, "another-boot/1", "999999", started, random])
    unknown = "|".join([host, kernel, pid, "-", random])
    for identity in ("", "someone", elsewhere, unknown, f"{host}|{kernel}|x|{started}|{random}"):
        assert not is_gone(identity)


def test_a_process_that_proc_hides_counts_as_alive(monkeypatch):
    host, kernel, _, started, random = process_identity().split("|")

    class Hidden:
        def __init__(self, _path: str) -> None: ...

        def read_text(self) -> str:
            raise FileNotFoundError

    process_identity()  # remembers the kernel before everything is hidden
    monkeypatch.setattr(process, "Path", Hidden)
    assert not is_gone("|".join([host, kernel, "1", started, random]))  # init always runs
    assert is_gone("|".join([host, kernel, "4194305", started, random]))  # above any pid


def test_describe_is_for_people():
    pid = process_identity().split("|")[2]
    assert describe(process_identity()).startswith(f"process {pid} on ")
    assert describe("somebody") == "somebody"
