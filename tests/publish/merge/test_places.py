"""Which heading of a hand-kept list a paper goes under, and where a new one is made."""

from __future__ import annotations

from datetime import date

import pytest

from litmine.core.taxonomy import load_taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.formats.markdown import render_markdown
from litmine.publish.merge import merge

TAXONOMY = load_taxonomy()
TABLE = (
    "| Date | Keywords | Paper | Venue |\n|---|---|---|---|\n"
    "| 2020 | x | [An Old Paper](https://a.example) | y |\n"
)


def entry(technique: str, cell: str, number: int = 1, title: str = "A New Paper") -> ListEntry:
    return ListEntry(
        f"2501.{number:05}", title, date(2025, 1, 2), (technique,) if technique else (), (cell,)
    )


PRUNING = entry("pruning", "inference/memory")


def placed(text: str, one: ListEntry = PRUNING) -> str:
    """The headings above the new line."""
    result = merge(text, [one], TAXONOMY)
    assert len(result.added) == 1
    return result.added[0].section


@pytest.mark.parametrize(
    "heading",
    [
        "Pruning",
        "PRUNING",
        "pruning ##",
        "🔥 Pruning 🔥",
        ":scissors: Pruning",
        "3.1 Pruning",
        "3.1. Pruning",
        "(3) Pruning",
        "IV. Pruning",
        "§2 Pruning",
        "Section VI: Pruning",
        "[Pruning](#pruning)",
        "<a id='p'></a>Pruning",
        "**Pruning**",
        "_Pruning_ of LLMs",
        "Pruning (42)",
        "Pruning ([Back to Top](#top))",
        "Pruning {#pruning}",
        "Prunning",
        "LLM Pruning Methods",
        "Network Pruning / Sparsity",
        "Structured pruning",
        "Sparsification",
    ],
)
def test_a_heading_by_any_other_name(heading: str) -> None:
    text = f"# List\n\n## LLM Inference\n\n### Quantization\n\n{TABLE}\n### {heading}\n\n{TABLE}"
    result = merge(text, [PRUNING], TAXONOMY)
    assert result.text.count("\n#") == text.count("\n#"), "a heading was made"
    assert result.added[0].section == f"List > LLM Inference > {heading.removesuffix(' ##')}"


@pytest.mark.parametrize(
    ("stage", "one"),
    [
        ("Inference", PRUNING),
        ("Efficient Inference", PRUNING),
        ("2. LLM Inference Optimization", PRUNING),
        ("Infernce", PRUNING),
        ("Training", entry("other", "pretraining/cost")),
        ("Efficient Pre-training", entry("other", "pretraining/cost")),
        ("LLM Pretraining", entry("other", "pretraining/cost")),
        ("Fine tuning", entry("other", "finetuning/cost")),
        ("Model Architectures", entry("other", "architecture/cost")),
        ("Systems", entry("other", "system/cost")),
        ("System-Level Efficiency Optimization", entry("other", "system/cost")),
    ],
)
def test_a_list_of_stages_alone_gets_no_finer_headings(stage: str, one: ListEntry) -> None:
    text = f"# List\n\n## News\n\n- x\n\n## {stage}\n\n{TABLE}\n## Citation\n"
    assert placed(text, one) == f"List > {stage}"
    assert merge(text, [one], TAXONOMY).text.count("#") == text.count("#")


def test_the_stage_decides_between_headings_of_one_name() -> None:
    text = "".join(
        f"## {stage}\n\n### Mixed precision\n\n{TABLE}\n" for stage in ("Fine-Tuning", "Training")
    )
    assert placed(text, entry("mixed-precision", "pretraining/memory")).startswith("Training")


def test_underlined_html_and_glued_headings() -> None:
    for heading in ("Pruning\n-------", "<h3>Pruning</h3>", '<h2 align="center">\nPruning\n</h2>'):
        text = f"# List\n\n## Inference\n\n{heading}\n\n{TABLE}"
        assert placed(text).endswith("> Pruning")
    result = merge(f"# List\n\n## Inference\n\n###Pruning\n\n{TABLE}", [PRUNING], TAXONOMY)
    assert result.added[0].section.endswith("> Pruning")
    assert [problem.kind for problem in result.problems] == ["heading"]


def test_folds_and_bold_lines_are_headings_if_they_mean_something() -> None:
    fold = f"<details>\n<summary>Pruning</summary>\n\n{TABLE}\n</details>\n"
    assert placed(f"# L\n\n## Inference\n\n{fold}").endswith("> Pruning")
    unnamed = f"<details>\n<summary>Show all</summary>\n\n{TABLE}\n</details>\n"
    text = f"# L\n\n## Inference\n\n### Pruning\n\n{unnamed}\n## Citation\n"
    result = merge(text, [PRUNING], TAXONOMY)
    lines = result.text.split("\n")
    assert lines.index("</details>") > result.added[0].line
    assert placed(f"# L\n\n## Inference\n\n**Pruning**\n\n{TABLE}").endswith("> Pruning")
    assert "**Note**" not in placed(f"# L\n\n## Inference\n\n**Note**\n\n{TABLE}")


def test_items_of_a_list_may_be_headings() -> None:
    text = (
        "# L\n\n- Inference\n  - Quantization\n    - [B](https://b.example)\n"
        "  - Pruning\n    - [A](https://a.example)\n"
    )
    result = merge(text, [PRUNING], TAXONOMY)
    assert result.text == text + "    - [A New Paper](https://arxiv.org/abs/2501.00001)\n"


