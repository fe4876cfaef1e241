"""The words of a suggestion: every fact in them, and nothing that a forge would act on."""

from __future__ import annotations

import html
import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from litmine.publish.entry import Approval, ListEntry
from litmine.publish.suggest.suggestion import (
    MOST_CHARACTERS,
    body,
    commit_message,
    inert,
    inert_markdown,
    list_of,
    renewed,
    title,
    up_to_date,
    was_ours,
)

EVIL = (
    "@torvalds fixes #1, closes owner/repo#2 and GH-3 <img src=x onerror=alert(1)> "
    "https://evil.example/ www.evil.example :shipit: `code` | cell | **bold** <!-- litmine:end --> "
    "a@evil.example [x](javascript:alert(1)) &#64;octocat 0123456789abcdef $x$ ![p](//e.example/p)"
)
# What GitHub acts on, in text with its entities resolved.
MENTION = re.compile(r"(?<![\w`/])@[A-Za-z0-9]")
ISSUE = re.compile(r"#\d|\bGH-\d", re.IGNORECASE)
ADDRESS = re.compile(r"\w://|\bwww\.|[\w.]@[\w-]", re.IGNORECASE)
COMMIT = re.compile(r"\b[0-9a-f]{7,40}\b")
EMOJI = re.compile(r":[a-z_]+:")
HIDDEN = "\u200b"

words = st.text(max_size=80) | st.lists(
    st.sampled_from(["@a", "#1", "GH-2", "https://x.y", "|", "`", "<b>", "\\", "a", " ", ":x:"]),
    max_size=8,
).map("".join)


def entry(number: int = 1, name: str = "Frugal decoding", **changes: object) -> ListEntry:
    """Return an invented approval."""
    approval = Approval(
        reviewer="Ada",
        decided_at=datetime(2026, 7, 1, 4, 0, tzinfo=UTC),
        model_id="model-1",
        relevance=0.934,
        scores={"inference/memory": 0.871},
    )
    fields: dict[str, object] = {
        "arxiv_id": f"2606.{number:05}",
        "title": name,
        "published": date(2026, 6, 29),
        "technique": ("quantization",),
        "cells": ("inference/memory", "inference/energy"),
        "approval": approval,
    }
    return ListEntry(**(fields | changes))  # type: ignore[arg-type]


def rendered(text: str) -> str:
    """HTML as a forge makes it."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)


def rows(text: str) -> list[list[str]]:
    """The cells of the table's rows, as HTML."""
    found = re.findall(r"<tr>(.*?)</tr>", rendered(text), re.DOTALL)[1:]
    return [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in found]


def test_every_fact_of_a_paper_is_told() -> None:
    (cells,) = rows(body([entry()], "README.md"))
    assert cells[0] == '<a href="https://arxiv.org/abs/2606.00001">Frugal decoding</a>'
    assert cells[1] == "inference/memory 0.87<br>inference/energy"
    assert cells[2:] == ["0.93", "<code>model-1</code>", "Ada", "2026-07-01"]


def test_a_paper_without_a_prediction_is_told_too() -> None:
    bare = Approval("Ada", datetime(2026, 7, 1, tzinfo=UTC))
    (cells,) = rows(body([entry(approval=bare)], "README.md"))
    assert cells[1:] == ["inference/memory<br>inference/energy", "", "", "Ada", "2026-07-01"]
    assert rows(body([entry(approval=None)], "README.md"))[0][4:] == ["", ""]


@pytest.mark.parametrize("where", ["title", "reviewer", "model", "note", "path"])
def test_strangers_words_do_nothing(where: str) -> None:
    approval = Approval(
        EVIL if where == "reviewer" else "Ada",
        datetime(2026, 7, 1, tzinfo=UTC),
        EVIL if where == "model" else "m",
    )
    one = entry(name=EVIL if where == "title" else "Fine", approval=approval)
    path = "docs/@ada #1.md" if where == "path" else "README.md"
    told = body([one], path, notes=[EVIL] if where == "note" else [])
    assert told.count("<!-- litmine:end -->") == 1
    shown = rendered(told)
    assert len(rows(told)) == 1
    assert len(rows(told)[0]) == 6
    assert re.findall(r"<a href=\"([^\"]*)\"", shown) == ["https://arxiv.org/abs/2606.00001"]
    tags = set(re.findall(r"<(?!!--)/?([a-z]+)", shown))
    assert tags <= {"p", "table", "thead", "tbody", "tr", "th", "td", "a", "br", "code", "ul", "li"}
    text = html.unescape(re.sub(r"<!--.*?-->|<code>.*?</code>|<[^>]+>", " ", shown))
    for sign in (MENTION, ISSUE, ADDRESS, EMOJI, COMMIT):
        assert not sign.search(text), sign.search(text)


