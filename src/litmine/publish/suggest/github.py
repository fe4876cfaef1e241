"""Pull requests at GitHub (its REST API through PyGithub), so that a try can be repeated.

Reading and describing are repeated when the server fails; before a pull request is opened again
the server is asked whether the first try arrived after all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from litmine.core.errors import ConfigError, DeliveryError
from litmine.core.plain import clean
from litmine.publish.suggest.git_process import without_login

if TYPE_CHECKING:
    from github.GithubException import GithubException
    from github.PullRequest import PullRequest
    from github.Repository import Repository

__all__ = ["GitHub", "Pull", "host_of_api", "identity_of", "slug_of"]

#: Least seconds between two writes, as GitHub asks for.
PAUSE = 1.0
#: Seconds for each answer.
TIMEOUT = 30
_T = TypeVar("_T")
_TRIES = 3
_LONGEST_WAIT = 60.0  # seconds; a longer rate limit is told instead of waited for
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+")
_SCP = re.compile(r"(?:[^@/\s]+@)?(?P<host>[^:/\s]+):(?!//)(?P<path>.+)")


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request as it stands.

    Attributes
    ----------
    state : str
        ``open``, ``merged`` or ``closed`` (without merging).
    base : str
        The branch it is to go into, or went into.
    merge_commit : str or None
        The commit by which it arrived there.
    merged_at : datetime or None
    """

    number: int
    url: str
    state: str
    branch: str
    base: str
    title: str
    body: str
    merge_commit: str | None = None
    merged_at: datetime | None = None


class GitHub:
    """The pull requests of one repository.

    Parameters
    ----------
    slug : str
        ``owner/name``.
    token : str
    api : str
        Base URL of the REST API.
    head_owner : str or None
        Owner of the repository that branches are pushed to; None: the same.
    sleep : callable
        Waits that many seconds.

    Attributes
    ----------
    default_branch : str
        The repository's.

    Raises
    ------
    ConfigError
        The token is refused, or the repository not to be seen with it.
    DeliveryError
        GitHub cannot be reached, asks us to wait, or refuses.
    """

    def __init__(
        self,
        slug: str,
        token: str,
        *,
        api: str,
        head_owner: str | None = None,
        sleep: Callable[[float], None],
    ) -> None:
        import github

        self.slug = slug
        self._sleep = sleep
        client = github.Github(
            auth=github.Auth.Token(token),
            base_url=api,
            timeout=TIMEOUT,
            user_agent="litmine",
            retry=None,  # ours knows what may be repeated
            seconds_between_requests=None,
            seconds_between_writes=PAUSE,
        )

        def look() -> tuple[Repository, str]:
            found = client.get_repo(slug)
            # PyGithub fetches lazily what an answer lacks: ask here, where failures are told.
            if not isinstance(found.default_branch, str):
                raise TypeError("a repository has a default branch")
            return found, found.default_branch

        self._repository, self.default_branch = self._ask("look at the repository", look)
        self._head_owner = head_owner or self.slug.split("/")[0]

    def pull(self, number: int) -> Pull:
        """Look at one pull request."""
        return _pull(self._ask(f"look at #{number}", self._repository.get_pull, number))

    def newest(self, branch: str) -> Pull | None:
        """Return the pull request of a branch: an open one, else the newest, else None."""
        found = list(self._pulls(state="all", head=f"{self._head_owner}:{branch}"))
        # Some servers do not know the filter and answer with everything.
        mine = [pull for pull in found if pull.branch == branch]
        return max(mine, key=lambda one: (one.state == "open", one.number), default=None)

    def open_ones(self, prefix: str) -> list[Pull]:
        """Return the open pull requests of the branches that begin so."""
        return [one for one in self._pulls(state="open") if one.branch.startswith(prefix)]

    def open(self, branch: str, base: str, title: str, body: str) -> Pull:
        """Open a pull request for a branch; if there is an open one already, return that."""
        for left in reversed(range(_TRIES)):
            try:
                return _pull(
                    self._ask(
                        "open a pull request",
                        self._repository.create_pull,
                        base=base,
                        head=f"{self._head_owner}:{branch}",
                        title=title,
                        body=body,
                        tries=1,
                    )
                )
            except DeliveryError as error:
                there = self.newest(branch)
                if there is not None and there.state == "open":
                    return there
                wait = 2.0 if error.retry_after is None else error.retry_after
                if not left or not isinstance(error, _Failed | _Wait) or wait > _LONGEST_WAIT:
                    raise
                self._sleep(wait)
        raise AssertionError("unreachable")

    def describe(self, number: int, title: str, body: str) -> None:
        """Give a pull request another title and body."""
        pull = self._ask(f"look at #{number}", self._repository.get_pull, number)
        self._ask(f"describe #{number}", pull.edit, title=title, body=body)

    def _pulls(self, **filters: Any) -> Iterator[Pull]:
        def read() -> list[Pull]:
            listed = self._repository.get_pulls(sort="created", direction="desc", **filters)
            return [_pull(one) for one in listed]

        yield from self._ask("list pull requests", read)

    def _ask(
        self, what: str, action: Callable[..., _T], *args: Any, tries: int = _TRIES, **kwargs: Any
    ) -> _T:
        import requests
        from github.GithubException import GithubException

        for left in reversed(range(tries)):
            try:
                return action(*args, **kwargs)
            except GithubException as error:
                problem = self._problem(what, error)
                cause: Exception = error
            except requests.exceptions.Timeout as error:
                problem, cause = _Failed(f"GitHub did not answer in time ({what})"), error
            except requests.exceptions.RequestException as error:
                problem, cause = _Failed(f"GitHub cannot be reached ({what})"), error
            except (ValueError, RuntimeError, AttributeError, TypeError, AssertionError) as error:
                # PyGithub's ways of saying that an answer is not what the API promises.
                problem = DeliveryError(
                    f"what answered at publish.github_api is not GitHub's API ({what}): check it"
                )
                cause = error
            wait = problem.retry_after if isinstance(problem, DeliveryError) else None
            if not left or not isinstance(problem, _Failed | _Wait) or (wait or 0) > _LONGEST_WAIT:
                raise problem from cause
            self._sleep(wait if wait is not None else 2.0 * (tries - left))
        raise AssertionError("unreachable")

    def _problem(self, what: str, error: GithubException) -> DeliveryError | ConfigError:
        status, headers = error.status, {k.lower(): v for k, v in (error.headers or {}).items()}
        wait = _seconds(headers)
        if status == 429 or (status == 403 and (wait is not None or _is_limit(error))):
            wait = 60.0 if wait is None else wait
            return _Wait(f"GitHub asks us to wait {wait:.0f} s ({what}); run again then", wait)
        if status == 401:
            return ConfigError(
                "GitHub refuses the token: it is wrong or has expired; set publish.github_token"
            )
        if status == 403:
            return ConfigError(
                f"the token may not {what} in {self.slug}: it needs to write contents and pull "
                f"requests ({_told(error)})"
            )
        if status == 404:
            return ConfigError(
                f"GitHub knows no {self.slug}, or the token may not see it ({what}): check "
                "publish.github_repo and the token's repositories"
            )
        if status >= 500:
            return _Failed(f"GitHub answered {status} ({what}); run again later")
        return DeliveryError(f"GitHub refuses to {what}: {_told(error)}")


