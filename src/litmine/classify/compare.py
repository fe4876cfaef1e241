"""Champion against challenger on the same papers: a paired bootstrap and a verdict with reasons.

The question is non-inferiority, not superiority (Blackwelder, "Proving the null hypothesis in
clinical trials", 1982): the challenger is *not worse* in a figure when the lower end of the 95%
interval of its difference from the champion, over resampled papers that both see, lies above
minus the margin. With few papers the interval is wide and nothing can be shown; the verdict then
says that, which is not the same as worse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.classify import metrics
from litmine.classify.baselines import Scores
from litmine.classify.model import Prediction

__all__ = ["GATED", "Rules", "Truth", "compare", "conclude", "render_report", "scores_of"]

GATED: tuple[tuple[str, str], ...] = (
    ("average_precision", "relevance: average precision"),
    ("cell_micro_f1", "cells: micro F1"),
    ("cell_average_precision", "cells: micro average precision"),
    ("technique_accuracy", "technique right among relevant"),
)
"""Key and wording of the figures that decide."""


@dataclass(frozen=True)
class Rules:
    """How a comparison is made.

    Attributes
    ----------
    margin
        How much lower a figure may be and still count as not worse.
    draws, seed
        Of the bootstrap over papers.
    least_papers, least_relevant, least_other
        With fewer papers, relevant papers or other papers nothing is shown.
    """

    margin: float = 0.02
    draws: int = 1000
    seed: int = 0
    least_papers: int = 40
    least_relevant: int = 10
    least_other: int = 10


@dataclass(frozen=True)
class Truth:
    """What people say of the papers compared on.

    Attributes
    ----------
    source
        Where it comes from, for the report.
    relevant, cells, techniques
        (papers,), (papers, cells), and the right techniques of each paper.
    left_out
        Reason to number of papers that were not compared on.
    """

    source: str
    relevant: NDArray[np.bool_]
    cells: NDArray[np.bool_]
    techniques: Sequence[Sequence[str]]
    left_out: Mapping[str, int] = field(default_factory=dict)


def scores_of(name: str, predictions: Sequence[Prediction], cells: Sequence[str]) -> Scores:
    """What a classifier says of some papers as arrays, cells in the order given."""
    shape = (len(predictions), len(cells))
    return Scores(
        name,
        np.array([p.relevance for p in predictions], np.float64),
        np.array([[p.cells[c] for c in cells] for p in predictions], np.float64).reshape(shape),
        np.array([[c in p.assigned for c in cells] for p in predictions], bool).reshape(shape),
        [p.technique[0] if p.technique else "" for p in predictions],
    )


def compare(champion: Scores, challenger: Scores, truth: Truth, rules: Rules) -> dict[str, Any]:
    """Compare two classifiers on the same papers.

    Returns
    -------
    dict
        ``source``, ``papers``, ``relevant``, ``left_out``, ``figures`` (each with both values,
        the difference, its 95% interval and a verdict), ``verdict`` (``not worse``, ``worse`` or
        ``not shown``) and ``why``.
    """
    papers, relevant = len(truth.relevant), int(truth.relevant.sum())
    part: dict[str, Any] = {
        "source": truth.source,
        "papers": papers,
        "relevant": relevant,
        "left_out": {reason: n for reason, n in truth.left_out.items() if n},
        "figures": {},
    }
    lacking = _lacking(papers, relevant, rules)
    if lacking:
        return part | {"verdict": "not shown", "why": lacking}
    everything = np.arange(papers)
    old, new = (_figures(s, truth, everything) for s in (champion, challenger))

    def differences(rows: NDArray[np.int64]) -> list[float]:
        pairs = zip(_figures(challenger, truth, rows), _figures(champion, truth, rows), strict=True)
        return [ours - theirs for ours, theirs in pairs]

    ends = metrics.bootstrap(differences, papers, draws=rules.draws, seed=rules.seed)
    for i, (key, _) in enumerate(GATED):
        low, high = float(ends[i, 0]), float(ends[i, 1])
        part["figures"][key] = {
            "champion": round(old[i], 4),
            "challenger": round(new[i], 4),
            "difference": round(new[i] - old[i], 4),
            "low": round(low, 4),
            "high": round(high, 4),
            "verdict": _verdict(low, high, rules.margin),
        }
    return part | _sum_up(part["figures"], rules.margin)


def conclude(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """``not_worse`` and ``why`` of a whole comparison: every part must show it."""
    failed = [f"{name}: {part['why']}" for name, part in parts.items() if not _passed(part)]
    return {
        "not_worse": not failed,
        "why": "; ".join(failed) if failed else "not worse on " + " and ".join(parts),
    }


def render_report(report: Mapping[str, Any]) -> str:
    """The report as Markdown."""
    rules = report["rules"]
    lines = [
        f"# {report['challenger']} against {report['champion']}",
        "",
        f"**{'Not worse' if report['not_worse'] else 'Not to be promoted'}**: {report['why']}.",
        "",
        f"Made {report['made']}. Paired bootstrap over papers: {rules['draws']} draws, seed "
        f"{rules['seed']}, 95% intervals of challenger minus champion. A figure is not worse when "
        f"the interval's lower end lies above {-rules['margin']:g}. At least "
        f"{rules['least_papers']} papers, {rules['least_relevant']} of them relevant and "
        f"{rules['least_other']} not, are needed to show anything. Both models see the same "
        "labelled library, without the papers compared on.",
    ]
    for name, part in report["parts"].items():
        lines += ["", f"## {name.capitalize()}: {part['verdict']}", ""]
        lines.append(
            f"{part['source']}: {part['papers']} papers, {part['relevant']} relevant. "
            f"{part['why'][:1].upper()}{part['why'][1:]}."
        )
        lines += [f"Left out: {n} papers {why}." for why, n in part["left_out"].items()]
        if part["figures"]:
            lines += ["", "| figure | champion | challenger | difference (95%) | verdict |"]
            lines.append("|---|---:|---:|---:|---|")
        for key, wording in GATED:
            if key in part["figures"]:
                row = part["figures"][key]
                lines.append(
                    f"| {wording} | {row['champion']:.3f} | {row['challenger']:.3f} | "
                    f"{row['difference']:+.3f} ({row['low']:+.3f}, {row['high']:+.3f}) | "
                    f"{row['verdict']} |"
                )
    return "\n".join(lines) + "\n"


def _figures(scores: Scores, truth: Truth, rows: NDArray[np.int64]) -> list[float]:
    relevant = truth.relevant[rows]
    cells = truth.cells[rows]
    right = [scores.technique[r] in truth.techniques[r] for r in rows[relevant].tolist()]
    return [
        metrics.average_precision(relevant, scores.relevance[rows]),
        metrics.micro_f1(cells, scores.assigned[rows]),
        metrics.average_precision(cells.ravel(), scores.cells[rows].ravel()),
        float(np.mean(right)) if right else float("nan"),
    ]


def _lacking(papers: int, relevant: int, rules: Rules) -> str | None:
    if (
        papers >= rules.least_papers
        and relevant >= rules.least_relevant
        and papers - relevant >= rules.least_other
    ):
        return None
    return (
        f"could not be shown on {papers} papers ({relevant} relevant): it takes "
        f"{rules.least_papers}, {rules.least_relevant} of them relevant and "
        f"{rules.least_other} not"
    )


def _verdict(low: float, high: float, margin: float) -> str:
    if low > 0:
        return "better"
    if low > -margin:
        return "not worse"
    return "worse" if high < 0 else "not shown"


def _passed(part: Mapping[str, Any]) -> bool:
    return str(part["verdict"]) == "not worse"


def _sum_up(figures: Mapping[str, Mapping[str, Any]], margin: float) -> dict[str, str]:
    said = []
    for key, wording in GATED:
        row = figures[key]
        where = f"{row['difference']:+.3f} ({row['low']:+.3f}, {row['high']:+.3f})"
        if row["verdict"] == "worse":
            said.append(f"{wording} is worse, {where}")
        elif row["verdict"] == "not shown":
            said.append(f"{wording} may be more than {margin:g} worse, {where}")
    if not said:
        return {"verdict": "not worse", "why": f"no figure is worse by {margin:g} or more"}
    worse = any(figures[key]["verdict"] == "worse" for key, _ in GATED)
    return {"verdict": "worse" if worse else "not shown", "why": "; ".join(said)}
