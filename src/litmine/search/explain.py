"""Why a paper was found: the words it shares with the query, and its best sentence."""

from __future__ import annotations

from collections.abc import Mapping

from litmine.classify.sentences import split_sentences
from litmine.index.text import tokens
from litmine.search.answer import Marks, Snippet

__all__ = ["best_sentence", "marks_of"]

_LONGEST = 400
"""Characters of a sentence that are shown."""


def marks_of(text: str, weights: Mapping[str, float]) -> Marks:
    """Return where words of the query stand in a text; words side by side are one mark.

    Parameters
    ----------
    weights : mapping
        Term (see `litmine.index.text`) to weight.
    """
    marks: list[tuple[int, int]] = []
    for token in tokens(text):
        if token.term not in weights:
            continue
        if marks and text[marks[-1][1] : token.start].isspace():
            marks[-1] = (marks[-1][0], token.end)
        elif not marks or token.start >= marks[-1][1]:
            marks.append((token.start, token.end))
    return tuple(marks)


def best_sentence(abstract: str, weights: Mapping[str, float]) -> Snippet | None:
    """Return the sentence that holds most of the query, rare words counting more.

    Each word counts once a sentence, so that a long sentence does not win by repeating one; of
    equals the first is taken. Without any word of the query it is the first sentence, since
    abstracts begin with what they are about.

    Parameters
    ----------
    weights : mapping
        Term to weight, such as its inverse document frequency.

    Returns
    -------
    Snippet or None
        None for an empty abstract.
    """
    spans = split_sentences(abstract)
    if not spans:
        return None
    gains = []
    for start, end in spans:
        terms = {token.term for token in tokens(abstract[start:end])}
        gains.append(sum(weight for term, weight in weights.items() if term in terms))
    start, end = spans[max(range(len(spans)), key=lambda place: gains[place])]
    text = abstract[start:end].rstrip()
    marks = marks_of(text, weights)
    if len(text) > _LONGEST:
        text, start, marks = _cut(text, start, marks)
    return Snippet(text, start, start + len(text), marks)


def _cut(text: str, start: int, marks: Marks) -> tuple[str, int, Marks]:
    """Keep the part of a long sentence around its first mark, cut between words."""
    first = marks[0][0] if marks else 0
    left = max(0, min(first - _LONGEST // 4, len(text) - _LONGEST))
    if left and (space := text.rfind(" ", 0, left + 1)) > 0:
        left = space + 1
    right = min(len(text), left + _LONGEST)
    if right < len(text) and (space := text.rfind(" ", left, right)) > left:
        right = space
    kept = tuple((a - left, b - left) for a, b in marks if a >= left and b <= right)
    return text[left:right], start + left, kept
