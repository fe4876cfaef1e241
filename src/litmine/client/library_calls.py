"""The library, papers and figures, as the client sees them."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from urllib.parse import quote

from litmine.client.figures import AgreementReport, ModelsReport, RuleCheck, RuleReport, RunReport
from litmine.client.models import Page
from litmine.client.papers import (
    Activity,
    HistoryStep,
    LibraryMatrix,
    LibraryPage,
    PaperHistory,
    PaperRecord,
)
from litmine.client.transport import Calls, paper_path

__all__ = ["ExportFormat", "LibraryCalls"]

ExportFormat = Literal["bibtex", "ris", "csl", "csv", "jsonl", "parquet", "atom", "markdown"]


class LibraryCalls(Calls):
    """Reading what was decided and what is known."""

    def library(
        self,
        *,
        sort: Literal["newest", "title"] = "newest",
        cursor: str | None = None,
        limit: int = 50,
        **only: str,
    ) -> LibraryPage:
        """Return a page of approved papers.

        Parameters
        ----------
        only : str
            ``stage``, ``resource``, ``cell``, ``technique``, ``text``, ``month`` (YYYY-MM),
            ``reviewer``.
        """
        return self._api.read(
            LibraryPage, "/library", sort=sort, cursor=cursor, limit=limit, **_asked(only)
        )

    def matrix(self, **only: str) -> LibraryMatrix:
        """Return how many approved papers stand in each cell; `only` as for `library`."""
        return self._api.read(LibraryMatrix, "/library/matrix", **_asked(only))

    def export(
        self,
        format: ExportFormat,
        *,
        since: date | None = None,
        until: date | None = None,
        saved: str | None = None,
        labelled: bool = False,
        abstracts: bool = False,
        **only: str,
    ) -> bytes:
        """Return the approved papers as a file.

        Parameters
        ----------
        since, until : date, optional
            First and last day of the first submission.
        saved : str, optional
            Name or number of one of your saved searches: only what it finds.
        labelled : bool
            With the labelled papers that nobody decided on.
        only : str
            As for `library`.
        """
        return self._api.content(
            "/export",
            format=format,
            since=None if since is None else since.isoformat(),
            until=None if until is None else until.isoformat(),
            saved=saved,
            labelled=labelled or None,
            abstracts=abstracts or None,
            **_asked(only),
        )

    def paper(self, paper: str) -> PaperRecord:
        """Return everything known of a stored paper, in the queue or not.

        Raises
        ------
        NotFound
            It is not stored.
        """
        return self._api.read(PaperRecord, f"/papers/{paper_path(paper)}")

    def history(self, paper: str) -> list[HistoryStep]:
        """Return every decision on a stored paper, oldest first."""
        return self._api.read(PaperHistory, f"/papers/{paper_path(paper)}/history").steps

    def activity(
        self,
        *,
        kind: str | None = None,
        actor: str | None = None,
        paper: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Activity]:
        """Return a page of who did what, newest first."""
        return self._api.read(
            Page[Activity],
            "/activity",
            kind=kind,
            actor=actor,
            paper=paper,
            cursor=cursor,
            limit=limit,
        )

    def runs(self, *, cursor: str | None = None, limit: int = 30) -> Page[RunReport]:
        """Return a page of runs, newest first."""
        return self._api.read(Page[RunReport], "/runs", cursor=cursor, limit=limit)

    def run(self, run_id: str) -> RunReport:
        """Return one run: its stages, what they counted, what went wrong."""
        return self._api.read(RunReport, f"/runs/{quote(run_id, safe='')}")

    def models(self) -> ModelsReport:
        """Return the models, how they compared, and drift."""
        return self._api.read(ModelsReport, "/models")

    def agreement(self) -> AgreementReport:
        """Return how far reviewers agree with each other, and with the model."""
        return self._api.read(AgreementReport, "/agreement")

    def rules(self) -> RuleReport:
        """Return how often approvals by rule were wrong, and those that wait for a check."""
        return self._api.read(RuleReport, "/rules")

    def check_rule(self, number: int, verdict: Literal["right", "wrong"]) -> RuleCheck:
        """Say whether an approval by rule was right; a wrong one is undone and waits again."""
        wish = {"verdict": verdict}
        return self._api.change(RuleCheck, "POST", f"/rules/checks/{number}", wish)


def _asked(only: dict[str, str]) -> dict[str, Any]:
    known = {"stage", "resource", "cell", "technique", "text", "month", "reviewer"}
    unknown = sorted(set(only) - known)
    if unknown:
        raise TypeError(f"the library cannot be asked for {unknown[0]!r}")
    return dict(only)
