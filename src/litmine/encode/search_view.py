"""The search view: the shipped encoder with a small change of its weights, for retrieval.

The encoder was taught labels, which pull papers of one kind together and cost it some of what it
knew of other fields. An average of its weights and those it started from finds more than either
(Wortsman et al., "Robust fine-tuning of zero-shot models", 2022), but a second encoder is 25 MB.
The difference is small, though: a low-rank change of the linear maps (Hu et al., "LoRA", 2022) and
new biases and norms, taught to give the vectors of the average, hold nearly all of it in 0.16 MB.

Vectors of the view are another encoder's: they have their own id and never mix with the vectors
of record, which classification goes on using.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.core.errors import ArtefactMismatch
from litmine.core.files import atomic_write
from litmine.encode.artefact import Artefact, open_artefact, seal_artefact
from litmine.encode.graph import quantise_blocks
from litmine.encode.tables import find_tables

__all__ = ["KIND", "NAME", "open_view", "seen_through", "write_view"]

KIND = "search-view"
NAME = "litmine-search-view"
FILE = "change.npz"
_MIDDLE = 128  # the code of a weight of zero, see `quantise_blocks`


def open_view(folder: Path, encoder_id: str) -> Artefact:
    """Open the folder of a view and see that it is one of this encoder.

    Raises
    ------
    ArtefactMismatch
        When the folder is not what its manifest says, or changes another encoder.
    """
    view = open_artefact(folder, KIND)
    changes = view.manifest["settings"]["encoder_id"]
    if changes != encoder_id:
        raise ArtefactMismatch(
            f"{folder} is a view of {changes}, not of {encoder_id}: "
            "restore models/ from the release (git checkout)"
        )
    return view


def seen_through(view: Artefact, model: bytes) -> bytes:
    """Change the weights of the encoder's ``model.onnx``.

    Parameters
    ----------
    view
        See `open_view`.
    model
        The file that `litmine.encode.graph.build_graph` wrote in precision ``int8``.

    Returns
    -------
    bytes
        A graph of the same size.
    """
    changed = bytearray(model)
    places = find_tables(model)
    with np.load(view.path(FILE)) as arrays:
        codes, code_scales = arrays["codes"], arrays["code_scales"]
        shifts, shift_scales = arrays["shifts"], arrays["shift_scales"]
    settings = view.manifest["settings"]
    rank, taken = int(settings["rank"]), 0
    try:
        for index, name in enumerate(settings["tables"]):
            stored, scales = places[f"{name}.codes"], places[f"{name}.scales"]
            outputs, inputs = stored.shape[0], stored.shape[1] * stored.shape[2]
            up = codes[taken : taken + outputs * rank].reshape(outputs, rank)
            taken += outputs * rank
            down = codes[taken : taken + rank * inputs].reshape(rank, inputs)
            taken += rank * inputs
            added = (up * code_scales[index]) @ down.astype(np.float32)
            weight = (stored.read(model).astype(np.float32) - _MIDDLE) * scales.read(model)[
                :, :, None
            ].astype(np.float32)
            blocks, steps = quantise_blocks(weight.reshape(outputs, inputs) + added)
            stored.write(changed, blocks)
            scales.write(changed, steps)
        taken = 0
        for index, name in enumerate(settings["vectors"]):
            place = places[name]
            (length,) = place.shape
            shift = shifts[taken : taken + length].astype(np.float32) * shift_scales[index]
            taken += length
            place.write(changed, place.read(model) + shift)
    except KeyError as error:
        raise ArtefactMismatch(
            f"{view.folder} changes {error}, which the encoder does not have: "
            "restore models/ from the release (git checkout)"
        ) from error
    return bytes(changed)


def write_view(
    folder: Path,
    *,
    encoder_id: str,
    tables: Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]],
    vectors: Mapping[str, NDArray[np.float32]],
    facts: Mapping[str, Any],
) -> Artefact:
    """Write the folder of a view.

    Parameters
    ----------
    encoder_id
        The encoder that it changes.
    tables
        By the name of a linear map in the graph (``encoder.layer.0.output.dense``): two factors,
        (out, rank) and (rank, in), whose product is added to its weight.
    vectors
        By the name of a bias or norm in the graph: what is added to it.
    facts
        Where it comes from.
    """
    codes, code_scales, shifts, shift_scales = [], [], [], []
    for up, down in tables.values():
        up_codes, up_scale = _codes(up, axis=0)
        down_codes, down_scale = _codes(down, axis=1)
        codes += [up_codes.ravel(), down_codes.ravel()]
        code_scales.append(up_scale[0] * down_scale[:, 0])
    for shift in vectors.values():
        shift_codes, scale = _codes(shift, axis=0)
        shifts.append(shift_codes)
        shift_scales.append(scale[0])
    packed = BytesIO()
    np.savez_compressed(
        packed,
        codes=np.concatenate(codes),
        code_scales=np.array(code_scales, np.float32),
        shifts=np.concatenate(shifts),
        shift_scales=np.array(shift_scales, np.float32),
    )
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write(folder / FILE, packed.getvalue())
    rank = next(iter(tables.values()))[1].shape[0]
    settings = {
        "encoder_id": encoder_id,
        "rank": rank,
        "tables": list(tables),
        "vectors": list(vectors),
    }
    return seal_artefact(folder, kind=KIND, name=NAME, settings=settings, files=[FILE], facts=facts)


def _codes(values: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    scale = np.maximum(np.abs(values).max(axis=axis, keepdims=True) / 127, 1e-12)
    return np.rint(values / scale).astype(np.int8), scale.astype(np.float32)
