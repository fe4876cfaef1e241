"""What is seen around a number: the words beside it, their cues, its unit and its form."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from litmine.claims.flat import flatten
from litmine.claims.governed import DIRECTIONS, METRICS, governor, listed
from litmine.claims.grammar import Candidate
from litmine.claims.lexicon import cue

__all__ = ["features"]

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9@+\-/]*|\d[\d.,]*|[;:(),]")
_LEFT, _RIGHT = 10, 8


def features(text: str, found: Sequence[Candidate]) -> list[list[str]]:
    """Return the names of the features of every candidate of a text.

    Returns
    -------
    list of list of str
        One list for each candidate; a name stands at most once in it.
    """
    if not found:
        return []
    flat = flatten(text).lower()
    title_end = flat.find("\n")
    title = {name for w in _WORD.findall(flat[:title_end]) if (name := cue(w))}
    rows: list[list[str]] = []
    sentence: tuple[int, int] | None = None
    words: list[tuple[int, str]] = []
    for number, candidate in enumerate(found):
        if candidate.sentence != sentence:
            sentence = candidate.sentence
            words = [(m.start(), m[0]) for m in _WORD.finditer(flat, *sentence)]
        others = [c for c in found if c is not candidate and c.sentence == sentence]
        rows.append(
            sorted(
                {
                    *_own(candidate, number, len(found), title_end, found),
                    *(f"t:{name}" for name in title if name in METRICS),
                    *_around(candidate, words, others, flat),
                }
            )
        )
    return rows


def _own(
    c: Candidate, number: int, count: int, title_end: int, found: Sequence[Candidate]
) -> list[str]:
    kind = c.unit.kind
    out = ["bias", f"k:{kind}", f"u:{c.unit.spelling}", f"f:{c.form}", f"kf:{kind}|{c.form}"]
    if c.scale:
        out.append(f"s:{c.scale.lower()}")
    if c.value != int(c.value):
        out.append(f"dec:{kind}")
    size = sum(c.value >= edge for edge in (0.1, 1, 2, 5, 10, 50, 90, 100, 1000))
    out.append(f"v:{kind}|{size}")
    if c.start < title_end:
        out.append("title")
    out.append(f"n:{min(number, 6)}")
    out.append(f"of:{min(count, 8)}")
    if any(o.value == c.value and o.unit is c.unit for o in found[:number]):
        out.append("again")
    return out


def _around(
    c: Candidate, words: Sequence[tuple[int, str]], others: Sequence[Candidate], flat: str
) -> list[str]:
    kind = c.unit.kind
    starts = [place for place, _ in words]
    left = [w for _, w in words[: bisect_left(starts, c.start)]][::-1]
    right = [w for _, w in words[bisect_left(starts, c.end) :]]
    out = [f"n{len(others) if len(others) < 4 else 4}"]
    for side, near, depth in (("L", left, _LEFT), ("R", right, _RIGHT)):
        first_metric = first_direction = ""
        barrier = ""
        for distance, word in enumerate(near[:depth]):
            if word in ";:(),":
                out.append(f"{side}{word}" if distance < 2 else f"{side}~{word}")
                if word in ";(" or (word in ",:" and distance > 0):
                    barrier = "'"
                continue
            if word[0].isdigit():
                out.append(f"{side}#{min(distance, 3)}")
                barrier = "'"
                continue
            if distance < 3:
                out.append(f"{side}{distance}={word}")
                out.append(f"{side}w={word}")
            name = cue(word)
            if not name:
                if distance < 6:
                    out.append(f"{side}b={word}")
                continue
            bucket = 0 if distance < 2 else 1 if distance < 5 else 2
            out.append(f"{side}{bucket}{barrier}:{name}")
            out.append(f"{side}:{name}|{kind}")
            if not first_metric and name in METRICS:
                first_metric = name
                out.append(f"{side}m{barrier}:{name}")
            if not first_direction and name in DIRECTIONS:
                first_direction = name
                out.append(f"{side}d:{name}|{kind}")
        out.append(f"{side}m|{kind}:{first_metric}")
        out.append(f"{side}dm:{first_direction}|{first_metric}")
        if near:
            out.append(f"{side}2={' '.join(near[:2])}")
    for name in {cue(w) for _, w in words} & METRICS:
        out.append(f"S:{name}")
    what, side, far = governor(left, right, METRICS)
    way, way_side, way_far = governor(left, right, DIRECTIONS)
    mapped = listed(left, right)
    far, way_far = far // 3, way_far // 3
    out.append(f"G:{what}")
    out.append(f"G{side}:{what}|{kind}")
    out.append(f"G{far}:{what}")
    out.append(f"W:{way}|{kind}")
    out.append(f"W{way_side}{way_far}:{way}")
    out.append(f"GW:{what}|{way}|{kind}")
    out.append(f"GWs:{side}{far}{way_side}{way_far}|{kind}")
    if mapped:
        out.append(f"M:{mapped}")
        out.append(f"M:{mapped}|{way}")
    lefts = next((cue(w) for w in left[:_LEFT] if cue(w) in METRICS), "")
    rights = next((cue(w) for w in right[:4] if cue(w) in METRICS), "")
    out.append(f"LRm:{lefts}|{rights}")
    leftd = next((cue(w) for w in left[:_LEFT] if cue(w) in DIRECTIONS), "")
    rightd = next((cue(w) for w in right[:3] if cue(w) in DIRECTIONS), "")
    out.append(f"LRd:{leftd}|{rightd}|{kind}")
    out.append(f"Rmd:{rightd}|{rights}")
    return out
