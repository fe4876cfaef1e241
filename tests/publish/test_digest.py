"""A digest as a mail and as JSON: whatever strangers wrote, it stays text."""

from __future__ import annotations

import email
import email.policy
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from litmine.publish.digest.content import (
    Alarm,
    Digest,
    PaperLine,
    SavedNews,
    Waiting,
    payload,
    percent,
    subject,
    unlinked,
)
from litmine.publish.digest.mail import compose
from litmine.publish.digest.message import render_html, render_text

NOW = datetime(2026, 7, 14, 5, 40, tzinfo=UTC)
NAMES = {"inference/memory": "Inference × Memory", "system/cost": "System × Cost"}
WAITING = Waiting({"pending": 3, "approved": 9}, NOW, "about 2 relevant among 3 waiting")


def digest(**changes: Any) -> Digest:
    fields: dict[str, Any] = {
        "night": date(2026, 7, 14),
        "made_at": NOW,
        "since": None,
        "failed": False,
        "queued": (),
        "queued_total": 0,
        "approved": (),
        "approved_total": 0,
        "waiting": WAITING,
        "names": NAMES,
    }
    return Digest(**(fields | changes))


def line(title: str = "Frugal caches", **changes: Any) -> PaperLine:
    return PaperLine("2607.00001", title, **changes)


STRANGE = st.text(max_size=60) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "$\\href{javascript:alert(1)}{x}$",
        "a\r\nBcc: m@evil.example",
        "https://evil.example www.evil.example m@evil.example",
        "</td></table></body></html>",
        "{{ 7*7 }}{% endif %}",
        "\u202eevil\u2066",
        ".\n.\n",
        "漢字 𝔏 é",
    ]
)


@settings(deadline=None)  # the first one reads the template
@given(STRANGE, STRANGE, STRANGE, STRANGE)
def test_strange_texts_stay_texts(title: str, name: str, problem: str, reviewer: str) -> None:
    paper = line(title, authors=(name, name, name), cells=("inference/memory",), relevance=0.5)
    told = digest(
        queued=(paper,),
        queued_total=1,
        approved=(replace(paper, reviewer=reviewer),),
        approved_total=1,
        alarms=(Alarm("run", problem),),
        saved=(SavedNews(name, title, (paper,), 1),),
    )
    text, page = render_text(told), render_html(told)
    tree = html.fromstring(page)
    tags = {element.tag for element in tree.iter() if isinstance(element.tag, str)}
    assert tags <= {
        "html", "head", "meta", "title", "style", "body", "div", "table", "tbody", "tr", "td",
        "p", "a", "span", "h1", "h2", "h3", "sub", "sup", "em", "strong", "code", "i",
    }  # fmt: skip
    assert {a.get("href") for a in tree.iter("a")} == {"https://arxiv.org/abs/2607.00001"}
    allowed = {"href", "style", "class", "role", "width", "align", "cellpadding", "cellspacing",
               "border", "lang", "charset", "name", "content", "aria-label"}  # fmt: skip
    assert {key for element in tree.iter() for key in element.attrib} <= allowed
    content = compose(
        "a@example.org", "b@example.org", subject(told), text, page, message_id="1@example.org",
        made_at=NOW,
    )  # fmt: skip
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    assert parsed["Bcc"] is None
    assert parsed["Subject"] == subject(told)
    body = parsed.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == text
    for said in (text, tree.text_content()):
        assert "\u202e" not in said
        assert "://evil" not in said
        assert "www.evil" not in said
    json.dumps(payload(told)).encode("utf-8")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "nothing new"),
        ({"queued_total": 3}, "3 new to review"),
        ({"queued_total": 3, "approved_total": 1}, "3 new to review, 1 approved"),
        ({"alarms": (Alarm("drift", "x"),)}, "1 alarm"),
        ({"alarms": (Alarm("run", "x"),) * 2, "failed": True}, "the night failed"),
        ({"saved": (SavedNews("Ada", "caches", (), 1),)}, "news in saved searches"),
    ],
)
def test_subject(changes: dict[str, Any], said: str) -> None:
    assert subject(digest(**changes)) == f"litmine, 14 July 2026: {said}"


def test_papers_by_cell_best_first() -> None:
    papers = (
        line("A", cells=("system/cost",), relevance=0.9),
        line("B", cells=("inference/memory", "system/cost"), relevance=0.8),
        line("C", relevance=0.7),
        line("D", cells=("system/cost",), relevance=0.6),
    )
    told = digest(queued=papers, queued_total=6)
    groups = [(name, [one.title for one in found]) for name, found in told.by_cell()]
    assert groups == [
        ("System × Cost", ["A", "D"]),
        ("Inference × Memory", ["B"]),
        ("No cell yet", ["C"]),
    ]
    assert "80% relevant; also System × Cost" in render_text(told)
    assert "... and 2 more." in render_text(told)


def test_formulas_are_read_in_both_parts() -> None:
    told = digest(queued=(line("From $O(n^2)$ to $O(n)$"),), queued_total=1)
    assert "From O(n²) to O(n)" in render_text(told)
    assert "<sup>2</sup>" in render_html(told)


def test_links_only_to_where_others_can_reach() -> None:
    alone = digest()
    assert "href" not in render_html(alone)
    reached = digest(review_url="https://r.example.org", site_url="https://s.example.org")
    links = {a.get("href") for a in html.fromstring(render_html(reached)).iter("a")}
    assert links == {"https://r.example.org/queue", "https://s.example.org/"}
    assert "Review:  https://r.example.org/queue" in render_text(reached)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pass@10 and recall@k", "pass@10 and recall@k"),
        ("write to m@evil.example", "write to m at evil.example"),
        ("see https://evil.example", "see https: //evil.example"),
        ("WWW.evil.example", "www .evil.example"),
        ("two\nlines\u202e", "two lines"),
    ],
)
def test_unlinked(text: str, shown: str) -> None:
    assert unlinked(text) == shown


def test_probabilities_are_never_certain() -> None:
    shares = (0.0, 0.001, 0.5, 0.999, 1.0, None)
    assert [percent(p) for p in shares] == ["0%", "<1%", "50%", ">99%", "100%", ""]
