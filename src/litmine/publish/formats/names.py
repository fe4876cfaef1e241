"""Names of authors, split as bibliographies need them.

arXiv gives display names ("Ludwig van Beethoven"). What is family and what is given cannot be known
for every language, so the reader splits only where writing shows it: particles, generations, a
comma, words that only organisations carry. Where it is wrong, the name still reads right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from litmine.core.latex import to_unicode
from litmine.core.plain import clean

__all__ = ["Name", "split_name"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PARTICLES = _words(
    "van von vom der den de del della dei degli delle dal dalla di da do dos das du des d' "
    "d’ la le las los lo ten ter te zu zum zur af av 't ’t 's op in bin ibn bint binti al el "
    "ul ur st. st am an auf ab und"
)
# These begin nothing by themselves: "Xin in Wang" and the like are no particles.
_NEVER_FIRST = _words("in am an auf op und 's")
# Capitals: only where the next word is no short syllable ("Di Wu", "Xue Bin Peng" are no families).
_CAPITALS = _words(
    "Van Von De Del Della Delle Degli Dela Dal Dalla Di Da Dos Du La Le Lo Mac Mc St. St Ten "
    "Ter El Al Ben Abu Ibn Vander Der Den Las Los"
)
_AFTER_VIETNAMESE = _words(
    "nguyen nguyễn tran trần le lê pham phạm hoang hoàng huynh huỳnh phan vu vũ vo võ dang "
    "đặng bui bùi do đỗ ho hồ ngo ngô duong dương ly lý dinh đinh doan đoàn luong lương mai "
    "trinh trịnh truong trương dao đào cao ta tạ thai thái ha hà lam lâm quach luu lưu chau "
    "vuong thanh"
)
_BETWEEN = _words("y e i")
_GENERATION = re.compile(r"(?:Jr|Sr|jr|sr|JR|SR)\.?|II|III|IV", re.ASCII)
_TITLES = re.compile(r"(?:ph\.?\s?d|m\.?\s?d|m\.?\s?sc|dr|esq)\.?", re.IGNORECASE)
_LAST_OF_ORGANISATION = re.compile(
    r"(?:team|collaboration|consortium|initiative|contributors|authors|community|labs?|inc|ltd|llc"
    r"|gmbh|corp|corporation|foundation|institute|university|laborator(?:y|ies)|partnership"
    r"|alliance|group|project|research|committee|association|society|organi[sz]ation|council"
    r"|network|company|intelligence|technologies|members|trust|survey|agency)\.?",
    re.IGNORECASE,
)
_ANY_OF_ORGANISATION = re.compile(
    r"\b(?:collaboration|consortium|university|institute of|laborator(?:y|ies) (?:of|for)|hospital"
    r"|working group|team of|department of)\b",
    re.IGNORECASE,
)
_LONGEST = 120  # characters of a person's name
_INITIAL = re.compile(r"[^\W\d_]\.?")


@dataclass(frozen=True, slots=True)
class Name:
    """One author.

    Attributes
    ----------
    family, given, particle, suffix : str
        Of a person; `particle` is in small letters and stands before the family name.
    literal : str
        Set alone: an organisation, or a person with a single name.
    """

    family: str = ""
    given: str = ""
    particle: str = ""
    suffix: str = ""
    literal: str = ""

    @property
    def inverted(self) -> str:
        """The family in front: "van Beethoven, Ludwig", "Heath, Robert W., Jr."."""
        if self.literal:
            return self.literal
        family = f"{self.particle} {self.family}".strip()
        return ", ".join(part for part in (family, self.given, self.suffix) if part)


@lru_cache(maxsize=65536)
def split_name(text: str) -> Name | None:
    """Split a display name; None if nothing of it can be shown.

    Affiliations and nicknames in brackets behind it are left out.

    Examples
    --------
    >>> split_name("Ludwig van Beethoven")
    Name(family='Beethoven', given='Ludwig', particle='van', suffix='', literal='')
    >>> split_name("Gemini Team").literal
    'Gemini Team'
    """
    shown = clean(to_unicode(text))
    shown = _without_brackets(shown).strip(" ,;")
    if not re.search(r"\w", shown):
        return None
    if len(shown) > _LONGEST or _organisation(shown):
        return Name(literal=shown)
    shown, suffix = _generation(shown)
    if shown.count(",") == 1:
        family, given = (part.strip() for part in shown.split(","))
        return _person(family.split(), given, suffix)
    if "," in shown:
        return Name(literal=shown)
    words = shown.split()
    if len(words) == 1:
        return Name(literal=" ".join([shown, suffix]).strip())
    start = _family_start(words)
    return _person(words[start:], " ".join(words[:start]), suffix)


def _without_brackets(shown: str) -> str:
    """Cut the brackets at the end, with those inside of them; some are cut off before they close.

    What is nothing but brackets stays.
    """
    opened: list[int] = []
    outer: list[tuple[int, int]] = []
    for at, sign in enumerate(shown):
        if sign in "([":
            opened.append(at)
        elif sign in ")]" and opened:
            start = opened.pop()
            if not opened:
                outer.append((start, at + 1))
    if opened:
        outer.append((opened[0], len(shown)))
    cut = len(shown)
    for start, end in reversed(outer):
        if shown[end:cut].strip(" )],;") or not shown[:start].strip(" ,;"):
            break
        cut = start
    return shown[:cut]


def _person(family: list[str], given: str, suffix: str) -> Name:
    at = 0
    while at < len(family) - 1 and family[at] in _PARTICLES:
        at += 1
    return Name(" ".join(family[at:]), given, " ".join(family[:at]), suffix)


def _generation(shown: str) -> tuple[str, str]:
    """Take "Jr." and the like from the end; academic titles behind a comma go."""
    while "," in shown and _TITLES.fullmatch(shown.rpartition(",")[2].strip()):
        shown = shown.rpartition(",")[0].strip()
    words = shown.split()
    if len(words) > 2 and _GENERATION.fullmatch(words[-1]):
        return " ".join(words[:-1]).rstrip(" ,"), words[-1]
    return shown, ""


def _family_start(words: list[str]) -> int:
    """Return where the family name with its particles begins: never at the first word."""
    last = len(words) - 1
    for at in range(1, last):
        word = words[at]
        if word in _PARTICLES and word not in _NEVER_FIRST:
            if any(_INITIAL.fullmatch(after) for after in words[at + 1 :]):
                continue  # "Maria de Lourdes M. Silva", "Rafael de O. Teloli": a middle name
            # "Jan Van den Stock", "A. Meijer-van de Griend": the word before belongs to it.
            tied = words[at - 1] in _CAPITALS or re.search(r"-(?:van|von|de)$", words[at - 1])
            return at - 1 if at > 1 and tied else at
        if word in _BETWEEN and at > 1 and words[at - 1][:1].isupper():
            return at - 1
        if word in _CAPITALS and _begins_family(words, at):
            return at
    return last


def _begins_family(words: list[str], at: int) -> bool:
    after = words[at + 1]
    if after in _CAPITALS and at + 2 < len(words):
        return _begins_family(words, at + 1)
    long_enough = len(after) > (3 if words[at] in {"Di", "La", "Du"} else 2) or words[at] == "De"
    return (
        at + 1 == len(words) - 1
        and long_enough
        and after.casefold() not in _AFTER_VIETNAMESE
        and not after.endswith(".")
    )


def _organisation(shown: str) -> bool:
    words = shown.split()
    if len(words) == 1:
        return False
    return bool(
        _LAST_OF_ORGANISATION.fullmatch(words[-1])
        or words[-1] == "AI"
        or words[0] == "Team"
        or _ANY_OF_ORGANISATION.search(shown)
    )
