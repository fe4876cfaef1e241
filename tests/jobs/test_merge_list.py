"""Merging into a file that people keep: what is remembered, what is refused, who wins a race."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from litmine.core.clock import FakeClock
from litmine.core.errors import InputError, LeaseHeld, Stale
from litmine.core.settings import Settings
from litmine.jobs.context import RunContext
from litmine.jobs.lease import held_lease
from litmine.jobs.publish import merge_list as job
from litmine.jobs.publish.merge_list import ListMerge, merge_list, target_of
from litmine.store import Store
from litmine.store.decisions import undo
from litmine.store.offers import offers_of
from tests.support.approvals import approve
from tests.support.papers import paper
from tests.support.rows import NOW

ONE, TWO, THREE = "2606.00001", "2606.00002", "cs/0606001"
TEXT = (
    "# List\r\n\n## LLM Inference\n\n| Date | Paper | Notes |\n|--|--|--|\n"
    "| 2020 | [Old](https://a.example) | mine |"
)
Merge = Callable[..., ListMerge]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "README.md"
    path.write_bytes(TEXT.encode())
    return path


@pytest.fixture
def merging(store: Store, kept: Path, fake_clock: FakeClock) -> Merge:
    """Merge into the list; two papers are approved."""
    approve(store, [paper(ONE), paper(TWO)], [["inference/memory"]] * 2, [["pruning"]] * 2)
    context = RunContext(Settings(), store, fake_clock)

    def run(path: Path = kept, **options: Any) -> ListMerge:
        return merge_list(context, path, **options)

    return run


def states(store: Store, path: Path) -> dict[str, str]:
    with store.read() as connection:
        return {one: offer.state for one, offer in offers_of(connection, target_of(path)).items()}


def without(path: Path, arxiv_id: str) -> None:
    """Take a paper's line out, as a person does."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(line for line in lines if arxiv_id.encode() not in line))


def test_what_a_person_takes_out_stays_out(merging: Merge, kept: Path, store: Store) -> None:
    first = merging()
    assert first.written
    assert [one.arxiv_id for one in first.result.added] == [TWO, ONE]
    assert kept.read_bytes().startswith(TEXT.encode()[:60])
    assert states(store, kept) == {ONE: "offered", TWO: "offered"}
    before = kept.read_bytes()
    stamp = kept.stat().st_mtime_ns
    again = merging()
    assert not again.written
    assert again.complete
    assert (kept.read_bytes(), kept.stat().st_mtime_ns) == (before, stamp)

    without(kept, TWO)
    taken = merging()
    assert (taken.written, taken.complete) == (False, True)
    assert taken.result.withheld == (TWO,)
    assert states(store, kept) == {ONE: "offered", TWO: "removed"}
    assert TWO.encode() not in kept.read_bytes()

    back = merging(again=[f"https://arxiv.org/abs/{TWO}v2"])
    assert [one.arxiv_id for one in back.result.added] == [TWO]
    assert states(store, kept) == {ONE: "offered", TWO: "offered"}


def test_a_line_that_stood_there_by_another_hand_is_remembered_too(
    merging: Merge, kept: Path, store: Store
) -> None:
    row = f"\n| 2026 | [Mine](https://arxiv.org/pdf/{ONE}) | |\n".encode()
    kept.write_bytes(kept.read_bytes() + row)
    merging()
    assert states(store, kept) == {ONE: "present", TWO: "offered"}
    without(kept, ONE)
    without(kept, TWO)
    assert set(merging().result.withheld) == {ONE, TWO}
    kept.write_bytes(kept.read_bytes() + row)
    merging()
    assert states(store, kept) == {ONE: "present", TWO: "removed"}


def test_looking_changes_nothing(merging: Merge, kept: Path, store: Store) -> None:
    before = kept.read_bytes()
    seen = merging(write=False)
    assert (seen.written, seen.complete, len(seen.result.added)) == (False, False, 2)
    assert kept.read_bytes() == before
    assert states(store, kept) == {}


def test_an_approval_taken_back_is_told_and_its_line_stays(
    merging: Merge, kept: Path, store: Store
) -> None:
    merging()
    with store.write() as connection:
        undo(connection, arxiv_id=TWO, reviewer="Ada", now=NOW)
    before = kept.read_bytes()
    later = merging()
    assert kept.read_bytes() == before
    (stale,) = later.stale
    assert (stale.kind, stale.arxiv_id) == ("withdrawn", TWO)
    assert TWO in before.splitlines()[stale.lines[0] - 1].decode()
    assert later.complete


def test_only_approved_papers_are_put_back(merging: Merge) -> None:
    with pytest.raises(InputError, match=r"2606\.00009 is not approved"):
        merging(again=["2606.00009"])
    with pytest.raises(InputError, match="is not an arXiv id"):
        merging(again=["x"])


# -- the file ------------------------------------------------------------------------------------


