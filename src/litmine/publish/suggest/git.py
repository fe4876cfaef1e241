"""Writing a file into a git repository without touching anybody's checkout.

Commits are made from objects (``hash-object``, a temporary index, ``commit-tree``) and branches
moved with their old value named (``update-ref``), so that working tree, index and the current
branch stay as they are, and two writers cannot overwrite each other. Nothing is ever forced.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from litmine.core.errors import ConfigError, DeliveryError, InputError
from litmine.publish.suggest.git_process import BranchMoved, Git, Token, without_login

__all__ = ["Author", "BranchMoved", "Remote", "Repository", "check_path", "open_repository"]

_FILE, _PROGRAM, _LINK, _FOLDER = "100644", "100755", "120000", "040000"
_MOST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Author:
    """Who stands in a commit, and when it was made."""

    name: str
    email: str
    when: datetime

    def environment(self) -> dict[str, str]:
        """Give the variables that name author and committer."""
        day = f"@{int(self.when.timestamp())} +0000"
        return {
            f"GIT_{role}_{field}": value
            for role in ("AUTHOR", "COMMITTER")
            for field, value in (("NAME", self.name), ("EMAIL", self.email), ("DATE", day))
        }


@dataclass(frozen=True, slots=True)
class Remote:
    """What a remote showed: its default branch, and the commits of the branches asked for."""

    name: str
    default: str | None
    heads: dict[str, str]


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository: a clone with a working tree, or a bare one."""

    git: Git
    folder: Path

    def with_token(self, token: Token | None) -> Repository:
        """Give the same repository with a login at its server."""
        return Repository(self.git.with_token(token), self.folder)

    # -- reading ---------------------------------------------------------------------------------

    def commit(self, name: str) -> str | None:
        """Return the commit that a full reference or an id stands for, or None."""
        return self.git.asks("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")

    def branch(self, name: str) -> str | None:
        """Return the commit of a local branch, or None."""
        return self.commit(f"refs/heads/{name}")

    def branches(self, prefix: str) -> list[str]:
        """Return the local branches whose name begins so."""
        listed = self.git.text("for-each-ref", "--format=%(refname)", "refs/heads/")
        names = (line.removeprefix("refs/heads/") for line in listed.splitlines())
        return [name for name in names if name.startswith(prefix)]

    def current_branch(self) -> str | None:
        """Return the branch that is checked out here, or None when HEAD is detached."""
        name = self.git.asks("symbolic-ref", "--quiet", "HEAD")
        return None if name is None else name.removeprefix("refs/heads/")

    def checkout_of(self, branch: str) -> str | None:
        """Return the folder in which a branch is checked out, or None."""
        folder = None
        for field in self.git.text("worktree", "list", "--porcelain").splitlines():
            if field.startswith("worktree "):
                folder = field.removeprefix("worktree ")
            elif field == f"branch refs/heads/{branch}":
                return folder
        return None

    def read(self, commit: str, path: str) -> bytes | None:
        """Return the content of a file as it is stored, or None where it is missing.

        Raises
        ------
        InputError
            It is no plain file.
        """
        found = self._entry(commit, path)
        if found is None:
            return None
        mode, blob = found
        if mode == _LINK:
            raise InputError(f"{path} is a symbolic link; name the file itself with --path")
        if mode not in {_FILE, _PROGRAM}:
            raise InputError(f"{path} is a folder; name a file with --path")
        if int(self.git.text("cat-file", "-s", blob)) > _MOST_BYTES:
            raise InputError(f"{path} is larger than {_MOST_BYTES // 1_000_000} MB: no paper list")
        data = self.git.run("cat-file", "blob", blob)
        if data.startswith(b"version https://git-lfs.github.com/"):
            raise InputError(f"{path} is kept in Git LFS: take it out of LFS, it is text")
        return data

    def holds(self, commit: str, ancestor: str) -> bool:
        """Tell whether `ancestor` is among the history of `commit`."""
        return self.git.asks("merge-base", "--is-ancestor", ancestor, commit) is not None

    def made_at(self, commit: str) -> datetime:
        """Return when a commit was made."""
        seconds = self.git.text("log", "-1", "--no-show-signature", "--format=%ct", commit)
        return datetime.fromtimestamp(int(seconds), UTC)

    def merges(self, one: str, other: str) -> bool:
        """Tell whether two commits merge without a conflict; True where git is too old to tell."""
        return self.git.code("merge-tree", "--write-tree", "--no-messages", one, other) != 1

    def only_by(self, email: str, commit: str, beyond: str) -> bool:
        """Tell whether one hand made all of a branch that is not in `beyond`."""
        said = self.git.text(
            "log", "--no-show-signature", "--format=%ae%n%ce", commit, f"^{beyond}"
        )
        return set(said.splitlines()) <= {email}

    # -- writing ---------------------------------------------------------------------------------

    def commit_file(
        self,
        parent: str,
        path: str,
        data: bytes,
        message: str,
        author: Author,
        *,
        merged: str | None = None,
    ) -> str:
        """Write a commit on top of `parent` in which one file has new content; return its id.

        With `merged`, another commit, it is a merge of the two, and all other files are as in that
        one. No branch moves by this.
        """
        files = merged or parent
        found = self._entry(files, path)
        mode = _PROGRAM if found is not None and found[0] == _PROGRAM else _FILE
        # Without --path no filter runs: the bytes are those that `read` gave, and what was added.
        blob = self.git.text("hash-object", "-w", "-t", "blob", "--stdin", data=data)
        with tempfile.TemporaryDirectory(prefix="litmine-git-") as scratch:
            env = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            self.git.run("read-tree", files, env=env)
            entry = f"{mode},{blob},{path}"
            self.git.run("update-index", "--add", "--cacheinfo", entry, env=env)
            tree = self.git.text("write-tree", env=env)
        parents = [part for one in (parent, merged) if one for part in ("-p", one)]
        return self.git.text(
            *("commit-tree", "--no-gpg-sign", *parents, "-F", "-", tree),
            data=message.encode(),
            env=author.environment(),
        )

    def move_branch(self, branch: str, new: str, old: str | None) -> None:
        """Point a local branch to a commit, if it still stands where we saw it.

        Raises
        ------
        BranchMoved
            Somebody moved it.
        DeliveryError
            It is checked out, or locked.
        """
        where = self.checkout_of(branch)
        if where is not None:
            raise DeliveryError(
                f"the branch {branch} is checked out in {where}: switch to another one there, "
                "then run again"
            )
        reason = "litmine: suggest papers"
        self.git.run("update-ref", "-m", reason, f"refs/heads/{branch}", new, old or "")

    # -- the server ------------------------------------------------------------------------------

    def address(self, remote: str) -> str | None:
        """Return where a remote is pushed to, or None where there is no such remote."""
        found = self.git.asks("remote", "get-url", "--push", remote)
        return found.splitlines()[0] if found else None

    def look(self, remote: str, prefix: str, *more: str) -> Remote:
        """Ask a remote for its default branch, the branches of a prefix and those named."""
        patterns = ["HEAD", f"refs/heads/{prefix}*", *(f"refs/heads/{name}" for name in more)]
        said = self.git.text("ls-remote", "--symref", remote, *patterns)
        default, heads = None, {}
        for line in said.splitlines():
            value, _, name = line.partition("\t")
            if name == "HEAD" and value.startswith("ref: refs/heads/"):
                default = value.removeprefix("ref: refs/heads/")
            elif name.startswith("refs/heads/"):
                heads[name.removeprefix("refs/heads/")] = value
        return Remote(remote, default, heads)

    def fetch(self, remote: str, branches: Iterable[str]) -> dict[str, str]:
        """Fetch branches, without moving any reference of the clone; return their commits."""
        names = list(dict.fromkeys(branches))
        private = {name: _private(remote, name) for name in names}
        self.git.run(
            *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", remote),
            *(f"+refs/heads/{name}:{reference}" for name, reference in private.items()),
        )
        try:
            return {
                name: self.git.text("rev-parse", "--verify", f"{reference}^{{commit}}")
                for name, reference in private.items()
            }
        finally:
            for reference in private.values():
                self.git.run("update-ref", "-d", reference)

    def push(self, remote: str, commit: str, branch: str) -> None:
        """Push a commit as a branch; only forward.

        Raises
        ------
        BranchMoved
            The branch holds commits there that we have not seen.
        DeliveryError
            The server cannot be reached or does not want it.
        """
        self.git.run(
            *("-c", f"remote.{remote}.mirror=false"),
            *("push", "--porcelain", "--no-verify", remote, f"{commit}:refs/heads/{branch}"),
        )

    def _entry(self, commit: str, path: str) -> tuple[str, str] | None:
        listed = self.git.text("ls-tree", "-z", "--full-tree", commit, "--", path)
        for line in filter(None, listed.split("\0")):
            facts, _, name = line.partition("\t")
            if name == path:
                mode, _, blob = facts.split(" ")
                return mode, blob
        self._refuse_file_above(commit, path)
        return None

    def _refuse_file_above(self, commit: str, path: str) -> None:
        for folder in list(PurePosixPath(path).parents)[:-1]:
            listed = self.git.text("ls-tree", "-z", "--full-tree", commit, "--", str(folder))
            if listed and not listed.startswith(_FOLDER):
                raise InputError(f"{folder} is no folder in this repository; give another --path")