class _Failed(DeliveryError):
    """The server failed; whether it did what it was asked is not known."""


class _Wait(DeliveryError):
    """The server did nothing and asked us to wait."""


def slug_of(address: str) -> str | None:
    """Read ``owner/name`` from a remote's address; None where it holds none.

    Examples
    --------
    >>> slug_of("git@github.com:ada/papers.git")
    'ada/papers'
    """
    _, path = _host_and_path(address)
    parts = path.removesuffix(".git").strip("/").split("/")
    slug = "/".join(parts[-2:])
    return slug if len(parts) == 2 and _SLUG.fullmatch(slug) else None


def identity_of(address: str) -> str:
    """Name a repository by its address, the same for every way of reaching it.

    Examples
    --------
    >>> identity_of("https://token@GitHub.com/Ada/papers.git")
    'github.com/ada/papers'
    >>> identity_of("git@github.com:Ada/papers")
    'github.com/ada/papers'
    """
    host, path = _host_and_path(address)
    path = path.rstrip("/").removesuffix(".git")
    if not host:
        return path
    return f"{host}/{path.strip('/')}".lower()


def host_of(address: str) -> str:
    """Return the server in a remote's address, with its port; empty for a folder."""
    return _host_and_path(address)[0]


def host_of_api(api: str) -> str:
    """Return the server whose git repositories an API address speaks for.

    Examples
    --------
    >>> host_of_api("https://api.github.com")
    'github.com'
    >>> host_of_api("https://git.example.org/api/v3")
    'git.example.org'
    """
    name = (urlsplit(api).hostname or "").lower()
    return "github.com" if name == "api.github.com" else name


def _host_and_path(address: str) -> tuple[str, str]:
    if "://" in address:
        parts = urlsplit(without_login(address))
        if parts.scheme == "file":
            return "", parts.path
        # SSH's port leads to the same repository; that of HTTP may be another server's.
        name = (parts.hostname or "").lower()
        named = name if parts.scheme == "ssh" or parts.port is None else f"{name}:{parts.port}"
        return named, parts.path.strip("/")
    found = _SCP.fullmatch(address)
    return (found["host"].lower(), found["path"].strip("/")) if found else ("", address)


def _pull(found: PullRequest) -> Pull:
    merged_at = found.merged_at
    state = "merged" if merged_at is not None else found.state
    if state not in {"open", "closed", "merged"}:
        raise ValueError(f"unknown state {state!r}")
    return Pull(
        number=found.number,
        url=found.html_url,
        state=state,
        branch=found.head.ref,
        base=found.base.ref,
        title=found.title,
        body=found.body or "",
        merge_commit=found.merge_commit_sha if state == "merged" else None,
        merged_at=merged_at if merged_at is None else merged_at.astimezone(UTC),
    )


def _seconds(headers: dict[str, str]) -> float | None:
    """How long GitHub asks us to wait, if it does."""
    after = headers.get("retry-after", "")
    if after.isdecimal():
        return float(after)
    if headers.get("x-ratelimit-remaining") == "0":
        reset = headers.get("x-ratelimit-reset", "")
        if reset.isdecimal():
            return max(float(reset) - datetime.now(UTC).timestamp(), 0.0) + 1.0
        return 60.0
    return None


def _is_limit(error: GithubException) -> bool:
    return "rate limit" in _told(error).lower()


def _told(error: GithubException) -> str:
    """GitHub's own words, in one line."""
    data = error.data if isinstance(error.data, dict) else {}
    details = data.get("errors")
    words = [str(data.get("message") or error.status)]
    for one in details if isinstance(details, list) else ():
        words.append(str(one.get("message") or one.get("code")) if isinstance(one, dict) else one)
    return clean("; ".join(words))[:300]
