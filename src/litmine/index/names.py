r"""What a paper calls its method: the word before a title's colon, or one that its abstract coins.

People look for a paper by that name, and write it as they please: so names are compared as one run
of letters and digits, whatever stands between them (``Flash Attention``, ``flash-attention`` and
``FlashAttention`` are one).
"""

from __future__ import annotations

import re

from litmine.index.terms import LONGEST_TERM, fold
from litmine.index.text import analyse, surfaces

__all__ = ["coined", "joined", "title_name"]

_LONGEST_NAME = 60  # characters of a title before its colon
# Not 10:30 and not low-rank: a colon or a dash with space beside it, or a long dash.
_TITLE = re.compile(rf"\s*(\S.{{0,{_LONGEST_NAME}}}?)\s*(?::\s|\s[-–—]{{1,3}}\s|—)\s*\S", re.DOTALL)
#: Written as no other word is: a capital or a digit behind the first letter of a part.
_COINED = r"[A-Za-z](?=(?:[\w+.-]*[A-Za-z])?[A-Z]|[\w+.-]*\d)[\w+-]*(?:\.\w+)*"
_MARKUP = r"(?:\\(?:text\w+|emph|mathsf|mathrm)\s*\{|[\"'“‘`*$]|\{)*"
_NAMING = re.compile(
    rf"""\b(?:
        (?:propos|introduc|releas|describ)(?:e|es|ed|ing)
        |(?:present|develop|design|term|call|name)(?:s|ed|ing)?|named|naming
        |buil(?:d|ds|t|ding)|dub(?:s|bed)?|namely
    )\b[,:]?\s+(?:(?:a|an|the|it|our|this|novel|new|as)\s+)*{_MARKUP}({_COINED})
    |\({_MARKUP}({_COINED})[^()\w]{{0,4}}\)""",
    re.VERBOSE,
)


def joined(text: str) -> str:
    """Write a name as it is compared; empty where a text has no letters or digits.

    Examples
    --------
    >>> joined("Flash-Attention 2"), joined("H$_2$O")
    ('flashattention2', 'h2o')
    """
    spelt = (word for surface in surfaces(text) for word in analyse(surface).spelt)
    return "".join(map(fold, spelt))[:LONGEST_TERM]


def title_name(title: str) -> str:
    """Give the name that a title begins with, as it is compared; empty if it has none.

    Examples
    --------
    >>> title_name("Mamba: Linear-Time Sequence Modeling"), title_name("Attention Is All You Need")
    ('mamba', '')
    """
    match = _TITLE.match(title)
    return "" if match is None else joined(match[1])


def coined(abstract: str) -> set[str]:
    """Give the names that an abstract introduces, or has in brackets, as they are compared.

    Examples
    --------
    >>> sorted(coined("We present PagedServe, on top of which we build a new vQueue (short VQ)."))
    ['pagedserve', 'vqueue']
    """
    return {joined(first or second) for first, second in _NAMING.findall(abstract)} - {""}
