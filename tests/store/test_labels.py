"""Labels: the seeded corpus can be replaced, the reviewers' part stays."""

from __future__ import annotations

from litmine.store.labels import (
    all_labels,
    corpus_fingerprint,
    count_labels,
    delete_label,
    finish_corpus,
    put_labels,
)
from tests.support.rows import label


def test_round_trip_and_replacement(store):
    full = label("2401.00625", "list", relevant=-1, weak_stages=("inference",), lists=3, split=None)
    with store.write() as connection:
        put_labels(connection, [label("2401.00625", "list"), full])
        assert all_labels(connection) == [full]


def test_the_most_trusted_source_speaks_and_ids_are_in_byte_order(store):
    ids = ["cs/0606001", "Cs/0606001", "cs-x/0606001", "2401.00625"]
    with store.write() as connection:
        put_labels(connection, [label(i, "list") for i in ids])
        put_labels(connection, [label(ids[0], "review", relevant=0), label(ids[0], "gold")])
        put_labels(connection, [label(ids[1], "gold")])
        found = all_labels(connection)
    assert [one.arxiv_id for one in found] == sorted(ids)
    assert {one.arxiv_id: one.source for one in found} == {
        ids[0]: "review",
        ids[1]: "gold",
        ids[2]: "list",
        ids[3]: "list",
    }


def replace_corpus(connection, items, fingerprint):
    put_labels(connection, items)
    finish_corpus(connection, {(one.arxiv_id, one.source) for one in items}, fingerprint)


def test_replacing_the_corpus_keeps_what_reviewers_decided(store):
    with store.write() as connection:
        assert corpus_fingerprint(connection) is None
        replace_corpus(connection, [label("a"), label("b", "list")], "first")
        put_labels(connection, [label("a", "review"), label("c", "review")])
        replace_corpus(connection, [label("d")], "second")
        assert corpus_fingerprint(connection) == "second"
        assert count_labels(connection) == {"gold": 1, "review": 2}
        assert [one.arxiv_id for one in all_labels(connection)] == ["a", "c", "d"]
        replace_corpus(connection, [label("d")], "second")
        assert count_labels(connection) == {"gold": 1, "review": 2}


def test_a_label_is_forgotten_by_source(store):
    with store.write() as connection:
        put_labels(connection, [label("a"), label("a", "review")])
        delete_label(connection, "a", "review")
        delete_label(connection, "absent", "review")
        assert count_labels(connection) == {"gold": 1}
