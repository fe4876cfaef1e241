"""The models as people look at them: champion, past ones, figures, decisions since, drift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from litmine.classify.registry import SHIPPED, Registry
from litmine.jobs.catalogue import catalogue, describe
from litmine.store import Store
from litmine.store.drift import LEAST_REFERENCE, StoredDrift, get_drift, latest_watched_model
from litmine.store.queue import queue_counts

if TYPE_CHECKING:
    from litmine.core.settings import Settings

__all__ = ["Drift", "ModelLine", "ModelsOverview", "overview"]

_NIGHTS = 14


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model.

    Attributes
    ----------
    origin : str
        ``shipped`` or ``trained``.
    made : str
        ISO 8601; empty where it is not known.
    labels, decisions : int
        Labels it was trained on, and how many of them were reviewers' decisions.
    figures : mapping or None
        Of its newest comparison on gold labels: name to value; None where it was never compared.
    problem : str
        What is wrong with its folder; empty when nothing is.
    """

    model_id: str
    champion: bool
    origin: str
    made: str
    labels: int
    decisions: int
    figures: Mapping[str, Any] | None
    problem: str


@dataclass(frozen=True, slots=True)
class Drift:
    """What the watch over the last two weeks of nights saw.

    Attributes
    ----------
    nights : tuple of StoredDrift
        Oldest first.
    learning : int or None
        While it learns: nights seen so far; None once alarms are possible.
    needed : int
        Nights it takes before the first alarm.
    """

    model_id: str
    nights: tuple[StoredDrift, ...]
    learning: int | None
    needed: int = LEAST_REFERENCE

    @property
    def alarms(self) -> tuple[str, ...]:
        """One sentence for each alarm, oldest first."""
        return tuple(alarm for night in self.nights for alarm in night.alarms)


@dataclass(frozen=True, slots=True)
class ModelsOverview:
    """All models of an installation.

    Attributes
    ----------
    models : tuple of ModelLine
        The shipped one first.
    fixed : str
        The classifier folder that the settings name in place of a champion; empty without one.
    history : tuple of mapping
        Changes of the champion, newest first: number, at, by, action, model, previous, why, forced.
    comparisons : tuple of mapping
        Comparisons that the champion took part in, newest first: made, champion, challenger,
        not_worse, why.
    decided : int
        Papers with a standing decision.
    since : int
        How many of those the champion has not been trained on.
    drift : Drift or None
        None where no night was watched.
    """

    models: tuple[ModelLine, ...]
    fixed: str
    history: tuple[Mapping[str, Any], ...]
    comparisons: tuple[Mapping[str, Any], ...]
    decided: int
    since: int
    drift: Drift | None

    @property
    def champion(self) -> ModelLine | None:
        """The model that judges; None where its folder is gone."""
        return next((model for model in self.models if model.champion), None)


def overview(settings: Settings, store: Store) -> ModelsOverview:
    """Gather what there is to know of the models.

    Raises
    ------
    ModelError
        The pointer to the champion cannot be read.
    """
    registry = Registry.of(settings)
    models = tuple(
        ModelLine(
            row["model_id"],
            row["champion"],
            row["origin"],
            row["made"] or "",
            int(row["labels"] or 0),
            int(row["decisions"] or 0),
            row["figures"],
            row["problem"] or "",
        )
        for row in catalogue(settings)
    )
    champion = next((model for model in models if model.champion), None)
    told: dict[str, Any] = {}
    if champion is not None:
        told = describe(settings, SHIPPED if champion.origin == "shipped" else champion.model_id)
    with store.read() as connection:
        counts = queue_counts(connection)
        watched = latest_watched_model(connection)
        nights = get_drift(connection, watched)[-_NIGHTS:] if watched else []
    decided = counts["approved"] + counts["rejected"]
    drift = None
    if watched and nights:
        seen = int(nights[-1].figures.get("reference_nights", 0))
        drift = Drift(watched, tuple(nights), seen if seen < LEAST_REFERENCE else None)
    return ModelsOverview(
        models=models,
        fixed="" if settings.models.classifier == "default" else settings.models.classifier,
        history=tuple(asdict(change) for change in reversed(registry.history())),
        comparisons=tuple(reversed(told.get("comparisons", ()))),
        decided=decided,
        since=max(0, decided - (champion.decisions if champion else 0)),
        drift=drift,
    )
