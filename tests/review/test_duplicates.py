"""Near-duplicates: which pairs belong together, how groups grow, and what a night stores."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litmine.core.settings import load_settings
from litmine.jobs.context import RunContext
from litmine.jobs.duplicates import group_duplicates
from litmine.review.duplicates import (
    OVERLAP,
    candidates,
    group,
    normal_title,
    resemblance,
    same_work,
)
from litmine.store.decisions import decide
from litmine.store.digest import content_digest
from litmine.store.duplicates import Membership, duplicates_of, memberships
from litmine.store.papers import upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.queue import drop_withdrawn, enqueue
from litmine.store.vectors import put_vectors
from tests.support.papers import paper
from tests.support.rows import ENCODER, MODEL, NOW, prediction

WORDS = [f"word{n}" for n in range(60)]


def text(first, count=30):
    return " ".join(WORDS[first : first + count])


def unit(*values):
    vector = np.array(values, np.float32)
    return vector / np.linalg.norm(vector)


class TestPairs:
    def test_titles_are_compared_by_their_words(self):
        assert normal_title("  Größe–of, \nTHINGS: (v2)") == "grosse of things v2"
        assert normal_title("ＬＬＭ Café") == normal_title("LLM cafe\u0301")
        assert normal_title("$\\alpha$-Net!") == "alpha net"
        assert normal_title("知識 distillation") == "知識 distillation"

    def test_resemblance_is_the_share_of_common_runs(self):
        assert resemblance(text(0), text(0).upper().replace(" ", ",  ")) == 1.0
        assert resemblance(text(0), text(30)) == 0.0
        # Runs of four in thirty words: 27 each; shifted by nine, 18 are common.
        assert resemblance(text(0), text(9)) == pytest.approx(18 / 36)
        assert resemblance("too short", "too short") == 0.0
        assert resemblance("", "") == 0.0

    @given(st.text(alphabet="ab ", max_size=60), st.text(alphabet="ab ", max_size=60))
    def test_resemblance_is_that_of_sets(self, one, other):
        def runs(words):
            return {tuple(words[i : i + 4]) for i in range(len(words) - 3)}

        first, second = runs(one.split()), runs(other.split())
        union = first | second
        expected = len(first & second) / len(union) if first and second else 0.0
        assert resemblance(one, other) == pytest.approx(expected)
        assert resemblance(one, other) == resemblance(other, one)

    def test_the_same_title_needs_an_author_in_common(self):
        one = paper("2606.00001", title="A Survey", authors=("Ada", "Bo"))
        assert same_work(one, paper("2606.00002", title="A survey.", authors=("BO",)), False)
        assert same_work(one, paper("2606.00002", title="A survey", authors=("Cy",)), False) is None
        assert same_work(one, paper("2606.00002", title="B survey", authors=("Bo",)), False) is None
        untitled = paper("2606.00003", title="!", authors=("Bo",))
        assert same_work(untitled, paper("2606.00004", title="?", authors=("Bo",)), False) is None

    def test_near_texts_need_near_vectors_too(self):
        one = paper("2606.00001", title="One", abstract=text(0), authors=("Ada",))
        near = paper("2606.00002", title="Two", abstract=text(9), authors=("Bo",))
        far = paper("2606.00003", title="Three", abstract=text(15), authors=("Bo",))
        assert resemblance(one.abstract, near.abstract) > OVERLAP
        assert resemblance(one.abstract, far.abstract) < OVERLAP
        assert same_work(one, near, True) == "text"
        assert same_work(one, near, False) is None
        assert same_work(one, far, True) is None

    @settings(deadline=None)
    @given(st.integers(0, 10_000), st.integers(1, 12))
    def test_candidates_are_those_of_comparing_everything(self, seed, size):
        rng = np.random.default_rng(seed)
        names = [f"2606.{n:05d}" for n in range(size)]
        vectors = rng.normal(size=(size, 2)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        titles = {name: f"Title {rng.integers(3)}" for name in names}
        fresh = [name for name in names if rng.random() < 0.5]
        expected = {}
        for (i, one), (j, other) in itertools.combinations(enumerate(names), 2):
            if not {one, other}.isdisjoint(fresh):
                close = float(vectors[i] @ vectors[j]) >= 0.85
                if close or titles[one] == titles[other]:
                    expected[one, other] = close
        assert candidates(fresh, titles, names, vectors) == expected

    def test_papers_without_a_vector_are_compared_by_title(self):
        titles = {"a": "Same", "b": "Same", "c": "Other"}
        assert candidates(["b"], titles, [], np.zeros((0, 0), np.float32)) == {("a", "b"): False}


DATED = {
    name: paper(name, title=f"Paper {name}", published=day and date(2026, 6, day))
    for name, day in (("d", 1), ("b", 2), ("a", 3), ("c", 3), ("e", 4), ("f", None))
}


class TestGroups:
    def leads(self, pairs, known=()):
        return {one.arxiv_id: one.lead_id for one in group(pairs, known, DATED, {})}

    def test_the_earliest_paper_leads_then_the_lowest_id(self):
        assert self.leads([("a", "b")]) == {"a": "b"}
        assert self.leads([("a", "c")]) == {"c": "a"}
        assert self.leads([("a", "f")]) == {"f": "a"}

    def test_what_is_connected_is_one_group(self):
        assert self.leads([("a", "b"), ("b", "d"), ("c", "e")]) == {"a": "d", "b": "d", "e": "c"}

    def test_old_groups_are_joined_and_others_left_alone(self):
        known = [Membership("a", "b", 1.0, "text"), Membership("e", "c", 1.0, "text")]
        assert self.leads([], known) == {}
        assert self.leads([("a", "f")], known) == {"a": "b", "f": "b"}
        assert self.leads([("d", "e")], known) == {"e": "d", "c": "d"}
        assert self.leads([("a", "e")], known) == {"a": "b", "c": "b", "e": "b"}

    def test_similarity_is_that_to_the_lead(self):
        vectors = {"a": unit(1, 0), "b": unit(4, 3)}
        (told,) = group([("a", "b")], [], DATED, vectors)
        assert told == Membership("a", "b", 0.8, "text")
        (told,) = group([("a", "b")], [], DATED, {"a": unit(1, 0)})
        assert told.similarity == 1.0

    @given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=8))
    def test_the_order_of_arrival_does_not_matter(self, pairs):
        pairs = [(one, other) for one, other in pairs if one != other]
        at_once = self.leads(pairs)
        known: dict[str, Membership] = {}
        for pair in pairs:
            told = group([pair], known.values(), DATED, {})
            for lead in {one.lead_id for one in told}:
                known.pop(lead, None)
            known |= {one.arxiv_id: one for one in told}
        assert {one.arxiv_id: one.lead_id for one in known.values()} == at_once


WHOLE = dict.fromkeys(("2606.00001", "2606.00002", "2606.00003"), "2606.00004")


class TestNight:
    """Five papers: 1, 2 and 3 share an abstract, 4 the title of 1, 5 is alone."""

    def papers(self):
        def make(number, title, first, day, angle):
            arxiv_id = f"2606.{number:05d}"
            one = paper(
                arxiv_id,
                title=title,
                abstract=text(first),
                authors=("Ada",),
                published=date(2026, 6, day),
            )
            return one, unit(np.cos(angle), np.sin(angle))

        return [
            make(1, "Alpha", 0, 5, 0.0),
            make(2, "Beta", 4, 4, 0.1),
            make(3, "Gamma", 8, 6, 0.2),
            make(4, "Alpha", 40, 3, 2.0),
            make(5, "Delta", 45, 2, 3.0),
        ]

    def arrive(self, store, chosen, minutes=0):
        now = NOW + timedelta(minutes=minutes)
        with store.write() as connection:
            upsert_papers(connection, [one for one, _ in chosen], now)
            ids = [one.arxiv_id for one, _ in chosen]
            hashes = [one.content_hash for one, _ in chosen]
            put_vectors(connection, ENCODER, ids, hashes, np.stack([v for _, v in chosen]))
            put_predictions(
                connection,
                [prediction(one.arxiv_id, content_hash=one.content_hash) for one, _ in chosen],
            )
            enqueue(connection, MODEL, 0.1, now)

    def search(self, store, fake_clock):
        return group_duplicates(RunContext(load_settings(), store, fake_clock), ENCODER)

    def leads(self, store):
        with store.read() as connection:
            return {i: one.lead_id for i, one in memberships(connection).items()}

    def test_a_night_is_grouped_once(self, store, fake_clock):
        assert self.search(store, fake_clock) == 0
        self.arrive(store, self.papers())
        assert self.search(store, fake_clock) == 3
        assert self.leads(store) == WHOLE
        assert self.search(store, fake_clock) == 0
        with store.read() as connection:
            rows = memberships(connection)
            others = duplicates_of(connection, ["2606.00004", "2606.00005"])
        assert {i: one.reason for i, one in rows.items()} == {
            "2606.00001": "title",
            "2606.00002": "text",
            "2606.00003": "text",
        }
        assert [one.arxiv_id for one in others["2606.00004"]] == sorted(WHOLE)
        assert "2606.00005" not in others

    @pytest.mark.parametrize("seed", range(6))
    def test_however_they_arrive_the_groups_are_the_same(self, make_store, fake_clock, seed):
        one, other = make_store(), make_store()
        self.arrive(one, self.papers())
        self.search(one, fake_clock)
        order = self.papers()
        random.Random(seed).shuffle(order)
        for minutes, chosen in enumerate(order):
            # Some arrive at the very same time, some nights end before they are searched.
            self.arrive(other, [chosen], minutes // 2)
            if minutes % 2:
                self.search(other, fake_clock)
        self.search(other, fake_clock)
        assert self.leads(other) == WHOLE
        with one.read() as first, other.read() as second:
            assert content_digest(first)["duplicates"] == content_digest(second)["duplicates"]

    def test_decided_papers_count_and_withdrawn_ones_come_back(self, store, fake_clock):
        alpha, beta, *_ = self.papers()
        self.arrive(store, [alpha])
        self.search(store, fake_clock)
        with store.write() as connection:
            decide(connection, alpha[0].arxiv_id, "reject", reviewer="Ada", now=NOW)
        self.arrive(store, [beta], 5)
        assert self.search(store, fake_clock) == 1
        assert self.leads(store) == {"2606.00001": "2606.00002"}
        with store.write() as connection:
            upsert_papers(
                connection,
                [paper("2606.00002", version=2, withdrawn=True, abstract=text(4))],
                NOW,
            )
            assert drop_withdrawn(connection) == ["2606.00002"]
        assert self.search(store, fake_clock) == 0
        assert self.leads(store) == {"2606.00001": "2606.00002"}
