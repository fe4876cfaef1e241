"""The miner of claims: grammar, scorer and context in one; loaded once, asked for every paper."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from litmine.claims.context import comparator, conditions
from litmine.claims.features import features
from litmine.claims.flat import flatten
from litmine.claims.grammar import Candidate, candidates
from litmine.claims.scorer import Scorer, Verdict
from litmine.claims.units import canonical
from litmine.core.claim import Claim, Span
from litmine.core.paper import Paper
from litmine.core.resources import models_dir

__all__ = ["GRAMMAR_VERSION", "MOST", "Miner", "mine"]

#: Part of the miner's version: a new grammar mines again what an old one has mined.
GRAMMAR_VERSION = "1"

#: The codebook gives at most so many claims of a paper; the most certain ones are kept.
MOST = 6

_LESS_IS_GAIN = {"decrease": True, "increase": False}
_HIGHER_IS_BETTER = frozenset({"speedup", "throughput", "compression-ratio"})


class Miner:
    """Finds quantified efficiency results in titles and abstracts.

    Parameters
    ----------
    scorer : Scorer, optional
        By default the one shipped in ``models/claims``.
    threshold : float, optional
        Claims that score less are dropped; by default the scorer's own.
    """

    def __init__(self, scorer: Scorer | None = None, *, threshold: float | None = None) -> None:
        self.scorer = scorer or Scorer.load(models_dir() / "claims")
        self.threshold = self.scorer.threshold if threshold is None else threshold
        self.version = f"claims-{GRAMMAR_VERSION}-{self.scorer.version}"

    @classmethod
    def load(cls, folder: Path) -> Miner:
        """Return a miner with the model of `folder`."""
        return cls(Scorer.load(folder))

    def mine(self, paper: Paper | str) -> tuple[Claim, ...]:
        """Return the claims of a paper, or of a text (title, newline, abstract), in its order."""
        text = paper if isinstance(paper, str) else paper.text
        found = candidates(text)
        if not found:
            return ()
        judged = zip(found, self.scorer.judge(features(text, found)), strict=True)
        kept = [(one, verdict) for one, verdict in judged if verdict.score >= self.threshold]
        kept.sort(key=lambda pair: -pair[1].score)
        flat = flatten(text)
        claims = [self._claim(text, flat, one, verdict) for one, verdict in kept[:MOST]]
        return tuple(sorted(claims, key=lambda claim: claim.start))

    def _claim(self, text: str, flat: str, one: Candidate, verdict: Verdict) -> Claim:
        value, unit = canonical(one.value, one.unit)
        against = comparator(flat, one.start, one.end, one.sentence)
        return Claim(
            metric=verdict.metric,
            value=one.value,
            unit=written(one),
            change=verdict.change,
            start=one.start,
            end=one.end,
            sentence_start=one.sentence[0],
            sentence_end=one.sentence[1],
            text=text[one.start : one.end],
            comparator=None if against is None else Span(text[against[0] : against[1]], *against),
            conditions=conditions(text, flat, one.start, one.end, one.sentence),
            canonical_value=value,
            canonical_unit=unit,
            direction_is_gain=gain(verdict.metric, verdict.change),
            score=round(verdict.score, 4),
            miner=self.version,
        )


def written(one: Candidate) -> str:
    """Return the unit as the codebook writes it: ``x``, ``GB``, ``B tokens``."""
    if one.scale and one.unit.kind != "count":
        return f"{one.scale} {one.unit.spelling}"
    return one.scale or one.unit.spelling


def gain(metric: str, change: str) -> bool | None:
    """Say whether a change of a metric means that less of a resource is used; None if unknown."""
    less = _LESS_IS_GAIN.get(change)
    if less is None or metric == "other":
        return None
    if metric == "compression-ratio":
        return True  # "4x compression" is written as either change and means less either way
    return not less if metric in _HIGHER_IS_BETTER else less


@lru_cache(maxsize=1)
def _shipped() -> Miner:
    return Miner()


def mine(paper: Paper | str) -> tuple[Claim, ...]:
    """Return the claims of a paper with the shipped model, which is loaded at the first call.

    Examples
    --------
    >>> [c.text for c in mine("Tiny\\nIt decodes 2.5x faster than vLLM.")]
    ['2.5x']
    """
    return _shipped().mine(paper)
