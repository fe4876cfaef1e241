"""How likely a candidate is a claim, of which metric and in which direction: a small linear model.

Two softmax regressions over the features of `litmine.claims.features`: one over the metrics and
"none", one over the three changes. Weights are bytes with one scale for each output; names of
features are kept as their CRC-32, so that the whole is a few kilobytes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litmine.claims.gold import family_of
from litmine.core.claim import Change
from litmine.core.errors import ArtefactMismatch, ModelError
from litmine.core.files import sha256_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["NONE", "Scorer", "Verdict", "key_of"]

NONE = "none"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the scorer says of a candidate."""

    metric: str
    change: Change
    score: float


def key_of(name: str) -> int:
    """Return the number under which the weights of a feature are kept."""
    return zlib.crc32(name.encode())


class Scorer:
    """The trained model of claims.

    Parameters
    ----------
    keys : sequence of int
        `key_of` each feature.
    weights : array of shape (n_features, n_metrics + n_changes)
    metrics, changes : sequence of str
        The outputs, in the order of the columns; metrics include ``none``.
    threshold : float
        What scores less is dropped.
    version : str
    """

    def __init__(
        self,
        keys: Sequence[int],
        weights: NDArray[np.float32],
        metrics: Sequence[str],
        changes: Sequence[Change],
        threshold: float,
        version: str,
    ) -> None:
        self.metrics = tuple(metrics)
        self.changes = tuple(changes)
        self.threshold = threshold
        self.version = version
        self._weights = weights
        self._rows = {int(key): row for row, key in enumerate(keys)}
        self._families = [NONE if m == NONE else family_of(m) for m in self.metrics]

    @classmethod
    def load(cls, folder: Path) -> Scorer:
        """Read `folder`.

        Raises
        ------
        ModelError
            When there is no such model.
        ArtefactMismatch
            When its weights are not those that the manifest names.
        """
        import numpy as np

        try:
            manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
            if sha256_file(folder / "weights.npz") != manifest["files"]["weights.npz"]:
                raise ArtefactMismatch(
                    f"{folder}/weights.npz is not what its manifest names: fetch it again"
                )
            with np.load(folder / "weights.npz", allow_pickle=False) as stored:
                weights = stored["weights"].astype(np.float32) * stored["scale"].astype(np.float32)
                keys = stored["keys"].tolist()
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"no model of claims in {folder}: {error}") from error
        return cls(
            keys,
            weights,
            manifest["metrics"],
            manifest["changes"],
            manifest["threshold"],
            manifest["version"],
        )

    def judge(self, rows: Sequence[Sequence[str]]) -> list[Verdict]:
        """Say what each candidate is, from the names of its features.

        The score is the probability of the family and of the change together, which is what the
        evaluation counts as right.
        """
        import numpy as np

        out: list[Verdict] = []
        split = len(self.metrics)
        for names in rows:
            known = [r for n in names if (r := self._rows.get(zlib.crc32(n.encode()))) is not None]
            total = self._weights[known].sum(axis=0)
            metric = np.exp(total[:split] - total[:split].max())
            change = np.exp(total[split:] - total[split:].max())
            metric, change = (metric / metric.sum()).tolist(), (change / change.sum()).tolist()
            families: dict[str, float] = {}
            for family, share in zip(self._families, metric, strict=True):
                families[family] = families.get(family, 0.0) + share
            families.pop(NONE, None)
            best = max(families, key=lambda name: families[name])
            share, which = max(
                (share, name)
                for share, name, family in zip(metric, self.metrics, self._families, strict=True)
                if family == best
            )
            top = max(range(len(change)), key=change.__getitem__)
            out.append(Verdict(which, self.changes[top], min(1.0, families[best] * change[top])))
        return out
