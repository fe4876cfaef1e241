"""Texts to vectors: the shipped ONNX encoder, or any sentence-transformers model on request."""

from __future__ import annotations

from pathlib import Path

from litmine.encode.base import Encoder

__all__ = ["Encoder", "load_encoder"]

_PREFIX = "sentence-transformers:"


def load_encoder(spec: str | None = None, *, workers: int | None = None) -> Encoder:
    """Load an encoder.

    Parameters
    ----------
    spec
        ``None`` or ``"default"``: the shipped encoder in ``models/encoder``. A folder with
        ``manifest.json`` and ``model.onnx``: that encoder on ONNX Runtime. Anything else, with or
        without the prefix ``sentence-transformers:``: a sentence-transformers model by name or
        folder (needs the ``train`` extra; torch is imported only then).
    workers
        Texts that ONNX Runtime reads side by side; ``None`` or 0: the cores this process may use.
        Vectors do not depend on it. torch keeps its own setting (``OMP_NUM_THREADS``).

    Raises
    ------
    ArtefactMismatch
        When a model folder is not what its manifest says.
    ModelError
        When the model cannot be loaded.

    Examples
    --------
    >>> encoder = load_encoder()
    >>> encoder.encode(["Fewer key-value heads"]).shape
    (1, 384)
    """
    if spec is None or spec == "default":
        from litmine.core.resources import models_dir

        folder = models_dir() / "encoder"
    elif spec.startswith(_PREFIX):
        from litmine.encode.sentence import SentenceTransformerEncoder

        return SentenceTransformerEncoder(spec.removeprefix(_PREFIX))
    elif (Path(spec) / "model.onnx").is_file() and (Path(spec) / "manifest.json").is_file():
        folder = Path(spec)
    else:
        from litmine.encode.sentence import SentenceTransformerEncoder

        return SentenceTransformerEncoder(spec)
    from litmine.encode.onnx_encoder import OnnxEncoder

    return OnnxEncoder(folder, workers=workers)
