"""The page of trends: all plots, one below the other."""

from __future__ import annotations

from datetime import date

from litmine.publish.site import plots
from litmine.publish.site.environment import PageHead, Pages
from litmine.publish.site.files import SiteFile, fingerprint
from litmine.publish.site.model import Collection

__all__ = ["trends_file"]


def trends_file(collection: Collection, pages: Pages, until: date | None = None) -> SiteFile:
    """Give the page.

    Parameters
    ----------
    until : date, optional
        The last day whose papers were looked at; by default that of the newest paper.
    """
    papers, taxonomy = collection.papers, collection.taxonomy

    def make() -> bytes:
        figures = (
            plots.by_month(papers, until=until),
            plots.by_stage(papers, taxonomy=taxonomy, until=until),
            plots.by_resource(papers, taxonomy=taxonomy, until=until),
            plots.shares_of_cells(papers, taxonomy=taxonomy, until=until),
            plots.growth_of_techniques(papers, taxonomy=taxonomy, until=until),
        )
        head = PageHead(
            "trends.html",
            "Trends",
            "Papers per month by stage and by resource, shares of the cells over time, growth of "
            "the techniques.",
            "trends",
        )
        return pages.render("trends.html", head, figures=figures)

    counted = [(one.day, one.cells, one.technique) for one in papers]
    inputs = fingerprint([until, counted])
    changed = papers[0].day if papers else None
    return SiteFile("trends.html", inputs, make, page=True, changed=changed)
