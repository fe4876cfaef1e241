"""Where a text holds the words of a query: what is marked in titles and sentences."""

from __future__ import annotations

from collections.abc import Iterable

from litmine.index.text import Token, analyse, pattern_for, surfaces

__all__ = ["Finder", "marks"]


def marks(text: str, terms: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """Find the characters of a text that hold one of `terms`; see `Finder.marks`.

    Examples
    --------
    >>> marks("Quantised KV-caches", {"quantiz", "kvcach"})
    ((0, 9), (10, 19))
    """
    return Finder(terms).marks(text)


class Finder:
    """Finds some terms in texts; for many texts, make one and keep it while they are looked at.

    A surface that was seen before is looked up, not taken apart: texts share most of theirs.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        self._wanted = frozenset(terms)
        self._seen: set[str] = set()
        self._holding: dict[str, tuple[tuple[Token, ...], tuple[Token, ...]]] = {}

    def words(self, text: str) -> set[str]:
        """Give the terms that a word of the text stands for; compounds do not count."""
        there = set(surfaces(text))
        self._look_at(there)
        return {
            token.term
            for surface, (held, _) in self._holding.items()
            if surface in there
            for token in held
        }

    def marks(self, text: str) -> tuple[tuple[int, int], ...]:
        """Find the characters of a text that hold one of the terms, compounds included.

        Returns
        -------
        tuple of (int, int)
            ``text[start:end]``; in order, none overlaps or touches another.
        """
        pattern = pattern_for(text)
        self._look_at(set(pattern.findall(text)))
        found = sorted(
            (match.start() + token.start, match.start() + token.end)
            for match in pattern.finditer(text)
            for tokens in self._holding.get(match.group(), ())
            for token in tokens
        )
        merged: list[tuple[int, int]] = []
        for first, last in found:
            if merged and first <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        return tuple(merged)

    def _look_at(self, there: set[str]) -> None:
        wanted = self._wanted
        fresh = there.difference(self._seen)
        self._seen |= fresh
        for surface in fresh:
            words, compounds, _ = analyse(surface)
            if len(words) == 1 and words[0].term not in wanted and not compounds:
                continue  # nearly all
            held = tuple(token for token in words if token.term in wanted)
            joined = tuple(token for token in compounds if token.term in wanted)
            if held or joined:
                self._holding[surface] = (held, joined)
