"""A suggestion to a hand-kept list in a git repository: a branch, a commit, a pull request.

The order of the steps makes every one repeatable: the intention is noted before the push, the
offer after it, the pull request is looked for before it is opened. What stands outside is looked
at anew by every run (`litmine.jobs.suggest_memory`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from litmine.core.errors import ConfigError, InputError
from litmine.core.log import get_logger
from litmine.core.paper import parse_arxiv_id
from litmine.core.taxonomy import Taxonomy, load_taxonomy
from litmine.jobs.approved import approved_entries
from litmine.jobs.context import RunContext
from litmine.jobs.lease import held_lease
from litmine.jobs.suggest_memory import Found, settle, settle_list
from litmine.jobs.suggest_place import Place, Wish, find_place
from litmine.publish import suggestion as words
from litmine.publish.git import Author
from litmine.publish.git_process import BranchMoved, without_login
from litmine.publish.github import GitHub, Pull
from litmine.publish.markdown import render_markdown
from litmine.publish.merge import merge
from litmine.store.audit import record
from litmine.store.offers import LEFT_OUT, forget_offers, offers_of, put_offers
from litmine.store.suggestions import (
    Suggestion,
    add_suggestion,
    newest_suggestion,
    suggestions_of,
    update_suggestion,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Outcome", "Wish", "suggest"]

_LEASE = "suggest"
_TRIES = 3
#: A merge that GitHub tells of, but whose commit we cannot see, is waited for so long.
_LAG = timedelta(hours=1)
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did.

    Attributes
    ----------
    done : str
        ``nothing``, ``written`` (a new suggestion), ``updated`` (a commit on top of one) or
        ``described`` (its pull request was opened or its body brought up to date).
    added : tuple of str
        Papers that got a line by this run.
    taken_out, declined : tuple of str
        Papers that are not suggested (any more) because of what people did.
    notes : tuple of str
        Facts for the operator: conflicts, branches left alone.
    """

    done: str
    target: str
    path: str
    base: str
    branch: str | None = None
    commit: str | None = None
    number: int | None = None
    url: str | None = None
    added: tuple[str, ...] = ()
    taken_out: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    dry_run: bool = False


def suggest(context: RunContext, wish: Wish) -> Outcome:
    """Suggest the approved papers that a repository's list lacks.

    Raises
    ------
    InputError, ConfigError
        What was asked for, or set, does not go together.
    DeliveryError
        Git, its server or GitHub did not take it; running again goes on from there.
    LeaseHeld
        Another run is at it.
    """
    place = find_place(wish, context.settings.publish, context.clock)
    with held_lease(context.store, context.clock, _LEASE):
        for left in reversed(range(_TRIES)):
            try:
                return _Run(context, wish, place).go()
            except BranchMoved:
                # Somebody pushed between our look and our push: look again.
                if not left:
                    raise
                context.clock.sleep(1.0)
    raise AssertionError("unreachable")


class _DryRun(Exception):
    """Takes a transaction back."""


