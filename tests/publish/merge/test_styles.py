"""New lines look like their neighbours."""

from __future__ import annotations

from datetime import date

import pytest

from litmine.core.taxonomy import load_taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.merge import merge

TAXONOMY = load_taxonomy()
URL = "https://arxiv.org/abs/2503.00001"
ENTRY = ListEntry(
    "2503.00001",
    "A | New $x^2$ Paper",
    date(2025, 3, 4),
    ("pruning",),
    ("inference/memory", "system/energy"),
    (),
    "ICML 2025",
    authors=("Ada Lovelace", "Emmy Noether"),
)


def line(body: str, one: ListEntry = ENTRY) -> str:
    """The new line in a section with this content."""
    text = f"# L\n\n## Pruning\n\n{body}\n"
    result = merge(text, [one], TAXONOMY)
    assert not result.conflicts
    (added,) = result.added
    return result.text.split("\n")[added.line - 1]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            "| Date | Keywords | Paper | Venue |\n|--|--|--|--|\n"
            "| 2020 | Prune | [Old Paper Title](https://a.example) | ArXiv |",
            f"| 2025 | Pruning | [A \\| New x² Paper]({URL}) | ICML 2025 |",
        ),
        (  # other order, more columns, venues without years, arXiv spelt their way
            "|Venue|Stars|Title|Year|Notes|\n|--|--|--|--|--|\n"
            "|ICLR|⭐|[Old Paper Title](https://a.example)|2020|x|",
            f"|ICML||[A \\| New x² Paper]({URL})|2025||",
        ),
        (  # bold, months
            "| Paper | Published |\n|--|--|\n| **[Old Paper](https://a.example)** | 2020/05 |",
            f"| **[A \\| New x² Paper]({URL})** | 2025/03 |",
        ),
        (  # title and link apart
            "| Title | Authors | Link |\n|--|--|--|\n"
            "| Old Paper Title | A. Turing | [PDF](https://a.example) |",
            f"| A \\| New x² Paper | Ada Lovelace, Emmy Noether | [PDF]({URL}) |",
        ),
        (
            "| Title | Paper | Code |\n|--|--|--|\n"
            "| Old Paper Title | [[paper]](https://a.example) | [code](https://b.example) |",
            f"| A \\| New x² Paper | [[paper]]({URL}) |  |",
        ),
        (  # a labelled link behind a bold title
            "| Paper | Year |\n|--|--|\n| **Old Paper** [[arXiv]](https://a.example) | 2020 |",
            f"| **A \\| New x² Paper** [[arXiv]]({URL}) | 2025 |",
        ),
        (  # no outer pipes
            "Paper | Year\n--|--\n[Old Paper Title](https://a.example) | 2020",
            f"[A \\| New x² Paper]({URL}) | 2025",
        ),
        (  # a first cell that would be read as something else keeps its pipe
            "Notes | Paper\n--|--\nx | [Old Paper Title](https://a.example)",
            f"|  | [A \\| New x² Paper]({URL})",
        ),
        (  # keywords in the table's own spelling
            "| Keywords | Paper |\n|--|--|\n| weight pruning, Pruning | [B](https://b.example) |\n"
            "| Network-Pruning | [Some Title](https://b.example) |\n"
            "| PRUNING | [Some Other](https://a.example) |",
            f"| PRUNING | [A \\| New x² Paper]({URL}) |",
        ),
        (
            "| Date | Paper | Stage | Resource | arXiv ID |\n|--|--|--|--|--|",
            f"| 2025-03 | [A \\| New x² Paper]({URL}) | Inference, System design "
            "| Memory, Energy | 2503.00001 |",
        ),
        (
            "| Year | Paper |\n|--|--|",
            f"| 2025 | [A \\| New x² Paper]({URL}) |",
        ),
        (
            '<table>\n  <tr><th>Date</th><th>Paper</th><th>Code</th></tr>\n  <tr><td>May 2020</td>'
            '<td><a href="https://a.example">Old</a></td><td>x</td></tr>\n</table>',
            f'  <tr><td>Mar 2025</td><td><a href="{URL}">A | New x² Paper</a></td><td></td></tr>',
        ),
        (
            "- [Old Paper Title](https://a.example)",
            f"- [A \\| New x² Paper]({URL})",
        ),
        (
            "* **[Old Paper Title](https://a.example)** (ICLR 2020)",
            f"* **[A \\| New x² Paper]({URL})** (ICML 2025)",
        ),
        (
            "1. (2026-04) [Old Paper Title](https://a.example), 2026-04",
            f"2. (2025-03) [A \\| New x² Paper]({URL}), 2025-03",
        ),
        (
            "- [2026/04] **Old Paper Title** [[paper]](https://a.example)",
            f"- [2025/03] **A \\| New x² Paper** [[paper]]({URL})",
        ),
        (
            "  + [ ] [ICLR 2026] [Old Paper Title](https://a.example)",
            f"  + [ ] [ICML 2025] [A \\| New x² Paper]({URL})",
        ),
        (
            "> | Date | Paper |\n> |--|--|\n> | 2020 | [Old Paper Title](https://a.example) |",
            f"> | 2025 | [A \\| New x² Paper]({URL}) |",
        ),
    ],
)  # fmt: skip
def test_a_line_is_written_like_its_neighbours(table: str, expected: str) -> None:
    assert line(table) == expected


