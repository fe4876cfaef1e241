"""The merge on the survey's own list with really published papers; both are read at run time."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from litmine.core.taxonomy import load_taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.merge import merge
from tests.publish.merge.companion import Fact, as_markdown, facts, own_entries, real_entries
from tests.publish.merge.damage import DAMAGE, ENDINGS, damage
from tests.publish.merge.oracle import judge, lines_of, new_lines

pytestmark = pytest.mark.shared
TAXONOMY = load_taxonomy()
_ASIDE = ("Metrics", "Benchmarks")


@pytest.fixture(scope="module")
def rows(shared_data: Path) -> list[Fact]:
    return facts(shared_data)


@pytest.fixture(scope="module")
def text(rows: list[Fact]) -> str:
    return as_markdown(rows)


@pytest.fixture(scope="module")
def entries(shared_data: Path) -> list[ListEntry]:
    return real_entries(shared_data, 200)


def test_two_hundred_real_papers(text: str, entries: list[ListEntry]) -> None:
    result = merge(text, entries, TAXONOMY)
    judge(result, merge(result.text, entries, TAXONOMY), entries)
    assert len(result.added) == 200
    assert not result.problems
    lines = lines_of(result.text)
    for one in result.added:
        # The Date column holds years; venues come without theirs; four columns.
        cells = lines[one.line - 1].strip().strip("|").split(" | ")
        assert cells[0].strip() in {"2025", "2026"}
        assert not any(word in one.section for word in _ASIDE)
    # Papers of a technique that has a section stand in it; a heading is made where none does.
    sections = {one.section.split(" > ")[-1] for one in result.added}
    assert {"Pruning", "Quantization", "Parameter-Efficient Fine-Tuning"} <= sections
    made = [line for line in new_lines(text, result.text) or [] if line.startswith("#")]
    assert "#### KV Cache Reduction\n" in made
    assert "#### Pruning\n" not in made
    assert not any("Support Infrastructure" in line for line in made)


def test_its_own_papers_are_all_recognised(text: str, rows: list[Fact]) -> None:
    own = own_entries(rows)
    assert len(own) > 140
    result = merge(text, own, TAXONOMY)
    assert not result.changed
    # Among them papers that the list links to proceedings, not to arXiv.
    by_title = [one for one in result.present if one.by == "title"]
    assert len(by_title) >= 10


def test_one_by_one_is_the_same_as_all_at_once(text: str, entries: list[ListEntry]) -> None:
    some = random.Random(6).sample(entries, 40)
    at_once = merge(text, some, TAXONOMY).text
    step = text
    for number in range(len(some)):
        step = merge(step, some[: number + 1], TAXONOMY).text
    assert sorted(lines_of(step)) == sorted(lines_of(at_once))
    assert step == at_once


@pytest.mark.parametrize("kind", sorted(DAMAGE))
@pytest.mark.parametrize("ending", sorted(set(ENDINGS)))
def test_damaged(kind: str, ending: str, text: str, entries: list[ListEntry]) -> None:
    some = entries[:: 5 if ending == "\n" else 20]
    damaged = damage(text, [kind] * 3, len(kind), ending, "plain")
    result = merge(damaged, some, TAXONOMY)
    judge(result, merge(result.text, some, TAXONOMY), some)