class _Run:
    """One look at everything, and what follows from it."""

    def __init__(self, context: RunContext, wish: Wish, place: Place) -> None:
        self._context = context
        self._wish = wish
        self._place = place
        self._taxonomy: Taxonomy = load_taxonomy()
        self._left_out: dict[str, str] = {}
        with context.store.read() as connection:
            self._entries = {one.arxiv_id: one for one in approved_entries(connection)}
        self._again = self._checked_again()

    def go(self) -> Outcome:
        """Look, note what people did, and suggest what is left."""
        held, pull = self._held()
        sight = self._place.look(*self._of_interest(held, pull))
        self._held_now, self._sight = held, sight
        if pull is not None and self._lags(pull):
            note = f"#{pull.number} is merged, but {pull.base} does not show it yet; run again"
            return self._outcome("nothing", held, notes=(note,))
        tip = self._tip(held)
        base_text = self._read(sight.commits[sight.base])
        missing = self._missing(base_text)
        tip_text = self._read(tip) if tip else None
        missing_in_tip = self._missing(tip_text) if tip else missing
        held = self._note(held, pull, tip, base_text is not None, missing, missing_in_tip)
        standing = held if held is not None and held.standing and tip else None
        wanted = [one for one in missing if one not in self._left_out]
        if standing is not None and tip is not None:
            wanted = [one for one in wanted if one in missing_in_tip]
            if wanted:
                return self._write(standing, pull, tip, tip_text, wanted)
            return self._finish(standing, pull, tip, "nothing")
        if wanted:
            return self._write(None, None, sight.commits[sight.base], base_text, wanted)
        return self._outcome("nothing", None)

    # -- looking ---------------------------------------------------------------------------------

    def _held(self) -> tuple[Suggestion | None, Pull | None]:
        """The suggestion that stands, if one does, and its pull request.

        The pull request is asked for before the branches are fetched: a merge that it tells of is
        in the branches that we see then.
        """
        github, target = self._place.github, self._place.target
        with self._context.store.read() as connection:
            newest = newest_suggestion(connection, target)
        if newest is not None and newest.standing and newest.url and not self._place.pushes:
            raise ConfigError(
                f"the suggestion {newest.branch} stands at the remote ({newest.url}): set "
                "publish.github_token, or give --push"
            )
        if github is None:
            return (newest if newest is not None and newest.standing else None), None
        pull = None
        if newest is not None and newest.number is not None and newest.state != "merged":
            pull = github.pull(newest.number)
        elif newest is not None and newest.standing:
            pull = github.newest(newest.branch)
        if newest is not None and (newest.standing or (pull is not None and pull.state == "open")):
            return newest, pull
        return self._adopted(github)

    def _adopted(self, github: GitHub) -> tuple[Suggestion | None, Pull | None]:
        """An open pull request of ours that the database does not know, as after its loss."""
        for pull in github.open_ones(self._place.prefix):
            if words.list_of(pull.body) == self._place.path:
                now = self._context.clock.now()
                branch, target = pull.branch, self._place.target
                held = Suggestion(
                    0, target, branch, pull.number, pull.url, None, "open", (), now, now
                )
                return held, pull
        return None, None

    def _of_interest(self, held: Suggestion | None, pull: Pull | None) -> list[str]:
        return [*([held.branch] if held else ()), *([pull.base] if pull else ())]

    def _lags(self, pull: Pull) -> bool:
        """Whether the merge that GitHub tells of cannot be seen in the branch yet."""
        if pull.state != "merged" or pull.merged_at is None:
            return False
        tip = self._sight.commits.get(pull.base)
        if tip and pull.merge_commit and self._place.repository.holds(tip, pull.merge_commit):
            return False
        return self._context.clock.now() - pull.merged_at < _LAG

    def _tip(self, held: Suggestion | None) -> str | None:
        """The commit of the suggestion's branch; a branch never pushed is looked up here."""
        if held is None:
            return None
        tip = self._sight.commits.get(held.branch)
        if tip is None and self._place.pushes and held.url is None:
            tip = self._place.repository.branch(held.branch)
        return tip

    def _read(self, commit: str) -> bytes | None:
        return self._place.repository.read(commit, self._place.path)

    def _missing(self, text: bytes | None) -> list[str]:
        """The approved papers that have no line in a list."""
        if text is None or not text.strip():
            return list(self._entries)
        everything = frozenset(self._entries)
        return list(merge(text, self._entries.values(), self._taxonomy, skip=everything).withheld)

    # -- remembering -----------------------------------------------------------------------------

    def _note(
        self,
        held: Suggestion | None,
        pull: Pull | None,
        tip: str | None,
        there: bool,
        missing: Sequence[str],
        missing_in_tip: Sequence[str],
    ) -> Suggestion | None:
        """Note what people did; `there` tells whether the list is there at all."""
        now, target = self._context.clock.now(), self._place.target
        with self._writing() as connection:
            if held is not None:
                if held.id == 0:
                    theirs = tuple(one for one in missing if one not in set(missing_in_tip))
                    held = add_suggestion(connection, target, held.branch, theirs, now)
                found = Found(
                    pull=pull,
                    tip=tip,
                    arrived=self._arrived(held, tip),
                    merged_in=tip is not None and self._in_base(tip),
                    missing_in_base=frozenset(missing),
                    missing_in_tip=frozenset(missing_in_tip),
                )
                held = settle(connection, held, found, now)
            if there:
                settle_list(connection, target, frozenset(missing), now)
                known, gone = offers_of(connection, target), set(missing)
                theirs_now = [
                    one
                    for one in self._entries
                    if one not in gone and (one not in known or known[one].left_out)
                ]
                put_offers(connection, target, theirs_now, "present", now)
            forget_offers(connection, target, self._again)
            left_out = offers_of(connection, target, LEFT_OUT)
            self._left_out = {i: one.state for i, one in left_out.items() if i in self._entries}
        return held

    def _arrived(self, held: Suggestion, tip: str | None) -> bool:
        """Whether what we last meant to put there is there."""
        head, repository = held.head, self._place.repository
        if head is None:
            return False
        return (tip is not None and repository.holds(tip, head)) or self._in_base(head)

    def _in_base(self, commit: str) -> bool:
        return self._place.repository.holds(self._sight.commits[self._sight.base], commit)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Open a transaction; a dry run takes it back."""
        with suppress(_DryRun), self._context.write() as connection:
            yield connection
            if self._wish.dry_run:
                raise _DryRun

    def _checked_again(self) -> list[str]:
        ids = [parse_arxiv_id(one).id for one in self._wish.again]
        for arxiv_id in ids:
            if arxiv_id not in self._entries:
                raise InputError(f"{arxiv_id} is not approved: only approved papers are suggested")
        return ids

    # -- writing ---------------------------------------------------------------------------------

    def _write(
        self,
        standing: Suggestion | None,
        pull: Pull | None,
        parent: str,
        text: bytes | None,
        wanted: Collection[str],
    ) -> Outcome:
        """Put a commit with the wanted papers on top of `parent`, and see it through."""
        data, added, notes = self._merged(text, frozenset(wanted))
        done = "written" if standing is None else "updated"
        if not added or self._wish.dry_run:
            done = done if added else "nothing"
            return self._outcome(done, standing, added=added, notes=notes)
        place, context = self._place, self._context
        settings, now = context.settings.publish, context.clock.now()
        commit = place.repository.commit_file(
            parent,
            place.path,
            data,
            words.commit_message([self._entries[one] for one in added], place.path),
            Author(settings.git_name, settings.git_email, now),
        )
        # The intention first, with the commit to look for: a push whose end we do not see is
        # recognised by it.
        with self._writing() as connection:
            if standing is None:
                branch = self._free_name(connection)
                standing = add_suggestion(connection, place.target, branch, added, now)
                before, papers = None, added
            else:
                before, papers = parent, (*standing.papers, *added)
            standing = update_suggestion(connection, standing.id, now, head=commit, papers=papers)
        place.put(commit, standing.branch, before)
        with self._writing() as connection:
            put_offers(connection, place.target, added, "offered", now, standing.id)
            standing = update_suggestion(
                connection, standing.id, now, url=standing.url or self._url(standing.branch)
            )
            record(
                connection, now, "litmine", "suggest", place.target,
                branch=standing.branch, commit=commit, papers=len(added),
            )  # fmt: skip
        _log.info("suggested", target=place.target, branch=standing.branch, papers=len(added))
        return self._finish(standing, pull, commit, done, added, notes)

    def _merged(
        self, text: bytes | None, wanted: Collection[str]
    ) -> tuple[bytes, tuple[str, ...], tuple[str, ...]]:
        """The new list, the papers that got a line, and what a person should know."""
        if text is None or not text.strip():
            papers = [one for arxiv_id, one in self._entries.items() if arxiv_id in wanted]
            fresh = render_markdown(papers, self._taxonomy)
            return fresh.encode(), tuple(one.arxiv_id for one in papers), ()
        others = frozenset(self._entries) - frozenset(wanted)
        result = merge(text, self._entries.values(), self._taxonomy, skip=others)
        notes = [
            f"{self._place.path}, line {', '.join(str(n) for n in one.lines)}: {one.message}"
            for one in result.conflicts
        ]
        return result.data, tuple(sorted(one.arxiv_id for one in result.added)), tuple(notes)

    def _free_name(self, connection: Connection) -> str:
        """The next branch name that nobody has taken."""
        prefix = self._place.prefix
        names = {*self._sight.taken, *(one.branch for one in suggestions_of(connection))}
        numbers = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
        newest = max((int(n) for n in numbers if n.isdecimal() and len(n) < 10), default=0)
        return f"{prefix}{newest + 1}"

    def _url(self, branch: str) -> str | None:
        """Where a pushed branch is to be seen; None for one that stays in the clone."""
        place = self._place
        address = place.repository.address(place.remote) if place.pushes else None
        return f"{without_login(address)}#{branch}" if address else None

    def _finish(
        self,
        standing: Suggestion,
        pull: Pull | None,
        tip: str,
        done: str,
        added: tuple[str, ...] = (),
        notes: tuple[str, ...] = (),
    ) -> Outcome:
        """Let the remote, the clone's branch and the pull request say what the suggestion says."""
        place, now = self._place, self._context.clock.now()
        if not self._wish.dry_run:
            if place.pushes and standing.url is None:
                place.put(tip, standing.branch, None)
                with self._writing() as connection:
                    url = self._url(standing.branch)
                    standing = update_suggestion(connection, standing.id, now, url=url)
                done = "described" if done == "nothing" else done
            place.follow(tip, standing.branch)
            if place.github is not None:
                standing, changed = self._describe(place.github, standing, pull, notes)
                done = "described" if changed and done == "nothing" else done
        return self._outcome(done, standing, commit=tip, added=added, notes=notes)

    def _describe(
        self, github: GitHub, standing: Suggestion, pull: Pull | None, notes: Sequence[str]
    ) -> tuple[Suggestion, bool]:
        """Open the pull request, or bring its words up to date; tell whether that was needed."""
        path = self._place.path
        papers = [self._entries[one] for one in standing.papers if one in self._entries]
        back = [one for one in standing.papers if one not in self._entries]
        title = words.title(len(standing.papers), path)
        body = words.body(papers, path, taken_back=back, notes=notes)
        changed = False
        if pull is None:
            pull = github.open(standing.branch, self._sight.base, title, body)
            changed = True
        if not words.same_papers(pull.body, body):
            kept = title if words.was_ours(pull.title) else pull.title
            github.describe(pull.number, kept, words.merged_body(pull.body, body))
            changed = True
        with self._writing() as connection:
            standing = update_suggestion(
                connection,
                standing.id,
                self._context.clock.now(),
                number=pull.number,
                url=pull.url,
                state="open",
            )
        return standing, changed

    def _outcome(
        self,
        done: str,
        standing: Suggestion | None,
        *,
        commit: str | None = None,
        added: tuple[str, ...] = (),
        notes: tuple[str, ...] = (),
    ) -> Outcome:
        def left_out(state: str) -> tuple[str, ...]:
            return tuple(sorted(i for i, one in self._left_out.items() if one == state))

        place = self._place
        return Outcome(
            done=done,
            target=place.target,
            path=place.path,
            base=self._sight.base,
            branch=standing.branch if standing else None,
            commit=commit,
            number=standing.number if standing else None,
            url=standing.url if standing else None,
            added=added,
            taken_out=left_out("removed"),
            declined=left_out("declined"),
            notes=(*place.notes, *notes),
            dry_run=self._wish.dry_run,
        )
