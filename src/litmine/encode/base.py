"""What every encoder must do, whatever runs underneath."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Encoder"]


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
