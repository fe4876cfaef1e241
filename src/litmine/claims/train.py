"""Training of the scorer on labelled papers: seeded, and the same bytes each time."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litmine.claims.features import features
from litmine.claims.gold import GoldClaim, Mined, matches, read_gold, same_value
from litmine.claims.grammar import Candidate, candidates
from litmine.claims.miner import MOST, written
from litmine.claims.scorer import NONE, Scorer, key_of
from litmine.core.errors import InputError
from litmine.core.files import atomic_write, sha256_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Example", "Trained", "as_mined", "cross_validate", "example", "fit", "threshold_for"]

_RARE = 3  # a feature seen less often says nothing
_STRENGTH = 0.7  # C of the regressions
_FEATURES = 1600  # what fits into the few kilobytes of models/claims
_FOLDS = 5
_LEAST = 0.14
CHANGES = ("absolute", "decrease", "increase")


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled paper: its candidates, their features, and the gold claim of each, or None."""

    arxiv_id: str
    found: tuple[Candidate, ...]
    rows: tuple[tuple[str, ...], ...]
    gold: tuple[GoldClaim, ...]
    labels: tuple[GoldClaim | None, ...]


def example(arxiv_id: str, text: str, claims: Iterable[dict[str, Any]]) -> Example:
    """Lay gold claims over the candidates of a text; each candidate gets one claim at most."""
    found = candidates(text)
    gold = read_gold(text, claims)
    labels: list[GoldClaim | None] = [None] * len(found)
    for claim in gold:
        fitting = [
            (min(claim.end, one.end) - max(claim.start, one.start), -place)
            for place, one in enumerate(found)
            if labels[place] is None
            and claim.start < one.end
            and one.start < claim.end
            and same_value(claim.value, claim.unit, one.value, written(one))
        ]
        if fitting:
            labels[-max(fitting)[1]] = claim
    rows = tuple(tuple(row) for row in features(text, found))
    return Example(arxiv_id, tuple(found), rows, tuple(gold), tuple(labels))


@dataclass(frozen=True, slots=True)
class Trained:
    """A fitted model before it is written."""

    keys: tuple[int, ...]
    weights: NDArray[np.int8]
    scale: NDArray[np.float32]
    families: tuple[str, ...]

    def scorer(self, threshold: float, version: str = "fold") -> Scorer:
        """Return the scorer with these weights."""
        import numpy as np

        whole = self.weights.astype(np.float32) * self.scale
        return Scorer(self.keys, whole, self.families, CHANGES, threshold, version)  # type: ignore[arg-type]

    def write(self, folder: Path, threshold: float, measured: dict[str, Any]) -> None:
        """Write weights and manifest into `folder`; equal models give equal bytes."""
        import numpy as np

        folder.mkdir(parents=True, exist_ok=True)
        buffer = BytesIO()
        arrays: dict[str, NDArray[Any]] = {
            "steps": np.diff(np.array(self.keys), prepend=0).astype(np.uint16),
            "scale": self.scale,
            "weights": self.weights,
        }
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, array in arrays.items():
                inner = BytesIO()
                np.save(inner, array, allow_pickle=False)
                info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, inner.getvalue())
        atomic_write(folder / "weights.npz", buffer.getvalue())
        digest = sha256_file(folder / "weights.npz")
        manifest = {
            "kind": "claims",
            "version": digest[:10],
            "families": self.families,
            "changes": CHANGES,
            "threshold": threshold,
            "files": {"weights.npz": digest},
            "measured": measured,
        }
        atomic_write(folder / "manifest.json", json.dumps(manifest, indent=1) + "\n")