def test_a_new_heading_stands_where_it_does_in_our_own_list() -> None:
    text = (
        "# L\n\n## LLM Inference\n\n### Model Compression\n\n#### Quantization\n\n"
        f"{TABLE}\n### Dynamic Acceleration\n\n#### Input Pruning\n\n{TABLE}\n## Citation\n\nx\n"
    )
    one = entry("distillation", "inference/memory")
    out = merge(text, [PRUNING, entry("distillation", "inference/memory", 2)], TAXONOMY).text
    heads = [line for line in out.split("\n") if line.startswith("#")]
    assert heads == [
        "# L",
        "## LLM Inference",
        "### Model Compression",
        "#### Pruning",
        "#### Quantization",
        "#### Knowledge Distillation",
        "### Dynamic Acceleration",
        "#### Input Pruning",
        "## Citation",
    ]
    assert placed(text, one) == "L > LLM Inference > Model Compression > Knowledge Distillation"


def test_new_stages_stand_in_order_and_before_the_back_matter() -> None:
    text = (
        f"# L\n\n## News\n\n- x\n\n## Fine-Tuning\n\n{TABLE}\n---\n\n## Citation\n\n```\nx\n```\n"
    )
    some = [
        PRUNING,
        entry("sequence-model", "architecture/memory", 2),
        entry("serving", "system/cost", 3),
    ]
    out = merge(text, some, TAXONOMY).text
    heads = [line for line in out.split("\n") if line.startswith("## ")]
    assert heads == [
        "## News",
        "## LLM Architecture Design",
        "## Fine-Tuning",
        "## LLM Inference",
        "## System Design",
        "## Citation",
    ]
    assert out.endswith("\n---\n\n## Citation\n\n```\nx\n```\n")


def test_siblings_right_below_the_stage_get_one_more_beside_them() -> None:
    text = f"# L\n\n## Inference\n\n### Quantization\n\n{TABLE}"
    assert placed(text) == "L > Inference > Pruning"


def test_metrics_news_and_contents_are_no_sections() -> None:
    text = (
        "# L\n\n## Contents\n\n- [Pruning](#pruning)\n\n## Latest News\n\n- x\n\n"
        f"## Efficiency Metrics & Benchmarks\n\n### Pruning\n\n{TABLE}\n## Inference\n\n{TABLE}"
    )
    assert placed(text) == "L > Inference"


def test_papers_under_the_table_of_contents() -> None:
    text = f"# Awesome list\n\n## Table of Contents\n\n### Pruning\n\n{TABLE}"
    assert placed(text) == "Awesome list > Table of Contents > Pruning"


def test_a_list_without_sections() -> None:
    assert placed(f"# Some papers\n\nHello.\n\n{TABLE}") == "Some papers"
    years = f"# Papers\n\n## 2025\n\n{TABLE}\n## 2024\n\n{TABLE}"
    assert placed(years) == "Papers > 2025"
    below = f"# L\n\n## Pruning\n\n### 2025\n\n{TABLE}\n### 2024\n\n{TABLE}"
    assert placed(below) == "L > Pruning > 2025"


def test_the_papers_own_words_choose_among_finer_headings() -> None:
    text = f"# L\n\n## Pruning\n\n### Structured\n\n{TABLE}\n### Unstructured\n\n{TABLE}"
    one = entry("pruning", "inference/memory", title="An Unstructured Way to Prune")
    assert placed(text, one) == "L > Pruning > Unstructured"


def test_a_heading_that_stands_twice_is_told_of() -> None:
    text = f"# L\n\n## Inference\n\n### Pruning\n\n{TABLE}\n### Pruning\n\n{TABLE}"
    result = merge(text, [PRUNING], TAXONOMY)
    assert result.added[0].line < 12
    assert [(c.kind, c.lines) for c in result.conflicts if c.kind == "heading"] == [
        ("heading", (5, 11))
    ]


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("", ""),
        ("\n\n", "\n"),
        ("```\nall code\n", "```\nall code\n"),
        ("<!-- all hidden\n# L\n", "<!-- all hidden\n# L\n"),
        ("---\ntitle: x\n---\n", "\n"),
        ("<pre>\n", "<pre>\n"),
    ],
)
def test_lists_that_are_hardly_there(text: str, end: str) -> None:
    result = merge(text, [PRUNING], TAXONOMY)
    assert "### Model Compression\n\n#### Pruning\n\n| Date |" in result.text
    assert result.text.endswith(end)
    assert merge(result.text, [PRUNING], TAXONOMY).text == result.text
    if text.startswith("---"):
        assert result.text.startswith(text)


def test_our_own_list_merged_into_itself_stays_and_takes_more() -> None:
    some = [entry(t.id, "inference/memory", n, f"T {n}") for n, t in enumerate(TAXONOMY.techniques)]
    text = render_markdown(some[:-5], TAXONOMY)
    assert merge(text, some[:-5], TAXONOMY).text == text
    grown = merge(text, some, TAXONOMY).text.split("\n")
    assert sorted(grown) == sorted(render_markdown(some, TAXONOMY).split("\n"))


def test_a_table_that_is_shown_as_text_takes_rows_unless_it_would_take_them_in() -> None:
    row = "| 2020 | x | [An Old Paper](https://a.example) | y |\n"
    head = "# L\n\n## Pruning\n\n| Date | Keywords | Paper | Venue |\n"
    new = "| 2025 | Pruning | [A New Paper](https://arxiv.org/abs/2501.00001) | arXiv |\n"
    assert merge(head + row, [PRUNING], TAXONOMY).text == head + new + row
    for cut in (row.replace("Old ", "Old\n"), row.replace("x", "`x"), row.replace("x", "<b")):
        out = merge(head + cut, [PRUNING], TAXONOMY).text
        assert out.startswith(head + cut + "\n| Date |")
        assert out.endswith("|\n" + new.replace("2025 ", "2025-01 ", 1))
