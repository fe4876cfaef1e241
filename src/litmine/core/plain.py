"""Strangers' text that is fit to stand in a line of a file, plain or Markdown."""

from __future__ import annotations

import re
import unicodedata

from litmine.core.paper import normalise_space

__all__ = ["clean", "encodable", "escape_markdown", "unlinked"]

# Zero-width joiners shape emoji and several scripts; every other format character is invisible
# at best and turns the reading direction at worst.
_JOINERS = {"\u200c", "\u200d"}
_DROPPED = {"Cc", "Cf", "Co", "Cs"}
_NONCHARACTER = re.compile(r"[\ufdd0-\ufdef]")
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
_ENTITY = re.compile(r"&(?=#?[A-Za-z0-9]+;)")


def clean(text: str) -> str:
    """Give text as one line of visible characters.

    White space of any kind becomes single spaces. Control, direction-changing, private-use and
    surrogate characters are dropped, so that text cannot leave its line or reorder its
    neighbours.
    """
    spaced = normalise_space(text)
    if spaced.isprintable():  # nearly always; nothing below would be dropped then
        return spaced
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


def encodable(text: str) -> str:
    """Give text that a database stores and an encoder takes, white space as single spaces.

    NUL and lone surrogates, which are no characters, become spaces.
    """
    return normalise_space(_NO_TEXT.sub(" ", text))


def escape_markdown(text: str) -> str:
    """Give text that Markdown shows as it is, inside a line, a table cell or a link.

    Parameters
    ----------
    text : str
        Anything; control characters and line breaks are taken out first.
    """
    escaped = _SPECIAL.sub(r"\\\1", _ENTITY.sub("&amp;", clean(text)))
    # Entities rather than backslashes: some renderers look for tags before they unescape.
    return escaped.replace("<", "&lt;").replace(">", "&gt;")


def unlinked(text: str) -> str:
    """Escape text that must hold no link at all, not even one a renderer would guess."""
    apart = clean(text).replace("@", " at ").replace("://", ": //")
    return escape_markdown(re.sub(r"(?i)\b(www|mailto|xmpp)([.:])", r"\1 \2", apart))
