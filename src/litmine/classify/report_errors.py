"""Where the system and the gold labels part, grouped by likely cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.classify.baselines import Scores
from litmine.classify.report_data import Papers

__all__ = ["KINDS", "RARE", "Mistake", "count_causes", "find_mistakes", "stage_confusion"]

RARE = 30
"""A cell with fewer training papers is rare."""

KINDS: tuple[tuple[str, str], ...] = (
    ("missed", "Relevant papers taken for irrelevant"),
    ("false-alarm", "Irrelevant papers taken for relevant"),
    ("cells", "Wrong cells"),
    ("technique", "Wrong technique"),
)
"""Kinds of mistakes and their headings."""

_UNSURE = 0.3
"""A relevance within so much of the cut is borderline."""


@dataclass(frozen=True)
class Mistake:
    """One paper on which the system and the labels differ.

    Attributes
    ----------
    kind, cause, detail
        A key of `KINDS`, the likely cause, and what exactly, such as a pair of stages; for wrong
        relevance the technique that was missed or seen.
    probability
        Of relevance.
    said, gold
        Cells and technique.
    """

    kind: str
    cause: str
    detail: str
    arxiv_id: str
    title: str
    abstract: str
    night: str
    probability: float
    verdict: str
    said_cells: tuple[str, ...]
    gold_cells: tuple[str, ...]
    said_technique: str
    gold_technique: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The mistake as a JSON object without the abstract."""
        return {name: value for name, value in vars(self).items() if name != "abstract"}


def find_mistakes(
    papers: Papers,
    nights: Sequence[str],
    gold: Sequence[Mapping[str, Any]],
    scores: Scores,
    cell_names: Sequence[str],
    known: Mapping[str, int],
    verdicts: Sequence[bool | None] | None = None,
) -> list[Mistake]:
    """List every mistake, worst first within its kind.

    Wrong cells and techniques are those of relevant papers that were taken for relevant; a missed
    paper is one mistake, not three.

    Parameters
    ----------
    known
        Training papers of each cell.
    verdicts
        The model's own answers with None for unsure; None when it gives none.
    """
    found = []
    decided = scores.decided
    for row, label in enumerate(gold):
        relevant, p = bool(label["relevant"]), float(scores.relevance[row])
        said = tuple(n for n, on in zip(cell_names, scores.assigned[row], strict=True) if on)
        right = tuple(sorted(label.get("cells", ())))
        technique = tuple(label.get("technique", ()))
        causes = []
        if relevant != bool(decided[row]):
            kind = "missed" if relevant else "false-alarm"
            near = abs(p - scores.cut) <= _UNSURE
            cause = "borderline relevance" if near else "confident mistake"
            about = " or ".join(technique) if relevant else scores.technique[row]
            causes.append((kind, cause, about))
        elif relevant:
            if set(said) != set(right):
                causes.append(("cells", *_cell_cause(said, right, known)))
            if scores.technique[row] not in technique:
                pair = f"{' or '.join(technique)} taken for {scores.technique[row]}"
                causes.append(("technique", "technique confusion", pair))
        verdict = ""
        if verdicts is not None:
            verdict = {True: "relevant", False: "not relevant", None: "unsure"}[verdicts[row]]
        found += [
            Mistake(
                kind=kind,
                cause=cause,
                detail=detail,
                arxiv_id=papers.ids[row],
                title=papers.texts[row].title,
                abstract=papers.texts[row].abstract,
                night=str(nights[row]),
                probability=round(p, 4),
                verdict=verdict,
                said_cells=said,
                gold_cells=right,
                said_technique=scores.technique[row],
                gold_technique=technique,
            )
            for kind, cause, detail in causes
        ]
    place = {kind: i for i, (kind, _) in enumerate(KINDS)}
    found.sort(key=lambda m: (place[m.kind], -abs(m.probability - scores.cut), m.arxiv_id))
    return found


def _cell_cause(
    said: Sequence[str], right: Sequence[str], known: Mapping[str, int]
) -> tuple[str, str]:
    missed, added = sorted(set(right) - set(said)), sorted(set(said) - set(right))
    rare = [cell for cell in missed if known.get(cell, 0) < RARE]
    if rare:
        return "rare cell", ", ".join(rare)
    stages, said_stages = _parts(right, 0), _parts(said, 0)
    lost, new = sorted(stages - said_stages), sorted(said_stages - stages)
    if lost and new:
        return "stage confusion", f"{', '.join(lost)} taken for {', '.join(new)}"
    if lost:
        return "stage missed", ", ".join(lost)
    if new:
        return "stage added", ", ".join(new)
    if missed:
        return "resource missed", ", ".join(sorted(_parts(missed, 1)))
    return "resource added", ", ".join(sorted(_parts(added, 1)))


def _parts(cells: Sequence[str], part: int) -> set[str]:
    return {cell.split("/")[part] for cell in cells}


def count_causes(mistakes: Sequence[Mistake]) -> dict[str, list[tuple[str, int, str]]]:
    """For each kind its causes, most frequent first, with the commonest details."""
    result = {}
    for kind, _ in KINDS:
        own = [m for m in mistakes if m.kind == kind]
        result[kind] = [
            (
                cause,
                count,
                "; ".join(
                    f"{detail} ({n})" if n > 1 else detail
                    for detail, n in Counter(m.detail for m in own if m.cause == cause).most_common(
                        5
                    )
                ),
            )
            for cause, count in Counter(m.cause for m in own).most_common()
        ]
    return result


def stage_confusion(
    truth: NDArray[np.bool_], assigned: NDArray[np.bool_], cell_names: Sequence[str]
) -> tuple[list[str], list[str], NDArray[np.float64]]:
    """Confusion between stages for papers that may have several.

    A stage found counts on the diagonal. A stage missed is shared evenly among the stages that
    were added to the same paper, or counts under "none" when none was. A stage added to a paper
    without a missed one counts in the row "no stage missed"; on an irrelevant paper, in the row
    "not relevant". So every gold stage counts once in its row (after Heydarian et al., "MLCM:
    Multi-label confusion matrix", 2022).

    Returns
    -------
    rows, columns, counts
        Names of gold rows and assigned columns, and the matrix.
    """
    stages = list(dict.fromkeys(name.split("/")[0] for name in cell_names))
    of = np.array([stages.index(name.split("/")[0]) for name in cell_names])

    def staged(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.stack([cells[:, of == s].any(axis=1) for s in range(len(stages))], axis=1)

    gold, said = staged(truth), staged(assigned)
    size = len(stages)
    counts = np.zeros((size + 2, size + 1))
    for true, found in zip(gold, said, strict=True):
        missed, added = np.flatnonzero(true & ~found), np.flatnonzero(found & ~true)
        for stage in np.flatnonzero(true & found):
            counts[stage, stage] += 1
        for stage in missed:
            if len(added):
                counts[stage, added] += 1 / len(added)
            else:
                counts[stage, size] += 1
        if not len(missed):
            counts[size if true.any() else size + 1, added] += 1
    return [*stages, "no stage missed", "not relevant"], [*stages, "none"], counts
