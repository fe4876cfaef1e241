"""The columns of the list as data: one table behind CSV, JSON Lines and Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from litmine.core.plain import clean
from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import Approval, ListEntry, in_order
from litmine.publish.formats.citation import key_of
from litmine.publish.sections import place

__all__ = ["COLUMNS", "FORMAT", "Column", "Kind", "records"]

FORMAT = 1
"""Grows when a column changes its meaning; new columns do not change it."""

Kind = Literal["text", "texts", "number", "real", "day", "moment", "scores"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes
    ----------
    kind : str
        ``text``; ``texts``, a list; ``number``, an integer; ``real``; ``day``; ``moment``, in UTC;
        ``scores``, numbers by name.
    value : callable
        Gives the value of an entry, None where it is not known. Lists and scores are never None.
    """

    name: str
    kind: Kind
    description: str
    value: Callable[[ListEntry, Taxonomy], Any]


def _approval(read: Callable[[Approval], Any]) -> Callable[[ListEntry, Taxonomy], Any]:
    return lambda entry, _: None if entry.approval is None else read(entry.approval)


COLUMNS: tuple[Column, ...] = (
    Column("arxiv_id", "text", "arXiv id without version", lambda e, _: e.arxiv_id),
    Column("version", "number", "latest version known", lambda e, _: e.version),
    Column("title", "text", "title in Unicode", lambda e, _: e.plain_title),
    Column("title_latex", "text", "title as arXiv gives it", lambda e, _: e.title),
    Column("authors", "texts", "authors as arXiv gives them, in order", lambda e, _: e.authors),
    Column("published", "day", "day of the first version", lambda e, _: e.published),
    Column("month", "text", "YYYY-MM of the first version, or of the id", lambda e, _: e.month),
    Column("updated", "day", "day of the latest version", lambda e, _: e.updated),
    Column("categories", "texts", "arXiv categories, primary first", lambda e, _: e.categories),
    Column(
        "section",
        "text",
        "section of the paper list, headings joined by ' > '",
        lambda e, t: " > ".join(place(e, t).headings),
    ),
    Column("cells", "texts", "cells, stage/resource", lambda e, _: e.cells),
    Column("stages", "texts", "stages of the cells", lambda e, _: e.stages),
    Column("resources", "texts", "resources of the cells", lambda e, _: e.resources),
    Column("techniques", "texts", "ids of techniques, primary first", lambda e, _: e.technique),
    Column("keywords", "texts", "free words of the reviewer", lambda e, _: e.keywords),
    Column("venue", "text", "where it was published", lambda e, _: e.venue),
    Column("journal_ref", "text", "journal reference on arXiv", lambda e, _: e.journal_ref),
    Column("doi", "text", "DOI on arXiv", lambda e, _: e.doi),
    Column("url", "text", "address of the paper", lambda e, _: e.url),
    Column("key", "text", "citation key in BibTeX, RIS and CSL-JSON", lambda e, _: key_of(e)),
    Column(
        "source",
        "text",
        "reviewer: approved; label: labelled under the codebook, not reviewed here",
        lambda e, _: e.source,
    ),
    Column("reviewer", "text", "who approved it", _approval(lambda a: a.reviewer)),
    Column("decided_at", "moment", "when it was approved", _approval(lambda a: a.decided_at)),
    Column("model_id", "text", "model that suggested it", _approval(lambda a: a.model_id)),
    Column(
        "relevance",
        "real",
        "calibrated probability that it belongs into the list, 0 to 1",
        _approval(lambda a: a.relevance),
    ),
    Column(
        "scores",
        "scores",
        "calibrated probability of each cell that the model gave one",
        lambda e, _: dict(e.approval.scores) if e.approval else {},
    ),
    Column("comment", "text", "the reviewer's", _approval(lambda a: a.comment)),
    Column(
        "abstract", "text", "abstract; only where abstracts are asked for", lambda e, _: e.abstract
    ),
)


def records(
    entries: Iterable[ListEntry], taxonomy: Taxonomy, *, abstracts: bool = False
) -> list[dict[str, Any]]:
    """Give the rows of the table, newest first; every row has every column.

    Texts are single lines of visible characters; an empty one counts as not known.

    Raises
    ------
    InputError
        If a paper stands in twice.
    """
    columns = [one for one in COLUMNS if abstracts or one.name != "abstract"]
    rows = []
    for entry in in_order(entries):
        row = {one.name: _tidy(one, one.value(entry, taxonomy)) for one in columns}
        rows.append(row if abstracts else row | {"abstract": None})
    return rows


def _tidy(column: Column, value: Any) -> Any:
    if column.kind == "text":
        return clean(value or "") or None
    if column.kind == "texts":
        return [text for one in value if (text := clean(one))]
    if column.kind == "scores":
        return {clean(cell): round(p, 6) for cell, p in sorted(value.items())}
    if column.kind == "real" and value is not None:
        return round(value, 6)
    return value