def test_mode_and_bytes_stay(merging: Merge, kept: Path) -> None:
    kept.write_bytes(b"\xef\xbb\xbf" + TEXT.encode() + b"\xff")
    kept.chmod(0o640)
    merging()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o640
    data = kept.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf# List\r\n\n")
    assert data.endswith(b"| mine |\xff")
    assert [path.name for path in kept.parent.iterdir() if path.name.endswith(".part")] == []


def test_a_link_within_its_folder_is_followed(merging: Merge, kept: Path, store: Store) -> None:
    (kept.parent / "docs").mkdir()
    real = kept.rename(kept.parent / "docs" / "list.md")
    kept.symlink_to("docs/list.md")
    assert merging().written
    assert kept.is_symlink()
    assert ONE.encode() in real.read_bytes()
    assert states(store, real) == {ONE: "offered", TWO: "offered"}


def test_what_is_no_file_of_ones_own_is_refused(merging: Merge, kept: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_bytes(TEXT.encode())
    inner = tmp_path / "repo"
    inner.mkdir()
    cases: dict[str, Callable[[Path], object]] = {
        "does not exist": lambda path: None,
        "out of its folder": lambda path: path.symlink_to("../outside.md"),
        "leads nowhere": lambda path: path.symlink_to("nothing.md"),
        "ordinary file": lambda path: os.mkfifo(path),
        "is no ordinary file": lambda path: path.mkdir(),
        "is UTF-16": lambda path: path.write_text(TEXT, encoding="utf-16"),
        "NUL": lambda path: path.write_text("a\x00b"),
    }
    for number, (message, prepare) in enumerate(cases.items()):
        path = inner / f"{number}.md"
        prepare(path)
        with pytest.raises(InputError, match=message):
            merging(path)
    loop = inner / "loop.md"
    loop.symlink_to("loop.md")
    with pytest.raises(InputError, match="leads nowhere"):
        merging(loop)
    assert outside.read_bytes() == TEXT.encode()


def test_a_read_only_file_is_left_alone(merging: Merge, kept: Path, store: Store) -> None:
    kept.chmod(0o444)
    with pytest.raises(InputError, match="read-only"):
        merging()
    assert kept.read_bytes() == TEXT.encode()
    assert states(store, kept) == {}


def test_a_long_path_is_one_target(tmp_path: Path) -> None:
    folder = tmp_path / ("b" * 200) / ("c" * 200)
    one, other = target_of(folder / "README.md"), target_of(folder / "LIST.md")
    assert len(one) == len(other) == 300
    assert one != other


# -- two hands at once ---------------------------------------------------------------------------


@pytest.fixture
def meddle(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object], int], None]:
    """Let somebody do something to the file between reading and writing, so many times."""
    merge = job.merge

    def prepare(action: Callable[[], object], times: int) -> None:
        left = [times]

        def meddled(*args: Any, **more: Any) -> Any:
            result = merge(*args, **more)
            if left[0]:
                left[0] -= 1
                action()
            return result

        monkeypatch.setattr(job, "merge", meddled)

    return prepare


def test_a_person_who_saves_meanwhile_loses_nothing(
    merging: Merge, kept: Path, meddle: Callable[[Callable[[], object], int], None]
) -> None:
    theirs = TEXT + "\n| 2026 | [Theirs](https://b.example) | new |\n"
    meddle(lambda: kept.write_text(theirs, newline=""), 1)
    assert merging().written
    data = kept.read_bytes().decode()
    assert "| [Theirs](https://b.example) | new |\n" in data
    assert data.count(ONE) == data.count(TWO) == 2 - data.count(f"part {ONE}") + 1


def test_a_person_who_keeps_saving_wins(
    merging: Merge,
    kept: Path,
    store: Store,
    meddle: Callable[[Callable[[], object], int], None],
) -> None:
    meddle(lambda: kept.write_bytes(kept.read_bytes() + b"."), 99)
    with pytest.raises(Stale, match="changed meanwhile"):
        merging()
    assert kept.read_bytes() == TEXT.encode() + b"..."
    assert states(store, kept) == {}
    meddle(kept.unlink, 1)
    with pytest.raises((Stale, InputError)):
        merging()
    assert not kept.exists()


def test_a_crash_before_the_file_is_there_remembers_nothing(
    merging: Merge, kept: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("litmine.core.files.os.replace", crash)
        with pytest.raises(KeyboardInterrupt):
            merging()
    assert kept.read_bytes() == TEXT.encode()
    assert [path.name for path in kept.parent.iterdir() if "part" in path.name] == []
    assert states(store, kept) == {}
    with monkeypatch.context() as patch:
        patch.setattr(job, "_remember", crash)
        with pytest.raises(KeyboardInterrupt):
            merging()
    data = kept.read_bytes()
    assert merging().result.added == ()
    assert kept.read_bytes() == data
    assert set(states(store, kept)) == {ONE, TWO}


def test_two_merges_do_not_meet(
    merging: Merge, kept: Path, store: Store, fake_clock: FakeClock
) -> None:
    with held_lease(store, fake_clock, "merge"), pytest.raises(LeaseHeld):
        merging()
    assert merging(write=False).result.added
    assert merging().written
