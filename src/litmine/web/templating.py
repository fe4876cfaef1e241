"""The templates' own vocabulary: names of cells, probabilities in words, dates, LaTeX."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from fastapi.templating import Jinja2Templates
from markupsafe import Markup

from litmine.core.latex import latex, plain
from litmine.core.taxonomy import load_taxonomy

__all__ = ["cell_name", "day", "likelihood", "make_templates", "percent", "technique_name", "when"]

#: Calibrated probability, at least: in words (after Kent's words of estimative probability).
_WORDS = (
    (0.93, "almost certain"),
    (0.75, "probable"),
    (0.55, "rather yes"),
    (0.45, "even chances"),
    (0.25, "rather no"),
    (0.07, "improbable"),
    (0.0, "almost certainly not"),
)


def percent(probability: float | None) -> str:
    """Return a probability in whole per cent; never 0 or 100 for what is not certain."""
    if probability is None:
        return ""
    if 0 < probability < 0.01:
        return "<1%"
    if 0.99 < probability < 1:
        return ">99%"
    return f"{probability * 100:.0f}%"


def likelihood(probability: float) -> str:
    """Return a calibrated probability in words."""
    return next(word for least, word in _WORDS if probability >= least)


@lru_cache(maxsize=256)
def cell_name(cell: str) -> str:
    """Return "inference/memory" as "Inference · Memory"."""
    stage, _, resource = cell.partition("/")
    return f"{stage_name(stage)} · {resource_name(resource)}"


@lru_cache(maxsize=256)
def stage_name(identifier: str) -> str:
    """Return a stage's short name, without "design"."""
    return _short({one.id: one.name for one in load_taxonomy().stages}, identifier)


@lru_cache(maxsize=256)
def resource_name(identifier: str) -> str:
    """Return a resource's short name."""
    return _short({one.id: one.name for one in load_taxonomy().resources}, identifier)


_SHORT = {
    "Architecture design": "Architecture",
    "System design": "System",
    "Financial cost": "Cost",
    "Network communication": "Network",
}


def _short(names: dict[str, str], identifier: str) -> str:
    name = names.get(identifier, identifier)
    return _SHORT.get(name, name)


@lru_cache(maxsize=256)
def technique_name(identifier: str) -> str:
    """Return a technique's name."""
    names = {one.id: one.name for one in load_taxonomy().techniques}
    return names.get(identifier, identifier)


def day(moment: date | datetime | str | None) -> Markup:
    """Return a day as "14 Jul 2026" in a time element; nothing without one."""
    if not moment:
        return Markup("")
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    name = f"{moment.day} {moment:%b %Y}"
    return Markup('<time datetime="{}">{}</time>').format(moment.isoformat()[:10], name)


def when(moment: datetime | str | None) -> Markup:
    """Return a moment as "14 Jul 2026, 09:05 UTC" in a time element; nothing without one."""
    if not moment:
        return Markup("")
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    name = f"{moment.day} {moment:%b %Y, %H:%M} UTC"
    return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), name)


def make_templates(folder: Any) -> Jinja2Templates:
    """Return the templates of a folder, with autoescape and the filters above."""
    templates = Jinja2Templates(folder)
    environment = templates.env
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    environment.filters.update(
        latex=latex,
        plain=plain,
        percent=percent,
        likelihood=likelihood,
        cell_name=cell_name,
        stage_name=stage_name,
        resource_name=resource_name,
        technique_name=technique_name,
        day=day,
        when=when,
    )
    environment.globals["taxonomy"] = load_taxonomy
    return templates