@given(words)
def test_any_title_is_shown_as_it_is_and_does_nothing(name: str) -> None:
    told = inert_markdown(name)
    shown = rendered(f"| a |\n|:---|\n| [{told}](https://x.example/) |\n")
    assert shown.count("<td") == 1
    assert shown.count("<a ") == 1
    text = html.unescape(re.sub(r"<[^>]+>", "", shown))
    for sign in (MENTION, ISSUE, ADDRESS, EMOJI, COMMIT):
        assert not sign.search(text.replace("https://x.example/", ""))


@given(words)
def test_messages_of_commits_do_nothing(name: str) -> None:
    approval = Approval(name, datetime(2026, 7, 1, tzinfo=UTC), name)
    message = commit_message([entry(approval=approval)], "README.md")
    assert message.count("\n") == 5
    for sign in (MENTION, ISSUE, re.compile("://")):
        assert not sign.search(message)


def test_titles_stay_out_of_messages() -> None:
    message = commit_message([entry(name="Fixes the cache"), entry(2)], "docs/list.md")
    assert message.splitlines() == [
        "Add 2 papers to docs/list.md",
        "",
        "- 2606.00001; inference/memory 0.87, inference/energy; relevance 0.93; model model-1; "
        "approved by Ada; 2026-07-01",
        "- 2606.00002; inference/memory 0.87, inference/energy; relevance 0.93; model model-1; "
        "approved by Ada; 2026-07-01",
        "",
        "List: docs/list.md",
    ]
    assert inert("Fixes #12, see GH-4 @ada") == "Fixes no. 12, see GH 4 (at)ada"


@pytest.mark.parametrize("count", [1, 100, 200, 350, 500, 7000])
def test_a_body_fits_however_many_papers_there_are(count: int) -> None:
    papers = [entry(n, "Größe 漢字 😀 " * 12) for n in range(1, count + 1)]
    told = body(papers, "README.md")
    assert len(told) <= MOST_CHARACTERS
    assert len(told.encode()) <= 4 * MOST_CHARACTERS
    assert told.rstrip().endswith("<!-- litmine:end -->")
    mentioned = len(set(re.findall(r"abs/(2606\.\d{5})\)", told)))
    if count <= 350:
        assert mentioned == count
    else:
        assert f"And {count - mentioned} more of the {count}" in told
    # The message of the commit holds them all, whatever their number.
    assert commit_message(papers, "README.md").count("\n- 2606.") == count


def test_the_longest_possible_body_is_nearly_full() -> None:
    told = body([entry(n) for n in range(1, 3000)], "README.md")
    assert MOST_CHARACTERS - 500 < len(told) <= MOST_CHARACTERS


def test_what_people_write_around_it_stays_and_fits() -> None:
    papers = [entry(n) for n in range(1, 3000)]
    first = body(papers[:1], "README.md")
    theirs = "Look! " * 3000
    assert renewed("", lambda most: first) == first
    assert renewed(theirs, lambda most: first).endswith(f"\n{theirs}")
    both = renewed(f"Above\n{first}{theirs}", lambda most: body(papers, "README.md", most=most))
    assert both.startswith("Above\n<!-- litmine:begin")
    assert both.endswith(theirs)
    assert len(both) <= 65_536
    assert both.count("<!-- litmine:begin") == 1


def test_words_are_renewed_when_facts_change() -> None:
    one = body([entry()], "README.md")
    assert up_to_date(f"Above\n{one}\nbelow", body([entry()], "README.md"))
    assert not up_to_date(one, body([entry(), entry(2)], "README.md"))
    assert not up_to_date(one, body([entry(cells=("inference/energy",))], "README.md"))
    assert not up_to_date(one, body([entry()], "README.md", taken_back=["2606.00002"]))
    assert not up_to_date("by hand", one)


def test_whose_words_they_are() -> None:
    assert list_of(body([entry()], "docs/my list--.md")) == "docs/my list--.md"
    assert list_of("by hand") is None
    assert was_ours(title(1, "README.md"))
    assert was_ours(title(12, "docs/a b.md"))
    assert not was_ours("For the July meeting")
