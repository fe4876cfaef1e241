"""One word to its term: case, accents, spelling, stem."""

from __future__ import annotations

import re
import threading
import unicodedata

import Stemmer

__all__ = ["LONGEST_TERM", "fold", "is_plural_abbreviation", "plain_letters", "term_of"]

#: A longer word is cut: nobody types it, and it must not fill the index.
LONGEST_TERM = 64
# Letters that do not decompose, yet people type them so.
_SPELT = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŋ": "n", "þ": "th", "æ": "ae"}
    | {"œ": "oe", "Ø": "O", "Ł": "L", "Đ": "D", "Þ": "Th", "Æ": "Ae", "Œ": "Oe", "’": "'"}
)
_PLURAL_ABBREVIATION = re.compile(r"[A-Z]{2,}s")
_OUR = re.compile(r"(behavi|^col|neighb|^fav|^lab|harb|^hum|vap|rum)our")
# Not raise, noise, precise, supervise, otherwise, franchise and the like.
_ISE = re.compile(
    r"(?:(?<=[a-z]{4})(?<![aouvwh])(?<![^i]c)is|(?<=^anal)ys)(?=(?:e[drs]?|ers|ing|ations?|able)$)"
)
_NEVER_Z = frozenset(
    """prom prem comprom compr enterpr surpr sunr expert treat advert pract parad merchand
    """.split()  # noqa: SIM905
)
_RESPELT = {"centre": "center", "fibre": "fiber", "programme": "program", "catalogue": "catalog"}
_RESPELT |= {
    "analogue": "analog",
    "analyses": "analysis",
    "gpus": "gpu",
    "cpus": "cpu",
    "tpus": "tpu",
    "npus": "npu",
}
_local = threading.local()


def fold(word: str) -> str:
    """Lower case without accents, as everything is compared."""
    word = word.casefold()
    if word.isascii():
        return word
    # Once more: what a letter decomposes into can be a capital.
    return plain_letters(word).casefold()


def plain_letters(text: str) -> str:
    """Take accents and ligatures off; case stays."""
    parts = unicodedata.normalize("NFKD", text.translate(_SPELT))
    return "".join(c for c in parts if not unicodedata.combining(c))


def is_plural_abbreviation(word: str) -> bool:
    """Tell whether a word is written like ``LLMs``."""
    return _PLURAL_ABBREVIATION.fullmatch(word) is not None


def term_of(word: str) -> str:
    """Turn a word, in the case it was written in, into the term it is found by."""
    if is_plural_abbreviation(word):
        word = word[:-1]
    plain = fold(word)
    plain = plain.removesuffix("'s").replace("'", "")[:LONGEST_TERM]
    plain = _RESPELT.get(plain, plain)
    if plain.isascii() and plain.isalpha():
        if plain.endswith("s") and len(plain) > 2 and not re.search("[aeiouys]", plain[:-1]):
            return plain[:-1]  # llms, rnns: the stemmer needs a vowel
        if "our" in plain:
            plain = _OUR.sub(r"\1or", plain)
        stem: str = _stemmer().stemWord(_with_z(plain))
        return stem
    return plain


def _with_z(word: str) -> str:
    """Spell ``-ise`` with z; the stemmer takes ``-ize`` off, and ``-ise`` not."""
    found = _ISE.search(word) if "is" in word or "ys" in word else None
    if found is None or word[: found.start()] in _NEVER_Z:
        return word
    return f"{word[: found.start()]}{found.group()[:-1]}z{word[found.end() :]}"


def _stemmer() -> Stemmer.Stemmer:
    # One for each thread: a stemmer keeps the word that it is at work on.
    try:
        return _local.stemmer
    except AttributeError:
        _local.stemmer = Stemmer.Stemmer("english")
        return _local.stemmer
