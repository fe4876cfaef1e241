"""A suggestion to a hand-kept list in a git repository: a branch, a commit, a pull request.

The order of the steps makes every one repeatable: the intention is noted before the push, the
offer after it, the pull request is looked for before it is opened. What stands outside is looked
at anew by every run (`litmine.jobs.publish.suggest_memory`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from litmine.core.errors import InputError
from litmine.core.log import get_logger
from litmine.core.paper import parse_arxiv_id
from litmine.core.taxonomy import load_taxonomy
from litmine.jobs.approved import approved_entries
from litmine.jobs.context import RunContext
from litmine.jobs.lease import held_lease
from litmine.jobs.publish.suggest_look import look
from litmine.jobs.publish.suggest_memory import Found, settle, settle_list
from litmine.jobs.publish.suggest_place import Place, Wish, find_place
from litmine.publish.entry import ListEntry
from litmine.publish.formats.markdown import render_markdown
from litmine.publish.merge import merge
from litmine.publish.suggest import suggestion as words
from litmine.publish.suggest.git import Author
from litmine.publish.suggest.git_process import BranchMoved, without_login
from litmine.publish.suggest.github import GitHub
from litmine.store.audit import record
from litmine.store.offers import LEFT_OUT, forget_offers, offers_of, put_offers
from litmine.store.suggestions import (
    Suggestion,
    add_suggestion,
    suggestions_of,
    update_suggestion,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Outcome", "Wish", "suggest"]

_LEASE = "suggest"
_TRIES = 3
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did.

    Attributes
    ----------
    done : str
        ``nothing``, ``written`` (a new suggestion), ``updated`` (papers on top of one),
        ``refreshed`` (the base merged into it) or ``described`` (its pull request was opened or
        its words brought up to date).
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
        self._taxonomy = load_taxonomy()
        with context.store.read() as connection:
            self._entries = {one.arxiv_id: one for one in approved_entries(connection)}
        self._again = [parse_arxiv_id(one).id for one in wish.again]
        for arxiv_id in self._again:
            if arxiv_id not in self._entries:
                raise InputError(f"{arxiv_id} is not approved: only approved papers are suggested")
        self._view = look(context, place, self._entries, self._taxonomy)
        self._left_out: dict[str, str] = {}

    def go(self) -> Outcome:
        """Note what people did, and suggest what is left."""
        view = self._view
        if view.lags and view.pull is not None:
            note = f"#{view.pull.number} is merged, but {view.pull.base} does not show it yet"
            return self._outcome("nothing", view.held, notes=(f"{note}; run again",))
        if view.pull is not None and view.pull.state == "open" and view.tip is None:
            # GitHub closes a pull request whose branch is deleted; until it has, we wait.
            note = f"#{view.pull.number} is open, but its branch is gone: close it, or restore it"
            return self._outcome("nothing", view.held, notes=(note,))
        held = self._note()
        standing = held if held is not None and held.standing and view.tip else None
        wanted = [one for one in view.missing if one not in self._left_out]
        base = view.sight.commits[view.sight.base]
        if standing is None or view.tip is None:
            if wanted:
                return self._write(None, base, view.base_text, wanted)
            return self._outcome("nothing", None)
        lacking = set(view.missing_in_tip)
        wanted = [one for one in wanted if one in lacking]
        if view.stale == "ours":
            kept = [one for one in standing.papers if one in set(view.missing)]
            return self._write(standing, view.tip, view.base_text, [*kept, *wanted], merged=base)
        if view.stale:
            self._place.notes.append(
                f"{standing.branch} conflicts with {view.sight.base} or repeats it, and people "
                f"worked on it: merge {view.sight.base} into it by hand"
            )
        if wanted:
            return self._write(standing, view.tip, view.tip_text, wanted)
        return self._finish(standing, view.tip, "nothing")

    def _note(self) -> Suggestion | None:
        """Note what people did since; return the suggestion, if it is one."""
        view, now, target = self._view, self._context.clock.now(), self._place.target
        held, gone = view.held, frozenset(view.missing)
        with self._writing() as connection:
            if held is not None:
                if held.id == 0:
                    theirs = tuple(one for one in view.missing if one not in view.missing_in_tip)
                    held = add_suggestion(connection, target, held.branch, theirs, now)
                found = Found(
                    pull=view.pull,
                    tip=view.tip,
                    arrived=view.arrived,
                    merged_in=view.merged_in,
                    missing_in_base=gone,
                    missing_in_tip=frozenset(view.missing_in_tip),
                )
                held = settle(connection, held, found, now)
            if view.base_text is not None:
                present = [one for one in self._entries if one not in gone]
                settle_list(connection, target, present, gone, now)
            forget_offers(connection, target, self._again)
            left_out = offers_of(connection, target, LEFT_OUT)
            self._left_out = {i: one.state for i, one in left_out.items() if i in self._entries}
        return held

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Open a transaction; a dry run takes it back."""
        with suppress(_DryRun), self._context.write() as connection:
            yield connection
            if self._wish.dry_run:
                raise _DryRun

    def _write(
        self,
        standing: Suggestion | None,
        parent: str,
        text: bytes | None,
        wanted: Collection[str],
        merged: str | None = None,
    ) -> Outcome:
        """Put a commit on top of `parent` that adds the wanted papers to `text`; see it through.

        With `merged`, `text` is the list as it is there, and the commit brings that in.
        """
        data, all_papers, notes = self._merged(text, frozenset(wanted))
        before = frozenset(standing.papers) if standing else frozenset()
        added = tuple(one for one in all_papers if one not in before or merged is None)
        done = "written" if standing is None else "updated" if added else "refreshed"
        if self._wish.dry_run or not (all_papers or merged):
            return self._outcome(done if all_papers else "nothing", standing, added=added,
                                 notes=notes)  # fmt: skip
        place, context = self._place, self._context
        settings, now = context.settings.publish, context.clock.now()
        papers = [self._entries[one] for one in all_papers]
        brought = self._view.sight.base if merged else ""
        message = words.commit_message(papers, place.path, brought)
        author = Author(settings.git_name, settings.git_email, self._dated(parent, merged, papers))
        commit = place.repository.commit_file(
            parent, place.path, data, message, author, merged=merged
        )
        # The intention first, with the commit to look for: a push whose end we do not see is
        # recognised by it.
        with self._writing() as connection:
            tip = None if standing is None else parent
            if standing is None:
                branch = self._free_name(connection)
                standing = add_suggestion(connection, place.target, branch, all_papers, now)
            whole = all_papers if merged else (*standing.papers, *added)
            ids = tuple(dict.fromkeys(whole))
            standing = update_suggestion(connection, standing.id, now, head=commit, papers=ids)
        place.put(commit, standing.branch, tip)
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
        return self._finish(standing, commit, done, added, notes)

    def _dated(self, parent: str, merged: str | None, papers: Sequence[ListEntry]) -> datetime:
        """The time of the newest approval, not before the parents'.

        Nothing in a commit depends on when litmine runs: a run that was killed while it pushed
        (its git may live on) and the run after it make the same commit.
        """
        approved = [one.approval.decided_at for one in papers if one.approval is not None]
        above = [self._place.repository.made_at(one) for one in (parent, merged) if one]
        return max([*approved, *above])

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
        names = {*self._view.sight.taken, *(one.branch for one in suggestions_of(connection))}
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
                standing, changed = self._describe(place.github, standing, notes)
                done = "described" if changed and done == "nothing" else done
        return self._outcome(done, standing, commit=tip, added=added, notes=notes)

    def _describe(
        self, github: GitHub, standing: Suggestion, notes: Sequence[str]
    ) -> tuple[Suggestion, bool]:
        """Open the pull request, or bring its words up to date; tell whether that was needed."""
        path = self._place.path
        papers = [self._entries[one] for one in standing.papers if one in self._entries]
        back = [one for one in standing.papers if one not in self._entries]
        title = words.title(len(standing.papers), path)

        def body(most: int = words.MOST_CHARACTERS) -> str:
            return words.body(papers, path, taken_back=back, notes=notes, most=most)

        pull, changed = self._view.pull, False
        if pull is None:
            pull = github.open(standing.branch, self._view.sight.base, title, body())
            changed = True
        if not words.up_to_date(pull.body, body()):
            kept = title if words.was_ours(pull.title) else pull.title
            github.describe(pull.number, kept, words.renewed(pull.body, body))
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
            base=self._view.sight.base,
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
