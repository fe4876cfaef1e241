"""``litmine review sample`` and ``audit`` on an invented queue."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from litmine.cli import app
from litmine.core.errors import InputError, NotFound
from litmine.review import ReviewDesk
from litmine.review.rules import auto_approve
from litmine.review.statistics.random_sample import random_sample
from litmine.store import open_store
from litmine.store.queue import enqueue, queue_counts
from tests.support.rows import MODEL, NOW, judge

IDS = tuple(f"2606.{n:05d}" for n in range(1, 31))


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("LITMINE_DATA_DIR", str(tmp_path))
    with open_store(f"sqlite:///{tmp_path / 'litmine.db'}") as opened:
        with opened.write() as connection:
            judge(connection, IDS, 0.95, relevant=1)
            enqueue(connection, MODEL, 0.1, NOW)
        yield opened


def run(*arguments):
    result = CliRunner().invoke(app, ["review", "--reviewer", "Ada", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_a_sample_is_listed_with_its_titles(store):
    said = run("sample", "4", "--seed", "7").splitlines()
    with store.read() as connection:
        expected = random_sample(connection, 4, 7)
    assert [line.split()[0] for line in said[:4]] == expected
    assert f"part {expected[0]}" in said[0]
    assert said[4] == "4 of 30 undecided papers, seed 7: decide all of them"


def test_a_sample_without_a_size_is_large_enough_for_the_target(store):
    drawn = json.loads(run("sample", "--json"))
    # Nothing found: a single missing paper would be too much, so nearly all must be read.
    assert (len(drawn["ids"]), drawn["pool"], drawn["look"]) == (30, 30, 1)
    assert json.loads(run("sample", "5", "--json"))["look"] == 2


def test_what_is_left_of_a_sample_is_listed_without_another_look(store):
    with pytest.raises(NotFound, match="no sample was drawn yet"):
        run("sample", "--rest")
    first, second, third = json.loads(run("sample", "3", "--json"))["ids"]
    run("reject", second)
    said = run("sample", "--rest").splitlines()
    assert [line.split()[0] for line in said[:2]] == [first, third]
    assert said[2].startswith("2 of the 3 papers drawn on ")
    assert json.loads(run("sample", "--rest", "--json"))["left"] == [first, third]
    with pytest.raises(InputError, match="draws nothing"):
        run("sample", "5", "--rest")
    assert json.loads(run("sample", "3", "--json"))["look"] == 2


def test_approvals_by_rule_are_listed_and_checked(store):
    assert "0 approved by rule, 0 to check; none checked yet" in run("audit")
    with store.write() as connection:
        auto_approve(connection, 0.9, 1.0, NOW + timedelta(minutes=1), limit=3)
    listed = json.loads(run("audit", "--json"))
    assert [one["arxiv_id"] for one in listed["due"]] == list(IDS[:3])
    first, second, _ = (str(one["decision_id"]) for one in listed["due"])
    run("audit", first, "right")
    said = run("audit", second, "wrong")
    assert IDS[2] in said
    assert "3 approved by rule, 1 to check; 1 of 2 checked are wrong: 50.0%" in said
    with store.read() as connection:
        assert queue_counts(connection)["approved"] == 2


@pytest.mark.parametrize("arguments", [("1",), ("1", "perhaps")])
def test_an_unclear_verdict_is_refused(store, arguments):
    with pytest.raises(InputError, match="right"):
        run("audit", *arguments)


def test_opinions_are_shown_once_the_reader_may_see_them(store, monkeypatch):
    monkeypatch.setenv("LITMINE_REVIEW__DOUBLE", "true")
    first = ReviewDesk(store, "Bo", double=True)
    first.reject(IDS[0], comment="only a survey")
    said = run("show", IDS[0])
    assert "one opinion is in already" in said
    assert "only a survey" not in said
    assert "disputed now" in run("approve", IDS[0])
    said = run("show", IDS[0])
    assert "opinion: reject by Bo: only a survey" in said
    assert "opinion: approve as inference/memory by Ada" in said
