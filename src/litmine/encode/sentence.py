"""Any sentence-transformers model, by name or folder, on torch."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from litmine.core.errors import ModelError

__all__ = ["SentenceTransformerEncoder"]


class SentenceTransformerEncoder:
    """Wraps a `sentence_transformers.SentenceTransformer`.

    Texts are run one by one: padding to the longest batch mate changes the last digits of a
    vector, and vectors of record must not depend on how a run was cut into batches.

    Parameters
    ----------
    name
        A folder, or a name that sentence-transformers finds in its local cache or downloads.
    device
        A torch device; by default sentence-transformers chooses.

    Raises
    ------
    ModelError
        When the ``train`` extra is missing or the model cannot be loaded.
    """

    def __init__(self, name: str, *, device: str | None = None) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise ModelError(
                f"encoder {name!r} needs sentence-transformers: pip install 'litmine[train]'"
            ) from error
        try:
            self._model = SentenceTransformer(name, device=device)
        except (OSError, ValueError, RuntimeError) as error:
            reason = (str(error).strip().splitlines() or [repr(error)])[0]
            raise ModelError(
                f"cannot load the sentence-transformers model {name!r} ({reason[:160]}): "
                "give a folder that holds it, or a name that is cached or can be downloaded"
            ) from error
        self._model.eval()
        dim = self._model.get_embedding_dimension()
        if not dim:
            raise ModelError(
                f"{name!r} does not tell its embedding dimension: choose another model"
            )
        self.dim = int(dim)
        label = Path(name).name if os.path.isdir(name) else name
        self.encoder_id = f"st:{label}-{self._weights_hash()}"

    def encode(
        self,
        texts: Sequence[str],
        *,
        batch_size: int = 32,
        progress: Callable[[int], None] | None = None,
    ) -> NDArray[np.float32]:
        """See `litmine.encode.base.Encoder.encode`."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), batch_size):
            batch = list(texts[start : start + batch_size])
            for row, text in enumerate(batch):
                vectors[start + row] = self._model.encode(
                    [text], batch_size=1, normalize_embeddings=True, show_progress_bar=False
                )[0]
            if progress is not None:
                progress(len(batch))
        return vectors

    def _weights_hash(self) -> str:
        digest = hashlib.sha256(str(self._model.get_max_seq_length()).encode())
        for name, tensor in sorted(self._model.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().float().numpy().tobytes())
        return digest.hexdigest()[:10]
