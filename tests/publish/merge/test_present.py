"""What stands in a list is recognised, and what is odd about it is told, with its line."""

from __future__ import annotations

from datetime import date

import pytest

from litmine.core.errors import InputError
from litmine.core.taxonomy import load_taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.merge import lines_naming, merge

TAXONOMY = load_taxonomy()
TITLE = "Pruning Very Large Language Models in One Go"
ENTRY = ListEntry(
    "2503.00001",
    TITLE,
    date(2025, 3, 4),
    ("pruning",),
    ("inference/memory",),
    doi="10.1145/3600006.3613165",
)
URL = "https://arxiv.org/abs/2503.00001"
HEAD = "# L\n\n## Pruning\n\n| Date | Paper |\n|--|--|\n"
ROW = f"| 2025 | [{TITLE}]({URL}) |\n"


def kinds(text: str, *entries: ListEntry) -> list[tuple[str, tuple[int, ...]]]:
    """Merge what must change nothing, and give the conflicts."""
    result = merge(text, entries or (ENTRY,), TAXONOMY)
    assert not result.changed
    return [(conflict.kind, conflict.lines) for conflict in result.conflicts]


@pytest.mark.parametrize(
    "row",
    [
        ROW,
        f"| 2025 | [Another](https://arxiv.org/pdf/2503.00001v4) {TITLE} |\n",
        "| 2025 | [Pruning LLMs](https://dl.acm.org/doi/10.1145/3600006.3613165) |\n",
        f"| 2025 | {TITLE} |\n",
        f"| 2025 | **{TITLE.upper()}.** |\n",
        f"| 2025 | [{TITLE}](https://proceedings.example.org/17) |\n",
        f"| 2025 | <a href='https://openreview.net/forum?id=x'>{TITLE}</a> |\n",
        f"| 2025 | {TITLE}<br>A. Author, B. Author |\n",
        f" 2025 | [{TITLE}]({URL})",
        f"| 2025 | {TITLE.replace(' ', '&nbsp;')} |\n",
    ],
)
def test_recognised_without_a_word(row: str) -> None:
    assert kinds(HEAD + row) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"# L\n\nSee [{TITLE}]({URL}).\n\n{HEAD[5:]}", [("mention", (3,))]),
        (f"{HEAD}\n```\n{ROW}```\n", [("hidden", (9,))]),
        (f"{HEAD}\n<!-- {ROW.strip()} -->\n", [("hidden", (8,))]),
        (f"{HEAD}\n<!--\n\n{ROW}\n-->\n", [("hidden", (10,))]),
        (f"{HEAD}\n```\n{ROW}", [("hidden", (9,))]),
        (f"{HEAD}{ROW}{ROW}", [("twice", (7, 8))]),
        (f"{HEAD}{ROW}\n## Edge\n\n- {TITLE}\n", [("twice", (7, 11))]),
        (f"{HEAD}| 2025 | [Some Other]({URL}) |\n", [("title", (7,))]),
        (f"{HEAD}| 2023 | [{TITLE}]({URL}) |\n", [("date", (7,))]),
        (f"{HEAD}| 2025 | [{TITLE}](https://arxiv.org/abs/2503.00009) |\n", [("id", (7,))]),
        (f"{HEAD}\n## LLM System Design\n\n- [{TITLE}]({URL})\n", [("section", (10,))]),
        (f"{HEAD[:5]}\n## System Design\n\n- [{TITLE}]({URL})\n", [("section", (6,))]),
    ],
)  # fmt: skip
def test_conflicts_are_told_with_their_lines(
    text: str, found: list[tuple[str, tuple[int, ...]]]
) -> None:
    assert kinds(text) == found


def test_a_listed_line_counts_before_a_mention() -> None:
    result = merge(f"# L\n\nSee {URL}.\n\n{HEAD[5:]}{ROW}", [ENTRY], TAXONOMY)
    assert [(one.line, one.by) for one in result.present] == [(9, "arXiv id")]


