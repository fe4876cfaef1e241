"""Files are the old ones or the new ones, never half of each."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import subprocess
import sys

import pytest

from litmine.core.files import atomic_open, atomic_write, sha256_file


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("data", ["Grüße 😀\n", b"\x00\xff"])
def test_write_makes_folders_and_leaves_only_the_file(tmp_path, data):
    path = tmp_path / "a" / "b" / "list.md"
    atomic_write(path, data)
    assert path.read_bytes() == (data.encode() if isinstance(data, str) else data)
    assert names(path.parent) == ["list.md"]


def test_write_replaces(tmp_path):
    path = tmp_path / "list.md"
    atomic_write(path, "old and longer")
    atomic_write(str(path), "new")
    assert path.read_text() == "new"


def test_open_writes_utf8_and_unix_lines(tmp_path):
    with atomic_open(tmp_path / "list.csv") as stream:
        stream.write("é\n")
    assert (tmp_path / "list.csv").read_bytes() == b"\xc3\xa9\n"


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_failure_inside_the_block_leaves_the_old_file_and_no_other(tmp_path, failure):
    path = tmp_path / "list.md"
    path.write_text("old")

    def write_half():
        with atomic_open(path) as stream:
            stream.write("half of the new")
            stream.flush()
            raise failure

    with pytest.raises(failure):
        write_half()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["list.md"]


def test_failure_to_replace_leaves_no_temporary_file(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        atomic_write(tmp_path / "folder", "a file cannot replace a folder")
    assert names(tmp_path) == ["folder"]


def test_nothing_is_seen_under_the_name_before_the_end(tmp_path):
    path = tmp_path / "new.md"
    with atomic_open(path) as stream:
        stream.write("text")
        stream.flush()
        assert not path.exists()
    assert path.read_text() == "text"


def test_a_killed_writer_leaves_the_old_file(tmp_path):
    path = tmp_path / "list.md"
    path.write_text("old")
    code = (
        "import os, signal, sys\n"
        "from litmine.core.files import atomic_open\n"
        "with atomic_open(sys.argv[1]) as stream:\n"
        "    stream.write('half of the new')\n"
        "    stream.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"


def test_new_files_follow_the_umask_and_private_ones_stay_private(tmp_path):
    before = os.umask(0o027)
    try:
        atomic_write(tmp_path / "new", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o600)
    atomic_write(tmp_path / "new", "y")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600


def test_sha256_file(tmp_path):
    data = os.urandom(300_000)
    (tmp_path / "blob").write_bytes(data)
    assert sha256_file(tmp_path / "blob") == hashlib.sha256(data).hexdigest()
