"""What goes into a digest: everything that came since the recipient's last one.

Where one digest ends, the next begins, and nothing falls in between: not what was being committed
while the first was made, nor what a clock that was set back has dated before it. So a digest
remembers the ids that it has seen near its end (`Mark`), and the next one looks a little further
back and leaves those out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from litmine.core.clock import Clock
from litmine.core.errors import LitmineError
from litmine.core.plain import clean
from litmine.core.settings import Settings
from litmine.core.taxonomy import load_taxonomy
from litmine.publish.digest.content import Alarm, Digest, PaperLine, SavedNews, Waiting
from litmine.review.statistics.stopping import estimate
from litmine.store import Store
from litmine.store.announcements import announced_counts, missing, nights_since
from litmine.store.decisions import latest_decisions
from litmine.store.news import alarms_since, approvals_after, last_decision, oldest, queued_since
from litmine.store.papers import backlog, get_papers
from litmine.store.predictions import get_predictions
from litmine.store.queue import QueueItem, queue_counts
from litmine.store.runs import Run, last_runs
from litmine.store.saved_searches import digested_searches

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from litmine.search.saved import News

__all__ = ["Gathered", "Mark", "gather"]

_FIRST = timedelta(days=1)
_OVERLAP = timedelta(minutes=10)
_SEEN = timedelta(days=1)
_DECISIONS_LOOKED_BACK = 500
#: Listed at most: a mail longer than 102 kB is cut off by some readers.
_QUEUED, _APPROVED, _SEARCHES, _HITS, _ALARMS = 30, 20, 12, 5, 12
_SHORT = {
    "Architecture design": "Architecture",
    "System design": "System",
    "Financial cost": "Cost",
    "Network communication": "Network",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a digest ended.

    Attributes
    ----------
    at : datetime
        When it was made.
    decision : int
        Number of the newest decision there was.
    decisions, queued : list
        Approvals and queued papers seen near the end.
    saved : dict
        News told, by the number of the saved search.
    runs, alarms : list of str
        Runs that were told of, and sentences that are not to be repeated.
    """

    at: datetime
    decision: int = 0
    decisions: list[int] = field(default_factory=list)
    queued: list[str] = field(default_factory=list)
    saved: dict[str, list[str]] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {name: getattr(self, name) for name in self.__slots__} | {"at": self.at.isoformat()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Mark:
        """Read what `as_json` gave."""
        return cls(**{**stored, "at": datetime.fromisoformat(stored["at"])})


@dataclass(frozen=True, slots=True)
class Gathered:
    """A digest, where it ends and where it began."""

    digest: Digest
    mark: Mark
    origin: Mark


def gather(
    settings: Settings,
    store: Store,
    clock: Clock,
    night: date,
    last: Mark | None,
    run_id: str | None = None,
) -> Gathered:
    """Read what is new since `last`, what waits, and what went wrong.

    Parameters
    ----------
    last : Mark or None
        Where the last confirmed digest ended; None: there was none, the digest tells of a day.
    run_id : str, optional
        The run that is just over; by default the one that began last.
    """
    now = clock.now()
    with store.read() as connection:
        runs = sorted(last_runs(connection, "nightly", 50), key=lambda run: run.run_id != run_id)
        origin = last or _origin(connection, now)
        # A mark of the future was made by a clock that ran ahead.
        begin = (origin.at if origin.at <= now else now - _FIRST) - _OVERLAP
        seen = set(origin.queued)
        queued = [i for i in queued_since(connection, begin) if i.arxiv_id not in seen]
        approved = approvals_after(connection, origin.decision - _DECISIONS_LOOKED_BACK)
        decided = [one.id for one in approved]
        approved = [one for one in approved if one.id not in set(origin.decisions)]
        news = _runs_told(runs, begin, origin)
        alarms, told = _alarms(connection, begin, news, origin)
        counts = announced_counts(connection, night)
        newest = last_decision(connection)
        digest = Digest(
            night=night,
            made_at=now,
            since=last.at if last else None,
            failed=bool(news) and news[0].state == "failed",
            queued=_lines(connection, queued[:_QUEUED]),
            queued_total=len(queued),
            approved=_approved(connection, [one.arxiv_id for one in approved[:_APPROVED]]),
            approved_total=len(approved),
            waiting=_waiting(connection, settings),
            alarms=tuple(alarms[:_ALARMS]),
            announced=sum(counts.values()),
            missing=len(missing(connection, night)) if counts else 0,
            review_url=settings.web.public_url,
            site_url=settings.publish.site_url,
            run_id=runs[0].run_id if runs else "",
            names=_names(),
        )
        recent = [i.arxiv_id for i in queued_since(connection, min(begin, now - _SEEN))]
        wanted = bool(digested_searches(connection))
    saved, hits, trouble = _saved(settings, store, clock, begin, origin) if wanted else ((), {}, [])
    fresh = [alarm for alarm in trouble if alarm.text not in origin.alarms]
    digest = replace(digest, saved=saved, alarms=(*digest.alarms, *fresh))
    mark = Mark(
        at=now,
        decision=newest,
        decisions=[i for i in decided if i > newest - _DECISIONS_LOOKED_BACK],
        queued=recent,
        saved=hits,
        runs=[run.run_id for run in runs],
        alarms=[*told, *(alarm.text for alarm in trouble)],
    )
    return Gathered(digest, mark, origin)


def _origin(connection: Connection, now: datetime) -> Mark:
    """Return where the first digest of all begins: a day ago."""
    since = now - _FIRST
    fresh = approvals_after(connection, 0, since)
    decision = min((one.id for one in fresh), default=last_decision(connection) + 1) - 1
    known = approvals_after(connection, decision - _DECISIONS_LOOKED_BACK)
    return Mark(
        at=since + _OVERLAP,
        decision=decision,
        decisions=[one.id for one in known if one.id <= decision],
    )


def _lines(connection: Connection, items: Sequence[QueueItem]) -> tuple[PaperLine, ...]:
    ids = [item.arxiv_id for item in items]
    papers = get_papers(connection, ids)
    suggested = {
        model: get_predictions(connection, model, ids) for model in {i.model_id for i in items}
    }
    lines = []
    for item in items:
        prediction = suggested[item.model_id].get(item.arxiv_id)
        cells = prediction.cells if prediction else {}
        assigned = prediction.assigned if prediction else ()
        paper = papers[item.arxiv_id]
        lines.append(
            PaperLine(
                item.arxiv_id,
                paper.title,
                paper.authors,
                tuple(sorted(assigned, key=lambda cell: (-cells.get(cell, 0.0), cell))),
                item.relevance,
            )
        )
    return tuple(lines)


def _approved(connection: Connection, ids: Sequence[str]) -> tuple[PaperLine, ...]:
    papers = get_papers(connection, ids)
    standing = latest_decisions(connection, ids)
    return tuple(
        PaperLine(
            i,
            papers[i].title,
            papers[i].authors,
            standing[i].cells,
            reviewer=standing[i].reviewer,
        )
        for i in ids
    )


def _waiting(connection: Connection, settings: Settings) -> Waiting:
    return Waiting(
        queue_counts(connection),
        oldest(connection),
        estimate(connection, settings.review.target_recall).summary(),
        backlog(connection)["unjudged"],
    )


def _runs_told(runs: Sequence[Run], begin: datetime, last: Mark) -> list[Run]:
    """Nightly runs that no digest has told of, newest first."""
    told = set(last.runs)
    return [run for run in runs if run.started_at > begin and run.run_id not in told]


def _alarms(
    connection: Connection, begin: datetime, runs: Sequence[Run], last: Mark
) -> tuple[list[Alarm], list[str]]:
    """Return the alarms, and the sentences that the next digest is not to repeat."""
    alarms: list[Alarm] = []
    if runs:
        alarms += _of_run(runs[0])
        alarms += _of_earlier(runs[1:])
    since = begin.astimezone(UTC).date() - timedelta(days=1)
    for night in nights_since(connection, since):
        if ids := missing(connection, night):
            some = ", ".join(ids[:3]) + (", …" if len(ids) > 3 else "")
            alarms.append(
                Alarm(
                    "missing", f"{_papers(len(ids))} announced on {night} not stored here: {some}"
                )
            )
    once = [Alarm("drift", alarm) for alarm in alarms_since(connection, begin)]
    report = (runs[0].report or {}) if runs else {}
    once += [
        Alarm("warning", str(warning))
        for warning in report.get("warnings") or ()
        if not str(warning).startswith("drift ")
    ]
    known = set(last.alarms)
    fresh = [alarm for alarm in once if alarm.text not in known]
    return alarms + fresh, [alarm.text for alarm in once]


def _of_run(run: Run) -> list[Alarm]:
    report = run.report or {}
    problem = str(report.get("problem") or "")
    if run.state != "failed" and not problem:
        return []
    alarms = [Alarm("run", f"The run failed: {problem or 'nobody knows why'}")]
    for stage in report.get("stages") or ():
        said = str(stage.get("summary") or "")
        if stage.get("state") == "failed" and said not in problem:
            alarms.append(Alarm("stage", f"Stage {stage.get('stage')} failed: {said}"))
    return alarms


def _of_earlier(runs: Sequence[Run]) -> list[Alarm]:
    failed = [run for run in runs if run.state == "failed"]
    cut = [run for run in runs if run.state == "abandoned"]
    alarms = []
    if failed:
        why = str((failed[0].report or {}).get("problem") or "nobody knows why")
        alarms.append(Alarm("run", f"{_runs(len(failed))} failed before: {why}"))
    if cut:
        alarms.append(
            Alarm("run", f"{_runs(len(cut))} ended without a word (killed, or the power was cut)")
        )
    return alarms


def _saved(
    settings: Settings, store: Store, clock: Clock, begin: datetime, last: Mark
) -> tuple[tuple[SavedNews, ...], dict[str, list[str]], list[Alarm]]:
    """Return the news of saved searches, the ids told by search, and what went wrong."""
    from litmine.search.saved import SavedSearches
    from litmine.search.searcher import Searcher

    try:
        told = SavedSearches(store, Searcher.open(settings, store), clock).digest(begin)
    except LitmineError as error:
        # What a search needs (its encoder, its index) must not cost everybody the digest.
        said = f"Saved searches could not be looked through: {clean(str(error))}"
        return (), {}, [Alarm("warning", said)]
    known = last.saved
    found, seen = [], {}
    for search, news in told:
        seen[str(search.id)] = [one.hit.arxiv_id for one in news]
        fresh = [n for n in news if n.hit.arxiv_id not in known.get(str(search.id), ())]
        if fresh:
            found.append(
                SavedNews(search.owner, search.name, _hits(fresh[:_HITS]), total=len(fresh))
            )
    return tuple(found[:_SEARCHES]), seen, []


def _hits(news: Iterable[News]) -> tuple[PaperLine, ...]:
    return tuple(
        PaperLine(
            one.hit.arxiv_id, one.hit.title, one.hit.authors, one.hit.cells, one.hit.relevance
        )
        for one in news
    )


def _names() -> dict[str, str]:
    taxonomy = load_taxonomy()
    return {
        f"{stage.id}/{resource.id}": f"{_short(stage.name)} × {_short(resource.name)}"
        for stage in taxonomy.stages
        for resource in taxonomy.resources
    }


def _short(name: str) -> str:
    return _SHORT.get(name, name)


def _papers(number: int) -> str:
    return f"{number} paper{'' if number == 1 else 's'}"


def _runs(number: int) -> str:
    return f"{number} run{'' if number == 1 else 's'}"
