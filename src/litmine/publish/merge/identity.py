"""Which paper a stretch of text speaks of: its arXiv ids, its DOIs, its titles.

Links to proceedings and to arXiv are the same paper, versions and forms of a link do not count,
and a title is the same whatever its case, punctuation, escapes or LaTeX.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from litmine.core.latex import to_unicode

__all__ = ["Keys", "dois_in", "ids_in", "keys_of", "squeeze", "unescape", "visible"]

# No digits of a longer number, but "arXiv." before it: so begins the DOI.
_NEW_ID = re.compile(
    r"(?:(?<![\d.])|(?<=[aA][rR][xX][iI][vV]\.))(\d{2}(?:0[1-9]|1[0-2]))\.(\d{4,5})(?!\d)",
    re.ASCII,
)
_ARCHIVES = [
    "acc-phys",
    "adap-org",
    "alg-geom",
    "ao-sci",
    "astro-ph",
    "atom-ph",
    "bayes-an",
    "chao-dyn",
    "chem-ph",
    "cmp-lg",
    "comp-gas",
    "cond-mat",
    "cs",
    "dg-ga",
    "econ",
    "eess",
    "funct-an",
    "gr-qc",
    "hep-ex",
    "hep-lat",
    "hep-ph",
    "hep-th",
    "math",
    "math-ph",
    "mtrl-th",
    "nlin",
    "nucl-ex",
    "nucl-th",
    "patt-sol",
    "physics",
    "plasm-ph",
    "q-alg",
    "q-bio",
    "quant-ph",
    "solv-int",
    "stat",
    "supr-con",
]
_OLD_ID = re.compile(
    rf"(?<![\w-])({'|'.join(sorted(_ARCHIVES, key=len, reverse=True))})"
    r"(?:\.[A-Za-z]{2}|\.[a-z]+-[a-z]+)?/(\d{7})(?!\d)",
    re.ASCII,
)
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"'<>|\]\[{},;]+", re.ASCII)
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)", re.IGNORECASE)
# The two kinds of number that the ACL Anthology gives; both are the end of a DOI.
_ACL = re.compile(
    r"(?:aclanthology\.org|aclweb\.org/anthology)/(?:papers/\w/\w+/)?"
    r"([A-Z]\d{2}-\d{4}|\d{4}\.[a-z0-9_]+-[a-z0-9]+\.\d+)",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
# Bounded, so that a line of nothing but openings takes no time either.
_TAG = re.compile(r"<!--.{0,500}?-->|</?[A-Za-z][^<>]{0,500}>")
_LINK = re.compile(r"\[((?:[^\[\]\\]|\\.|\[(?:[^\[\]\\]|\\.)*\])*)\](?=\(|\[|:?)")
_ANCHOR = re.compile(r"<a\b[^<>]{0,500}>(.{1,500}?)</a>", re.IGNORECASE)
_STRONG = re.compile(
    r"\*\*(.{1,500}?)\*\*|__(.{1,500}?)__|<(?:b|strong)>(.{1,500}?)</(?:b|strong)>", re.IGNORECASE
)
_QUOTED = re.compile(r"[\"“](.{8,}?)[\"”]|(?<![*\w])\*([^*]{8,}?)\*(?!\*)|(?<!\w)_([^_]{8,}?)_")
_TARGET = re.compile(r"\]\((?:[^()]|\([^()]*\))*\)")
# Shorter words in bold or behind links are labels: "paper", "code", "ICML".
_SHORTEST = 8
_MATH_OR_MACRO = re.compile(r"[$\\^]")


@dataclass(frozen=True, slots=True)
class Keys:
    """What tells which papers a text speaks of.

    Attributes
    ----------
    ids : tuple of str
        arXiv ids without versions.
    dois : tuple of str
        In lower case; arXiv's own are ids.
    titles : frozenset of str
        Pieces that may be a title (texts of links, bold words, cells), squeezed.
    squeezed : str
        All of the text, squeezed.
    """

    ids: tuple[str, ...]
    dois: tuple[str, ...]
    titles: frozenset[str]
    squeezed: str


def keys_of(text: str, cells: tuple[str, ...] = ()) -> Keys:
    """Read the keys of a text; `cells` are titles as they are, however short."""
    pieces = {piece for one in _pieces(text) if len(piece := squeeze(one)) >= _SHORTEST}
    pieces |= {squeeze(way) for cell in cells for way in (cell, visible(cell))} - {""}
    return Keys(ids_in(text), dois_in(text), frozenset(pieces), squeeze(text))


def ids_in(text: str) -> tuple[str, ...]:
    """Find the arXiv ids of a text, in order, each once."""
    text = _addresses(text)
    text = _DOI.sub(lambda m: m[0] if _ARXIV_DOI.match(m[0]) else " ", text)
    found = {}
    for match in _NEW_ID.finditer(text):
        # Four digits until 2014, five since: "2012.1234" is some other number.
        if len(match[2]) == (5 if match[1] >= "1501" else 4) and match[1] >= "0704":
            found[f"{match[1]}.{match[2]}"] = match.start()
    for match in _OLD_ID.finditer(text):
        found[f"{match[1]}/{match[2]}"] = match.start()
    return tuple(sorted(found, key=found.__getitem__))


def dois_in(text: str) -> tuple[str, ...]:
    """Find the DOIs of a text, in lower case, each once; arXiv's own are left out."""
    text = _addresses(text)
    found = [_trimmed(match[0]) for match in _DOI.finditer(text)]
    found += [f"10.18653/v1/{match[1].lower()}" for match in _ACL.finditer(text)]
    return tuple(dict.fromkeys(doi for doi in found if not _ARXIV_DOI.match(doi)))


def _trimmed(doi: str) -> str:
    doi = re.split(r"[?#]", doi.lower())[0]
    doi = re.sub(r"(?:/?(?:full|abstract|meta|pdf|html)|\.pdf)$", "", doi.rstrip(".:*_`/"))
    while doi.endswith(")") and doi.count(")") > doi.count("("):
        doi = doi[:-1].rstrip(".:*_`/")
    return doi


def _addresses(text: str) -> str:
    text = unescape(text)
    return unquote(text) if "%" in text else text


def unescape(text: str) -> str:
    """Undo Markdown's backslashes and HTML's entities."""
    if "\\" in text:
        text = _ESCAPE.sub(r"\1", text)
    return html.unescape(text) if "&" in text else text


@lru_cache(maxsize=50_000)
def squeeze(text: str) -> str:
    """Give a title as its letters and digits alone, so that the same titles are equal.

    Examples
    --------
    >>> squeeze("**KV-Cache &amp; _Attention_**: $O(n)$") == squeeze("KV cache and attention O(n)")
    True
    """
    text = _TAG.sub(" ", text)
    if _MATH_OR_MACRO.search(text):
        # Escapes of Markdown first, or else the dollars of "\\$x\\$" would open no formula.
        text = to_unicode(_ESCAPE.sub(r"\1", text) if _ESCAPE.search(text) else text)
    text = html.unescape(text).replace("&", " and ")
    if text.isascii():
        return "".join(character for character in text.lower() if character.isalnum())
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in decomposed if character.isalnum())


def visible(text: str) -> str:
    """Give a text without the addresses of its links."""
    return _TARGET.sub("]", text)


def _pieces(text: str) -> Iterator[str]:
    for pattern in (_LINK, _ANCHOR, _STRONG, _QUOTED):
        for match in pattern.finditer(text):
            for piece in match.groups():
                if piece:
                    yield piece
