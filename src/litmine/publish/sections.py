"""The sections of the paper list, and the one section in which each paper stands.

The headings are those of the survey's companion list, so that both can be read and merged side
by side; techniques that the companion list does not know follow under the same stage. Every
section is always there, empty or not: that is why one more approval is one more line.
"""

from __future__ import annotations

from dataclasses import dataclass

from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import ListEntry

__all__ = ["Section", "place", "sections", "stage_of", "techniques_of"]

STAGE_HEADINGS = {
    "architecture": "LLM Architecture Design",
    "pretraining": "LLM Pre-Training",
    "finetuning": "LLM Fine-Tuning",
    "inference": "LLM Inference",
    "system": "System Design",
}
ACROSS = "Across Stages"
OTHER = "Other"

# Headings of the companion list below the stage, in its order, and the techniques they hold.
_COMPANION: dict[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = {
    "architecture": (
        (("Efficient Transformer Architecture",), ("efficient-attention", "small-model")),
        (("Non-transformer Architecture",), ("sequence-model", "mixture-of-experts")),
    ),
    "pretraining": (
        (("Memory Efficiency", "Distributed Training"), ("parallelism",)),
        (("Memory Efficiency", "Mixed precision training"), ("mixed-precision",)),
        (("Memory Efficiency", "Training Memory"), ("training-memory",)),
        (("Data Efficiency", "Importance Sampling"), ("data-selection",)),
        (("Data Efficiency", "Data Augmentation"), ("data-augmentation",)),
        (("Data Efficiency", "Training Objective"), ("training-objective",)),
    ),
    "finetuning": (
        (("Parameter-Efficient Fine-Tuning",), ("peft",)),
        (("Full-Parameter Fine-Tuning",), ("full-tuning", "training-memory", "mixed-precision")),
        (
            ("Data and Objectives for Fine-Tuning",),
            ("data-selection", "data-augmentation", "training-objective"),
        ),
        (("Distributed Fine-Tuning",), ("parallelism", "collaborative")),
    ),
    "inference": (
        (("Model Compression", "Pruning"), ("pruning",)),
        (("Model Compression", "Quantization"), ("quantization",)),
        (("Model Compression", "Knowledge Distillation"), ("distillation",)),
        (("Model Compression", "Low-Rank Approximation"), ("low-rank",)),
        (("Dynamic Acceleration", "Input Pruning"), ("prompt-compression",)),
        (("Dynamic Acceleration", "KV Cache Reduction"), ("kv-cache",)),
        (("Dynamic Acceleration", "Speculative Decoding"), ("speculative-decoding",)),
        (("Dynamic Acceleration", "Early Exit and Dynamic Computation"), ("early-exit",)),
        (("Dynamic Acceleration", "Efficient Reasoning"), ("efficient-reasoning",)),
        (("Dynamic Acceleration", "Routing and Caching"), ("routing", "caching")),
    ),
    "system": (
        (
            ("Deployment optimization",),
            ("serving", "offloading", "collaborative", "caching", "kernel", "accelerator"),
        ),
        (("Support Infrastructure",), ("edge", "library")),
        (("Other Systems",), ("measurement", "survey", "other")),
    ),
}
_ACROSS = ((("Surveys",), ("survey",)), (("Measurement",), ("measurement",)), ((OTHER,), ()))


@dataclass(frozen=True, slots=True)
class Section:
    """Headings from the stage downwards."""

    headings: tuple[str, ...]


def sections(taxonomy: Taxonomy) -> tuple[Section, ...]:
    """All sections of the list, in order."""
    found: list[Section] = []
    for stage in taxonomy.stages:
        top = STAGE_HEADINGS.get(stage.id, stage.name)
        below = [headings for headings, _ in _COMPANION.get(stage.id, ())]
        if ("Other Systems",) not in below:
            below.append((OTHER,))
        found.extend(Section((top, *headings)) for headings in below)
    found.extend(Section((ACROSS, *headings)) for headings, _ in _ACROSS)
    return tuple(found)


def stage_of(section: Section) -> str | None:
    """The id of a section's stage; None for what stands across stages."""
    return next((s for s, top in STAGE_HEADINGS.items() if top == section.headings[0]), None)


def techniques_of(section: Section) -> tuple[str, ...]:
    """The techniques that a section holds; none for the catch-all ones."""
    stage = stage_of(section)
    rows = _ACROSS if stage is None else _COMPANION.get(stage, ())
    return next((held for headings, held in rows if headings == section.headings[1:]), ())


def place(entry: ListEntry, taxonomy: Taxonomy) -> Section:
    """Find the one section of a paper.

    The primary technique decides: the first of its home stages that is among the paper's stages,
    else the same for the next technique, else the paper's first stage in the taxonomy's order.
    A paper on several stages whose techniques have no home (surveys, measurements), and a paper
    without cells or home, stand under "Across Stages".
    """
    stages = [stage.id for stage in taxonomy.stages if stage.id in entry.stages]
    known = {technique.id: technique for technique in taxonomy.techniques}
    techniques = [known[name] for name in entry.technique if name in known]
    for technique in techniques:
        for home in technique.home_stages:
            if home in stages or not stages:
                return _below(home, technique.id, taxonomy)
    primary = techniques[0] if techniques else None
    homeless = primary is None or not primary.home_stages
    if stages and not (homeless and len(stages) > 1):
        return _below(stages[0], primary.id if primary else "", taxonomy)
    for headings, held in _ACROSS:
        if primary is not None and primary.id in held:
            return Section((ACROSS, *headings))
    return Section((ACROSS, OTHER))


def _below(stage: str, technique: str, taxonomy: Taxonomy) -> Section:
    top = STAGE_HEADINGS.get(stage, taxonomy.stage(stage).name)
    rows = _COMPANION.get(stage, ())
    for headings, held in rows:
        if technique in held:
            return Section((top, *headings))
    last = ("Other Systems",) if any(h == ("Other Systems",) for h, _ in rows) else (OTHER,)
    return Section((top, *last))