def test_two_papers_of_one_title_are_two_papers() -> None:
    twin = ListEntry("2504.00002", TITLE, date(2025, 4, 1), ("pruning",), ("inference/memory",))
    result = merge(HEAD, [ENTRY, twin], TAXONOMY)
    assert len(result.added) == 2
    one_by_one = merge(merge(HEAD, [ENTRY], TAXONOMY).text, [ENTRY, twin], TAXONOMY)
    assert one_by_one.text == result.text


def test_a_short_title_alone_is_not_enough() -> None:
    mamba = ListEntry("2312.00752", "Mamba", date(2023, 12, 1), ("pruning",), ("inference/memory",))
    text = f"{HEAD}| 2023 | [Mamba](https://arxiv.org/abs/2301.00001) |\n| 2023 | Mamba 2 |\n"
    assert len(merge(text, [mamba], TAXONOMY).added) == 1
    assert kinds(f"{HEAD}| 2023 | [Mamba](https://x.example) |\n", mamba) == []


def test_a_title_within_another_is_another_paper() -> None:
    long = f"{HEAD}| 2025 | [A Survey of {TITLE}](https://arxiv.org/abs/2503.00009) |\n"
    assert len(merge(long, [ENTRY], TAXONOMY).added) == 1


def test_nearly_the_same_title_is_told() -> None:
    near = f"{HEAD}| 2025 | [Pruning Very Large Language Model in One Go](https://x.example) |\n"
    result = merge(near, [ENTRY], TAXONOMY)
    assert len(result.added) == 1
    assert [(c.kind, c.lines) for c in result.conflicts] == [("similar", (7,))]
    assert (result.line_now(7), result.line_now(8)) == (7, 9)


def test_what_a_person_took_out_is_not_put_back() -> None:
    result = merge(HEAD, [ENTRY], TAXONOMY, skip={"2503.00001"})
    assert not result.changed
    assert result.withheld == ("2503.00001",)
    assert merge(HEAD + ROW, [ENTRY], TAXONOMY, skip={"2503.00001"}).present


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("# L\n\n```\nx\n", "fence", 3),
        ("# L\n\n<!-- x\n", "comment", 3),
        ("# L\n\n<div>\n<!-- x\n</div>\n\ny\n", "comment", 4),
        ("# L\n\n<pre>\nx\n", "raw", 3),
        ("# L\n\n##Pruning\n", "heading", 3),
        ("# L\n\n<<<<<<< HEAD\n- x\n=======\n- y\n>>>>>>> theirs\n", "conflict", 3),
        ("# L\n\n| Date | Paper |\n| 2020 | [x](https://a.example) |\n", "header", 3),
        ("# L\n\n| Date | Paper |\n---\n", "header", 4),
        ("# L\n\n| Date | Paper |\n|--|--|--|\n", "header", 3),
        ("# L\n\n| Date | Paper |\n|--|--|\n\n| 2020 | x |\n", "orphan", 6),
        ("# L\n\n| Date | Paper |\n|--|--|\n| 2020 | x | y |\n", "cells", 5),
        ("# L\n\n| Date | Paper |\n|--|--|\n| 2020 x |\n", "cells", 5),
    ],
)
def test_damage_is_told_with_its_line(text: str, kind: str, line: int) -> None:
    result = merge(text, [], TAXONOMY)
    assert [(problem.kind, problem.line) for problem in result.problems] == [(kind, line)]
    assert not result.changed


def test_what_is_no_text_is_refused() -> None:
    for raw in (b"\xff\xfe#\x00", b"a\x00b", "a\x00b"):
        with pytest.raises(InputError, match=r"UTF-16|NUL"):
            merge(raw, [ENTRY], TAXONOMY)
    with pytest.raises(InputError, match="twice"):
        merge("", [ENTRY, ENTRY], TAXONOMY)


def test_lines_naming() -> None:
    text = f"{HEAD}{ROW}\n{URL}\n\n- {URL}\n"
    assert lines_naming(text, ["2503.00001", "2503.00009"]) == {"2503.00001": (7, 11)}
    assert lines_naming(text, []) == {}
