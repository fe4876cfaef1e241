"""The default encoder: ONNX Runtime on the CPU, no torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Tokenizer

from litmine.core.errors import ModelError
from litmine.core.memory import release_memory
from litmine.encode.artefact import open_artefact
from litmine.encode.base import TokenStates
from litmine.encode.search_view import open_view, seen_through

__all__ = ["OnnxEncoder"]


class OnnxEncoder:
    """Runs ``model.onnx`` of a model folder.

    Every text is its own run on one thread, and several texts run side by side. On a CPU this is
    as fast as batching (no padding is computed) and it makes a vector independent of its batch
    and of the number of cores, which padding and multi-threaded sums do not promise.

    Parameters
    ----------
    folder
        A folder with ``manifest.json``, ``model.onnx`` and ``tokenizer.json``.
    workers
        Texts that run side by side; by default the cores this process may use, at most 16.
    view
        Folder of a change of the weights, see `litmine.encode.search_view`.

    Raises
    ------
    ArtefactMismatch
        When a folder is not what its manifest says.
    """

    def __init__(
        self, folder: Path, *, workers: int | None = None, view: Path | None = None
    ) -> None:
        artefact = open_artefact(folder, "encoder")
        settings = artefact.manifest["settings"]
        self.encoder_id = artefact.artefact_id
        self._folder = folder
        self.dim = int(settings["dim"])
        self.max_tokens = int(settings["max_tokens"])
        self._workers = workers or min(len(os.sched_getaffinity(0)), 16)
        self._tokenizer = Tokenizer.from_file(str(artefact.path("tokenizer.json")))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.max_tokens)
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        model: str | bytes = str(artefact.path("model.onnx"))
        if view is not None:
            change = open_view(view, artefact.artefact_id)
            self.encoder_id = change.artefact_id
            model = seen_through(change, artefact.path("model.onnx").read_bytes())
        self._session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        del model
        release_memory()  # making the session takes 180 MB more than the session

    def encode(
        self,
        texts: Sequence[str],
        *,
        batch_size: int = 32,
        progress: Callable[[int], None] | None = None,
    ) -> NDArray[np.float32]:
        """See `litmine.encode.base.Encoder.encode`."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        if not texts:
            return vectors
        with ExitStack() as stack:
            side_by_side: Callable[..., Iterable[NDArray[np.float32]]] = map
            # A query is not worth a thread: under load it would wait for it to get its turn.
            if min(self._workers, len(texts)) > 1:
                side_by_side = stack.enter_context(ThreadPoolExecutor(self._workers)).map
            for start in range(0, len(texts), batch_size):
                batch = list(texts[start : start + batch_size])
                for row, vector in enumerate(side_by_side(self._encode_one, batch)):
                    vectors[start + row] = vector
                if progress is not None:
                    progress(len(batch))
        return vectors

    def states(self, text: str) -> TokenStates:
        """See `litmine.encode.base.TokenEncoder.states`."""
        if "states" not in {output.name for output in self._session.get_outputs()}:
            raise ModelError(
                f"the encoder in {self._folder} was exported without token states: "
                "export it again with `litmine train encoder --part export`"
            )
        encoding = self._tokenizer.encode(text)
        ids = np.array([encoding.ids], dtype=np.int64)
        vector, states = self._session.run(["embedding", "states"], {"input_ids": ids})
        spans = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        spans[np.array(encoding.special_tokens_mask, dtype=bool)] = 0
        return TokenStates(
            np.asarray(vector, dtype=np.float32)[0],
            np.asarray(states, dtype=np.float32)[0],
            spans,
        )

    def _encode_one(self, text: str) -> NDArray[np.float32]:
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        output = self._session.run(["embedding"], {"input_ids": ids})[0]
        vector: NDArray[np.float32] = np.asarray(output, dtype=np.float32)[0]
        return vector
