"""Papers: idempotent upserts in any order, versions, withdrawals, what is still to be done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import reduce

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from litmine.core.merge import merge_papers
from litmine.core.paper import Paper, PaperVersion
from litmine.store.papers import (
    backlog,
    count_papers,
    get_papers,
    known_versions,
    papers_to_judge_again,
    papers_without_prediction,
    papers_without_vector,
    upsert_papers,
)
from litmine.store.predictions import put_predictions
from litmine.store.queue import enqueue
from litmine.store.schema import papers as papers_table
from litmine.store.vectors import put_vectors
from tests.support.papers import accounts, paper
from tests.support.rows import ENCODER, MODEL, NOW, prediction

LATER = NOW + timedelta(days=1)
ONE = "2606.00001"


def stored(store, arxiv_id=ONE) -> Paper:
    with store.read() as connection:
        return get_papers(connection, [arxiv_id])[arxiv_id]


def put(store, *papers, now=NOW):
    with store.write() as connection:
        return upsert_papers(connection, papers, now)


def clock_columns(store):
    with store.read() as connection:
        return connection.execute(select(papers_table.c.stored_at, papers_table.c.changed_at)).one()


def test_what_goes_in_comes_out(store):
    full = paper(
        title="Größe $O(n^2)$ <b> & 😀 漢字",
        abstract="a 'quoted' \"text\" \\ with %s :name",
        comments="5 pages",
        journal_ref="J. 1",
        doi="10.1/x",
        license="by",
        withdrawn=True,
        versions=(
            PaperVersion(1, datetime(2026, 6, 1, 23, 59, 59, 123456, tzinfo=UTC)),
            PaperVersion(2, None),
        ),
    )
    bare = Paper("2606.00002", "", "")
    put(store, full, bare)
    assert stored(store) == full
    assert stored(store, "2606.00002") == bare


def test_a_second_upsert_changes_nothing_not_even_the_stamps(store):
    first = put(store, paper(), paper("2606.00002"))
    assert (sorted(first.new), first.changed, first.unchanged) == (
        ["2606.00001", "2606.00002"],
        [],
        0,
    )
    again = put(store, paper(), paper("2606.00002"), now=LATER)
    assert (again.new, again.changed, again.unchanged) == ([], [], 2)
    with store.read() as connection:
        stamps = connection.execute(
            select(papers_table.c.stored_at, papers_table.c.changed_at)
        ).all()
    assert {tuple(row) for row in stamps} == {(NOW, NOW)}


def test_a_change_moves_changed_at_only(store):
    put(store, paper())
    result = put(store, paper(version=2, title="New"), now=LATER)
    assert result.changed == [ONE]
    assert tuple(clock_columns(store)) == (NOW, LATER)
    assert stored(store).title == "New"


def test_an_older_account_never_overwrites(store):
    newer = paper(version=2, title="New", withdrawn=True)
    put(store, newer)
    put(store, paper(version=1, title="Old", versions=()))
    assert stored(store).title == "New"
    assert stored(store).withdrawn


def test_versions_are_gathered(store):
    day = datetime(2026, 6, 2, tzinfo=UTC)
    put(store, paper(versions=(PaperVersion(1, None),)))
    put(store, paper(version=2, versions=(PaperVersion(2, day),)))
    assert stored(store).versions == (PaperVersion(1, None), PaperVersion(2, day))


def test_accounts_within_one_call_are_merged(store):
    result = put(store, paper(version=2, title="New"), paper(version=1, title="Old"))
    assert result.new == [ONE]
    assert stored(store).title == "New"


def test_dry_run_tells_and_stores_nothing(store):
    put(store, paper())
    with store.write() as connection:
        told = upsert_papers(
            connection, [paper(version=2), paper("2606.00002")], LATER, dry_run=True
        )
    assert (told.new, told.changed) == (["2606.00002"], [ONE])
    with store.read() as connection:
        assert known_versions(connection, [ONE, "2606.00002"]) == {ONE: 1}


# The fixture's database is shared by the examples: each starts by emptying it.
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(told=st.lists(accounts(), min_size=1, max_size=5), data=st.data())
def test_stored_result_does_not_depend_on_order_batches_or_repetition(store, told, data):
    with store.write() as connection:
        connection.execute(delete(papers_table))
    order = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told)))))
    for batch in _cut(order, data.draw(st.integers(1, 3))):
        put(store, *batch)
    assert stored(store) == reduce(merge_papers, told)


def _cut(items: list[Paper], size: int) -> Iterator[list[Paper]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def test_two_writers_at_once_lose_nothing(store):
    gate = threading.Barrier(2)
    errors: list[BaseException] = []

    def write(one: Paper) -> None:
        try:
            gate.wait(10)
            put(store, one)
        except BaseException as error:
            errors.append(error)

    for number in range(10):
        arxiv_id = f"2606.{number:05}"
        one = paper(arxiv_id, datestamp=None, doi="10.1/x", license=None)
        two = paper(arxiv_id, datestamp=None, doi=None, license="by")
        threads = [threading.Thread(target=write, args=(p,)) for p in (one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors
        assert stored(store, arxiv_id) == merge_papers(one, two)


def test_many_ids_at_once(store):
    ids = [f"2606.{n:05}" for n in range(1, 2001)]
    put(store, *(paper(i) for i in ids))
    with store.read() as connection:
        assert count_papers(connection) == 2000
        assert len(get_papers(connection, ids)) == 2000
        assert len(known_versions(connection, ids)) == 2000
        assert set(get_papers(connection, [ids[5], "2606.99999"])) == {ids[5]}


def test_naive_time_stamps_are_refused(store):
    with pytest.raises(Exception, match="naive datetime"):
        put(store, paper(), now=datetime(2026, 7, 1))  # noqa: DTZ001


def encode(store, *ids, content=None):
    with store.write() as connection:
        have = get_papers(connection, ids)
        hashes = [content or have[i].content_hash for i in ids]
        put_vectors(connection, ENCODER, ids, hashes, np.ones((len(ids), 3)))


def waiting(store):
    with store.read() as connection:
        return (
            papers_without_vector(connection, ENCODER),
            papers_without_prediction(connection, ENCODER),
            backlog(connection),
        )


def test_work_follows_the_text(store):
    two = "2606.00002"
    put(store, paper(), paper(two), paper("2606.00003", withdrawn=True))
    assert waiting(store) == ([ONE, two], [], {"unencoded": 2, "unjudged": 2})

    encode(store, ONE, two)
    assert waiting(store) == ([], [ONE, two], {"unencoded": 0, "unjudged": 2})

    with store.write() as connection:
        put_predictions(connection, [prediction(ONE), prediction(two)])
    assert waiting(store) == ([], [], {"unencoded": 0, "unjudged": 0})

    # New metadata, same text: nothing to do. New text: both again.
    put(store, paper(comments="now with code", datestamp=date(2026, 7, 2)))
    assert waiting(store)[:2] == ([], [])
    put(store, paper(version=2, abstract="Another text."))
    assert waiting(store) == ([ONE], [], {"unencoded": 1, "unjudged": 1})
    encode(store, ONE)
    assert waiting(store) == ([], [ONE], {"unencoded": 0, "unjudged": 1})


def test_a_corpus_vector_is_not_a_vector_of_the_text(store):
    put(store, paper())
    with store.write() as connection:
        put_vectors(connection, ENCODER, [ONE], [None], np.ones((1, 3)))
    assert waiting(store) == ([ONE], [], {"unencoded": 1, "unjudged": 1})


def test_what_an_earlier_model_judged_is_not_pending(store):
    put(store, paper())
    encode(store, ONE)
    with store.write() as connection:
        put_predictions(connection, [replace(prediction(ONE), model_id="model-0")])
    assert waiting(store) == ([], [], {"unencoded": 0, "unjudged": 0})


def again(store, model="model-2", **which):
    with store.read() as connection:
        return papers_to_judge_again(connection, model, **which)


def test_another_model_judges_again_only_what_was_judged_and_newest_first(store):
    two, three, four = "2606.00002", "2606.00003", "2606.00004"
    put(
        store,
        paper(published=date(2026, 6, 1)),
        paper(two, published=date(2026, 6, 20)),
        paper(three, published=None, datestamp=date(2026, 6, 25)),
        paper(four),
    )
    with store.write() as connection:
        put_predictions(connection, [prediction(i) for i in (ONE, two, three)])
        put_predictions(connection, [prediction(two, model_id="model-2")])
    assert again(store) == [three, ONE]
    assert again(store, since=date(2026, 6, 2)) == [three]
    assert again(store, waiting_only=True) == []
    with store.write() as connection:
        enqueue(connection, MODEL, 0.1, NOW)
    assert again(store, waiting_only=True) == [three, ONE]
    # A text that changed since makes the judgement an old one, a withdrawal makes it pointless.
    put(store, paper(two, version=2, abstract="Another text."))
    put(store, paper(three, version=2, withdrawn=True))
    assert again(store) == [two, ONE]
    assert again(store, MODEL) == [two]
