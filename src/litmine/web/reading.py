"""A queue entry made ready to be read: marked text, the matrix of cells, what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from litmine.client.models import Entry, Explanation, Mark
from litmine.core.latex import atoms, latex
from litmine.core.taxonomy import load_taxonomy
from litmine.web.templating import cell_name

__all__ = ["Account", "MatrixCell", "Reading", "heat", "marked", "reading"]

#: Probability, at least: shade of a cell.
_HEAT = (0.02, 0.1, 0.25, 0.5, 0.75)
_STRENGTHS = 3


@dataclass(frozen=True, slots=True)
class Account:
    """What moved one judgement: the text with its marks, and the words.

    Attributes
    ----------
    key : str
        ``relevance`` or a cell.
    title, abstract : Markup
        With the telling sentence and the words marked.
    words_for, words_against : tuple of str
        Strongest first.
    """

    key: str
    label: str
    title: Markup
    abstract: Markup
    words_for: tuple[str, ...] = ()
    words_against: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One of the 25 cells, with its shade from 0 to 5 and whether it is suggested."""

    cell: str
    stage: str
    resource: str
    probability: float
    heat: int
    suggested: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """One paper on the queue page.

    Attributes
    ----------
    accounts : tuple of Account
        Relevance first, then the explained cells; one without marks where there is no evidence.
    rows : tuple
        The matrix: stage by stage, in the taxonomy's order.
    state : dict
        What the page's script needs to know; JSON.
    techniques : mapping
        Of the labelled neighbours, by arXiv id.
    """

    entry: Entry
    accounts: tuple[Account, ...]
    rows: tuple[tuple[MatrixCell, ...], ...]
    state: dict[str, Any]
    techniques: Mapping[str, Sequence[str]]


def reading(entry: Entry, techniques: Mapping[str, Sequence[str]] | None = None) -> Reading:
    """Make an entry ready; `techniques` are those of labelled papers, by arXiv id."""
    return Reading(entry, _accounts(entry), _matrix(entry), _state(entry), techniques or {})


def heat(probability: float) -> int:
    """Return the shade of a probability, 0 to 5."""
    return sum(probability >= least for least in _HEAT)


def marked(text: str, marks: Sequence[Mark], telling: tuple[int, int] | None) -> Markup:
    """Render a text with marked words and its telling sentence.

    Parameters
    ----------
    marks : sequence of Mark
        Of this text. Where two overlap the stronger one counts.
    telling : tuple of int, optional
        Start and end of the sentence without which the judgement would fall furthest.

    Returns
    -------
    Markup
        LaTeX rendered; no cut falls into a formula.
    """
    strongest = max((abs(mark.weight) for mark in marks), default=0.0)
    chosen: list[tuple[int, int, str]] = []
    for mark in sorted(marks, key=lambda one: -abs(one.weight)):
        start, end = atoms(text, (min(mark.start, len(text)), min(mark.end, len(text))))
        if start < end and all(end <= other or start >= stop for other, stop, _ in chosen):
            chosen.append((start, end, _strength(mark.weight, strongest)))
    chosen.sort()
    first, last = (0, 0) if telling is None else atoms(text, telling)
    last = min(last, len(text))
    out: list[Markup] = []
    if first < last:
        out.append(_marked_part(text, 0, first, chosen))
        inside = _marked_part(text, first, last, chosen)
        out.append(Markup('<span class="telling">{}</span>').format(inside))
    else:
        last = 0
    out.append(_marked_part(text, last, len(text), chosen))
    return Markup("").join(out)


def _marked_part(text: str, start: int, end: int, marks: Sequence[tuple[int, int, str]]) -> Markup:
    out: list[Markup] = []
    at = start
    for first, last, strength in marks:
        first, last = max(first, start), min(last, end)
        if first >= last:
            continue
        out.append(latex(text[at:first]))
        out.append(Markup('<mark class="{}">{}</mark>').format(strength, latex(text[first:last])))
        at = last
    out.append(latex(text[at:end]))
    return Markup("").join(out)


def _strength(weight: float, strongest: float) -> str:
    if weight < 0:
        return "against"
    return f"m{min(_STRENGTHS, 1 + int(_STRENGTHS * weight / strongest))}" if strongest else "m1"


def _accounts(entry: Entry) -> tuple[Account, ...]:
    if entry.evidence is None:
        return (Account("relevance", "Relevance", latex(entry.title), latex(entry.abstract)),)
    told = {"relevance": entry.evidence.relevance} | entry.evidence.cells
    return tuple(_account(entry, key, explanation) for key, explanation in told.items())


def _account(entry: Entry, key: str, told: Explanation) -> Account:
    best = max(told.sentences, key=lambda one: one.weight, default=None)
    texts: dict[str, Markup] = {}
    for field, text in (("title", entry.title), ("abstract", entry.abstract)):
        telling = None
        if best is not None and best.weight > 0 and best.field == field:
            telling = (best.start, best.end)
        texts[field] = marked(text, [mark for mark in told.marks if mark.field == field], telling)
    words = sorted(told.words, key=lambda one: -abs(one.weight))
    return Account(
        key,
        "Relevance" if key == "relevance" else cell_name(key),
        texts["title"],
        texts["abstract"],
        tuple(word.term for word in words if word.weight > 0),
        tuple(word.term for word in words if word.weight < 0),
    )


def _matrix(entry: Entry) -> tuple[tuple[MatrixCell, ...], ...]:
    taxonomy = load_taxonomy()
    suggested = set(entry.suggestion.cells)
    return tuple(
        tuple(
            MatrixCell(
                cell := f"{stage.id}/{resource.id}",
                stage.id,
                resource.id,
                entry.cells.get(cell, 0.0),
                heat(entry.cells.get(cell, 0.0)),
                cell in suggested,
            )
            for resource in taxonomy.resources
        )
        for stage in taxonomy.stages
    )


def _state(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "title": latex(entry.title).striptags(),
        "url": entry.url,
        "state": entry.state,
        "revision": entry.revision,
        "cells": entry.suggestion.cells,
        "technique": entry.suggestion.technique,
        "decision": entry.decision.model_dump(mode="json") if entry.decision else None,
        "opinion": entry.opinion.model_dump(mode="json") if entry.opinion else None,
    }
