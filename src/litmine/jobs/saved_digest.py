"""The section of a digest that tells what is new in saved searches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from litmine.core.plain import escape_markdown
from litmine.search.saved import News, SavedSearch

__all__ = ["digest_markdown"]


def digest_markdown(told: Iterable[tuple[SavedSearch, Sequence[News]]]) -> str:
    """Render the news of saved searches as Markdown, one heading an owner.

    Titles and names come from strangers and are escaped.

    Parameters
    ----------
    told : iterable
        As `SavedSearches.digest` gives it: by owner and name.
    """
    lines = ["## New in saved searches", ""]
    owner = None
    for saved, news in told:
        if saved.owner != owner:
            owner = saved.owner
            lines += [f"### {escape_markdown(owner)}", ""]
        lines += [f"**{escape_markdown(saved.name)}** ({len(news)} new)", ""]
        for item in news:
            cells = ", ".join(item.hit.cells)
            lines.append(
                f"- [{escape_markdown(item.hit.title)}]({item.hit.url})"
                + (f" ({cells})" if cells else "")
            )
        lines.append("")
    if owner is None:
        lines += ["Nothing.", ""]
    return "\n".join(lines)
