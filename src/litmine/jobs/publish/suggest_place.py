"""Where a suggestion goes: the repository, its server, its pull requests, and what stands there."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from litmine.core.clock import Clock
from litmine.core.errors import ConfigError, DeliveryError, InputError
from litmine.core.section import is_loopback
from litmine.core.sections_outward import PublishSettings
from litmine.publish.suggest.git import (
    Repository,
    check_branch,
    check_path,
    check_remote,
    open_repository,
)
from litmine.publish.suggest.git_process import BranchMoved, Token, without_login
from litmine.publish.suggest.github import GitHub, host_of, host_of_api, identity_of, slug_of

__all__ = ["Place", "Sight", "Wish", "find_place"]

_LONGEST_TARGET = 300


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for. Empty values are taken from the settings.

    Attributes
    ----------
    repository : Path
        A clone or a bare repository.
    path : str
        The list inside it.
    base : str
        The branch that the suggestion is made to.
    push : bool
        Push even without a token.
    again : tuple of str
        arXiv ids that are suggested although they were taken out or declined before.
    dry_run : bool
        Tell what would be done; write, push and remember nothing.
    """

    repository: Path
    path: str = ""
    base: str = ""
    push: bool = False
    again: tuple[str, ...] = ()
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """The branches as they stood at one moment.

    Attributes
    ----------
    base : str
        Name of the branch that suggestions are made to.
    commits : dict of str to str
        Commit of the base branch and of every other branch asked for that is there.
    taken : frozenset of str
        Names of branches, here or at the server, that begin as ours do.
    """

    base: str
    commits: dict[str, str]
    taken: frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """One list in one repository, and the ways to it.

    Attributes
    ----------
    target : str
        The list's name in the database; the same whether or not there is a token.
    pushes : bool
        Whether branches go to the remote. If not, the clone alone is looked at and written.
    github : GitHub or None
    notes : list of str
        Facts for the operator.
    """

    repository: Repository
    path: str
    target: str
    prefix: str
    remote: str
    pushes: bool
    wanted_base: str
    github: GitHub | None
    notes: list[str] = field(default_factory=list)

    def look(self, *branches: str) -> Sight:
        """See the base branch and others: at the remote if we push, else in the clone.

        Raises
        ------
        InputError
            There is no base branch.
        DeliveryError
            The server cannot be reached.
        """
        return self._look_there(branches) if self.pushes else self._look_here(branches)

    def put(self, commit: str, branch: str, before: str | None) -> None:
        """Make `commit` the tip of a branch that stood at `before`.

        Raises
        ------
        BranchMoved
            It does not stand there any more.
        DeliveryError
            The server or the clone does not take it.
        """
        if self.pushes:
            self.repository.push(self.remote, commit, branch)
        else:
            self.repository.move_branch(branch, commit, before)

    def follow(self, commit: str, branch: str) -> None:
        """Let the clone's own branch follow the server's, where nobody works on it."""
        here = self.repository.branch(branch)
        if not self.pushes or here == commit:
            return
        if here is not None and not self.repository.holds(commit, here):
            self.notes.append(f"your own branch {branch} holds other commits and was left alone")
            return
        try:
            self.repository.move_branch(branch, commit, here)
        except DeliveryError as problem:
            self.notes.append(f"your own branch {branch} was left behind: {problem}")

    def _look_there(self, branches: Iterable[str]) -> Sight:
        named = [*branches, *filter(None, [self.wanted_base])]
        seen = self.repository.look(self.remote, self.prefix, *named)
        base = self.wanted_base or (self.github.default_branch if self.github else seen.default)
        if not base:
            raise InputError(
                f"the remote {self.remote} has no default branch: name one with --base"
            )
        if base not in seen.heads and base != seen.default:
            raise InputError(f"the remote {self.remote} has no branch {base}; give another --base")
        wanted = [base, *(name for name in branches if name in seen.heads)]
        try:
            commits = self.repository.fetch(self.remote, wanted)
        except DeliveryError as error:
            if "couldn't find remote ref" in str(error):
                raise BranchMoved("a branch went away in the meantime; run again") from error
            raise
        heads = {name for name in seen.heads if name.startswith(self.prefix)}
        return Sight(base, commits, frozenset(heads | set(self.repository.branches(self.prefix))))

    def _look_here(self, branches: Iterable[str]) -> Sight:
        base = self.wanted_base or self._default_here()
        tips = {name: self.repository.branch(name) for name in (base, *branches)}
        tips[base] = tips[base] or self.repository.commit(f"refs/remotes/{self.remote}/{base}")
        if tips[base] is None:
            raise InputError(
                f"the repository has no branch {base} with a commit; commit something there, or "
                "name another one with --base"
            )
        commits = {name: tip for name, tip in tips.items() if tip is not None}
        return Sight(base, commits, frozenset(self.repository.branches(self.prefix)))

    def _default_here(self) -> str:
        """The branch a person would mean: the server's default, else the current, else main."""
        git = self.repository.git
        named = git.asks("symbolic-ref", "--quiet", f"refs/remotes/{self.remote}/HEAD")
        if named is not None:
            return named.removeprefix(f"refs/remotes/{self.remote}/")
        current = self.repository.current_branch()
        if current is not None and not current.startswith(self.prefix):
            return current
        for name in ("main", "master"):
            if self.repository.branch(name) is not None:
                return name
        raise InputError("HEAD is detached: name the branch to suggest to with --base")


