"""The folder of the site: ours is kept in step, everybody else's is left alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litmine.core.errors import ConfigError, LeaseHeld
from litmine.publish.site import beside
from litmine.publish.site import folder as folder_module
from litmine.publish.site.files import SiteFile, fingerprint
from litmine.publish.site.folder import update_folder

MANIFEST = ".litmine/manifest.json"


def files(contents: Mapping[str, str]) -> list[SiteFile]:
    return [SiteFile(path, fingerprint([text]), text.encode) for path, text in contents.items()]


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in {"lock", "seen.json"}
    }


def never(*_: bytes) -> bytes:
    raise AssertionError("nothing of it changed")


def test_only_what_changed_is_made_and_written(tmp_path: Path) -> None:
    update_folder(tmp_path, files({"index.html": "one", "papers/a.html": "a"}), "p")
    before = (tmp_path / "papers" / "a.html").stat().st_mtime_ns
    again = [*files({"index.html": "two"}), SiteFile("papers/a.html", fingerprint(["a"]), never)]
    report = update_folder(tmp_path, again, "p")
    assert (report.made, report.written, report.removed) == (1, ("index.html",), ())
    assert (tmp_path / "index.html").read_text() == "two"
    assert (tmp_path / "papers" / "a.html").stat().st_mtime_ns == before


def test_another_program_makes_everything_anew_and_writes_what_differs(tmp_path: Path) -> None:
    update_folder(tmp_path, files({"index.html": "one", "b.html": "b"}), "old")
    same = [SiteFile("index.html", "other", b"one".__add__), *files({"b.html": "b"})]
    same[0] = SiteFile("index.html", "other", lambda: b"one")
    report = update_folder(tmp_path, same, "new")
    assert (report.made, report.written) == (2, ())


def test_a_file_is_put_together_of_others(tmp_path: Path) -> None:
    parts = files({"a.txt": "a", "b.txt": "b"})
    whole = SiteFile("all.txt", fingerprint(["a", "b"]), lambda *p: b"+".join(p),
                     parts=("a.txt", "b.txt"))  # fmt: skip
    update_folder(tmp_path, [*parts, whole], "p")
    assert (tmp_path / "all.txt").read_bytes() == b"a+b"


def test_what_a_person_put_beside_the_site_stays(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "CNAME").write_text("papers.example.org")
    (tmp_path / "papers" / "notes.txt").write_text("mine")
    update_folder(tmp_path, files({"index.html": "x", "papers/a.html": "a"}), "p")
    report = update_folder(tmp_path, files({"index.html": "x"}), "p")
    assert report.removed == ("papers/a.html",)
    assert (tmp_path / "CNAME").read_text() == "papers.example.org"
    assert (tmp_path / "papers" / "notes.txt").read_text() == "mine"


def test_empty_folders_go_with_their_last_file(tmp_path: Path) -> None:
    update_folder(tmp_path, files({"index.html": "x", "a/b/c.html": "c"}), "p")
    update_folder(tmp_path, files({"index.html": "x"}), "p")
    assert not (tmp_path / "a").exists()


def test_a_strangers_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("my own page")
    before = tree(tmp_path)
    with pytest.raises(ConfigError, match=r"index\.html.*--output.*--replace"):
        update_folder(tmp_path, files({"index.html": "ours", "new.html": "n"}), "p")
    assert tree(tmp_path) == before
    update_folder(tmp_path, files({"index.html": "ours"}), "p", replace=True)
    assert (tmp_path / "index.html").read_text() == "ours"


def test_a_stranger_who_came_later_is_not_overwritten_either(tmp_path: Path) -> None:
    update_folder(tmp_path, files({"index.html": "x"}), "p")
    (tmp_path / "new.html").write_text("mine")
    with pytest.raises(ConfigError, match=r"new\.html"):
        update_folder(tmp_path, files({"index.html": "y", "new.html": "n"}), "p")
    assert (tmp_path / "index.html").read_text() == "x"


@pytest.mark.parametrize("name", ["papers", ".litmine"])
def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    site = tmp_path / "site"
    site.mkdir()
    (site / name).symlink_to(outside)
    with pytest.raises(ConfigError, match=name):
        update_folder(site, files({"papers/a.html": "a"}), "p", replace=True)
    assert list(outside.iterdir()) == []


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("")
    with pytest.raises(ConfigError, match="not a folder"):
        update_folder(tmp_path / "site", files({"index.html": "x"}), "p")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 2}', '{"format": 1}'])
def test_a_damaged_manifest_is_told_and_can_be_got_over(tmp_path: Path, text: str) -> None:
    update_folder(tmp_path, files({"index.html": "x"}), "p")
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(ConfigError, match="--replace"):
        update_folder(tmp_path, files({"index.html": "y"}), "p")
    assert (tmp_path / "index.html").read_text() == "x"
    update_folder(tmp_path, files({"index.html": "y"}), "p", replace=True)
    assert (tmp_path / "index.html").read_text() == "y"


@pytest.mark.parametrize("path", ["../mine.txt", "/etc/passwd", "a/../../mine.txt", "..", "a//b"])
def test_a_manifest_cannot_name_files_outside(tmp_path: Path, path: str) -> None:
    site = tmp_path / "site"
    update_folder(site, files({"index.html": "x"}), "p")
    (tmp_path / "mine.txt").write_text("mine")
    manifest = json.loads((site / MANIFEST).read_text())
    manifest["files"][path] = ["a", "b"]
    (site / MANIFEST).write_text(json.dumps(manifest))
    report = update_folder(site, files({"index.html": "x"}), "p")
    assert report.removed == ()
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_damage_is_mended(tmp_path: Path) -> None:
    wanted = files({"index.html": "x", "a/b.html": "b", "c.html": "c"})
    update_folder(tmp_path, wanted, "p")
    whole = tree(tmp_path)
    (tmp_path / "index.html").write_text("\0")  # as a power cut leaves it
    (tmp_path / "a" / "b.html").unlink()
    report = update_folder(tmp_path, wanted, "p")
    assert set(report.written) == {"index.html", "a/b.html"}
    assert tree(tmp_path) == whole


def test_files_are_not_read_when_the_system_describes_them_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = files({f"{n}.html": str(n) for n in range(9)})
    update_folder(tmp_path, wanted, "p")
    manifest = (tmp_path / MANIFEST).read_text()
    read: list[str] = []
    real = folder_module._Writer.read
    monkeypatch.setattr(
        folder_module._Writer, "read", lambda self, path: (read.append(path), real(self, path))[1]
    )
    update_folder(tmp_path, wanted, "p")
    assert read == []
    (tmp_path / "3.html").write_text("x")  # as long as it was
    update_folder(tmp_path, wanted, "p")
    assert read == ["3.html"]
    assert (tmp_path / "3.html").read_text() == "3"
    # A manifest of another day is not believed against the bytes.
    update_folder(tmp_path, files({f"{n}.html": "new" for n in range(9)}), "p")
    (tmp_path / MANIFEST).write_text(manifest)
    update_folder(tmp_path, wanted, "p")
    assert [(tmp_path / f"{n}.html").read_text() for n in range(9)] == list("012345678")


def test_a_build_that_ends_in_an_error_is_finished_by_the_next(tmp_path: Path) -> None:
    def broken() -> bytes:
        raise RuntimeError("no more")

    wanted = {f"p/{n}.html": str(n) for n in range(6)}
    half = [*files(wanted)[:3], SiteFile("p/3.html", "3", broken), *files(wanted)[4:]]
    with pytest.raises(RuntimeError, match="no more"):
        update_folder(tmp_path / "a", half, "p")
    update_folder(tmp_path / "a", files(wanted), "p")
    update_folder(tmp_path / "b", files(wanted), "p")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_two_builds_do_not_meet(tmp_path: Path) -> None:
    def second() -> bytes:
        with pytest.raises(LeaseHeld, match="another process"):
            update_folder(tmp_path, files({"index.html": "y"}), "p")
        return b"x"

    update_folder(tmp_path, [SiteFile("index.html", "1", second)], "p")
    assert (tmp_path / "index.html").read_bytes() == b"x"


names = st.sampled_from(["index.html", "a/1.html", "a/2.html", "a/b/3.html", "c.html", "d/e.html"])
sites = st.dictionaries(names, st.sampled_from(["", "one", "two", "three"]), max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(sites, min_size=1, max_size=4), st.data())
def test_any_history_ends_as_a_build_from_nothing(
    tmp_path_factory: pytest.TempPathFactory, history: list[dict[str, str]], data: st.DataObject
) -> None:
    base = tmp_path_factory.mktemp("sites")
    (base / "a").mkdir()
    (base / "a" / "CNAME").write_text("mine")
    for contents in history:
        update_folder(base / "a", files(contents), data.draw(st.sampled_from("pq")))
        for path in data.draw(st.lists(names, max_size=2)):
            if (base / "a" / path).is_file():
                (base / "a" / path).write_text(data.draw(st.sampled_from(["", "damage"])))
    update_folder(base / "a", files(history[-1]), "p")
    update_folder(base / "b", files(history[-1]), "p")
    built = tree(base / "a")
    assert built.pop("CNAME") == b"mine"
    assert built == tree(base / "b")


CHILD = """
import sys, time
from pathlib import Path
from litmine.publish.site.files import SiteFile, fingerprint
from litmine.publish.site.folder import update_folder

