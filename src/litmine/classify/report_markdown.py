"""The report of an evaluation as Markdown; every word of strangers is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from litmine.classify.evaluate import FIGURES
from litmine.classify.report_error_list import render_causes
from litmine.classify.report_errors import RARE, Mistake
from litmine.classify.report_folds import FOLD_FIGURES
from litmine.classify.report_refit import CURVE_FIGURES
from litmine.classify.report_tables import figure_cell, figure_table, plot_lines
from litmine.classify.report_work import NIGHT_FIGURES
from litmine.core.plain import unlinked

__all__ = ["render_report"]


def render_report(result: Mapping[str, Any], mistakes: Sequence[Mistake]) -> str:
    """The report: tables, plots with alternative texts, definitions, machine and time."""
    parts = [
        _head(result),
        _systems(result),
        _annotators(result),
        _work(result),
        _cells(result),
        _calibration(result),
        _reject(result),
        _stages(result),
        _ablations(result),
        _learning(result),
        _folds(result),
        render_causes(mistakes),
        _definitions(),
        _machine(result),
    ]
    return "\n".join(parts)


def _head(r: Mapping[str, Any]) -> str:
    e = r["evaluation"]
    lines = [
        "# Evaluation",
        "",
        f"Model `{r['model_id']}` with encoder `{r['encoder_id']}`, and comparators trained on "
        f"{r['training_labels']} labels, asked about {e['papers']} papers of "
        f"{len(r['nights'])} whole night(s) ({', '.join(map(unlinked, r['nights']))}), "
        f"{e['relevant']} of them relevant. The labelled library held none of these papers. "
        "Intervals are 95%, by bootstrap over papers "
        f"({r['draws']} draws, seed 0, the same draws for every system, so differences are "
        "paired). No threshold, weight or setting was fitted to the papers under test.",
    ]
    if r["model_labels"] not in (None, r["training_labels"]):
        lines += [
            "",
            f"**The model itself was trained on {r['model_labels']} labels**: comparators and",
            "refitted fusions had others, so differences to them are not of the method alone.",
        ]
    if not r["evidence_out_of_fold"]:
        lines += [
            "",
            "**This encoder says nothing out of fold about the training labels**: if it was taught",
            "with them, the ablations and the later-dated folds below are too good to be true.",
        ]
    if r["dishonest"]:
        lines += [
            "",
            f"{r['dishonest']} training papers were seen by the encoder without an opinion out of",
            "fold; refitted fusions leave them out.",
        ]
    return "\n".join(lines) + "\n"


def _systems(r: Mapping[str, Any]) -> str:
    e = r["evaluation"]
    lines = ["## Beside simpler systems", ""]
    lines += figure_table(e["systems"], FIGURES)
    lines += [
        "",
        "Paired differences, litmine less the other; an interval without 0 is bold. For",
        "calibration errors less is better:",
        "",
    ]
    lines += figure_table(e["differences"], FIGURES, signed=True)
    lines += [
        "",
        f"Macro F1 is over the {e['cells_counted']} cells with at least ten positives here: a few",
        "cells decide it. All comparators were trained on the same labels; TF-IDF + LinearSVC is",
        "the way of arxiv-sanity-lite, its margins made probabilities by a sigmoid out of fold;",
        "logistic regressions have balanced classes, so their probabilities run high.",
        "",
    ]
    if r["base_encoder"] is None:
        lines += ["No untaught encoder was at hand: `--base` compares with one.", ""]
    lines += plot_lines("relevance-pr", "Precision against recall of relevance for every system.")
    return "\n".join(lines)


def _annotators(r: Mapping[str, Any]) -> str:
    a = r["agreement"]
    own = next(iter(r["evaluation"]["systems"].values()))
    first, second = a["relevance_f1_against_adjudicated"]
    low = min(s["cell_f1"] for s in a["sets"])
    high = max(s["cell_f1"] for s in a["sets"])
    one = min(s["relevance_f1"] for s in a["sets"])
    two = max(s["relevance_f1"] for s in a["sets"])
    lines = [
        "## The distance to an annotator",
        "",
        "| | litmine | one annotator against the other | against the adjudicated labels |",
        "|:---|---:|---:|---:|",
        f"| relevance F1 | {figure_cell(own['relevance_f1'])} | {one:.3f} to {two:.3f} | "
        f"{first:.3f} and {second:.3f} |",
        f"| cell micro F1, all 25 | {figure_cell(own['cell_micro_f1'])} | "
        f"{low:.3f} to {high:.3f} | not published |",
        "",
        f"Source: {a['source']}. Agreement with the adjudicated labels is worked out from the",
        "counts there. Both annotators are of one family of language model and share mistakes, so",
        "read it as a ceiling.",
        "",
    ]
    lines += plot_lines(
        "annotators",
        "F1 of relevance and of cells for every system with intervals, below a band that shows "
        "how well two annotators agree.",
    )
    return "\n".join(lines)


def _work(r: Mapping[str, Any]) -> str:
    w = r["work"]
    lines = ["## Reading work saved on whole nights", "", "Mean over nights:", ""]
    lines += figure_table(w["mean"], NIGHT_FIGURES)
    lines += ["", "All nights in one list:", ""]
    lines += figure_table(w["pooled"], NIGHT_FIGURES)
    lines += ["", "Paired differences of the means over nights:", ""]
    lines += figure_table(w["differences"], NIGHT_FIGURES, signed=True)
    lines += ["", "Each night:", ""]
    head = " | ".join(wording for _, wording in NIGHT_FIGURES)
    lines += [
        f"| night | papers | relevant | system | {head} |",
        "|:---|---:|---:|:---|" + "---:|" * 4,
    ]
    for night, facts in w["nights"].items():
        for name, values in facts["systems"].items():
            shown = " | ".join(f"{values[key]:.3f}" for key, _ in NIGHT_FIGURES)
            counts = f"{unlinked(night)} | {facts['papers']} | {facts['relevant']}"
            lines.append(f"| {counts} | {name} | {shown} |")
    lines += [
        "",
        "A night with fewer than 20 relevant papers reaches 95% only with all of them, so one late",
        "paper decides its WSS@95. Intervals draw papers within each night; they say little about",
        "how nights to come will differ.",
        "",
    ]
    lines += plot_lines(
        "work-saved", "Recall against the share of papers read, mean over nights and in one list."
    )
    return "\n".join(lines)


def _cells(r: Mapping[str, Any]) -> str:
    names = list(r["evaluation"]["systems"])
    shown = [n for n in names if n in (names[0], "TF-IDF + logistic", "TF-IDF + LinearSVC")]
    head = " | ".join(f"AP {name}" for name in shown)
    lines = [
        "## Cells",
        "",
        f"| cell | training papers | positives here | assigned | right | F1 | {head} |",
        "|:---|" + "---:|" * (5 + len(shown)),
    ]
    for name, c in r["cells"].items():
        points = " | ".join(
            f"{c['average_precision'][s]:.2f}" if c["average_precision"] else "" for s in shown
        )
        f1 = f"{c['f1']:.2f}" if c["positives"] or c["assigned"] else ""
        lines.append(
            f"| {name} | {c['training_papers']} | {c['positives']} | {c['assigned']} | "
            f"{c['right']} | {f1} | {points} |"
        )
    lines += [""]
    lines += plot_lines(
        "cells-pr", "Precision against recall for each cell with at least five positives here."
    )
    return "\n".join(lines)


def _calibration(r: Mapping[str, Any]) -> str:
    lines = [
        "## Calibration",
        "",
        "| | entries | mean p | share true | equal widths | equal masses "
        "| p >= 0.05: entries | p >= 0.05: equal widths |",
        "|:---|" + "---:|" * 7,
    ]
    for name, c in r["calibration"].items():
        lines.append(
            f"| {name} | {c['entries']} | {c['mean_predicted']:.3f} | {c['share_true']:.3f} | "
            f"{c['equal_width']:.3f} | {c['equal_mass']:.3f} | {c['entries_above_005']} | "
            f"{c['equal_width_above_005']:.3f} |"
        )
    lines += [
        "",
        "Expected calibration error, 15 bins: the mean over bins, weighted by entries, of the",
        "distance between share true and mean probability. Pooled over cells it is flattered by",
        "the many pairs near zero; the last column leaves those below 0.05 out.",
        "",
    ]
    lines += plot_lines(
        "reliability", "Share true against mean probability with intervals, relevance and cells."
    )
    return "\n".join(lines)


def _reject(r: Mapping[str, Any]) -> str:
    own = next(iter(r["reject"].values()))
    lines = [
        "## Deciding without a reader",
        "",
        "Papers are decided surest first at p >= 0.5; the rest go to a reader.",
        "",
        "| decided | wrong among them | relevant papers decided away |",
        "|---:|---:|---:|",
    ]
    for share, at in own["at"].items():
        lines.append(f"| {float(share):.0%} | {at['risk']:.2%} | {at['relevant_missed']:.1%} |")
    model = r["reject"]["model"]
    lines += ["", f"Mean risk over all coverages (AURC): {own['area']:.4f}."]
    if model is None:
        lines += ["This model gives no verdicts of its own.", ""]
    else:
        lines += [
            f"The model's own verdicts: {model['decided']} papers decided "
            f"({model['coverage']:.1%}), {model['wrong']} wrong ({model['risk']:.2%}, "
            f"{model['risk_low']:.2%} to {model['risk_high']:.2%}); of the relevant papers "
            f"{model['relevant_missed']:.1%} decided away and {model['relevant_unsure']} unsure.",
            "",
        ]
    lines += plot_lines("risk-coverage", "Error among decided papers against the share decided.")
    return "\n".join(lines)


def _stages(r: Mapping[str, Any]) -> str:
    lines = [
        "## Confusion between stages",
        "",
        "A stage found counts on the diagonal; a stage missed is shared among the stages added to",
        "the same paper, or stands under none. The training labels are seen through out-of-fold",
        "opinions with the thresholds of a night.",
        "",
    ]
    lines += plot_lines("stages", "Stages in gold against stages assigned, with counts.")
    for title, table in r["stage_confusion"].items():
        lines += [f"{title}:", "", "| gold | " + " | ".join(table["columns"]) + " |"]
        lines += ["|:---|" + "---:|" * len(table["columns"])]
        for name, row in zip(table["rows"], table["counts"], strict=True):
            lines.append(f"| {name} | " + " | ".join(f"{v:g}" for v in row) + " |")
        lines += [""]
    return "\n".join(lines)


def _ablations(r: Mapping[str, Any]) -> str:
    a = r["ablations"]
    keys = [f for f in FIGURES if f[0] in {k for k, _ in (*CURVE_FIGURES, *FOLD_FIGURES)}]
    lines = [
        "## Ablations",
        "",
        "The fusion refitted on out-of-fold opinions of some sources, biases and thresholds set",
        f"on whole nights each time ({'labelled' if r['whole_nights'] else 'unlabelled'} ones);",
        "measured on the papers under test.",
        "",
        *figure_table(a["systems"], keys),
        "",
        "Paired differences, all three less the other:",
        "",
        *figure_table(a["differences"], keys, signed=True),
        "",
    ]
    return "\n".join(lines)


def _learning(r: Mapping[str, Any]) -> str:
    c = r["learning_curve"]
    lines = [
        "## Figures against the number of labels",
        "",
        f"Nested random subsets of the training labels, seeds {', '.join(map(str, c['seeds']))};",
        "all labels once. Words, head, neighbours and fusion are trained on the subset alone. Held",
        "fixed: the encoder, which for these curves has seen no label, and the unlabelled nights",
        "that set base rate and thresholds. The shipped encoder was taught with all labels; it has",
        "one point, at the end, and no curve.",
        "",
        "| system | figure | " + " | ".join(str(s) for s in c["sizes"]) + " |",
        "|:---|:---|" + "---:|" * len(c["sizes"]),
    ]
    for name, figures in c["curves"].items():
        for key, wording in CURVE_FIGURES:
            row = []
            for v in figures[key]:
                spread = f" ({min(v):.3f}-{max(v):.3f})" if len(v) > 1 else ""
                row.append(f"{sum(v) / len(v):.3f}{spread}" if v else "")
            lines.append(f"| {name} | {wording} | " + " | ".join(row) + " |")
    lines += ["", "Means over seeds, with their range.", ""]
    lines += plot_lines("learning-curve", "Four figures against the number of training labels.")
    return "\n".join(lines)


def _folds(r: Mapping[str, Any]) -> str:
    f = r["folds"]
    lines = [
        "## Later-dated folds of the training labels",
        "",
        "Fusion and thresholds fitted on papers dated before a window, tested on its papers,",
        f"weighted so that {f['base_rate']:.0%} of the weight is relevant. Opinions of encoder,",
        "neighbours and words are out of fold, but their folds are random: they have seen other",
        'papers of the window\'s time. "Words wholly earlier" were retrained on papers before the',
        "window; its distance to words alone is what that is worth. The irrelevant labelled papers",
        "were chosen to be borderline, so even weighted this is harder than a night.",
        f"{f['undated']} papers without a date count at the middle of their id's month.",
        "",
    ]
    lines += _windows(f)
    n = r["night_folds"]
    if n is not None:
        lines += [
            "",
            "## Later nights of the training labels",
            "",
            "Whole labelled nights, tested with fusion and thresholds fitted on what came before",
            "them; nothing is weighted. The encoder and the words are out of fold as above.",
            "",
            *_windows(n),
        ]
    return "\n".join([*lines, ""])


def _windows(folds: Mapping[str, Any]) -> list[str]:
    if folds["pooled"] is None:
        return ["The dates of the labels leave nothing to test on."]
    lines = []
    for part in [*folds["windows"], folds["pooled"]]:
        title = (
            f"{part['first']} to {part['last']}, fitted on {part['fitted_on']}"
            if "first" in part
            else "All windows"
        )
        lines += [f"### {title}", "", f"{part['papers']} papers, {part['relevant']} relevant.", ""]
        lines += figure_table(part["systems"], FOLD_FIGURES)
        lines += [""]
    lines += ["Paired differences, all windows:", ""]
    return lines + figure_table(folds["pooled"]["differences"], FOLD_FIGURES, signed=True)


def _definitions() -> str:
    return (
        "## Definitions\n\n"
        "- **WSS@95** (Cohen et al. 2006): (TN + FN) / N - 0.05 at the first cut-off, best score\n"
        "  first, that reaches 95% recall; papers of one score are read together.\n"
        "- **Recall when 10% is read**: of the best tenth of the papers, rounded up.\n"
        "- **Average precision**: the sum over cut-offs of precision times gain in recall.\n"
        "- **F1 of the decision**: litmine and refitted fusions decide at p >= 0.5, a comparator\n"
        "  at its threshold of best F1 on the training labels weighted to a night.\n"
        "- **Technique right**: the most probable technique is among the gold ones, for all\n"
        "  relevant papers, found or not.\n"
        f"- **Rare cell**: fewer than {RARE} training papers.\n"
        "- **Borderline relevance**: p within 0.3 of the decision.\n"
    )


def _machine(r: Mapping[str, Any]) -> str:
    m = r["machine"]
    packages = ", ".join(f"{name} {v}" for name, v in m["packages"].items())
    seconds = ", ".join(f"{name} {s:.0f} s" for name, s in r["seconds"].items())
    return (
        "## Machine and time\n\n"
        f"{unlinked(m['processor'])}, {m['cores']} cores, {m['system']}; Python {m['python']}, "
        f"{packages}; {m['date']}.\n"
        f"Seconds on the clock, encoding not counted: {seconds}. Seeds: bootstrap "
        f"{r['seeds']['bootstrap']}, folds {r['seeds']['folds']}, learning curve "
        f"{', '.join(map(str, r['seeds']['learning_curve']))}.\n"
    )
