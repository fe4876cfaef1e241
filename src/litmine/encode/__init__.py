"""Texts to vectors: the shipped ONNX encoder, or any sentence-transformers model on request."""

from __future__ import annotations

from pathlib import Path

from litmine.encode.base import Encoder

__all__ = ["Encoder", "load_encoder", "load_search_encoder", "search_encoder_id"]

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


def load_search_encoder(spec: str | None = None, *, workers: int | None = None) -> Encoder:
    """Load the encoder that papers and queries are searched with.

    Of the shipped encoder that is its search view (`litmine.encode.search_view`), an encoder with
    an id and vectors of its own; of any other it is that encoder itself.

    Parameters and errors are those of `load_encoder`.
    """
    view = _view(spec)
    if view is None:
        return load_encoder(spec, workers=workers)
    from litmine.core.resources import models_dir
    from litmine.encode.onnx_encoder import OnnxEncoder

    return OnnxEncoder(models_dir() / "encoder", workers=workers, view=view)


def search_encoder_id(spec: str | None = None) -> str | None:
    """Tell the id of `load_search_encoder` by its manifest alone.

    Returns
    -------
    str or None
        None for an encoder without a readable manifest: load it to know, or to be told why not.
    """
    import json

    from litmine.core.resources import models_dir

    shipped = models_dir() / "encoder" if spec is None or spec == "default" else Path(spec)
    try:
        manifest = json.loads(((_view(spec) or shipped) / "manifest.json").read_bytes())
        return str(manifest["encoder_id"] if "encoder_id" in manifest else manifest["model_id"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _view(spec: str | None) -> Path | None:
    """Folder of the search view, for the shipped encoder."""
    from litmine.core.resources import models_dir

    folder = models_dir() / "search"
    shipped = spec is None or spec == "default"
    return folder if shipped and (folder / "manifest.json").is_file() else None
