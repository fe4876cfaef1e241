"""BibTeX: one entry a paper, fit for BibTeX and biblatex, in UTF-8.

A preprint is ``@misc`` with ``eprint``, ``archivePrefix`` and ``primaryClass``; a paper whose venue
is known is ``@inproceedings`` or ``@article`` with the same three beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.formats.citation import Citation, citations
from litmine.publish.formats.names import Name
from litmine.publish.formats.tex import author_to_tex, to_tex

__all__ = ["render_bibtex"]

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_TYPES = {"preprint": "misc", "conference": "inproceedings", "journal": "article"}
# What BibTeX would take for the end of a name or for "et al.".
_SPLITS = re.compile(r"(?<!\S)and(?!\S)", re.IGNORECASE)


def render_bibtex(
    entries: Iterable[ListEntry], taxonomy: Taxonomy, *, abstracts: bool = False
) -> str:
    """Render entries as BibTeX, newest first, one field a line.

    Raises
    ------
    InputError
        If a paper stands in twice.
    """
    found = citations(entries, taxonomy)
    return "\n".join(_entry(one, abstracts) for one in found)


def _entry(one: Citation, abstracts: bool) -> str:
    fields = {
        "title": to_tex(one.latex_title),
        "author": " and ".join(_author(name) for name in one.names),
        "year": str(one.year),
        "booktitle": to_tex(one.container) if one.kind == "conference" else "",
        "journal": to_tex(one.container) if one.kind == "journal" else "",
        "eprint": one.arxiv_id,
        "archivePrefix": "arXiv",
        "primaryClass": re.sub(r"[^A-Za-z0-9.-]", "", one.primary_category),
        # Both stand in \\url and \\href, which take them as they are.
        "doi": one.doi,
        "url": one.url,
        "keywords": ", ".join(author_to_tex(word) for word in one.keywords),
        "abstract": to_tex(one.abstract) if abstracts else "",
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    if one.month is not None:
        lines.insert(3 if one.names else 2, f"  month = {_MONTHS[one.month - 1]},")
    body = "\n".join(lines)
    return f"@{_TYPES[one.kind]}{{{one.key},\n{body}\n}}\n"


def _author(name: Name) -> str:
    """Write a name so that BibTeX splits it as it was split here: braces hold words together."""
    if name.literal:
        return f"{{{author_to_tex(name.literal)}}}"
    words = name.family.split()
    # Words in small letters would be read as particles.
    small = len(words) > 1 and any(_small(word) for word in words)
    family = _held(name.family, whole=small or name.family.casefold() == "others")
    parts = [f"{name.particle} {family}".strip(), name.suffix, _held(name.given)]
    return ", ".join(part for part in parts if part)


def _held(text: str, *, whole: bool = False) -> str:
    """Encode a part of a name, in braces where BibTeX would split it further."""
    encoded = author_to_tex(text)
    # Signs such as a digit with a comma become two in TeX.
    whole = whole or "," in encoded or _SPLITS.search(encoded) is not None
    return f"{{{encoded}}}" if whole else encoded


def _small(word: str) -> bool:
    """Tell whether BibTeX takes a word for a particle: its first letter is a small one."""
    return next((letter.islower() for letter in word if letter.isalpha()), False)