def find_place(wish: Wish, settings: PublishSettings, clock: Clock) -> Place:
    """Open the repository and work out where its suggestions go.

    Raises
    ------
    InputError
        The folder or the path is no good.
    ConfigError
        The settings do not go together, or git or GitHub refuse them.
    """
    path = check_path(wish.path or settings.git_path)
    repository = open_repository(wish.repository)
    prefix = settings.git_branch or f"litmine/{_slugged(path)}"
    check_branch(repository.git, f"{prefix}-1")
    base = wish.base or settings.git_base
    if base:
        check_branch(repository.git, base)
    remote = check_remote(settings.git_remote)
    address = repository.address(remote)
    secret = settings.github_token.get_secret_value()
    pushes = wish.push or bool(secret)
    if pushes and address is None:
        raise ConfigError(
            f"the repository has no remote {remote}: add one (git remote add), or set "
            "publish.git_remote"
        )
    github = None
    if secret and address is not None:
        repository, github = _with_github(repository, address, secret, settings, clock)
    return Place(
        repository=repository,
        path=path,
        target=_target(address, repository, settings.github_repo, path),
        prefix=f"{prefix}-",
        remote=remote,
        pushes=pushes,
        wanted_base=base,
        github=github,
    )


def _with_github(
    repository: Repository, address: str, secret: str, settings: PublishSettings, clock: Clock
) -> tuple[Repository, GitHub]:
    shown = without_login(address)
    ours = host_of(address).split(":")[0] == host_of_api(settings.github_api)
    pushed_to = slug_of(address) if ours else None
    slug = settings.github_repo or pushed_to
    if not slug:
        raise ConfigError(
            f"{shown} is not a repository at {host_of_api(settings.github_api)}: set "
            "publish.github_repo (and publish.github_api for an enterprise), or unset the token"
        )
    parts = urlsplit(address)
    # The token goes to GitHub's own server and to no other, and never in the clear.
    if ours and parts.scheme in {"http", "https"}:
        if parts.scheme == "http" and not is_loopback(address):
            raise ConfigError(f"{shown} would send the token in the clear: use https")
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"
        repository = repository.with_token(Token(origin, secret))
    github = GitHub(
        slug,
        secret,
        api=settings.github_api,
        head_owner=pushed_to.split("/")[0] if pushed_to else None,
        sleep=clock.sleep,
    )
    return repository, github


def _target(address: str | None, repository: Repository, slug: str, path: str) -> str:
    if address is None:
        where = str(repository.folder)
    elif slug:
        where = f"{host_of(address)}/{slug}".lower()
    else:
        where = identity_of(address)
    name = f"{where}:{path}"
    if len(name) <= _LONGEST_TARGET:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name[: _LONGEST_TARGET - 18]}…{digest}"


def _slugged(path: str) -> str:
    """Part of a branch's name that is safe on every system, from a file's path."""
    stem = re.sub(r"\.(?:md|markdown)$", "", path, flags=re.IGNORECASE)
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:60].strip("-") or "list"
