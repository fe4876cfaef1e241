"""Numbers in a text that may be claims: every one with what its own words say of it.

The grammar finds many and decides little: which of them are claims, of what and in which
direction, is the scorer's word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from litmine.claims.flat import flatten, sentences
from litmine.claims.units import SCALES, UNITS, Unit, find_unit

__all__ = ["Candidate", "candidates"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A number with its unit, at its place, and the form in which it is written."""

    start: int
    end: int
    value: float
    unit: Unit
    scale: str
    form: str
    sentence: tuple[int, int]


_WORDS = {
    "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0,
    "eight": 8.0, "nine": 9.0, "ten": 10.0, "twelve": 12.0, "twenty": 20.0, "fifty": 50.0,
    "hundred": 100.0, "thousand": 1000.0, "several": 0.0,
}  # fmt: skip
_PARTS = {"third": 3.0, "thirds": 3.0, "quarter": 4.0, "fourth": 4.0, "fifth": 5.0, "sixth": 6.0}
_PARTS |= {"eighth": 8.0, "tenth": 10.0, "hundredth": 100.0, "half": 2.0}
_FIXED = {
    "halve": (50.0, "%"), "halves": (50.0, "%"), "halving": (50.0, "%"), "halved": (50.0, "%"),
    "half": (50.0, "%"), "double": (2.0, "x"), "doubles": (2.0, "x"), "doubling": (2.0, "x"),
    "doubled": (2.0, "x"), "twice": (2.0, "x"), "triple": (3.0, "x"), "triples": (3.0, "x"),
    "tripling": (3.0, "x"), "quadruple": (4.0, "x"), "quadruples": (4.0, "x"),
    "thrice": (3.0, "x"), "twofold": (2.0, "x"), "threefold": (3.0, "x"), "fourfold": (4.0, "x"),
    "fivefold": (5.0, "x"), "tenfold": (10.0, "x"),
}  # fmt: skip
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_NAMES = sorted(
    (n for n in UNITS if n not in {"K", "M", "B", "T", "k", "m", "b", "t", "$"}), key=len
)
_UNIT = "|".join(re.escape(n) for n in reversed(_NAMES))
_CLOSE = r"[ $~]{0,12}"  # blanked LaTeX between a number and its unit
_AFTER = (
    rf"(?:{_CLOSE}(?P<pct>%)"
    rf"|{_CLOSE}(?P<x>[xX](?![A-Za-z0-9]))"
    rf"|{_CLOSE}[- ]?(?P<scale>[KMBTk](?![A-Za-z/])|(?:thousand|million|billion|trillion)\b)?"
    rf"[$ ]{{0,3}}[- ]?(?:[A-Za-z]+[ -]){{0,2}}?(?P<unit>{_UNIT})(?![A-Za-z]))"
)
_DIGIT = re.compile(
    rf"(?<![A-Za-z0-9_.^\\])(?<![A-WYZa-wyz]-)(?<![A-Za-z]{{2}}-)(?P<num>{_NUMBER})(?P<rest>{_AFTER})?",
    re.I,
)
_VERBAL = re.compile(
    rf"\b(?:(?P<count>{'|'.join(_WORDS)})[- ](?P<cunit>times|fold|percent|hours?|days?|weeks?"
    r"|minutes?|seconds?|bits?|orders? of magnitude)"
    r"|(?P<order>(?:an |one |full |a )*orders?[- ]of[- ]magnitude)"
    rf"|(?P<top>one|two|a)[- ](?P<part>{'|'.join(_PARTS)})"
    rf"|(?P<fixed>{'|'.join(_FIXED)}))\b",
    re.I,
)
_FRACTION = re.compile(r"(?<![\w./])1\s?/\s?(?P<den>\d{1,4})(?![\w/])")
_FACTOR = re.compile(r"factors?\s+(?:of\s+)?(?:up to\s+|about\s+|over\s+|\$\s*)*$", re.I)
_BY = re.compile(r"\b(?:by|to|of|around|over|about|than)[ $]{1,6}$", re.I)
_BEFORE_RANGE = re.compile(
    rf"(?<![\w.,\-])(?P<low>{_NUMBER})[ $]{{0,12}}(?:%|[xX]|percent|[A-Za-z]{{1,3}})?[ $]{{0,8}}"
    r"(?P<join>-{1,3}|to|up to|~)[ $~]{0,8}$"
)
_FROM = re.compile(r"\b(?:from|between)[ $~]{1,8}(?:about |around )?$", re.I)
_HAS = re.compile(r"\d|" + r"\b(?:half|halv|doubl|twice|tripl|times|fold|magnitude|third|quarter|"
                  r"quadrupl|tenth|hour|day|week|thrice|percent)", re.I)  # fmt: skip


