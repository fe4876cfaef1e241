"""What every encoder must do, whatever runs underneath."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Encoder", "TokenEncoder", "TokenStates"]


@runtime_checkable
class Encoder(Protocol):
    """Turns texts into unit vectors.

    The vector of a text depends on that text alone: not on its batch mates, their order or the
    batch size. Stored vectors, predictions and resumed runs rely on this bit for bit, and
    ``tests/encode/test_contract.py`` holds every implementation to it.

    Attributes
    ----------
    encoder_id
        Names the weights, the tokeniser and the arithmetic; vectors of different ids never mix.
    dim
        Length of a vector.
    """

    @property
    def encoder_id(self) -> str: ...

    @property
    def dim(self) -> int: ...

    def encode(
        self,
        texts: Sequence[str],
        *,
        batch_size: int = 32,
        progress: Callable[[int], None] | None = None,
    ) -> NDArray[np.float32]:
        """Encode texts.

        Parameters
        ----------
        texts
            Title and abstract of a paper joined by a newline, or any other text.
        batch_size
            How many texts are handed over between two calls of `progress`.
        progress
            Called after each batch with the number of texts in it.

        Returns
        -------
        ndarray
            (n, dim) float32 with L2-normalised rows; (0, dim) for no texts.
        """
        ...


@dataclass(frozen=True)
class TokenStates:
    """What an encoder holds of one text before pooling.

    The vector is the mean of all states, scaled to length 1; what a token adds to a score that is
    linear in the vector can therefore be read off its state.

    Attributes
    ----------
    vector
        (dim,) float32, the same bits as `Encoder.encode` gives for the text.
    states
        (tokens, dim) float32, the last hidden layer, start and end marks included.
    spans
        (tokens, 2) int64: the characters ``text[begin:end]`` that each token was read from;
        ``begin == end`` for the start and end marks. Text beyond the encoder's limit has no token.
    """

    vector: NDArray[np.float32]
    states: NDArray[np.float32]
    spans: NDArray[np.int64]


@runtime_checkable
class TokenEncoder(Encoder, Protocol):
    """An encoder that can show the token states behind a vector."""

    def states(self, text: str) -> TokenStates:
        """Vector, token states and their places in `text`.

        Raises
        ------
        ModelError
            When the model was exported without token states.
        """
        ...
