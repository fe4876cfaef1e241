"""Text that is fit to stand in a line of a published file."""

from __future__ import annotations

import re
import unicodedata

from litmine.core.paper import normalise_space

__all__ = ["clean"]

# Zero-width joiners shape emoji and several scripts; every other format character is invisible
# at best and turns the reading direction at worst.
_JOINERS = {"\u200c", "\u200d"}
_DROPPED = {"Cc", "Cf", "Co", "Cs"}
_NONCHARACTER = re.compile(r"[\ufdd0-\ufdef]")


def clean(text: str) -> str:
    """Give text as one line of visible characters.

    White space of any kind becomes single spaces. Control, direction-changing, private-use and
    surrogate characters are dropped, so that text cannot leave its line or reorder its
    neighbours.
    """
    spaced = normalise_space(text)
    kept = (
        character
        for character in spaced
        if character in _JOINERS
        or (
            unicodedata.category(character) not in _DROPPED
            and not _NONCHARACTER.match(character)
            and ord(character) & 0xFFFE != 0xFFFE
        )
    )
    return normalise_space("".join(kept))
