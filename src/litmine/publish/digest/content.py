"""What a digest tells, as plain values, and its short forms: a subject, JSON for programs.

Titles, names and messages come from strangers and from other machines. They are cleaned here, once,
on construction; the mail (`litmine.publish.digest.message`) escapes what it writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from litmine.core.latex import to_unicode
from litmine.core.plain import clean

__all__ = [
    "Alarm",
    "Digest",
    "PaperLine",
    "SavedNews",
    "Waiting",
    "payload",
    "percent",
    "subject",
]

_ADDRESS = re.compile(r"(?<=\S)@(?=[\w-]+\.\w)")
_WWW = re.compile(r"(?i)\bwww\.(?=\w)")


def unlinked(text: str) -> str:
    """Give one line in which no mail reader finds an address to make a link of."""
    return _WWW.sub("www .", _ADDRESS.sub(" at ", clean(text).replace("://", ": //")))


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One paper of a digest.

    Attributes
    ----------
    title : str
        As arXiv gives it, LaTeX included.
    cells : tuple of str
        "stage/resource", most probable first.
    relevance : float or None
        Probability by the model.
    reviewer : str
        Who approved it; empty for a paper that waits.
    """

    arxiv_id: str
    title: str
    authors: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    relevance: float | None = None
    reviewer: str = ""

    @property
    def url(self) -> str:
        """The paper's page at arXiv."""
        return f"https://arxiv.org/abs/{self.arxiv_id}"

    @property
    def plain_title(self) -> str:
        """The title with its LaTeX as Unicode."""
        return unlinked(to_unicode(self.title)) or self.arxiv_id

    @property
    def by(self) -> str:
        """The authors in a few words."""
        names = [unlinked(to_unicode(name)) for name in self.authors]
        if len(names) <= 2:
            return " and ".join(names)
        return f"{names[0]} and {len(names) - 1} others"


@dataclass(frozen=True, slots=True)
class SavedNews:
    """What is new in one saved search; `total` counts those not listed, too."""

    owner: str
    name: str
    papers: tuple[PaperLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """The backlog.

    Attributes
    ----------
    states : mapping of str to int
        Papers of the queue by state.
    oldest : datetime or None
        Since when the paper waits that has waited longest.
    estimate : str
        How many of them are probably relevant, in a sentence.
    unjudged : int
        Stored papers that no model has judged yet.
    """

    states: Mapping[str, int]
    oldest: datetime | None
    estimate: str
    unjudged: int = 0

    @property
    def open(self) -> int:
        """Papers that somebody is to decide on."""
        return sum(self.states.get(state, 0) for state in ("pending", "later", "disputed"))


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person should look at.

    Attributes
    ----------
    kind : str
        ``run``, ``stage``, ``missing``, ``drift``, ``delivery`` or ``warning``.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What happened between two moments.

    Attributes
    ----------
    night : date
        The announcement that it is about, by its mailing day.
    since : datetime or None
        Where it begins; None: there was none before.
    failed : bool
        Whether the night's last run failed.
    queued, approved : tuple of PaperLine
        Best first, and newest first; the first ones of `queued_total` and `approved_total`.
    announced, missing : int
        Papers of the night, and how many of them could not be stored.
    review_url, site_url : str
        Where reviewing and the published list are; empty: nowhere that others can reach.
    """

    night: date
    made_at: datetime
    since: datetime | None
    failed: bool
    queued: tuple[PaperLine, ...]
    queued_total: int
    approved: tuple[PaperLine, ...]
    approved_total: int
    waiting: Waiting
    alarms: tuple[Alarm, ...] = ()
    saved: tuple[SavedNews, ...] = ()
    announced: int = 0
    missing: int = 0
    review_url: str = ""
    site_url: str = ""
    run_id: str = ""
    names: Mapping[str, str] = field(default_factory=dict)  # of cells, for people

    @property
    def news(self) -> bool:
        """Whether there is anything that a quiet night has not."""
        return bool(self.queued_total or self.approved_total or self.saved or self.alarms)

    def by_cell(self) -> list[tuple[str, list[PaperLine]]]:
        """Group the queued papers by their most probable cell.

        Within a group, and from group to group, the best comes first.
        """
        groups: dict[str, list[PaperLine]] = {}
        for paper in self.queued:
            groups.setdefault(paper.cells[0] if paper.cells else "", []).append(paper)
        return [(self.names.get(cell, cell) or "No cell yet", p) for cell, p in groups.items()]


def percent(probability: float | None) -> str:
    """Return a probability in whole per cent; never 0 or 100 for what is not certain."""
    if probability is None:
        return ""
    if 0 < probability < 0.01:
        return "<1%"
    if 0.99 < probability < 1:
        return ">99%"
    return f"{probability * 100:.0f}%"


def subject(digest: Digest) -> str:
    """Return the subject: the day, what failed, what is new. Nothing in it is a stranger's."""
    said = []
    if digest.failed:
        said.append("the night failed")
    elif digest.alarms:
        said.append(_count(len(digest.alarms), "alarm"))
    if digest.queued_total:
        said.append(f"{digest.queued_total} new to review")
    if digest.approved_total:
        said.append(f"{digest.approved_total} approved")
    if digest.saved and not (digest.queued_total or digest.approved_total):
        said.append("news in saved searches")
    day = f"{digest.night.day} {digest.night:%B %Y}"
    return f"litmine, {day}: {', '.join(said) or 'nothing new'}"


def payload(digest: Digest) -> dict[str, Any]:
    """Return the digest for programs; docs/digest.md describes it."""
    return {
        "type": "litmine.digest",
        "timestamp": digest.made_at.isoformat(),
        "data": {
            "night": digest.night.isoformat(),
            "run_id": digest.run_id,
            "failed": digest.failed,
            "since": digest.since.isoformat() if digest.since else None,
            "until": digest.made_at.isoformat(),
            "announced": digest.announced,
            "missing": digest.missing,
            "queued": _papers(digest.queued, digest.queued_total),
            "approved": _papers(digest.approved, digest.approved_total),
            "saved_searches": [
                {"owner": clean(s.owner), "name": clean(s.name)} | _papers(s.papers, s.total)
                for s in digest.saved
            ],
            "waiting": {
                "states": dict(digest.waiting.states),
                "oldest": digest.waiting.oldest.isoformat() if digest.waiting.oldest else None,
                "estimate": digest.waiting.estimate,
                "unjudged": digest.waiting.unjudged,
            },
            "alarms": [{"kind": a.kind, "text": clean(a.text)} for a in digest.alarms],
            "links": {"review": digest.review_url or None, "site": digest.site_url or None},
        },
    }


def _papers(papers: Sequence[PaperLine], total: int) -> dict[str, Any]:
    return {
        "total": total,
        "papers": [
            {
                "arxiv_id": p.arxiv_id,
                "title": clean(p.title),
                "url": p.url,
                "authors": [clean(name) for name in p.authors],
                "cells": list(p.cells),
                "relevance": None if p.relevance is None else round(p.relevance, 4),
                **({"reviewer": clean(p.reviewer)} if p.reviewer else {}),
            }
            for p in papers
        ],
    }


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
