"""CSL-JSON (schema 1.0), as pandoc, Zotero and citeproc read it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.formats.citation import Citation, citations
from litmine.publish.formats.names import Name

__all__ = ["csl_item", "render_csl"]

_TYPES = {"preprint": "article", "conference": "paper-conference", "journal": "article-journal"}


def render_csl(entries: Iterable[ListEntry], taxonomy: Taxonomy, *, abstracts: bool = False) -> str:
    """Render entries as a CSL-JSON array, newest first, one item a line.

    Raises
    ------
    InputError
        If a paper stands in twice.
    """
    items = (csl_item(one, abstracts=abstracts) for one in citations(entries, taxonomy))
    lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def csl_item(one: Citation, *, abstracts: bool = False) -> dict[str, Any]:
    """Give one item; what is not known is left out."""
    parts = [part for part in (one.year, one.month, one.day) if part is not None]
    item: dict[str, Any] = {
        "id": one.key,
        "type": _TYPES[one.kind],
        "title": one.title,
        "author": [_name(name) for name in one.names],
        "issued": {"date-parts": [parts]},
        "container-title": one.container,
        "genre": "Preprint" if one.kind == "preprint" else "",
        "publisher": "arXiv" if one.kind == "preprint" else "",
        "number": f"arXiv:{one.arxiv_id}",
        "DOI": one.doi,
        "URL": one.url,
        "source": "arXiv",
        "note": f"arXiv:{one.arxiv_id}{one.categories}",
        "keyword": ", ".join(one.keywords),
        "abstract": one.abstract if abstracts else "",
    }
    return {name: value for name, value in item.items() if value}


def _name(name: Name) -> dict[str, str]:
    if name.literal:
        return {"literal": name.literal}
    parts = {
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {key: value for key, value in parts.items() if value}
