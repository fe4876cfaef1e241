"""Everything a training run reads, tokenised once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.encode.training.config import TrainingConfig
from litmine.encode.training.data import Corpus, target_matrix, target_names
from litmine.encode.training.steps import Tokens

__all__ = ["Material", "tokenise"]


@dataclass
class Material:
    """Everything tokenised, on its device."""

    device: Any
    names: tuple[str, ...]
    ids: list[str]
    targets: NDArray[np.float32]
    labelled: Tokens
    labelled_titles: Tokens
    labelled_abstracts: Tokens
    titles: Tokens
    abstracts: Tokens
    pool: Tokens
    sections: list[list[int]]


def tokenise(
    corpus: Corpus, tokenizer: Any, config: TrainingConfig, place: Any, cache: Path
) -> Material:
    """Token ids of everything; kept in `cache`, so that parts run apart tokenise once."""
    texts = [*corpus.labelled, *corpus.pool]
    text = "\0".join(title + "\0" + abstract for title, abstract in texts)
    key = hashlib.sha256(f"{config.base} {config.max_tokens} {text}".encode()).hexdigest()
    found = None
    if cache.is_file():
        with np.load(cache, allow_pickle=False) as arrays:
            if str(arrays["key"]) == key:
                found = [
                    Tokens.unpacked(arrays[f"{part}_ids"], arrays[f"{part}_lengths"])
                    for part in ("titles", "abstracts")
                ]
    if found is None:
        found = [
            Tokens.of(tokenizer, [pair[i] for pair in texts], config.max_tokens) for i in (0, 1)
        ]
        packed = {
            f"{part}_{what}": array
            for part, tokens in zip(("titles", "abstracts"), found, strict=True)
            for what, array in zip(("ids", "lengths"), tokens.packed(), strict=True)
        }
        np.savez(cache, key=np.array(key), **packed)  # type: ignore[arg-type]
    titles, abstracts = found
    both = titles.joined(abstracts, config.max_tokens)
    labelled = np.arange(len(corpus.labelled))
    pool = np.arange(len(corpus.labelled), len(texts))
    names = target_names(corpus.labels)
    return Material(
        device=place,
        names=names,
        ids=[label["id"] for label in corpus.labels],
        targets=target_matrix(corpus.labels, names),
        labelled=both.picked(labelled),
        labelled_titles=titles.picked(labelled),
        labelled_abstracts=abstracts.picked(labelled),
        titles=titles.picked(pool),
        abstracts=abstracts.picked(pool),
        pool=both.picked(pool),
        sections=corpus.sections,
    )
