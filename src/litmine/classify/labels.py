"""Gold labels as arrays: what a paper is, over relevance, stages, resources, cells, techniques."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.encode.training.data import target_matrix, target_names

__all__ = ["Outputs"]


@dataclass(frozen=True)
class Outputs:
    """Names of the classifier's outputs and where each group of them stands.

    The order is relevance, five stages, five resources, 25 cells, techniques.
    """

    names: tuple[str, ...]

    @classmethod
    def of(cls, labels: Sequence[dict[str, Any]]) -> Outputs:
        """The outputs that a label set asks for."""
        return cls(target_names(labels))

    def matrix(self, labels: Sequence[dict[str, Any]]) -> NDArray[np.float32]:
        """(papers, outputs) of 0 and 1."""
        return target_matrix(labels, self.names)

    def group(self, kind: str) -> list[int]:
        """Columns of ``stage``, ``resource``, ``cell`` or ``technique``."""
        return [i for i, name in enumerate(self.names) if name.startswith(f"{kind}:")]

    def labels_of(self, kind: str) -> tuple[str, ...]:
        """The group's names without their prefix."""
        return tuple(self.names[i].partition(":")[2] for i in self.group(kind))

    @property
    def column(self) -> Mapping[str, int]:
        """Column of each name."""
        return {name: i for i, name in enumerate(self.names)}

    def cell_columns(self) -> list[tuple[int, int, int]]:
        """For each cell its own column and those of its stage and its resource."""
        column = self.column
        triples = []
        for cell in self.labels_of("cell"):
            stage, resource = cell.split("/")
            triples.append(
                (column[f"cell:{cell}"], column[f"stage:{stage}"], column[f"resource:{resource}"])
            )
        return triples
