"""What `litmine models list` and `show` tell: models, their story, figures and history."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from litmine.classify.registry import REPORTS, SHIPPED, ModelEntry, Registry

if TYPE_CHECKING:
    from litmine.core.settings import Settings

__all__ = ["catalogue", "describe"]


def catalogue(settings: Settings) -> list[dict[str, Any]]:
    """One dictionary a model, the shipped one first.

    ``figures`` are those of its newest comparison on gold, as champion or as challenger; None
    where it was never compared.
    """
    registry = Registry.of(settings)
    reports = list(_reports(registry))
    return [_row(entry, reports) for entry in registry.entries()]


def describe(settings: Settings, name: str) -> dict[str, Any]:
    """Everything known of one model.

    Raises
    ------
    NotFound
        There is no such model.
    """
    registry = Registry.of(settings)
    wanted = registry.find(name)
    entry = next(
        e
        for e in registry.entries()
        if (e.origin == "shipped" if wanted == SHIPPED else e.model_id == wanted)
    )
    reports = [r for r in _reports(registry) if entry.model_id in (r["champion"], r["challenger"])]
    history = [asdict(c) for c in registry.history() if wanted in (c.model, c.previous)]
    return {
        **_row(entry, reports),
        "encoder": entry.encoder_id,
        "facts": dict(entry.facts),
        "comparisons": [
            {k: r[k] for k in ("made", "champion", "challenger", "not_worse", "why", "file")}
            for r in reports
        ],
        "history": history,
    }


def _row(entry: ModelEntry, reports: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "model_id": entry.model_id,
        "champion": entry.champion,
        "origin": entry.origin,
        "made": entry.facts.get("made"),
        "labels": entry.facts.get("labels"),
        "decisions": (entry.facts.get("decisions") or {}).get("used", 0),
        "figures": _figures(entry.model_id, reports),
        "folder": str(entry.folder),
        "problem": entry.problem,
    }


def _figures(model_id: str, reports: list[dict[str, Any]]) -> dict[str, Any] | None:
    for report in reversed(reports):
        for role in ("challenger", "champion"):
            gold = report["parts"]["gold"]
            if report[role] == model_id and gold["figures"]:
                return {
                    "papers": gold["papers"],
                    "source": gold["source"],
                    **{key: row[role] for key, row in gold["figures"].items()},
                }
    return None


def _reports(registry: Registry) -> Iterator[dict[str, Any]]:
    """Comparison reports, oldest first; one that cannot be read is no news of any model."""
    paths = [*registry.folder.glob("*/comparisons/*.json")]
    paths += registry.folder.glob(f"{REPORTS}/*.json")
    for path in sorted(paths, key=lambda path: path.name):
        try:
            report = json.loads(path.read_text(encoding="utf-8"))
            report["parts"]["gold"]["figures"], report["champion"], report["challenger"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        yield {**report, "file": str(path)}
