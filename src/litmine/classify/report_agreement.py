"""How well two annotators agree: the ceiling that the report draws beside the systems.

The constants are those of ``AGREEMENT.md``, delivered with the labels, rows "dev night 2026-06-30"
and "dev nights 2026-07-02, 07-08, 07-16". Both annotators are of one family of language model, so
mistakes they share do not show.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AGREEMENT", "SOURCE", "Agreement", "against_adjudicated", "agreement_range"]

SOURCE = "labels/AGREEMENT.md, dev nights"


@dataclass(frozen=True)
class Agreement:
    """Two annotators on one set of papers.

    Attributes
    ----------
    first, second, both, adjudicated
        Papers that each took for relevant, that both did, and that were after adjudication.
    kappa, relevance_f1, cell_f1, cell_f1_both, technique
        Of one annotator against the other: Cohen's kappa and F1 of relevance, micro F1 of cells
        (all papers; papers both take for relevant), and overlap of techniques.
    """

    name: str
    papers: int
    first: int
    second: int
    both: int
    adjudicated: int
    kappa: float
    relevance_f1: float
    cell_f1: float
    cell_f1_both: float
    technique: float


AGREEMENT = (
    Agreement("2026-06-30", 486, 48, 44, 44, 46, 0.952, 0.957, 0.935, 0.967, 1.00),
    Agreement("2026-07-02, 07-08, 07-16", 575, 53, 51, 51, 51, 0.979, 0.981, 0.961, 0.974, 0.98),
)


def agreement_range(figure: str) -> tuple[float, float] | None:
    """Lowest and highest agreement for a figure of the report; None where there is none."""
    name = {
        "relevance_f1": "relevance_f1",
        "cell_micro_f1": "cell_f1",
        "technique_accuracy": "technique",
    }.get(figure)
    if name is None:
        return None
    values = [getattr(a, name) for a in AGREEMENT]
    return min(values), max(values)


def against_adjudicated() -> tuple[float, float]:
    """Relevance F1 of each annotator against the adjudicated labels, all dev nights together.

    Worked out from the counts: only disagreements were adjudicated, so every paper that both took
    for relevant is, and the others that are stand in one annotator's list each.
    """
    gold = sum(a.adjudicated for a in AGREEMENT)
    # Where one annotator's papers hold the other's, the rest of gold is the larger list's own.
    results = []
    for name in ("first", "second"):
        hits = 0
        for a in AGREEMENT:
            own, other = getattr(a, name), a.second if name == "first" else a.first
            if own == a.both:
                hits += a.both
            elif other == a.both:
                hits += a.adjudicated
            else:
                raise ValueError(f"{a.name}: the counts leave open who was right")
        results.append(2 * hits / (sum(getattr(a, name) for a in AGREEMENT) + gold))
    return results[0], results[1]
