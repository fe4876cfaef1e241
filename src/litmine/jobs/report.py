"""The run report: what a night did, for people (Markdown) and for machines (JSON)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from litmine.core.files import atomic_write
from litmine.jobs.folder import writing_into

__all__ = ["RunReport", "StageReport", "write_report"]


@dataclass(slots=True)
class StageReport:
    """One stage: how it ended, how long it took (seconds), what it counted."""

    stage: str
    state: str
    seconds: float
    counts: dict[str, Any]
    summary: str = ""


@dataclass(slots=True)
class RunReport:
    """One run.

    Attributes
    ----------
    state : {'done', 'failed', 'dry-run'}
    changed : bool
        Whether the run changed anything; a second run of the same night does not.
    problem : str or None
        Why it failed or is incomplete, in one line.
    exit_code : int
        0, or the code of the error (`litmine.core.errors`).
    """

    run_id: str
    started_at: datetime
    night: date | None = None
    state: str = "done"
    changed: bool = False
    exit_code: int = 0
    problem: str | None = None
    seconds: float = 0.0
    encoder_id: str = ""
    model_id: str = ""
    stages: list[StageReport] = field(default_factory=list)
    queue: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    abandoned: list[str] = field(default_factory=list)

    def counts(self, stage: str) -> dict[str, Any]:
        """Return the counts of a stage; empty when it did not run."""
        return next((s.counts for s in self.stages if s.stage == stage), {})

    def as_json(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return {
            "run_id": self.run_id,
            "night": None if self.night is None else self.night.isoformat(),
            "state": self.state,
            "changed": self.changed,
            "exit_code": self.exit_code,
            "problem": self.problem,
            "started_at": self.started_at.isoformat(),
            "seconds": round(self.seconds, 3),
            "encoder_id": self.encoder_id,
            "model_id": self.model_id,
            "stages": [
                {
                    "stage": s.stage,
                    "state": s.state,
                    "seconds": round(s.seconds, 3),
                    "counts": s.counts,
                    "summary": s.summary,
                }
                for s in self.stages
            ],
            "queue": self.queue,
            "warnings": self.warnings,
            "files": self.files,
            "abandoned": self.abandoned,
        }

    def as_markdown(self) -> str:
        """Return the report as a page."""
        night = self.night.isoformat() if self.night else "no announcement"
        lines = [
            f"# Nightly run {self.run_id}",
            "",
            f"Night: {night}. State: {self.state}"
            + ("." if self.changed else ", nothing changed.")
            + f" Time: {self.seconds:.1f} s.",
            "",
        ]
        if self.problem:
            lines += [f"**Problem (exit code {self.exit_code}):** {_inline(self.problem)}", ""]
        lines += ["| stage | state | seconds | result |", "|---|---|---:|---|"]
        lines += [
            f"| {s.stage} | {s.state} | {s.seconds:.2f} | {_inline(s.summary)} |"
            for s in self.stages
        ]
        if self.queue:
            waiting = ", ".join(f"{state} {count}" for state, count in self.queue.items())
            lines += ["", f"Queue: {waiting}."]
        if self.model_id:
            lines += ["", f"Classifier `{self.model_id}`, encoder `{self.encoder_id}`."]
        if self.warnings:
            lines += ["", "## Warnings", ""]
            lines += [f"- {_inline(w)}" for w in self.warnings]
        return "\n".join(lines) + "\n"


def _inline(text: str) -> str:
    # Warnings can quote a feed; nothing of it may become markup.
    escaped = text.replace("\\", "\\\\")
    for mark in "|<>[]`*_":
        escaped = escaped.replace(mark, f"\\{mark}")
    return " ".join(escaped.split())


def write_report(report: RunReport, directory: Path) -> Path:
    """Write ``<run>.json`` and ``<run>.md`` into `directory`; return the Markdown's path.

    Raises
    ------
    ConfigError
        The folder cannot be written.
    """
    page = directory / f"{report.run_id}.md"
    with writing_into(directory):
        atomic_write(
            directory / f"{report.run_id}.json",
            json.dumps(report.as_json(), indent=2, ensure_ascii=False) + "\n",
        )
        atomic_write(page, report.as_markdown())
    return page
