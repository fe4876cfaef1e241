"""The rows that a learner was told about, beside all the others: sparse or dense."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DenseView", "SparseView", "View"]


class View(Protocol):
    """Inner products between the n rows of a feature matrix and those labelled so far."""

    @property
    def background(self) -> NDArray[np.float32]:
        """(n,) inner products of all rows with their mean."""
        ...

    def add(self, row: int) -> NDArray[np.float32]:
        """Label one more row; its products with the labelled ones, itself last."""
        ...

    def labelled(self, beta: NDArray[np.float32]) -> NDArray[np.float32]:
        """K beta over the labelled rows."""
        ...

    def everywhere(self, beta: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n,) K beta over all rows, where `beta` weighs the labelled ones."""
        ...


class SparseView:
    """Rows of a CSR matrix; labelled rows are appended to another one without copying it.

    Parameters
    ----------
    rows : CSR matrix, shape (n, terms)
        Float32.
    alone : array, shape (n,)
        Squared length of each row in terms that no other row has and `rows` leaves out.
    """

    def __init__(self, rows: Any, alone: NDArray[np.float32]) -> None:
        self._rows, self._alone = rows, alone
        mean = np.asarray(rows.mean(axis=0), np.float32).ravel()
        self.background: NDArray[np.float32] = rows @ mean
        self._starts = [0]
        self._order: list[int] = []
        self._values = np.zeros(1024, np.float32)
        self._columns = np.zeros(1024, np.int32)
        self._dense = np.zeros(rows.shape[1], np.float32)

    def add(self, row: int) -> NDArray[np.float32]:
        source = slice(self._rows.indptr[row], self._rows.indptr[row + 1])
        columns, values = self._rows.indices[source], self._rows.data[source]
        begin = self._starts[-1]
        end = begin + len(values)
        if end > len(self._values):
            self._values = np.resize(self._values, 2 * end)
            self._columns = np.resize(self._columns, 2 * end)
        self._values[begin:end], self._columns[begin:end] = values, columns
        self._starts.append(int(end))
        self._order.append(row)
        self._dense[columns] = values
        products: NDArray[np.float32] = self._matrix @ self._dense
        products[-1] += self._alone[row]
        self._dense[columns] = 0
        return products

    def labelled(self, beta: NDArray[np.float32]) -> NDArray[np.float32]:
        matrix = self._matrix
        products: NDArray[np.float32] = matrix @ (matrix.T @ beta)
        return products + self._alone[self._order] * beta

    def everywhere(self, beta: NDArray[np.float32]) -> NDArray[np.float32]:
        products: NDArray[np.float32] = self._rows @ (self._matrix.T @ beta)
        return products

    @property
    def _matrix(self) -> Any:
        from scipy.sparse import csr_matrix

        end = self._starts[-1]
        arrays = self._values[:end], self._columns[:end], np.array(self._starts, np.int32)
        return csr_matrix(arrays, shape=(len(self._order), len(self._dense)), copy=False)


class DenseView:
    """Rows of a dense matrix, float32."""

    def __init__(self, rows: NDArray[np.float32]) -> None:
        self._rows = np.ascontiguousarray(rows, dtype=np.float32)
        self.background: NDArray[np.float32] = self._rows @ self._rows.mean(axis=0)
        self._labelled = np.zeros((64, rows.shape[1]), np.float32)
        self._n = 0

    def add(self, row: int) -> NDArray[np.float32]:
        if self._n == len(self._labelled):
            self._labelled = np.concatenate([self._labelled, np.zeros_like(self._labelled)])
        self._labelled[self._n] = self._rows[row]
        self._n += 1
        products: NDArray[np.float32] = self._labelled[: self._n] @ self._rows[row]
        return products

    def labelled(self, beta: NDArray[np.float32]) -> NDArray[np.float32]:
        rows = self._labelled[: self._n]
        products: NDArray[np.float32] = rows @ (rows.T @ beta)
        return products

    def everywhere(self, beta: NDArray[np.float32]) -> NDArray[np.float32]:
        products: NDArray[np.float32] = self._rows @ (self._labelled[: self._n].T @ beta)
        return products
