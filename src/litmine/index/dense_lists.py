"""Codes of vectors in lists on disk, searched by FAISS where they lie.

A file of lists is one run of bytes: for each list its codes, then the row numbers they belong to
(int64). FAISS maps it into memory read-only (`OnDiskInvertedLists`), so opening costs nothing,
processes share the pages, and no file of FAISS's own format is ever parsed: sizes of lists come
from the caller, who checks them against the length of the file.

One query is searched on the thread that asks: FAISS starts OpenMP threads only for several
queries at once, or where ``parallel_mode`` says so. Concurrent searches share nothing but the
mapped file, and no setting of the process is touched.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

from litmine.index.base import Damaged

if TYPE_CHECKING:
    from numpy.typing import NDArray

ID_BYTES = 8
_swig: Any = faiss  # FAISS's own type stubs are wrong about the calls made through this name


class Lists:
    """A memory-mapped file of lists.

    Parameters
    ----------
    path : Path
    sizes : ndarray, shape (lists,), int64
        Vectors in each list.
    centroids : ndarray, shape (lists, dim), float32
        What lists are chosen by.
    quantizer : int
        ``faiss.ScalarQuantizer.QT_...``: how a vector became a code.
    trained : ndarray, float32, optional
        Parameters of the quantizer, as FAISS keeps them.

    Raises
    ------
    Damaged
        If the file is not as long as `sizes` say, or cannot be mapped.
    """

    def __init__(
        self,
        path: Path,
        sizes: NDArray[np.int64],
        centroids: NDArray[np.float32],
        quantizer: int,
        trained: NDArray[np.float32] | None = None,
    ) -> None:
        count, dim = int(centroids.shape[0]), int(centroids.shape[1])
        self.count: int = count
        self.rows: int = int(sizes.sum())
        self._coarse: Any = faiss.IndexFlatIP(dim)
        self._coarse.add(centroids)
        self._faiss: Any = faiss.IndexIVFScalarQuantizer(
            self._coarse, dim, count, quantizer, faiss.METRIC_INNER_PRODUCT, False
        )
        if trained is not None:
            faiss.copy_array_to_vector(trained, self._faiss.sq.trained)
        self._faiss.is_trained = True
        width = self._faiss.code_size + ID_BYTES
        try:
            length = path.stat().st_size
        except OSError as error:
            raise Damaged(f"{path.name}: {error.strerror}") from error
        if sizes.min(initial=0) < 0 or length != width * self.rows:
            raise Damaged(f"{path.name} has {length} bytes instead of {width * self.rows}")
        self._on_disk: Any = _swig.OnDiskInvertedLists(
            count, self._faiss.code_size, os.fspath(path)
        )
        self._on_disk.read_only = True
        self._on_disk.prefetch_nthread = 0  # its threads would be started anew for every query
        self._on_disk.totsize = length
        if length:
            starts = np.concatenate(([0], np.cumsum(sizes)[:-1])) * width
            table = np.stack([sizes, sizes, starts], axis=1).astype(np.uint64)  # as OnDiskOneList
            _swig.memcpy(self._on_disk.lists.data(), _swig.swig_ptr(table), table.nbytes)
            try:
                self._on_disk.do_mmap()
            except RuntimeError as error:
                raise Damaged(f"{path.name} cannot be mapped into memory") from error
        # FAISS is not made the owner: both objects live as long as this one.
        self._faiss.replace_invlists(self._on_disk, False)
        self._faiss.ntotal = self.rows

    def search(
        self,
        query: NDArray[np.float32],
        k: int,
        probes: int,
        allowed: NDArray[np.uint8] | None = None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Give the `k` best rows of the `probes` lists nearest to `query`, by coded similarity.

        Parameters
        ----------
        allowed : ndarray of uint8, optional
            One bit a row, lowest bit first; rows whose bit is not set are passed over.

        Returns
        -------
        rows, similarities : ndarray, shape (up to k,)
            Best first.
        """
        if not self.rows or k < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        options: dict[str, Any] = {"nprobe": min(probes, self.count)}
        if allowed is not None:
            options["sel"] = _swig.IDSelectorBitmap(allowed)
        similarities, rows = self._faiss.search(
            query[None, :], k, params=faiss.SearchParametersIVF(**options)
        )
        found = int((rows[0] >= 0).sum())
        return rows[0, :found], similarities[0, :found]
