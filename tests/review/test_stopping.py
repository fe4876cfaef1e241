"""The stopping estimate as it is read from the database, and the random samples behind it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from scipy.stats import hypergeom

from litmine.core.errors import InputError
from litmine.review.statistics.random_sample import draw_sample, latest_sample, random_sample
from litmine.review.statistics.stopping import StoppingEstimate, estimate, sample_size
from litmine.store.audit import audit_entries
from litmine.store.decisions import decide, undo
from litmine.store.papers import upsert_papers
from litmine.store.queue import drop_withdrawn, enqueue
from tests.support.papers import paper
from tests.support.rows import MODEL, NOW, judge

CELLS = ("inference/memory",)


def ids(count, first=1):
    return tuple(f"2606.{n:05d}" for n in range(first, first + count))


def arrive(connection, names, minutes=0, relevance=0.2):
    judge(connection, names, relevance)
    enqueue(connection, MODEL, 0.1, NOW + timedelta(minutes=minutes))


def read(connection, names, minutes, relevant=()):
    for name in names:
        decide(
            connection,
            name,
            "approve" if name in relevant else "reject",
            reviewer="Ada",
            now=NOW + timedelta(minutes=minutes),
            cells=CELLS if name in relevant else (),
        )


def test_an_empty_queue_has_nothing_to_stop(store):
    told = estimate(store)
    assert (told.read, told.found, told.unread) == (0, 0, 0)
    assert told.may_stop
    assert told.method == "nothing unread"
    assert told.recall_bound == 1.0


def test_before_anything_is_read_only_the_expectation_is_known(store):
    with store.write() as connection:
        arrive(connection, ids(50), relevance=0.2)
        told = estimate(connection)
    assert told.unread == 50
    assert told.expected_unread_relevant == pytest.approx(10)
    assert told.interval == (5, 16)
    assert (told.p_value, told.recall_bound, told.may_stop) == (1.0, 0.0, False)
    assert told.most_unread_relevant == 50
    assert "Nothing was read" in told.guarantee


def test_windows_follow_the_order_of_decisions(store):
    names = ids(120)
    with store.write() as connection:
        arrive(connection, names)
        read(connection, names[:100], 5, relevant=names[:20])
        told = estimate(connection, 0.9)
    # The best window begins after the last find: 80 read, none found, 3 of 100 would be missing.
    assert told.p_value == pytest.approx(hypergeom.cdf(0, 100, 3, 80))
    assert told.may_stop
    assert not told.guaranteed
    assert (told.read, told.found, told.unread) == (100, 20, 20)
    assert told.method == "ranked windows"
    assert told.recall_bound == pytest.approx(20 / (20 + told.most_unread_relevant))
    assert "assum" in told.guarantee or "provided that" in told.guarantee
    assert "100 papers read" in told.guarantee


def test_the_same_finds_read_last_say_nothing(store):
    names = ids(120)
    with store.write() as connection:
        arrive(connection, names)
        read(connection, names[:100], 5, relevant=names[80:100])
        told = estimate(connection, 0.9)
    assert told.p_value > 0.5
    assert not told.may_stop


def test_undone_and_postponed_decisions_do_not_count(store):
    names = ids(30)
    with store.write() as connection:
        arrive(connection, names)
        read(connection, names[:20], 5, relevant=names[:5])
        before = estimate(connection)
        read(connection, names[20:21], 6, relevant=names[20:21])
        undo(connection, reviewer="Ada", now=NOW, arxiv_id=names[20])
        decide(connection, names[21], "later", reviewer="Ada", now=NOW)
        assert estimate(connection) == before


def test_a_changed_mind_keeps_the_place_of_the_first_decision(store):
    names = ids(60)
    with store.write() as connection:
        arrive(connection, names)
        read(connection, names[:40], 5, relevant=names[1:5])
        plain = estimate(connection)
        read(connection, names[:1], 6, relevant=names[:1])
        changed = estimate(connection)
    assert changed.found == plain.found + 1
    assert changed.p_value == pytest.approx(hypergeom.cdf(0, 55, 1 + (5 * 20 // 19 - 5), 35))


def test_arrivals_that_are_read_to_the_end_are_left_out(store):
    with store.write() as connection:
        arrive(connection, ids(10))
        read(connection, ids(10), 5, relevant=ids(8))
        arrive(connection, ids(10, 11), minutes=10)
        told = estimate(connection)
    assert (told.read, told.found, told.unread) == (0, 0, 10)


def test_papers_read_before_the_last_arrival_make_no_window(store):
    with store.write() as connection:
        arrive(connection, ids(100))
        read(connection, ids(90), 5, relevant=ids(40))
        arrive(connection, ids(5, 101), minutes=10)
        told = estimate(connection, 0.8)
        # At 80% ten could be missing: all that is unread, but for 15 papers.
        assert (told.read, told.found, told.unread, told.p_value) == (90, 40, 15, 1.0)
        read(connection, ids(5, 101), 20)
        told = estimate(connection, 0.8)
    assert (told.found, told.unread) == (40, 10)
    assert told.p_value == 0.0
    assert "even if every unread paper" in told.guarantee


@pytest.mark.parametrize("wrong", [0, 1, -0.5, 1.2])
def test_targets_out_of_range_are_refused(store, wrong):
    with pytest.raises(InputError, match="between 0 and 1"):
        estimate(store, wrong)
    with pytest.raises(InputError, match="between 0 and 1"):
        estimate(store, 0.95, wrong)


class TestSample:
    def test_is_the_same_for_the_same_seed_and_another_for_another(self, store):
        with store.write() as connection:
            arrive(connection, ids(50))
            first = random_sample(connection, 10, seed=1)
            assert first == random_sample(connection, 10, seed=1)
            assert first != random_sample(connection, 10, seed=2)
            assert first[:5] == random_sample(connection, 5, seed=1)
            assert len(set(first)) == 10
            read(connection, ids(49), 5)
            assert random_sample(connection, 10, seed=1) == [ids(50)[-1]]

    def test_takes_every_paper_equally_often(self, sqlite_store):
        with sqlite_store.write() as connection:
            arrive(connection, ids(20))
            counts = dict.fromkeys(ids(20), 0)
            for seed in range(800):
                for name in random_sample(connection, 5, seed):
                    counts[name] += 1
        # 200 expected, standard deviation 12.2.
        assert max(abs(count - 200) for count in counts.values()) < 55

    def test_nothing_can_be_drawn_from_nothing(self, store):
        with store.write() as connection:
            with pytest.raises(InputError, match="nothing waits"):
                draw_sample(connection, 3, reviewer="Ada", now=NOW)
            with pytest.raises(InputError, match="at least one"):
                random_sample(connection, 0, 1)

    def drawn(self, connection, n=40):
        """200 papers, the first 100 read with 20 finds, then a draw."""
        names = ids(200)
        arrive(connection, names)
        read(connection, names[:100], 5, relevant=names[:20])
        return draw_sample(connection, n, reviewer="Ada", now=NOW + timedelta(minutes=10), seed=4)

    def test_is_recorded_in_the_audit_log(self, store):
        with store.write() as connection:
            sample = self.drawn(connection)
            assert latest_sample(connection) == sample
            assert (sample.pool, sample.look, len(sample.ids)) == (100, 1, 40)
            assert audit_entries(connection, 1)[0]["actor"] == "Ada"

    def test_counts_only_when_all_of_it_is_read(self, store):
        with store.write() as connection:
            sample = self.drawn(connection)
            read(connection, sample.ids[:-1], 20)
            told = estimate(connection, 0.8)
            assert (told.method, told.sample_read, told.sample_size) == ("ranked windows", 39, 40)
            read(connection, sample.ids[-1:], 20)
            told = estimate(connection, 0.8)
        assert (told.method, told.guaranteed, told.sample_read) == ("random sample", True, 40)
        # 25 would be 80%: six of the hundred are missing.
        assert told.p_value == pytest.approx(hypergeom.cdf(0, 100, 6, 40))
        # One look has four fifths of the error.
        assert told.may_stop == (told.p_value < 0.04)
        assert "random sample of 40 of the 100" in told.guarantee

    def test_later_finds_in_the_pool_help(self, store):
        with store.write() as connection:
            sample = self.drawn(connection)
            read(connection, sample.ids, 20)
            before = estimate(connection, 0.8)
            others = random_sample(connection, 10, 1)
            read(connection, others, 30, relevant=others[:2])
            after = estimate(connection, 0.8)
        assert after.method == "random sample"
        assert after.found == 22
        assert after.p_value == pytest.approx(hypergeom.cdf(0, 100, 6 + 2, 40))
        assert after.most_unread_relevant == before.most_unread_relevant - 2

    def test_does_not_speak_for_papers_that_came_after_it(self, store):
        with store.write() as connection:
            sample = self.drawn(connection)
            read(connection, sample.ids, 20)
            arrive(connection, ids(1, 300), minutes=30)
            assert estimate(connection).method == "ranked windows"
            read(connection, ids(1, 300), 40)
            assert estimate(connection).method == "random sample"

    def test_does_not_speak_for_papers_taken_back_after_it(self, store):
        with store.write() as connection:
            sample = self.drawn(connection)
            read(connection, sample.ids, 20)
            undo(connection, reviewer="Ada", now=NOW + timedelta(minutes=30), arxiv_id=ids(1)[0])
            assert estimate(connection).method == "ranked windows"

    def test_goes_on_without_papers_withdrawn_at_arxiv(self, store):
        with store.write() as connection:
            sample = self.drawn(connection)
            gone = sample.ids[0]
            upsert_papers(connection, [paper(gone, version=2, withdrawn=True)], NOW)
            assert drop_withdrawn(connection) == [gone]
            read(connection, sample.ids[1:], 20)
            told = estimate(connection, 0.8)
        assert (told.method, told.sample_size) == ("random sample", 39)

    def test_each_further_look_at_a_backlog_must_be_surer(self, store):
        with store.write() as connection:
            read(connection, self.drawn(connection).ids, 20)
            again = draw_sample(connection, 20, reviewer="Ada", now=NOW + timedelta(minutes=30))
            assert again.look == 2
            read(connection, again.ids, 40)
            told = estimate(connection, 0.5)
            assert told.method == "random sample"
            assert "0.8%" in told.guarantee
            # Once nothing of that backlog waits, counting starts again.
            waiting = random_sample(connection, 200, 1)
            read(connection, waiting, 50)
            arrive(connection, ids(5, 300), minutes=60)
            fresh = draw_sample(connection, 2, reviewer="Ada", now=NOW + timedelta(minutes=70))
        assert fresh.look == 1


def test_estimates_are_values(store):
    assert estimate(store) == estimate(store)
    assert isinstance(estimate(store), StoppingEstimate)


def test_a_line_for_a_person(store):
    assert estimate(store).summary() == "nothing waits"
    with store.write() as connection:
        arrive(connection, ids(120))
    assert estimate(store).summary().endswith("among 120 waiting (95%: 16 to 33); none read yet")
    with store.write() as connection:
        read(connection, ids(100), 5, relevant=ids(20))
    assert estimate(store, 0.9).summary() == (
        "about 4 relevant among 20 waiting (95%: 1 to 8); if reading went by likelihood, recall is "
        "95% or more: may stop (target 90%)"
    )


def test_the_proposed_sample_would_do_if_it_held_nothing(store):
    names = ids(400)
    with store.write() as connection:
        arrive(connection, names)
        read(connection, names[:100], 5, relevant=names[:60])
        # 63 would be 95%: four missing. A draw with p under 4% for none of them, and half more.
        least = next(n for n in range(301) if hypergeom.cdf(0, 300, 4, n) < 0.04)
        assert sample_size(connection) == least + (least + 1) // 2
        drawn = draw_sample(connection, least, reviewer="Ada", now=NOW + timedelta(minutes=10))
        read(connection, drawn.ids, 20)
        assert estimate(connection).may_stop
    assert sample_size(store, 0.999999) == 300 - least
