"""Papers as JSON lines: what ``litmine classify`` reads and writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from litmine.classify.model import Prediction
from litmine.core.errors import InputError

__all__ = ["TextRecord", "as_record", "read_records"]

_VERSION = re.compile(r"v\d+$")


@dataclass(frozen=True, slots=True)
class TextRecord:
    """One input line.

    Attributes
    ----------
    given_id
        The id as it stood in the file; the output repeats it.
    arxiv_id
        The same without a version, so that a paper is not its own neighbour.
    """

    given_id: str
    arxiv_id: str
    title: str
    abstract: str

    @property
    def text(self) -> str:
        """Title and abstract, as `litmine.core.paper.Paper.text` joins them."""
        return f"{self.title}\n{self.abstract}"


def read_records(lines: Iterable[str], name: str) -> Iterator[TextRecord]:
    """Read records; empty lines are skipped.

    Parameters
    ----------
    lines
        JSON objects with the strings ``id``, ``title`` and ``abstract``; other keys are ignored.
    name
        What to call the file in an error.

    Raises
    ------
    InputError
        At the first line that is no such object, naming file and line.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise InputError(f"{name}:{number}: not JSON ({error}); nothing was written") from error
        if not isinstance(record, dict):
            raise InputError(f"{name}:{number}: not a JSON object; nothing was written")
        for key in ("id", "title", "abstract"):
            if key not in record:
                raise InputError(f"{name}:{number}: {key!r} is missing; nothing was written")
            if not isinstance(record[key], str):
                raise InputError(f"{name}:{number}: {key!r} must be a string; nothing was written")
        if not (record["title"].strip() or record["abstract"].strip()):
            raise InputError(f"{name}:{number}: title and abstract are empty; nothing was written")
        yield TextRecord(
            record["id"], _VERSION.sub("", record["id"]), record["title"], record["abstract"]
        )


def as_record(prediction: Prediction, given_id: str | None = None) -> dict[str, Any]:
    """One output line of ``litmine classify``."""
    return {
        "id": given_id if given_id is not None else prediction.arxiv_id,
        "relevance": prediction.relevance,
        "cells": prediction.cells,
        "technique": list(prediction.technique),
        "neighbours": [
            {
                "id": n.id,
                "title": n.title,
                "similarity": n.similarity,
                "cells": list(n.cells),
            }
            for n in prediction.neighbours
        ],
        "assigned": list(prediction.assigned),
        "possible": list(prediction.possible),
        "relevant": "unsure" if prediction.relevant is None else prediction.relevant,
        "decided_by": prediction.decided_by,
        **({} if prediction.evidence is None else {"evidence": prediction.evidence}),
        "model_id": prediction.model_id,
    }