#: No abstract holds so many numbers; what does is not read to its end, so that work stays bounded.
_ENOUGH = 200


def candidates(text: str) -> list[Candidate]:
    """Return the candidates of a text (title, newline, abstract) in its order."""
    flat = flatten(text)
    found: list[Candidate] = []
    for start, end in sentences(flat):
        if len(found) >= _ENOUGH:
            break
        if _HAS.search(flat, start, end):
            found.extend(_of_sentence(flat, start, end))
    return found[:_ENOUGH]


def _of_sentence(flat: str, start: int, end: int) -> list[Candidate]:
    found: list[Candidate] = []
    taken = start
    for match in _FRACTION.finditer(flat, start, end):
        den = float(match["den"])
        if den > 1:
            found.append(Candidate(*match.span(), den, UNITS["x"], "", "fraction", (start, end)))
    for match in _DIGIT.finditer(flat, start, end):
        if len(found) >= _ENOUGH:
            break
        if any(c.start < match.end("num") and match.start() < c.end for c in found):
            continue
        one = _numeric(flat, match, start, end, taken)
        if one is not None:
            if found and one.start < found[-1].end and found[-1].form not in {"fraction"}:
                found.pop()
            found.append(one)
            taken = one.end
    for match in _VERBAL.finditer(flat, start, end):
        if len(found) >= 2 * _ENOUGH:
            break
        if any(c.start < match.end() and match.start() < c.end for c in found):
            continue
        verbal = _verbal(match, (start, end))
        if verbal is not None:
            found.append(verbal)
    found.sort(key=lambda c: c.start)
    return found


def _numeric(flat: str, match: re.Match[str], start: int, end: int, taken: int) -> Candidate | None:
    value = _value(match["num"])
    first, last = match.start(), match.end()
    scale, form = "", "plain"
    before = flat[max(start, first - 40) : first]
    money = re.search(r"(?:US|USD)?\s?\$\s?$", before)
    if match["rest"] is None:
        head = re.match(r"[- ]?(?P<s>[KMBTkmb])(?![A-Za-z0-9/])", flat[last : last + 3])
        if head is not None:
            scale, last = head["s"], last + head.end()
            unit = UNITS[scale.upper()]
        elif money and not flat[last : last + 2].strip().startswith(("$", "x", "%", "\\")):
            unit = UNITS["$"]
        elif _FACTOR.search(before) or (_BY.search(before) and value != int(value)):
            unit, form = UNITS["x"], "factor"
        else:
            return None
    elif match["pct"]:
        unit = UNITS["%"]
    elif match["x"]:
        unit = UNITS["x"]
    else:
        known = find_unit(match["unit"])
        if known is None:
            return None
        unit = known
        scale = match["scale"] or ""
    low = _BEFORE_RANGE.search(before)
    if low is not None:
        begun = _FROM.search(before[: low.start()])
        if begun and low["join"] in {"to", "up to"}:
            form = "from-to"
        else:
            form = "range"
            value = max(value, _value(low["low"]))
        first = first - len(before) + low.start()
    return Candidate(first, last, value, unit, scale, form, (start, end))


def _verbal(match: re.Match[str], sentence: tuple[int, int]) -> Candidate | None:
    if match["fixed"]:
        value, unit = _FIXED[match["fixed"].lower()]
        return Candidate(*match.span(), value, UNITS[unit], "", match["fixed"].lower(), sentence)
    if match["order"]:
        return Candidate(*match.span(), 10.0, UNITS["x"], "", "magnitude", sentence)
    if match["part"]:
        part = match["part"].lower()
        top = 2.0 if match["top"].lower() == "two" else 1.0
        value = round(100.0 * top / _PARTS[part], 1)
        return Candidate(*match.span(), value, UNITS["%"], "", "part", sentence)
    count = _WORDS[match["count"].lower()]
    if not count:
        return None
    written = match["cunit"].lower()
    if "magnitude" in written:
        return Candidate(*match.span(), 10.0**count, UNITS["x"], "", "magnitude", sentence)
    unit_of = find_unit(written)
    if unit_of is None:
        return None
    return Candidate(*match.span(), count, unit_of, "", "words", sentence)


def _value(written: str) -> float:
    return float(written.replace(",", ""))


def scaled(value: float, scale: str) -> float:
    """Return a value times what its letter or word says (``K``, ``million``)."""
    return value * SCALES.get(scale.lower(), 1.0)
