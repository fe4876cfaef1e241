"""The nightly run: pull, reconcile, seed, encode, classify, enqueue, publish, index, watch, report.

Each stage asks the database what is still to do and commits its work in slices. There is no other
memory between stages, so a run that was killed anywhere is taken up by simply running again, and
a second run of the same night finds nothing to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from litmine.core.clock import Clock, SystemClock
from litmine.core.errors import ConfigError, Incomplete, LitmineError, SourceError
from litmine.core.log import bind_run, get_logger
from litmine.core.process import describe, process_identity
from litmine.core.section import is_loopback
from litmine.core.settings import Settings
from litmine.jobs.context import RunContext
from litmine.jobs.fill_queue import fill_queue
from litmine.jobs.lease import held_lease
from litmine.jobs.models import Models, load_models
from litmine.jobs.progress import Progress, SilentProgress
from litmine.jobs.publish.night import publish_night
from litmine.jobs.pull import PullCounts, pull_windows
from litmine.jobs.reconcile import Reconciliation, reconcile
from litmine.jobs.report import RunReport, StageReport, write_report
from litmine.jobs.sources import open_arxiv
from litmine.sources import Sources
from litmine.store import Store, open_store
from litmine.store.runs import abandon_open_runs, finish_run, put_stage, start_run

__all__ = ["Models", "NightlyRun", "load_models", "new_run_id", "run_nightly"]

_log = get_logger(__name__)


def run_nightly(
    settings: Settings,
    *,
    since: date | None = None,
    pull: bool = True,
    clock: Clock | None = None,
    progress: Progress | None = None,
    store: Store | None = None,
    models: Callable[[Settings], Models] = load_models,
    patient: bool = False,
) -> RunReport:
    """Run one night, then send its digest, where somebody is to get one.

    Parameters
    ----------
    since : date, optional
        Read everything modified since this day instead of since the watermark.
    pull : bool
        False: ask arXiv nothing, only judge, queue and list what is stored.
    store : Store, optional
        An open database; by default the settings' one is opened and closed.
    models : callable, optional
        Gives the encoder and the classifier; called only once arXiv has answered.
    patient : bool
        Whoever calls tries a failed night again, so that the digest can wait for that.

    Returns
    -------
    RunReport
        Also when a stage failed: `state`, `problem` and `exit_code` tell.

    Raises
    ------
    LeaseHeld
        Another run is under way; nothing was done.
    StoreError, ConfigError
        The database cannot be opened.
    """
    clock = clock or SystemClock()
    own = store is None
    store = store or open_store(settings.database)
    try:
        with held_lease(store, clock) as lease:
            context = RunContext(
                settings,
                store,
                clock,
                progress or SilentProgress(),
                lease,
                run_id=new_run_id(clock.now()),
            )
            night = NightlyRun(context, since, models, pull=pull)
            failure: Exception | None = None
            try:
                night.run()
            except Exception as error:  # noqa: BLE001 - raised below, once it is told
                failure = error
        # After the lease: a mail server that asks to come back later holds up no other run.
        context.lease = None
        _tell(context, night.report, pull=pull, patient=patient)
        if failure is not None:
            raise failure
        return night.report
    finally:
        if own:
            store.close()


def _tell(context: RunContext, report: RunReport, *, pull: bool, patient: bool = False) -> None:
    settings = context.settings
    if pull and (settings.mail.host or settings.webhook.url):
        from litmine.jobs.publish.digest import tell_night

        tell_night(
            settings, context.store, context.clock, report, context.progress, patient=patient
        )


class NightlyRun:
    """One run under a held lease; use `run_nightly`.

    Parameters
    ----------
    context : RunContext
        With a lease.
    since : date, optional
        Overrides the watermark.
    models : callable, optional
        Gives the encoder and the classifier.
    pull : bool
        Whether arXiv is asked. A run that does not ask is no nightly run to the scheduler.
    """

    def __init__(
        self,
        context: RunContext,
        since: date | None = None,
        models: Callable[[Settings], Models] = load_models,
        *,
        pull: bool = True,
    ) -> None:
        self.context = context
        self._kind = "nightly" if pull else "judge"
        self.since = since
        self._models = models
        self.report = RunReport(context.run_id, context.clock.now())
        self._began = time.monotonic()

    def run(self) -> RunReport:
        """Run every stage; a LitmineError ends in the report, anything else is raised too."""
        context, report = self.context, self.report
        bind_run(context.run_id)
        with context.write() as connection:
            now = context.clock.now()
            report.abandoned = abandon_open_runs(connection, self._kind, now)
            holder = describe(process_identity())
            start_run(connection, context.run_id, self._kind, holder, now)
        try:
            self._stages()
        except LitmineError as error:
            self._fail(error)
        except BaseException as error:
            report.state, report.problem = "failed", f"{type(error).__name__}: {error}"
            report.exit_code = 1
            self._finish()
            raise
        self._finish()
        return report

    def _fail(self, error: LitmineError) -> None:
        self.report.state, self.report.problem = "failed", str(error)
        self.report.exit_code = error.exit_code
        _log.debug("run_failed", error=str(error))  # the door tells it

    def _stages(self) -> None:
        context, report = self.context, self.report
        pulled, compared = PullCounts(), Reconciliation()
        if self._kind == "nightly":
            with open_arxiv(
                context.settings, context.limiter_store or context.store, context.clock
            ) as arxiv:
                pulled = self._stage("pull", lambda: self._pull(arxiv))
                compared = self._stage("reconcile", lambda: self._reconcile(arxiv))
        models = self._stage("load models", self._load)
        seeded = self._stage("seed library", lambda: self._seed(models))
        encoded = self._stage("encode", lambda: self._encode(models))
        judged = self._stage("classify", lambda: self._classify(models))
        queued = self._stage("enqueue", lambda: self._enqueue(models))
        files = self._stage("publish", self._publish)
        self._stage("search index", lambda: self._index(models))
        watched = self._stage("drift watch", lambda: self._watch(models))
        report.changed = bool(
            pulled.new
            or pulled.changed
            or compared.repaired_by_id
            or compared.repaired_from_feed
            or seeded
            or encoded
            or judged
            or queued
            or files
            or watched
        )
        if pulled.broken:
            raise SourceError(
                f"arXiv could not be read to the end ({pulled.broken}); what came is stored, "
                "judged and queued, run again to go on"
            )
        if compared.missing_after:
            raise Incomplete(
                f"{compared.missing_after} announced papers could not be stored: "
                f"{', '.join(compared.examples[:3])}; run again later"
            )
        if compared.skipped:
            raise Incomplete(
                "everything else is done, but the announcement feed could not be read, so nobody "
                f"knows whether a paper is missing ({compared.skipped}); run again within the day"
            )

    def _stage(self, name: str, work: Callable[[], Any]) -> Any:
        began = time.monotonic()
        entry = StageReport(name, "running", 0.0, {})
        self.report.stages.append(entry)
        try:
            result, entry.counts, entry.summary = work()
            entry.state = "done"
        except BaseException as error:
            entry.state = "failed"
            entry.summary = str(error) or type(error).__name__
            raise
        finally:
            entry.seconds = time.monotonic() - began
            self.context.progress.finish(f"{name}: {entry.summary}")
        with self.context.write() as connection:
            position = len(self.report.stages)
            put_stage(
                connection,
                self.context.run_id,
                position,
                name,
                entry.state,
                round(entry.seconds, 3),
                entry.counts,
            )
        _log.debug("stage_done", stage=name, seconds=round(entry.seconds, 2))
        return result

    def _pull(self, arxiv: Sources) -> tuple[PullCounts, dict[str, Any], str]:
        arxiv_settings = self.context.settings.arxiv
        if not arxiv_settings.contact and not is_loopback(arxiv_settings.oai_url):
            self.context.warnings.append(
                "arXiv cannot reach you: set LITMINE_ARXIV__CONTACT to your e-mail address"
            )
        self.context.progress.start("pull")
        from litmine.sources.oai import oai_set

        sets = [oai_set(category) for category in arxiv_settings.categories]
        total = pull_windows(self.context, arxiv.oai, sets, self.since)
        summary = (
            f"{total.received} records in {total.pages} pages: {total.new} new, "
            f"{total.changed} changed, {total.unchanged} already stored"
        )
        if total.rejected:
            summary += f", {total.rejected} unreadable"
        return total, asdict(total), summary

    def _reconcile(self, arxiv: Sources) -> tuple[Reconciliation, dict[str, Any], str]:
        self.context.progress.start("reconcile")
        try:
            outcome = reconcile(self.context, arxiv.announcements, arxiv.oai, arxiv.search)
        except SourceError as error:
            # The pull is safe; what is lost is tonight's proof of it. The run goes on, but does
            # not end as complete: tomorrow's feed is another night's.
            outcome = Reconciliation(skipped=str(error))
            return outcome, outcome.as_counts(), f"skipped: {error}"
        self.report.night = outcome.nights[-1] if outcome.nights else None
        announced = sum(outcome.announced.values())
        summary = (
            f"{announced} announced, {outcome.missing_before} missing, "
            f"{outcome.missing_after} after repair"
        )
        if not outcome.nights:
            summary = "the feed is empty (weekend or holiday)"
            if outcome.missing_before:
                summary += f"; of earlier nights {outcome.missing_before} were missing, "
                summary += f"{outcome.missing_after} after repair"
        return outcome, outcome.as_counts(), summary

    def _load(self) -> tuple[Models, dict[str, Any], str]:
        self.context.progress.start("load models")
        models = self._models(self.context.settings)
        self.report.encoder_id = models.encoder.encoder_id
        self.report.model_id = models.classifier.model_id
        return models, {}, f"{models.classifier.model_id} on {models.encoder.encoder_id}"

    def _seed(self, models: Models) -> tuple[int, dict[str, Any], str]:
        from litmine.jobs.seed import seed_library

        self.context.progress.start("seed library")
        count = seed_library(self.context, models.encoder.encoder_id)
        said = f"{count} labelled papers" if count else "already there"
        return count, {"labels": count}, said

    def _encode(self, models: Models) -> tuple[int, dict[str, Any], str]:
        from litmine.jobs.judge import encode_pending, screen_pending

        began = time.monotonic()
        dropped = screen_pending(self.context, models.classifier)
        count = encode_pending(self.context, models.encoder)
        said = _rated(count, time.monotonic() - began)
        if dropped:
            said += f"; words alone dropped {dropped}"
        return count + dropped, {"papers": count, "dropped": dropped}, said

    def _classify(self, models: Models) -> tuple[int, dict[str, Any], str]:
        from litmine.jobs.judge import classify_pending
        from litmine.jobs.seed import library_from_store

        began = time.monotonic()
        library = library_from_store(self.context, models.encoder.encoder_id)
        count = classify_pending(self.context, models.classifier, library, models.encoder)
        return count, {"papers": count}, _rated(count, time.monotonic() - began)

    def _enqueue(self, models: Models) -> tuple[int, dict[str, Any], str]:
        self.context.progress.start("enqueue")
        filled = fill_queue(
            self.context, models.classifier.model_id, models.encoder.encoder_id, models.earlier
        )
        self.report.queue = filled.queue
        return filled.changed, dict(filled.counts), filled.summary()

    def _publish(self) -> tuple[int, dict[str, Any], str]:
        self.context.progress.start("publish")
        published = publish_night(self.context)
        self.report.files = list(published.files)
        counts = {"changed": len(published.files)}
        if published.site:
            counts["site"] = published.site
        if published.suggested:
            counts["suggested"] = published.suggested
        return published.changed, counts, published.summary

    def _index(self, models: Models) -> tuple[int, dict[str, Any], str]:
        from litmine.jobs.search_index import update_search_index

        encoder = models.encoder if models.search is None else models.search()
        return update_search_index(
            self.context, encoder, models.classifier.model_id, models.earlier
        )

    def _watch(self, models: Models) -> tuple[int, dict[str, Any], str]:
        from litmine.jobs.drift import watch_drift

        # Last of all: what the watch finds is for a person to read and holds up no paper.
        self.context.progress.start("drift watch")
        classifier = models.classifier
        outcome = watch_drift(self.context, classifier.model_id, classifier.encoder_id)
        self.context.warnings += [f"drift {alarm}" for alarm in outcome.alarms]
        counts = {
            "nights": [night.isoformat() for night in outcome.nights],
            "alarms": list(outcome.alarms),
        }
        return len(outcome.nights), counts, outcome.summary()

    def _finish(self) -> None:
        context, report = self.context, self.report
        report.seconds = time.monotonic() - self._began
        report.warnings = list(dict.fromkeys(context.warnings))
        try:
            write_report(report, context.settings.outputs / "reports")
        except ConfigError as error:
            # The database gets the report in any case; what failed first is what to tell.
            if report.problem is None:
                self._fail(error)
        with context.write() as connection:
            finish_run(
                connection,
                context.run_id,
                "done" if report.state == "done" else "failed",
                context.clock.now(),
                report.as_json(),
                report.night,
            )
        bind_run(None)


def _rated(count: int, seconds: float) -> str:
    return f"{count} papers, {count / max(seconds, 1e-9):.0f}/s" if count else "nothing to do"


def new_run_id(now: datetime) -> str:
    """Return an id that sorts by time: ``20260714T023000-1a2b3c``."""
    import secrets

    return f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
