"""The survey's own list, built anew as a Markdown file from the facts in ../shared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from litmine.core.paper import parse_arxiv_id
from litmine.publish.entry import ListEntry


@dataclass(frozen=True)
class Fact:
    """One row: where it stands, its link, and the paper that the link or its title leads to."""

    path: tuple[str, ...]
    keyword: str
    title: str
    year: str
    url: str
    arxiv_id: str | None
    paper_title: str | None
    agrees: float


def facts(shared: Path) -> list[Fact]:
    """The rows of the companion list, in its order."""
    import pyarrow.parquet as pq

    table = pq.read_table(shared / "data" / "lists.parquet")
    return [
        Fact(
            path=tuple(row["section_path"].split(" > ")),
            keyword=row["keyword"] or "",
            title=row["title"],
            year=str(int(row["year"])) if row["year"] else "",
            url=row["url"],
            arxiv_id=parse_arxiv_id(row["arxiv_id"]).id if row["arxiv_id"] else None,
            paper_title=row["paper_title"],
            agrees=1.0 if row["title_agree"] is None else row["title_agree"],
        )
        for row in table.to_pylist()
        if row["companion_list"]
    ]


def as_markdown(rows: list[Fact]) -> str:
    """Headings and tables as the list has them: Date (a year), Keywords, Paper, Venue."""
    lines: list[str] = []
    above: tuple[str, ...] = ()
    for number, row in enumerate(rows):
        if row.path != above:
            for depth, name in enumerate(row.path):
                if above[: depth + 1] != row.path[: depth + 1]:
                    lines += ["", f"{'#' * (depth + 1)} {name}"]
            lines.append("")
            if len(row.path) > 1:
                lines += ["| Date | Keywords | Paper | Venue |", "|:---:|:---:|:---|:---:|"]
            above = row.path
        if len(row.path) == 1:
            lines.append(f"The list of the survey [{row.title}]({row.url}).")
            continue
        venue = "ArXiv" if "arxiv.org" in row.url else ("ACL", "NeurIPS", "ICLR")[number % 3]
        lines.append(f"| {row.year} | {row.keyword} | [{row.title}]({row.url}) | {venue} |")
    return "\n".join([*lines[1:], "", "## Citation", "", "```", "@article{survey}", "```", ""])


def own_entries(rows: list[Fact]) -> list[ListEntry]:
    """The list's own papers as if they had been approved, under arXiv's title."""
    found = {}
    for row in rows:
        if row.arxiv_id and row.agrees >= 0.6:
            title = row.paper_title or row.title or row.arxiv_id
            found[row.arxiv_id] = ListEntry(row.arxiv_id, title, None, ("survey",), ())
    return list(found.values())


def real_entries(shared: Path, count: int) -> list[ListEntry]:
    """The newest labelled papers, as approved."""
    from tests.support.approvals import real_approvals

    return [
        ListEntry.from_paper(paper, cells, techniques)
        for paper, cells, techniques in real_approvals(shared, count)
    ]
