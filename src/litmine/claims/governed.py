"""Which words govern a number: the thing measured, and the way it went."""

from __future__ import annotations

from collections.abc import Sequence

from litmine.claims.lexicon import cue

__all__ = ["DIRECTIONS", "METRICS", "governor", "listed"]

_METRIC_NAMES = """speedup latency time throughput util memory kv size bits param sparse energy
carbon cost flops comm token call data compress overhead area quality efficien slow"""
METRICS = frozenset(_METRIC_NAMES.split())
DIRECTIONS = frozenset({"down", "up", "only", "additional", "slow", "speedup", "retain"})

_LINKS = frozenset({"by", "of", "to", "is", "at", "up", "about", "over", "around"})
_BREAKS = frozenset({"while", "compared", "than", "with", "without", "whereas", "but", "on"})


def governor(
    left: Sequence[str], right: Sequence[str], groups: frozenset[str]
) -> tuple[str, str, int]:
    """Return the nearest word that governs a number, its side and how far it is.

    Parameters
    ----------
    left : sequence of str
        Words before the number, the nearest first; numbers and signs count as words.
    right : sequence of str
        Words after it.
    groups : frozenset of str
        Groups of words that are asked for.

    Returns
    -------
    tuple of (str, str, int)
        Group, ``L`` or ``R``, and the cost of the way from 0; empty texts when there is none.
    """
    linked = (bool(left) and left[0] in _LINKS) or (len(left) > 1 and left[1] == "by")
    best: tuple[int, str, str] | None = None
    for side, words in (("L", left), ("R", right)):
        # "by 40%" looks back at what was said; a bare "40%" looks forward.
        cost = 3 if (side == "L") != linked else 0
        for word in words[:14]:
            name = cue(word)
            if name in groups:
                if best is None or cost < best[0]:
                    best = cost, name, side
                break
            if word[0].isdigit():
                cost += 4
            elif word in ",;:()" or word in _BREAKS or (side == "R" and word == "by"):
                cost += 3
            else:
                cost += 1
    return ("", "", 9) if best is None else (best[1], best[2], min(best[0], 9))


def listed(left: Sequence[str], right: Sequence[str]) -> str:
    """Return the group of a number that stands in a list beside a list of as many things.

    "Latency, memory and energy by 2x, 3x and 4x": the third number belongs to energy.
    """
    before = _run(left)
    after = _run(right)
    count = before + after + 1
    if count < 2:
        return ""
    things: list[str] = []
    seen = False
    for word in left[before * 2 : before * 2 + 22]:
        name = cue(word)
        if name in METRICS - {"speedup", "slow", "overhead"} and (not things or seen):
            things.append(name)
            seen = False
        elif word in {",", "and"}:
            seen = True
        if len(things) == count:
            return things[::-1][before]
    return ""


def _run(words: Sequence[str]) -> int:
    """Count the numbers of the list that goes on beside a number."""
    count = 0
    for word in words[:10]:
        if word[0].isdigit():
            count += 1
        elif word not in {",", "and", "x", "times", "up", "to"}:
            break
    return count
