"""Shorten the titles that published abstracts repeat word for word.

The repository keeps no abstract text. Some abstracts quote a paper's whole title, so a long title
in the library would repeat a passage of an abstract. Such a title is cut before its tenth word in
a row and ends in an ellipsis; the paper's page has the rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RUN = 10
_WORD = re.compile(r"[a-z0-9]+")


def shorten_quoted(titles: Mapping[str, str], abstracts: Iterable[str]) -> dict[str, str]:
    """Find titles of which an abstract repeats `RUN` words in a row, and cut them.

    Parameters
    ----------
    titles : mapping of str to str
        Any key to a title.
    abstracts : iterable of str
        Read once, one at a time.

    Returns
    -------
    dict of str to str
        The shortened title of each key that needs one; no run of `RUN` words of these abstracts
        is left in it.
    """
    runs = {run for title in titles.values() for run in _runs(title)}
    # Most words of most abstracts start no title's run: three words decide that cheaply.
    starts = {run[:3] for run in runs}
    quoted: set[tuple[str, ...]] = set()
    for abstract in abstracts:
        words = _WORD.findall(abstract.lower())
        for at in range(len(words) - RUN + 1):
            if (words[at], words[at + 1], words[at + 2]) in starts:
                run = tuple(words[at : at + RUN])
                if run in runs:
                    quoted.add(run)
    return {key: _cut(title, quoted) for key, title in titles.items() if _cut(title, quoted)}


def _runs(title: str) -> list[tuple[str, ...]]:
    words = _WORD.findall(title.lower())
    return [tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)]


def _cut(title: str, quoted: set[tuple[str, ...]]) -> str:
    """Cut a title before the last word of its first quoted run; empty if none is quoted."""
    for at, run in enumerate(_runs(title)):
        if run in quoted:
            # Positions in the lower-cased title: case folding may change the length of a text,
            # so words are counted in the original instead.
            words = list(re.finditer(r"[A-Za-z0-9]+", title))
            if len(words) != len(_WORD.findall(title.lower())):
                return " ".join(_WORD.findall(title.lower())[: at + RUN - 1]) + "…"
            return title[: words[at + RUN - 1].start()].rstrip(" -–:,;(") + "…"
    return ""
