"""Ways in which the stand-in fails on demand, each of them seen at arXiv."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from litmine.core.errors import InputError

__all__ = ["KINDS", "Fault", "parse_fault"]

KINDS: dict[str, str] = {
    "429": "answer 429 Too Many Requests (after=SECONDS or after=date:SECONDS adds Retry-After)",
    "406": "answer 406 Not Acceptable",
    "500": "answer 500 Internal Server Error",
    "503": "answer 503 Service Unavailable (after= adds Retry-After)",
    "slow": "wait wait=SECONDS before answering",
    "drip": "send the answer in small pieces, wait=SECONDS in all",
    "cut": "close the connection in the middle of the answer",
    "truncate": "send a complete answer whose XML stops in the middle",
    "empty": "answer a page without records, as if all were well",
    "moved": "after this page, a record of it is modified and moves to the end of the list",
    "expired": "refuse the resumption token as expired",
}
_TARGETS = ("oai", "rss", "api")


@dataclass
class Fault:
    """One fault and when it strikes.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    on : tuple of int
        Strike at these requests, counted from 1 since the fault was switched on.
    every : int or None
        Strike at every n-th request.
    probability : float
        Strike with this probability (drawn from `seed`), where neither `on` nor `every` is given.
    times : int or None
        Strike at most so often.
    target : {'oai', 'rss', 'api'} or None
        Only requests to this interface count and fail.
    after : str or None
        ``Retry-After``: seconds, or ``date:SECONDS`` for an HTTP date that far ahead.
    wait : float
        Seconds for slow and drip.
    seed : int
        Makes the draws repeatable.
    """

    kind: str
    on: tuple[int, ...] = ()
    every: int | None = None
    probability: float = 1.0
    times: int | None = None
    target: str | None = None
    after: str | None = None
    wait: float = 1.0
    seed: int = 0
    seen: int = field(default=0, init=False)
    struck: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"no fault {self.kind!r}; choose from {', '.join(KINDS)}")
        if self.target is not None and self.target not in _TARGETS:
            raise InputError(f"no interface {self.target!r}; choose from {', '.join(_TARGETS)}")
        self._random = random.Random(self.seed)  # noqa: S311 - repeatable on purpose

    def strikes(self, target: str) -> bool:
        """Count a request to `target` and tell whether it fails."""
        if self.target is not None and target != self.target:
            return False
        self.seen += 1
        if self.on:
            hit = self.seen in self.on
        elif self.every:
            hit = self.seen % self.every == 0
        else:
            hit = self._random.random() < self.probability
        if not hit or (self.times is not None and self.struck >= self.times):
            return False
        self.struck += 1
        return True


def parse_fault(text: str) -> Fault:
    """Read a fault from ``KIND[:name=value,...]``.

    Examples
    --------
    >>> parse_fault("429:on=2+3,after=30,target=oai").on
    (2, 3)
    """
    kind, _, rest = text.strip().partition(":")
    given: dict[str, str] = {}
    for part in filter(None, rest.split(",")):
        name, equals, value = part.partition("=")
        if not equals:
            raise InputError(f"fault {text!r}: write name=value, not {part!r}")
        given[name.strip()] = value.strip()
    try:
        fault = Fault(
            kind,
            on=tuple(int(n) for n in given.pop("on", "").split("+") if n),
            every=int(given.pop("every")) if "every" in given else None,
            probability=float(given.pop("p", "1")),
            times=int(given.pop("times")) if "times" in given else None,
            target=given.pop("target", None),
            after=given.pop("after", None),
            wait=float(given.pop("wait", "1")),
            seed=int(given.pop("seed", "0")),
        )
    except ValueError as error:
        raise InputError(f"fault {text!r}: {error}") from error
    if given:
        raise InputError(
            f"fault {text!r}: no option {', '.join(given)};"
            " use on, every, p, times, target, after, wait or seed"
        )
    return fault
