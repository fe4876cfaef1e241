"""Policies: which of the unread a reviewer should look at next.

max
    Most probable first: every look is spent where it most likely finds something (relief).
uncertainty
    Nearest to the boundary between the kinds first: every look teaches the most (Lewis & Gale,
    1994).
mixed
    Of every ten looks eight go to the most probable, the fifth to the most uncertain and the tenth
    to the one least like anything looked at so far (coverage).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from litmine.core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["POLICIES", "REASONS", "check_policy", "interleave", "turn"]

POLICIES = ("max", "uncertainty", "mixed")

#: What to tell a reviewer of a paper that stands where it does for this reason.
REASONS = {"max": "most probable", "uncertainty": "unsure", "diverse": "new ground"}

_TURNS = (*["max"] * 4, "uncertainty", *["max"] * 4, "diverse")


def check_policy(policy: str) -> None:
    """Raise InputError when `policy` is none of `POLICIES`."""
    if policy not in POLICIES:
        raise InputError(f"{policy!r} is not a policy; use one of {', '.join(POLICIES)}")


def turn(policy: str, looks: int) -> str:
    """What the next look is for, after `looks` looks: max, uncertainty or diverse."""
    return _TURNS[looks % len(_TURNS)] if policy == "mixed" else policy


def interleave(
    policy: str,
    looks: int,
    ranks: Mapping[str, Callable[[], NDArray[np.int64]]],
) -> Iterator[tuple[int, str]]:
    """Take turns among rankings of the same rows; yield each row once, with what it was for.

    Parameters
    ----------
    looks
        Looks taken before: where in its ten the mixed policy stands.
    ranks
        For each purpose the rows, best first; asked only for the purposes that the policy has.
        The first one must be whole; where another is at its end, its turns go to the first.
    """
    purposes = set(_TURNS) if policy == "mixed" else {policy}
    lists = {purpose: iter(ranks[purpose]().tolist()) for purpose in ranks if purpose in purposes}
    whole = next(iter(lists))
    taken: set[int] = set()
    while True:
        purpose = turn(policy, looks)
        row = next((r for r in lists[purpose] if r not in taken), None)
        if row is None and purpose != whole:
            purpose = whole
            row = next((r for r in lists[whole] if r not in taken), None)
        if row is None:
            return
        taken.add(row)
        looks += 1
        yield row, purpose
