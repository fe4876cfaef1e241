"""Why a paper was found: the words it shares with the query, and its best sentence."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

from litmine.classify.sentences import split_sentences
from litmine.index.marks import Finder
from litmine.search.answer import Marks, Snippet

__all__ = ["best_sentence"]

_LONGEST = 400
"""Characters of a sentence that are shown."""


def best_sentence(
    abstract: str, weights: Mapping[str, float], finder: Finder | None = None
) -> Snippet | None:
    """Return the sentence that holds most of the query, rare words counting more.

    Each word counts once a sentence, so that a long sentence does not win by repeating one; of
    equals the first is taken. Without any word of the query it is the first sentence, since
    abstracts begin with what they are about.

    Parameters
    ----------
    weights : mapping
        Term to weight, such as its inverse document frequency.
    finder : Finder, optional
        Of the terms of `weights`; the same one for many abstracts is faster.

    Returns
    -------
    Snippet or None
        None for an empty abstract.
    """
    spans = split_sentences(abstract)
    if not spans:
        return None
    finder = finder or Finder(weights)
    ends = [end for _, end in spans]
    held: list[set[str]] = [set() for _ in spans]
    for place, term in finder.places(abstract):
        held[bisect_right(ends, place)].add(term)
    # In one order for all, so that rounding does not choose between equals.
    gains = [sum(weight for term, weight in weights.items() if term in terms) for terms in held]
    start, end = spans[max(range(len(spans)), key=lambda place: gains[place])]
    text = abstract[start:end].rstrip()
    found = finder.marks(text)
    if len(text) > _LONGEST:
        text, start, found = _cut(text, start, found)
    return Snippet(text, start, start + len(text), found)


def _cut(text: str, start: int, found: Marks) -> tuple[str, int, Marks]:
    """Keep the part of a long sentence around its first mark, cut between words."""
    first = found[0][0] if found else 0
    left = max(0, min(first - _LONGEST // 4, len(text) - _LONGEST))
    if left and (space := text.rfind(" ", 0, left + 1)) > 0:
        left = space + 1
    right = min(len(text), left + _LONGEST)
    if right < len(text) and (space := text.rfind(" ", left, right)) > left:
        right = space
    kept = tuple((a - left, b - left) for a, b in found if a >= left and b <= right)
    return text[left:right], start + left, kept
