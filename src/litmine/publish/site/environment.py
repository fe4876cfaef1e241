"""The templates' vocabulary: names, dates, addresses, and the frame that every page gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from litmine.core.latex import latex
from litmine.core.taxonomy import Taxonomy
from litmine.publish.site.glyphs import glyph, heat, spark
from litmine.publish.site.model import SiteSettings

__all__ = ["FeedLink", "PageHead", "Pages", "long_day", "month_name"]

_TEMPLATES = Path(__file__).parent / "templates"
_SHORT = {
    "Architecture design": "Architecture",
    "System design": "System",
    "Financial cost": "Cost",
    "Network communication": "Network",
}
_BREAKS = {
    "Architecture": "Archi\u00adtecture",
    "Computation": "Compu\u00adtation",
    "Fine-tuning": "Fine-tuning",
    "Network": "Net\u00adwork",
}
#: The card of pages that are not about certain cells.
PLAIN_CARD = "cards/site.png"


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that a page tells readers of."""

    title: str
    path: str


@dataclass(frozen=True, slots=True)
class PageHead:
    """What the head of a page says of it.

    Attributes
    ----------
    section : str
        Which entry of the navigation it belongs to.
    kind : str
        OpenGraph's type: ``website`` or ``article``.
    hidden : bool
        Whether search engines are asked to leave it out.
    """

    path: str
    title: str
    description: str
    section: str = ""
    kind: str = "website"
    card: str = PLAIN_CARD
    card_text: str = "A grid of five stages by five resources"
    feeds: tuple[FeedLink, ...] = (FeedLink("All papers", "feeds/all.atom"),)
    hidden: bool = False


class Pages:
    """Makes pages of templates.

    Parameters
    ----------
    settings : SiteSettings
    taxonomy : Taxonomy
    style : str
        Fingerprint of the style sheet, so that browsers fetch a changed one.
    """

    def __init__(self, settings: SiteSettings, taxonomy: Taxonomy, style: str) -> None:
        self.settings = settings
        self.taxonomy = taxonomy
        self._style = style
        self.stage_names = {one.id: short_name(one.name) for one in taxonomy.stages}
        self.resource_names = {one.id: short_name(one.name) for one in taxonomy.resources}
        self.technique_names = {one.id: one.name for one in taxonomy.techniques}

    def render(self, template: str, head: PageHead, **context: Any) -> bytes:
        """Make the page at ``head.path``; every template extends ``base.html``."""
        root = "../" * head.path.count("/")
        return self._render(template, head, root, context)

    def render_at(self, template: str, head: PageHead, root: str, **context: Any) -> bytes:
        """Make a page whose links begin with `root` instead, for the one shown in any folder."""
        return self._render(template, head, root, context)

    def part(self, template: str, root: str, **context: Any) -> Markup:
        """Make a part of pages, whose links begin with `root`."""
        made = self._environment.get_template(template).render(root=root, **context)
        return Markup(made)  # noqa: S704 - templates escape

    def cell_name(self, cell: str) -> str:
        """Return "inference/memory" as "Inference × Memory"."""
        stage, _, resource = cell.partition("/")
        return f"{self.stage_names[stage]} × {self.resource_names[resource]}"

    def address(self, path: str) -> str:
        """Return the full address of a file of the site; needs `SiteSettings.url`."""
        return f"{self.settings.url}/{'' if path == 'index.html' else quote(path)}"

    def _render(self, template: str, head: PageHead, root: str, context: dict[str, Any]) -> bytes:
        site = self.settings.title
        page = {
            **{name: getattr(head, name) for name in PageHead.__slots__},
            "window_title": head.title if head.title == site else f"{head.title} · {site}",
        }
        text = self._environment.get_template(template).render(page=page, root=root, **context)
        return text.encode("utf-8", "replace")  # a lone surrogate is no character

    @cached_property
    def _environment(self) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.filters.update(
            latex=latex,
            address=self.address,
            day=day,
            iso=date.isoformat,
            month_name=month_name,
            number=number,
            plural=plural,
            cell_name=self.cell_name,
            cell_path=cell_path,
            stage_name=self.stage_names.__getitem__,
            resource_name=self.resource_names.__getitem__,
            breakable=breakable,
            technique_name=lambda one: self.technique_names.get(one, one),
        )
        environment.globals.update(
            site={
                "title": self.settings.title,
                "url": self.settings.url,
                "library": self.settings.library,
                "style": self._style,
            },
            taxonomy=self.taxonomy,
            heat=heat,
            spark=spark,
            glyph=lambda cells: glyph(tuple(cells), self.taxonomy.cells),
        )
        return environment


def short_name(name: str) -> str:
    """Return the name of a stage or resource for narrow places."""
    return _SHORT.get(name, name)


def breakable(name: str) -> str:
    """Return a name of the matrix with soft hyphens, for columns narrower than it."""
    return _BREAKS.get(name, name)


def cell_path(cell: str) -> str:
    """Return where the page of a cell stands."""
    return f"cells/{cell.replace('/', '-')}.html"


def number(count: int) -> str:
    """Return a count with commas between thousands."""
    return f"{count:,}"


def plural(count: int, one: str = "paper", many: str = "") -> str:
    """Return "1 paper" or "1,234 papers"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def long_day(moment: date) -> str:
    """Return a day as "14 July 2026"."""
    return f"{moment.day} {moment:%B %Y}"


def day(moment: date) -> Markup:
    """Return a day as "14 Jul 2026" in a time element."""
    return Markup('<time datetime="{}">{}</time>').format(
        moment.isoformat(), f"{moment.day} {moment:%b %Y}"
    )


def month_name(month: str) -> str:
    """Return "2026-07" as "July 2026"."""
    return f"{date(int(month[:4]), int(month[5:]), 1):%B %Y}"


def text_or(value: str | None, otherwise: str) -> Markup:
    """Return an escaped text, or another where there is none."""
    return escape(value or otherwise)
