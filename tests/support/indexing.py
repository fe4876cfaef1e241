"""Invented documents for the search index, and a look at what an index holds."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.index.document import Document
from litmine.index.generation import Generation

DIM = 8
ENCODER = "encoder-1"
WORDS = ("cache", "prune", "quantise", "distil", "sparse", "batch", "kernel", "token")


def vector(place: int) -> NDArray[np.float32]:
    """The unit vector along one axis."""
    return np.eye(DIM, dtype=np.float32)[place % DIM]


def name(number: int) -> str:
    """Id of an invented document; numbers and ids are not in the same order."""
    return f"26{number % 12 + 1:02}.{number:05}"


def document(number: int, edition: int = 0, judged: int = 0, **changes: Any) -> Document:
    """Return an invented document.

    Its edition shows in its title and in its day, what it was judged in its relevance, and both in
    its fingerprint.
    """
    fields: dict[str, Any] = {
        "id": name(number),
        "title": f"Frugal {WORDS[number % len(WORDS)]} {_word(edition)}",
        "abstract": "We serve a language model on less memory.",
        "authors": ("Ada Example",),
        "categories": ("cs.CL",),
        "published": date.fromordinal(date(2020, 1, 1).toordinal() + edition),
        "cells": ("inference/memory",),
        "techniques": ("quantization",),
        "relevance": judged / 128,
        "fingerprint": f"{number}.{edition}.{judged}",
        "said_by": "model",
    }
    return Document(**(fields | changes))


def contents(generation: Generation) -> dict[str, str]:
    """Fingerprints of the papers that can be found, by id; each must stand in one place only."""
    found: dict[str, str] = {}
    for segment in generation.segments:
        for row in np.flatnonzero(segment.alive).tolist():
            assert segment.ids[row] not in found
            found[segment.ids[row]] = segment.state.fingerprints[row].decode()
    return found


def assert_consistent(generation: Generation) -> None:
    """Look into every part of an index: they must tell of the same papers."""
    assert generation.papers == len(contents(generation))
    for segment in generation.segments:
        for row in np.flatnonzero(segment.alive).tolist():
            number, edition, judged = map(int, segment.state.fingerprints[row].split(b"."))
            assert segment.ids[row] == name(number)
            assert segment.row_of(name(number)) == row
            assert segment.postings.sequence(row)[0][-1] == _word(edition)
            assert segment.facts.day[row] == (date(2020, 1, 1) - date(1970, 1, 1)).days + edition
            assert segment.facts.relevance[row] == judged / 128
            if segment.facts.has_vector[row]:
                assert segment.dense.similarities(vector(number), [row]) == [1]


def _word(edition: int) -> str:
    """A word that stays one, and as it is, in an index."""
    return "zz" + "".join("bcdfghjkmn"[int(digit)] for digit in str(edition)) + "zz"
