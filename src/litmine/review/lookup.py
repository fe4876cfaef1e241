"""The search box: an arXiv id goes to its paper, words are looked for in everything stored.

What a search returns is fixed here; how papers are found is `litmine.store.words`, which a better
index can replace.
"""

from __future__ import annotations

from dataclasses import dataclass

from litmine.core.errors import InputError
from litmine.core.paper import normalise_space, parse_arxiv_id
from litmine.store import Store
from litmine.store.papers import known_versions
from litmine.store.words import FoundPaper, find_papers

__all__ = ["MOST_CHARACTERS", "MOST_WORDS", "FoundPaper", "Lookup", "look_up"]

MOST_CHARACTERS = 300
MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a search found.

    Attributes
    ----------
    text : str
        What was searched for, whitespace normalised.
    paper_id : str or None
        The arXiv id that the text is; there are no hits then.
    stored : bool
        Whether that paper is stored.
    hits : tuple of FoundPaper
        Approved papers first, then waiting ones, then the rest.
    more : bool
        Whether there are more hits than these.
    """

    text: str
    paper_id: str | None = None
    stored: bool = False
    hits: tuple[FoundPaper, ...] = ()
    more: bool = False


def look_up(store: Store, text: str, limit: int = 20) -> Lookup:
    """Find a paper by its id or link, or papers by words in title, abstract or authors.

    Raises
    ------
    InputError
        The text is too long, or has too many words.
    """
    wanted = normalise_space(text.replace("\x00", " "))
    if len(wanted) > MOST_CHARACTERS:
        raise InputError(f"a search has at most {MOST_CHARACTERS} characters; leave some out")
    if not wanted:
        return Lookup("")
    try:
        paper_id: str | None = parse_arxiv_id(wanted).id
    except InputError:
        paper_id = None
    words = tuple(dict.fromkeys(wanted.split()))
    if paper_id is None and len(words) > MOST_WORDS:
        raise InputError(f"a search has at most {MOST_WORDS} words; leave some out")
    with store.read() as connection:
        if paper_id is not None:
            return Lookup(wanted, paper_id, paper_id in known_versions(connection, [paper_id]))
        hits = find_papers(connection, words, limit + 1)
    return Lookup(wanted, hits=tuple(hits[:limit]), more=len(hits) > limit)