def fit(examples: Sequence[Example], most: int = _FEATURES) -> Trained:
    """Fit the two regressions and keep the features that matter most.

    Raises
    ------
    InputError
        When no example holds a claim.
    """
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    rows = [row for one in examples for row in one.rows]
    labels = [label for one in examples for label in one.labels]
    claimed = [place for place, label in enumerate(labels) if label is not None]
    if not claimed:
        raise InputError("no labelled claims to learn from")
    metric = np.array([NONE if label is None else label.family for label in labels])
    change = np.array(["" if label is None else label.change for label in labels])
    seen = Counter(name for row in rows for name in row)
    names = sorted(name for name, count in seen.items() if count >= _RARE)

    def regress(names: Sequence[str]) -> tuple[Any, Any, Any]:
        place = {name: column for column, name in enumerate(names)}
        pairs = [(r, place[n]) for r, row in enumerate(rows) for n in row if n in place]
        ones = np.ones(len(pairs), dtype=np.float32)
        index = np.array(pairs, dtype=np.int32).T
        matrix = csr_matrix((ones, (index[0], index[1])), shape=(len(rows), len(names)))
        what = LogisticRegression(C=_STRENGTH, max_iter=300).fit(matrix, metric)
        way = LogisticRegression(C=_STRENGTH, max_iter=300).fit(matrix[claimed], change[claimed])
        return matrix, what, way

    matrix, what, way = regress(names)
    power = np.maximum(np.abs(what.coef_).max(0), np.abs(way.coef_).max(0))
    power = power * np.sqrt(np.asarray(matrix.sum(0)).ravel())
    best = np.argsort(-power, kind="stable")[:most].tolist()
    names = [names[column] for column in best]
    _, what, way = regress(names)
    # The intercept goes to the feature that every candidate has.
    both = np.vstack([what.coef_, way.coef_]).T.astype(np.float64)
    both[names.index("bias")] += np.concatenate([what.intercept_, way.intercept_])
    # What moves no probability by much is left out: zeros take no room.
    both[np.abs(both) < _LEAST] = 0.0
    scale = np.maximum(np.abs(both).max(axis=0), _LEAST) / 15
    # Of two names with one key the more powerful stands; `best` was ordered by power.
    taken: dict[int, int] = {}
    for place, name in enumerate(names):
        taken.setdefault(key_of(name), place)
    order = [taken[key] for key in sorted(taken)]
    return Trained(
        tuple(key_of(names[place]) for place in order),
        np.round(both / scale).astype(np.int8)[order],
        scale.astype(np.float32),
        tuple(str(name) for name in what.classes_),
    )


def as_mined(one: Example, scorer: Scorer) -> list[tuple[float, Mined]]:
    """Return every candidate of an example as the scorer sees it, with its score."""
    return [
        (v.score, Mined(v.metric, c.value, written(c), v.change, c.start, c.end))
        for c, v in zip(one.found, scorer.judge(one.rows), strict=True)
    ]


def cross_validate(examples: Sequence[Example], seed: int = 7) -> list[list[tuple[float, Mined]]]:
    """Score every example with a model that has not seen its fold."""
    import numpy as np

    fold = np.random.default_rng(seed).integers(0, _FOLDS, len(examples))
    out: list[list[tuple[float, Mined]]] = [[] for _ in examples]
    for number in range(_FOLDS):
        rest = [one for one, f in zip(examples, fold, strict=True) if f != number]
        scorer = fit(rest).scorer(0.0)
        for place in np.flatnonzero(fold == number).tolist():
            out[place] = as_mined(examples[place], scorer)
    return out


def threshold_for(
    examples: Sequence[Example],
    scored: Sequence[Sequence[tuple[float, Mined]]],
    precision: float,
) -> float:
    """Return the lowest threshold whose claims reach `precision`; the highest tried if none."""
    for step in range(20, 98):
        threshold = step / 100
        right = given = 0
        for one, claims in zip(examples, scored, strict=True):
            kept = keep(claims, threshold)
            right += len(matches(one.gold, kept))
            given += len(kept)
        if given and right / given >= precision:
            return threshold
    return 0.97


def keep(claims: Sequence[tuple[float, Mined]], threshold: float) -> list[Mined]:
    """Return the claims at or over a threshold, at most as many as the codebook gives a paper."""
    best = sorted((c for c in claims if c[0] >= threshold), key=lambda pair: -pair[0])
    return [mined for _, mined in best[:MOST]]