def test_aligned_columns_stay_aligned() -> None:
    table = (
        "| Date | Paper                                               |\n"
        "|------|-----------------------------------------------------|\n"
        "| 2020 | [Old Paper Title](https://a.example)                |\n"
        "| 2019 | [Older Paper Title](https://b.example)              |"
    )
    one = ListEntry("2503.00001", "New", date(2025, 3, 4), ("pruning",), ("inference/memory",))
    new = line(table, one)
    assert len(new) == len(table.split("\n")[0])
    assert new.startswith("| 2025 | [New](")


def test_the_file_tells_what_the_table_does_not() -> None:
    text = (
        "# L\n\n## Inference\n\n### Pruning\n\n"
        "| Date | Paper | Venue |\n|:-:|--|:-:|\n| Jul, 2020 | [O](https://a.example) | ArXiv |\n"
    )
    one = ListEntry("2503.00001", "New", date(2025, 3, 4), ("kv-cache",), ("inference/memory",))
    result = merge(text, [one], TAXONOMY)
    assert result.text.endswith(
        "\n### KV Cache Reduction\n\n| Date | Paper | Venue |\n|:-:|--|:-:|\n"
        f"| Mar, 2025 | [New]({URL}) | ArXiv |\n"
    )
    bullets = "# L\n\n## Inference\n\n### Pruning\n\n* [Old Paper](https://a.example) (2020)\n"
    out = merge(bullets, [one], TAXONOMY).text
    assert out.endswith(f"\n### KV Cache Reduction\n\n* [New]({URL}) (2025)\n")


def test_hostile_titles_stay_one_cell_of_one_row() -> None:
    table = "Paper|Year\n--|--\n[Old Paper Title](https://a.example)|2020"
    for title in ("a\\", "| - |", "](https://evil.example)", "<!-- x", "`x", "</table>", "{url}"):
        one = ListEntry("2503.00001", title, date(2025, 3, 4), ("pruning",), ("inference/memory",))
        result = merge(f"# L\n\n## Pruning\n\n{table}\n", [one], TAXONOMY)
        assert len(result.text.split("\n")) == 9
        again = merge(result.text, [one], TAXONOMY)
        assert not again.problems
        assert again.text == result.text


def test_lines_end_as_the_line_above_does() -> None:
    table = "| Date | Paper |\n|--|--|\n| 2020 | [Old Paper Title](https://a.example) |"
    text = f"\ufeff# L\r\n\r\n## Pruning\n\n{table}".replace("--|--|\n", "--|--|\r\n")
    out = merge(text, [ENTRY], TAXONOMY).text
    new = f"| 2025 | [A \\| New x² Paper]({URL}) |"
    assert out == text.replace("--|--|\r\n", f"--|--|\r\n{new}\r\n")
    old = ListEntry("0901.0001", "Old", date(2009, 1, 1), ("pruning",), ("inference/memory",))
    out = merge(text, [old], TAXONOMY).text
    assert out == text + "\r\n| 2009 | [Old](https://arxiv.org/abs/0901.0001) |"


def test_bytes_that_are_not_utf8_come_out_as_they_came_in() -> None:
    table = b"| Date | Paper |\n|--|--|\n| 2020 | [Old \xff Paper](https://a.example) |\n"
    raw = b"# L\xe9\n\n## Pruning\n\n" + table
    data = merge(raw, [ENTRY], TAXONOMY).data
    assert b"\xff Paper" in data
    assert b"# L\xe9\n" in data
    assert len(data.split(b"\n")) == len(raw.split(b"\n")) + 1
