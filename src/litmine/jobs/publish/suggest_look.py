"""What stands outside before a suggestion: pull request, branches, and the papers they lack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from litmine.core.errors import ConfigError
from litmine.core.taxonomy import Taxonomy
from litmine.jobs.context import RunContext
from litmine.jobs.publish.suggest_place import Place, Sight
from litmine.publish.entry import ListEntry
from litmine.publish.merge import merge
from litmine.publish.suggest import suggestion as words
from litmine.publish.suggest.github import GitHub, Pull
from litmine.store.suggestions import Suggestion, newest_suggestion

__all__ = ["View", "look"]

#: A merge that GitHub tells of, but whose commit we cannot see, is waited for so long.
_LAG = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class View:
    """Everything as it stood at one moment.

    Attributes
    ----------
    held : Suggestion or None
        The suggestion that nobody has answered, as far as we knew. Its id is 0 where the
        database does not know it.
    pull : Pull or None
        Its pull request.
    sight : Sight
    lags : bool
        The pull request is merged, but the branches do not show it yet.
    tip : str or None
        The commit of the suggestion's branch.
    base_text, tip_text : bytes or None
        The list there; None: there is no such file.
    missing, missing_in_tip : list of str
        The approved papers that have no line in them.
    arrived : bool
        Whether the suggestion's branch, or the base, holds what litmine last put there.
    merged_in : bool
        Whether the base holds the tip.
    stale : str
        ``ours``: the base has moved so that the suggestion conflicts with it, or repeats it, and
        nobody but litmine worked on the branch. ``theirs``: so, but people worked on it. Else
        empty.
    """

    held: Suggestion | None
    pull: Pull | None
    sight: Sight
    lags: bool
    tip: str | None
    base_text: bytes | None
    tip_text: bytes | None
    missing: list[str]
    missing_in_tip: list[str]
    arrived: bool
    merged_in: bool
    stale: str


def look(
    context: RunContext, place: Place, entries: Mapping[str, ListEntry], taxonomy: Taxonomy
) -> View:
    """Look at the pull request, then at the branches, then into the lists.

    In this order: a merge that the pull request tells of is in the branches that we see after.
    """
    held, pull = _held(context, place)
    sight = place.look(*([held.branch] if held else ()), *([pull.base] if pull else ()))
    base, repository = sight.commits[sight.base], place.repository
    tip = sight.commits.get(held.branch) if held else None
    if held is not None and tip is None and place.pushes and held.url is None:
        tip = repository.branch(held.branch)  # it was never pushed
    base_text = repository.read(base, place.path)
    tip_text = repository.read(tip, place.path) if tip else None
    missing = _missing(base_text, entries, taxonomy)
    missing_in_tip = _missing(tip_text, entries, taxonomy) if tip else missing
    stale = ""
    if held is not None and tip is not None and not repository.holds(tip, base):
        # Lines that stand in both would stand twice after the merge.
        doubled = set(held.papers) - set(missing) - set(missing_in_tip)
        if doubled or not repository.merges(base, tip):
            alone = repository.only_by(context.settings.publish.git_email, tip, base)
            stale = "ours" if alone else "theirs"
    head = held.head if held else None
    return View(
        held=held,
        pull=pull,
        sight=sight,
        lags=pull is not None and _lags(pull, sight, place, context.clock.now()),
        tip=tip,
        base_text=base_text,
        tip_text=tip_text,
        missing=missing,
        missing_in_tip=missing_in_tip,
        arrived=head is not None
        and any(repository.holds(one, head) for one in (tip, base) if one is not None),
        merged_in=tip is not None and repository.holds(base, tip),
        stale=stale,
    )


def _held(context: RunContext, place: Place) -> tuple[Suggestion | None, Pull | None]:
    """The suggestion that stands, if one does, and its pull request."""
    github = place.github
    with context.store.read() as connection:
        newest = newest_suggestion(connection, place.target)
    if newest is not None and newest.standing and newest.url and not place.pushes:
        raise ConfigError(
            f"the suggestion {newest.branch} stands at the remote ({newest.url}): set "
            "publish.github_token, or give --push"
        )
    if github is None:
        return (newest if newest is not None and newest.standing else None), None
    pull = None
    if newest is not None and newest.number is not None and newest.state != "merged":
        pull = github.pull(newest.number)  # a closed one may have been opened again
    elif newest is not None and newest.standing:
        pull = github.newest(newest.branch)
    if newest is not None and (newest.standing or (pull is not None and pull.state == "open")):
        return newest, pull
    return _unknown(github, place, context.clock.now())


def _unknown(github: GitHub, place: Place, now: datetime) -> tuple[Suggestion | None, Pull | None]:
    """An open pull request of ours that the database does not know, as after its loss."""
    for pull in github.open_ones(place.prefix):
        if words.list_of(pull.body) == place.path:
            held = Suggestion(
                id=0,
                target=place.target,
                branch=pull.branch,
                number=pull.number,
                url=pull.url,
                head=None,
                state="open",
                papers=(),
                created_at=now,
                changed_at=now,
            )
            return held, pull
    return None, None


def _lags(pull: Pull, sight: Sight, place: Place, now: datetime) -> bool:
    if pull.state != "merged" or pull.merged_at is None:
        return False
    tip = sight.commits.get(pull.base)
    if tip and pull.merge_commit and place.repository.holds(tip, pull.merge_commit):
        return False
    return now - pull.merged_at < _LAG


def _missing(text: bytes | None, entries: Mapping[str, ListEntry], taxonomy: Taxonomy) -> list[str]:
    """The approved papers that have no line in a list."""
    if text is None or not text.strip():
        return list(entries)
    return list(merge(text, entries.values(), taxonomy, skip=frozenset(entries)).withheld)