def open_repository(folder: Path, timeout: float = 300.0) -> Repository:
    """Open a clone or a bare repository.

    Raises
    ------
    ConfigError
        There is no usable git program.
    InputError
        The folder is not the top of a repository, or the repository is empty.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give --git a clone of the list's repository")
    git = Git(folder, timeout=timeout)
    git.check_version()
    try:
        facts = git.text("rev-parse", "--is-bare-repository", "--absolute-git-dir").splitlines()
    except DeliveryError as error:
        if "not a git repository" in str(error):
            raise InputError(f"{folder} is not a git repository; clone the list's one") from error
        raise InputError(str(error)) from error
    here = folder.resolve()
    top = Path(facts[1] if facts[0] == "true" else git.text("rev-parse", "--show-toplevel"))
    if top.resolve() != here:
        raise InputError(f"{folder} is inside the repository {top}; give --git {top}")
    return Repository(git, here)


def check_path(path: str) -> str:
    """Check the path of a list inside a repository; return it in its one form.

    Raises
    ------
    InputError
        It leads out of the repository or into git's own files.
    """
    parts = PurePosixPath(path).parts
    # Git and the systems it serves fold case and drop trailing dots: .GIT, .git., git~1.
    bad = any(
        part == ".." or re.fullmatch(r"(?:\.git|git~\d+)[. ]*", part, re.IGNORECASE)
        for part in parts
    )
    if not parts or path.startswith("/") or path.endswith("/") or bad or not path.isprintable():
        raise InputError(f"{path!r} is no path inside a repository; give one such as README.md")
    return str(PurePosixPath(*parts))


def check_branch(git: Git, name: str) -> str:
    """Check the name of a branch.

    Raises
    ------
    ConfigError
        Git does not take it.
    """
    if name.startswith("-") or git.asks("check-ref-format", f"refs/heads/{name}") is None:
        raise ConfigError(f"{name!r} is no name for a branch; take letters, digits, - and /")
    return name


def check_remote(name: str) -> str:
    """Check the name of a remote.

    Raises
    ------
    ConfigError
        It is an address or an option, not a name.
    """
    if not re.fullmatch(r"[A-Za-z0-9_][\w.\-]*(?:/[\w.\-]+)*", name):
        shown = without_login(name)
        raise ConfigError(f"{shown!r} is no name of a remote; git remote lists those there are")
    return name


def _private(remote: str, branch: str) -> str:
    # A name of fixed shape: branches may be named so that one cannot stand beside the other.
    digest = hashlib.sha256(f"{remote}\n{branch}".encode()).hexdigest()
    return f"refs/litmine/{digest[:16]}"
