"""Text without the dress of LaTeX, character for character as long as before.

Everything that is found in the flat text stands at the same place of the paper's own text.
"""

from __future__ import annotations

import re

__all__ = ["flatten", "sentences"]

_TEX = re.compile(
    r"\\{2,}[()]|\\(?:times|mu|cdot|%|sim|approx|leq?|geq?|l?dots|sf|bf|it|pm|,|;|!|\(|\)|\$|#|&)"
    r"|\\(?:textbf|textit|text|mathbf|mathrm|emph|boldsymbol|bm|pmb|underline|mathsf|texttt)\b"
    r"|&#37;|[{}]"
)
_MEANING = {
    r"\mu": "u",
    r"\times": "x",
    r"\%": "%",
    "&#37;": "%",
    r"\$": "$",
    r"\cdot": "x",
    r"\sim": " ",
}
_SIGNS = str.maketrans("×✕⨯–—−‑‐％～", "xxx-----%~") | {0xA0: " ", 0x202F: " ", 0x2009: " "}
_END = re.compile(r"[.!?]\)?\s+(?=[A-Z\"'(\\$\[])|\n")
_ABBREVIATED = re.compile(r"(?:\b(?:e\.g|i\.e|vs|et al|Fig|Eq|cf|approx|resp|Dr|No)|\b[A-Z])\.\s$")


def flatten(text: str) -> str:
    """Return `text` with marks of LaTeX blanked and signs in their plain form, equally long.

    Examples
    --------
    >>> flatten(r"$2.5\\times$ faster")
    ' 2.5x      faster'
    """
    flat = text.translate(_SIGNS)
    if "\\" in flat or "&#" in flat or "{" in flat:
        flat = _TEX.sub(_blank, flat)
    return flat


def _blank(found: re.Match[str]) -> str:
    mark = found[0]
    return _MEANING.get(mark, " ").ljust(len(mark))


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the spans of the sentences of a flat text, without the blanks between them."""
    spans: list[tuple[int, int]] = []
    start = 0
    for found in _END.finditer(text):
        if found[0] != "\n" and _ABBREVIATED.search(text, max(0, found.end() - 10), found.end()):
            continue
        _add(spans, text, start, found.end())
        start = found.end()
    _add(spans, text, start, len(text))
    return spans


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))
