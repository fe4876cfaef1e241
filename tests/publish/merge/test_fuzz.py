"""Damaged lists by the thousand: nothing that people wrote is lost, every paper is added once."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from litmine.core.taxonomy import load_taxonomy
from litmine.publish.merge import merge
from tests.publish.merge.damage import DAMAGE, EDGES, ENDINGS, damage, make
from tests.publish.merge.oracle import judge

TAXONOMY = load_taxonomy()
#: ``make fuzz-merge`` makes ten thousand of them.
EXAMPLES = int(os.environ.get("MERGE_EXAMPLES", "500"))


def test_there_are_more_than_fifteen_kinds_of_damage() -> None:
    assert len(DAMAGE) + len(set(ENDINGS)) + len(set(EDGES)) > 40


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
@given(
    seed=st.integers(0, 2**32),
    kinds=st.lists(st.sampled_from(sorted(DAMAGE)), max_size=7),
    ending=st.sampled_from(ENDINGS),
    edge=st.sampled_from(EDGES),
)
@example(64, ["characters", "lines_joined", "blank_line_in_table"], "\n", "plain")
@example(148, ["header_renamed", "dashes_damaged"], "\n", "plain")
@example(3422, ["row_twice", "inner_pipe_missing", "heading_underlined", "characters"], "\r", "bom")
@example(1239, ["front_matter", "line_in_table", "heading_gone", "heading_level"], "\r", "plain")
def test_nothing_human_is_lost_and_every_paper_is_added_once(
    seed: int, kinds: list[str], ending: str, edge: str
) -> None:
    made = make(seed)
    text = damage(made.text, kinds, seed + 1, ending, edge)
    result = merge(text, made.entries, TAXONOMY)
    judge(result, merge(result.text, made.entries, TAXONOMY), made.entries)


@settings(max_examples=150, deadline=None, database=None)
@given(seed=st.integers(0, 2**32), ending=st.sampled_from(ENDINGS), edge=st.sampled_from(EDGES))
def test_in_a_list_without_damage_every_paper_is_recognised(
    seed: int, ending: str, edge: str
) -> None:
    made = make(seed)
    result = merge(damage(made.text, [], seed, ending, edge), made.entries, TAXONOMY)
    ways = {one.arxiv_id: one.by for one in result.present}
    names = {"id": "arXiv id", "doi": "DOI", "title": "title"}
    assert ways == {arxiv_id: names[how] for arxiv_id, how in made.inside.items()}
    assert not result.problems
    assert not any(conflict.kind in {"twice", "hidden"} for conflict in result.conflicts)
