"""Where a text holds the words of a query: what is marked in titles and sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable

from litmine.index.terms import term_of
from litmine.index.text import Token, analyse, pattern_for

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
        self._beginnings = {term[:2] for term in self._wanted}
        # The stem of dying is die.
        self._beginnings |= {f"{term[0]}y" for term in self._wanted if term[1:2] == "i"}
        # Words of letters that begin as a term does, and terms with digits as they are.
        letters = sorted({b for b in self._beginnings if b.isascii() and b.isalpha()})
        digits = [re.escape(one) for one in sorted(self._wanted, reverse=True) if not one.isalpha()]
        self._quick = re.compile(
            rf"(?<![a-z0-9])(?:(?:{'|'.join(letters) or '(?!)'})[a-z]*"
            rf"|(?:{'|'.join(digits) or '(?!)'})(?![0-9]))",
            re.IGNORECASE | re.ASCII,
        )
        self._terms: dict[str, str] = {}
        self._seen: set[str] = set()
        self._holding: dict[str, tuple[tuple[Token, ...], tuple[Token, ...]]] = {}

    def places(self, text: str) -> list[tuple[int, str]]:
        """Tell where words of a text begin that stand for a term, and for which.

        One look at the text instead of one at each of its words; what is written in TeX or beyond
        ASCII is passed over. Good for comparing sentences, not for marking words.
        """
        found = []
        for match in self._quick.finditer(text):
            word = match.group()
            if word not in self._terms:
                self._terms[word] = term_of(word)
            if self._terms[word] in self._wanted:
                found.append((match.start(), self._terms[word]))
        return found

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
            if not self._may_hold(surface):
                continue
            words, compounds, _ = analyse(surface)
            if len(words) == 1 and words[0].term not in wanted and not compounds:
                continue  # nearly all
            held = tuple(token for token in words if token.term in wanted)
            joined = tuple(token for token in compounds if token.term in wanted)
            if held or joined:
                self._holding[surface] = (held, joined)

    def _may_hold(self, surface: str) -> bool:
        """Tell from its first letters whether a plain word can be wanted; anything else can."""
        if not (surface.isascii() and surface.isalpha() and surface[1:].islower()):
            return True
        plain = surface.lower()
        return plain[:2] in self._beginnings or plain[0] in self._beginnings
