"""What machines read in a page: JSON-LD (schema.org) and the meta elements of citation tools."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from litmine.publish.entry import ListEntry
from litmine.publish.site.environment import Pages
from litmine.publish.site.rows import paper_path, shown_name

__all__ = ["MOST_AUTHORS", "citation_meta", "collection_data", "json_ld", "paper_data", "site_data"]

#: Longer lists of authors are cut here; the downloads have all of them.
MOST_AUTHORS = 200


def json_ld(value: dict[str, Any]) -> Markup:
    """Write data so that no text in it can end the script element that holds it."""
    text = json.dumps({"@context": "https://schema.org", **value}, ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - the signs above are what HTML could act on


def paper_data(paper: ListEntry, pages: Pages) -> Markup:
    """Describe a paper."""
    value: dict[str, Any] = {
        "@type": "ScholarlyArticle",
        "headline": paper.plain_title,
        "datePublished": paper.day.isoformat() if paper.published else paper.month,
        "identifier": f"arXiv:{paper.arxiv_id}",
        "sameAs": [f"https://arxiv.org/abs/{paper.arxiv_id}"],
        "author": [
            {"@type": "Person", "name": shown_name(n)} for n in paper.authors[:MOST_AUTHORS]
        ],
        "keywords": [pages.cell_name(cell) for cell in paper.cells]
        + [pages.technique_names.get(one, one) for one in paper.technique],
    }
    if paper.published_url:
        value["sameAs"].append(paper.published_url)
    if paper.venue:
        value["isPartOf"] = {"@type": "PublicationEvent", "name": paper.venue}
    if pages.settings.url:
        value["mainEntityOfPage"] = pages.address(paper_path(paper.arxiv_id))
    return json_ld(value)


def collection_data(
    name: str, description: str, path: str, papers: Sequence[ListEntry], pages: Pages
) -> Markup:
    """Describe a list by its newest papers."""
    value: dict[str, Any] = {"@type": "CollectionPage", "name": name, "description": description}
    if pages.settings.url:
        value["url"] = pages.address(path)
        value["mainEntity"] = {
            "@type": "ItemList",
            "itemListElement": [
                {
                    "@type": "ListItem",
                    "position": place,
                    "url": pages.address(paper_path(paper.arxiv_id)),
                }
                for place, paper in enumerate(papers[:10], start=1)
            ],
        }
    return json_ld(value)


def site_data(description: str, pages: Pages) -> Markup:
    """Describe the whole site, with its search and its files to download."""
    settings = pages.settings
    value: dict[str, Any] = {"@type": "Dataset", "name": settings.title, "description": description}
    if settings.url:
        value["url"] = pages.address("index.html")
        value["potentialAction"] = {
            "@type": "SearchAction",
            "target": pages.address("search.html") + "?q={search_term_string}",
            "query-input": "required name=search_term_string",
        }
    return json_ld(value)


def citation_meta(paper: ListEntry) -> list[tuple[str, str]]:
    """Give what Zotero and Google Scholar read (Highwire Press tags)."""
    found = [("citation_title", paper.plain_title)]
    found += [("citation_author", shown_name(name)) for name in paper.authors[:MOST_AUTHORS]]
    date = f"{paper.day:%Y/%m/%d}" if paper.published else f"{paper.day:%Y/%m}"
    found.append(("citation_publication_date", date))
    found.append(("citation_arxiv_id", paper.arxiv_id))
    if paper.doi:
        found.append(("citation_doi", paper.doi))
    found.append(("citation_pdf_url", f"https://arxiv.org/pdf/{paper.arxiv_id}"))
    return found
