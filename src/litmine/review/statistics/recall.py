"""Tests of "recall is below the target" from the order in which papers were found.

Both tests ask: if so many relevant papers were missing that recall fell below the target, how
likely were so few of them among the papers read last? They differ in what makes the papers read
last a fair sample of what was unread.

References
----------
M. W. Callaghan, F. Müller-Hansen: Statistical stopping criteria for automated screening in
systematic reviews. Systematic Reviews 9:273 (2020). https://doi.org/10.1186/s13643-020-01521-4
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from litmine.review.statistics.chance import hypergeometric_cdf

__all__ = [
    "RecallTest",
    "draw_needed",
    "least_total_missing",
    "random_draw_test",
    "ranked_windows_test",
]


@dataclass(frozen=True, slots=True)
class RecallTest:
    """What a test says.

    Attributes
    ----------
    p_value : float
        Of the hypothesis that recall is below the target.
    most_total : int
        Upper confidence bound of all relevant papers, found and unfound, one-sided.
    windows : int
        Ways of cutting off "the papers read last" that were tried.
    """

    p_value: float
    most_total: int
    windows: int


@dataclass(frozen=True, slots=True)
class _Window:
    """Papers read last (`read`, of them `found`), taken for a draw from themselves and `unread`."""

    read: int
    found: int
    unread: int
    found_outside: int

    def chance(self, total: int) -> float:
        """Probability of so few finds in the window if there are `total` relevant papers."""
        marked = total - self.found_outside
        population = self.read + self.unread
        return (
            0.0
            if marked > population
            else hypergeometric_cdf(self.found, population, marked, self.read)
        )


def least_total_missing(found: int, target: float) -> int:
    """Return the least number of relevant papers at which `found` of them are below the target."""
    # The guard keeps 19 / 0.95, which is a little under 20 in floating point, from counting as 19.
    return floor(found / target + 1e-9) + 1


def ranked_windows_test(
    outcomes: Sequence[bool], unread: int, found_before: int, target: float, confidence: float
) -> RecallTest:
    """Test on papers read in an order that puts likely ones first ("quasi-sampling").

    Every tail of the sequence is taken for a random draw from itself and the unread papers, and
    the least p counts. That is safe as far as the papers of a window were at least as likely
    relevant as those left unread, which is what reading in the model's order is meant to do; it is
    an assumption, not a guarantee, and taking the least of many p is not corrected for.

    Parameters
    ----------
    outcomes : sequence of bool
        Relevant or not, in the order of reading, of papers read while all of `unread` waited.
    unread : int
        Papers that nobody has read.
    found_before : int
        Relevant papers found earlier, which count towards recall.
    """
    found = found_before + sum(outcomes)
    # Of windows with equally many finds the longest has the least p: one more paper in which
    # nothing was found leaves less room for missing ones. So only windows that begin after a find,
    # and the whole sequence, need to be tried.
    windows = []
    read = found_inside = 0
    for outcome in reversed(outcomes):
        if outcome:
            windows.append(_Window(read, found_inside, unread, found - found_inside))
            found_inside += 1
        read += 1
    windows.append(_Window(read, found_inside, unread, found - found_inside))
    return _judge(windows, found, unread, target, 1 - confidence, len(outcomes) + 1)


def random_draw_test(
    drawn: int,
    relevant: int,
    pool: int,
    unread: int,
    found: int,
    found_in_pool: int,
    target: float,
    confidence: float,
) -> RecallTest:
    """Test on a random draw, read completely, of a size fixed beforehand.

    The chance that recall is below the target and p is nevertheless under 1 - confidence is under
    1 - confidence, whatever the model and the order of reading were: with fewer missing papers the
    same draw only becomes more likely.

    Parameters
    ----------
    drawn, relevant : int
        Papers drawn, and relevant ones among them.
    pool, unread : int
        Papers drawn from, and those of them that nobody has read by now.
    found, found_in_pool : int
        Relevant papers found in all, and those of them that were in the pool.
    """
    window = _Window(drawn, relevant, pool - drawn, found - found_in_pool)
    return _judge([window], found, unread, target, 1 - confidence, 1)


def draw_needed(found: int, pool: int, target: float, confidence: float) -> int:
    """Return the least size of a random draw after which one may stop if it finds nothing.

    Parameters
    ----------
    found, pool : int
        Relevant papers found so far, and papers to draw from.
    """
    missing = least_total_missing(found, target) - found
    low, high = -1, pool  # too few, enough
    if missing > pool:
        return 0
    while high - low > 1:
        middle = (low + high) // 2
        enough = hypergeometric_cdf(0, pool, missing, middle) < 1 - confidence
        low, high = (low, middle) if enough else (middle, high)
    return high


def _judge(
    windows: Sequence[_Window], found: int, unread: int, target: float, level: float, tried: int
) -> RecallTest:
    least = least_total_missing(found, target)
    p_value = 0.0 if least > found + unread else min(w.chance(least) for w in windows)
    # One less than the least total that some window rules out. Most windows cannot better the best
    # so far, and a single look tells.
    most = found + unread
    for window in windows:
        if most == found or window.chance(most) >= level:
            continue
        low, high = found, most  # not ruled out at low, ruled out at high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if window.chance(middle) < level else (middle, high)
        most = low
    return RecallTest(p_value, most, tried)