def make(text):
    def slow():
        time.sleep(0.002)
        return text.encode()
    return slow

round = int(sys.argv[2])
numbers = range(round, round + 150)
wanted = {f"p{n % 7}/{n}.html": f"{n} {round if n % 3 else 0}" * 50 for n in numbers}
files = [SiteFile(path, fingerprint([text]), make(text)) for path, text in wanted.items()]
print("ready", flush=True)
update_folder(Path(sys.argv[1]), files, "p")
"""


@pytest.mark.drill
def test_builds_that_are_killed_leave_whole_files_and_are_finished(tmp_path: Path) -> None:
    killed = 0
    for round_ in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path / "a"), str(round_)], stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.02 + 0.05 * round_)
        child.send_signal(signal.SIGKILL)
        killed += child.wait() == -signal.SIGKILL
        child.stdout.close()
        for path in (tmp_path / "a").rglob("*.html"):
            text = path.read_text()
            assert text == text[: len(text) // 50] * 50, "half a file"
    assert killed >= 3
    for name in "ab":
        subprocess.run(
            [sys.executable, "-c", CHILD, str(tmp_path / name), "9"], check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_nothing_is_left_of_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    update_folder(tmp_path, files({"index.html": "x"}), "p")
    left = tmp_path / ".litmine" / "parts" / "part"
    left.write_text("of a build that was killed")
    update_folder(tmp_path, files({"index.html": "y"}), "p")
    assert not left.exists()
    # A file that cannot be put in its place is an error, and what stood there stays.
    monkeypatch.setattr(folder_module.os, "replace", _no_room)
    with pytest.raises(OSError, match="no room"):
        update_folder(tmp_path, files({"index.html": "z"}), "p")
    monkeypatch.undo()
    assert (tmp_path / "index.html").read_text() == "y"


def _no_room(*_: object) -> None:
    raise OSError(28, "no room")


def test_files_can_be_read_by_others(tmp_path: Path) -> None:
    update_folder(tmp_path, files({"index.html": "x"}), "p")
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "index.html").stat().st_mode & 0o777 == 0o666 & ~mask


def _beside(file: SiteFile) -> bool:
    return file.path.startswith("b/")


@pytest.fixture
def two_hands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "_WORTH", 1)
    # Threads that earlier tests left behind (servers, browsers) would keep the process whole. They
    # hold no lock that the work needs.
    monkeypatch.setattr(beside, "_can_split", lambda: sys.platform == "linux")


@pytest.mark.usefixtures("two_hands")
def test_a_second_process_makes_the_same(tmp_path: Path) -> None:
    makers = tmp_path / "makers"
    makers.mkdir()

    def noted(name: str) -> SiteFile:
        def make() -> bytes:
            (makers / f"{name.replace('/', '-')} {os.getpid()}").touch()
            return name.encode()

        return SiteFile(name, name, make)

    wanted = [noted(f"{part}/{n}.html") for n in range(30) for part in "ab"]
    report = update_folder(tmp_path / "site", wanted, "p", beside=_beside)
    assert (report.files, report.made, len(report.written)) == (60, 60, 60)
    assert {path.name.split()[1] for path in makers.glob("a-*")} == {str(os.getpid())}
    if sys.platform == "linux":
        others = {path.name.split()[1] for path in makers.glob("b-*")}
        assert len(others) == 1
        assert str(os.getpid()) not in others
    update_folder(tmp_path / "alone", wanted, "p")
    assert tree(tmp_path / "site") == tree(tmp_path / "alone")
    again = update_folder(tmp_path / "site", wanted, "p", beside=_beside)
    assert (again.made, again.written) == (0, ())


@pytest.mark.usefixtures("two_hands")
def test_what_a_second_process_that_dies_has_left_is_done_by_the_first(tmp_path: Path) -> None:
    own = os.getpid()

    def deadly() -> bytes:
        if os.getpid() != own:
            os.kill(os.getpid(), signal.SIGKILL)
        return b"done"

    wanted = [SiteFile(f"b/{n}.html", "1", deadly) for n in range(5)] + files({"a.html": "a"})
    report = update_folder(tmp_path, wanted, "p", beside=_beside)
    assert report.files == 6
    assert (tmp_path / "b" / "3.html").read_bytes() == b"done"


@pytest.mark.usefixtures("two_hands")
def test_an_error_of_the_second_process_is_told_as_any_other(tmp_path: Path) -> None:
    def broken() -> bytes:
        raise RuntimeError("no more")

    wanted = [SiteFile("b/1.html", "1", broken), *files({"a.html": "a"})]
    with pytest.raises(RuntimeError, match="no more"):
        update_folder(tmp_path, wanted, "p", beside=_beside)
    with pytest.raises(RuntimeError, match="never mind"):  # and one of the first ends both
        update_folder(
            tmp_path,
            [*files({"b/2.html": "b"}), SiteFile("a.html", "2", _never_mind)],
            "p",
            beside=_beside,
        )


def _never_mind() -> bytes:
    raise RuntimeError("never mind")
