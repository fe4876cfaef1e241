"""Links of a list: found in Markdown, tried when due, judged by two days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.publish.links.standing import HOLDS, Probe, due, judge, links_in, tidy
from litmine.store.links import Link

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
URL = "https://a.example/x"


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("| [T](https://a.example/x) | [PDF](<https://b.example/y>) |",
         ["https://a.example/x", "https://b.example/y"]),
        ("[T](https://a.example/x_(1)) end", ["https://a.example/x_(1)"]),
        ('[T](https://a.example "title")', ["https://a.example"]),
        ("[![badge](https://img.example/b.svg)](https://c.example/p)",
         ["https://img.example/b.svg", "https://c.example/p"]),
        ("see https://a.example/x, (https://b.example/y). **https://c.example**",
         ["https://a.example/x", "https://b.example/y", "https://c.example"]),
        ("<https://a.example/x>", ["https://a.example/x"]),
        ('<a href="https://a.example/x?a=1&amp;b=2">T</a>', ["https://a.example/x?a=1&b=2"]),
        ("[1]: https://a.example/x\n", ["https://a.example/x"]),
        ("https://a.example/x#part", ["https://a.example/x"]),
        ("HTTPS://A.Example/X", ["https://a.example/X"]),
        ("| a|https://a.example/x|b|", ["https://a.example/x"]),
        ("```\nhttps://code.example\n```\nhttps://a.example/x", ["https://a.example/x"]),
        ("`https://code.example` <!-- https://old.example -->", []),
        ("ftp://a.example mailto:x@a.example [T](#here) [U](docs/x.md)", []),
        ("https://[broken http:// https://", []),
        ("", []),
    ],
)  # fmt: skip
def test_links_in_markdown(text: str, urls: list[str]) -> None:
    assert [link.url for link in links_in(text)] == urls


def test_lines_are_counted_from_one() -> None:
    text = "https://a.example/1\r\n\r\n```\r\nhttps://no.example\r\n```\r\n[x](https://a.example/6)"
    assert [(link.url[-1], link.line) for link in links_in(text)] == [("1", 1), ("6", 6)]


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    for link in links_in(text + " https://a.example/x\n" + text):
        assert link.url.startswith(("http://", "https://"))
        assert tidy(link.url) == link.url
        assert 1 <= link.line <= 2 + 2 * text.count("\n")


def _known(outcome: str, failures: int = 0, at: datetime = NOW) -> Link:
    return Link(URL, outcome, None, None, failures, at)


def test_not_found_on_two_days_is_broken() -> None:
    first = judge(URL, Probe(404), None, NOW)
    assert (first.outcome, first.failures) == ("suspect", 1)
    same_day = judge(URL, Probe(404), first, NOW + timedelta(hours=3))
    assert (same_day.outcome, same_day.failures) == ("suspect", 1)
    next_day = judge(URL, Probe(410), same_day, NOW + DAY)
    assert (next_day.outcome, next_day.failures) == ("broken", 2)


def test_a_page_that_is_back_is_ok_at_once() -> None:
    back = judge(URL, Probe(200), _known("broken", 5), NOW + DAY)
    assert (back.outcome, back.failures) == ("ok", 0)
    gone = judge(URL, Probe(404), back, NOW + 2 * DAY)
    assert gone.outcome == "suspect"


@pytest.mark.parametrize("status", [401, 403, 405, 429, 451, 500, 503, 520, 999, None])
def test_everything_else_is_unknown_and_never_broken(status: int | None) -> None:
    known: Link | None = None
    for day in range(5):
        known = judge(
            URL, Probe(status, problem="" if status else "no answer"), known, NOW + day * DAY
        )
        assert known.outcome == "unknown"
        assert known.failures == 0


def test_silence_does_not_excuse_what_was_not_found() -> None:
    suspect = judge(URL, Probe(404), None, NOW)
    silent = judge(URL, Probe(None, problem="no answer in time"), suspect, NOW + DAY)
    assert (silent.outcome, silent.failures) == ("suspect", 1)
    assert judge(URL, Probe(404), silent, NOW + 2 * DAY).outcome == "broken"
    refused = judge(URL, Probe(403), _known("broken", 2), NOW + DAY)
    assert (refused.outcome, refused.failures, refused.status) == ("broken", 2, 403)


def test_a_page_that_moved_says_where() -> None:
    moved = judge(URL, Probe(200, "https://b.example/y"), None, NOW)
    assert (moved.outcome, moved.location) == ("moved", "https://b.example/y")
    front = judge(URL, Probe(200, problem="leads to the front page"), None, NOW)
    assert front.outcome == "unknown"


@pytest.mark.parametrize("outcome", sorted(HOLDS))
def test_only_old_results_are_asked_again(outcome: str) -> None:
    known = _known(outcome)
    assert not due(known, NOW + timedelta(hours=1))
    assert due(known, NOW + HOLDS[outcome])
    assert due(None, NOW)


def test_a_suspect_is_asked_on_the_next_day() -> None:
    late = NOW.replace(hour=23)
    assert due(_known("suspect", 1, late), late + timedelta(hours=2))
    assert not due(_known("unknown", 0, late), late + timedelta(hours=2))


_ANSWERS = st.sampled_from([200, 301, 404, 410, 403, 429, 500, None])


@given(st.lists(st.tuples(_ANSWERS, st.integers(0, 60)), max_size=12))
def test_broken_means_not_found_on_two_days_since_it_worked(
    answers: list[tuple[int | None, int]],
) -> None:
    known: Link | None = None
    now = NOW
    missing: set[object] = set()
    for status, hours in answers:
        now += timedelta(hours=hours)
        known = judge(URL, Probe(status, problem="" if status else "silent"), known, now)
        if status in {200, 301}:
            missing.clear()
        elif status in {404, 410}:
            missing.add(now.date())
        if known.outcome == "broken":
            assert len(missing) > 1
        if len(missing) == 0:
            assert known.outcome in {"ok", "unknown"}


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "piece",
    ["<!--", "`", "` ", "```\n", "[", "https://", "](https://a.example/(", "href=", "[a]: ", "))"],
)
def test_hostile_texts_take_no_longer_than_long_ones(piece: str) -> None:
    links_in("https://a.example/" + piece * 40_000)
