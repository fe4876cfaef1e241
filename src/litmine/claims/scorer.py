"""How likely a candidate is a claim, of which metric and in which direction: a small linear model.

Two softmax regressions over the features of `litmine.claims.features`: one over the families of
metrics and "none", one over the three changes. Weights are bytes with one scale for each output;
names of features are kept as 16 bits of their CRC-32, so that the whole is a few kilobytes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litmine.claims.gold import family_of
from litmine.core.claim import OTHER, Change
from litmine.core.errors import ArtefactMismatch, ModelError
from litmine.core.files import sha256_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["NONE", "Scorer", "Verdict", "key_of"]

NONE = "none"


#: The metric that a governing word names, and the one a unit names where the word does not.
_BY_WORD = {
    "speedup": "speedup", "latency": "latency", "time": "latency", "throughput": "throughput",
    "util": "throughput", "memory": "peak-memory", "kv": "peak-memory", "size": "model-size",
    "bits": "model-size", "param": "parameters", "sparse": "parameters", "energy": "energy",
    "carbon": "carbon", "cost": "financial-cost", "flops": "flops",
    "comm": "communication-volume", "token": "tokens", "call": "tokens", "data": "data",
    "compress": "compression-ratio",
}  # fmt: skip
_BY_UNIT = {
    "time": "latency", "device-time": "training-time", "rate": "throughput",
    "flop-rate": "throughput", "tokens": "tokens", "samples": "data", "examples": "data",
    "flops": "flops", "count": "parameters", "parameters": "parameters", "carbon": "carbon",
    "steps": "tokens", "calls": "tokens",
}  # fmt: skip
_USUAL = {
    "computation": "speedup", "memory": "peak-memory", "energy": "energy",
    "cost": "financial-cost", "network": "communication-volume",
    "quality": "compression-ratio",
}  # fmt: skip


def specific(family: str, names: Sequence[str]) -> str:
    """Return the metric of a family that the features of a candidate speak for."""
    word = next((n[2:] for n in names if n.startswith("G:")), "")
    unit = next((n[2:] for n in names if n.startswith("k:")), "")
    metric = _BY_WORD.get(word, "")
    if metric == "latency" and word == "time" and any(n.endswith(":train") for n in names):
        metric = "training-time"
    for one in (_BY_UNIT.get(unit, ""), metric):
        if one and family_of(one) == family:
            return one
    return _USUAL.get(family, OTHER)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the scorer says of a candidate."""

    metric: str
    change: Change
    score: float


def key_of(name: str) -> int:
    """Return the number under which the weights of a feature are kept."""
    return zlib.crc32(name.encode()) & 0xFFFF


class Scorer:
    """The trained model of claims.

    Parameters
    ----------
    keys : sequence of int
        `key_of` each feature.
    weights : array of shape (n_features, n_families + n_changes)
    families, changes : sequence of str
        The outputs, in the order of the columns; families of metrics include ``none``.
    threshold : float
        What scores less is dropped.
    version : str
    """

    def __init__(
        self,
        keys: Sequence[int],
        weights: NDArray[np.float32],
        families: Sequence[str],
        changes: Sequence[Change],
        threshold: float,
        version: str,
    ) -> None:
        self.families = tuple(families)
        self.changes = tuple(changes)
        self.threshold = threshold
        self.version = version
        self._weights = weights
        self._rows = {int(key): row for row, key in enumerate(keys)}

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
                keys = np.cumsum(stored["steps"], dtype=np.int64).tolist()
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"no model of claims in {folder}: {error}") from error
        return cls(
            keys,
            weights,
            manifest["families"],
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
        split = len(self.families)
        for names in rows:
            known = [
                r
                for n in names
                if (r := self._rows.get(zlib.crc32(n.encode()) & 0xFFFF)) is not None
            ]
            total = self._weights[known].sum(axis=0)
            family = np.exp(total[:split] - total[:split].max())
            change = np.exp(total[split:] - total[split:].max())
            shares, change = (family / family.sum()).tolist(), (change / change.sum()).tolist()
            share, best = max(
                (share, name)
                for share, name in zip(shares, self.families, strict=True)
                if name != NONE
            )
            top = max(range(len(change)), key=change.__getitem__)
            which = specific(best, names)
            out.append(Verdict(which, self.changes[top], min(1.0, share * change[top])))
        return out
