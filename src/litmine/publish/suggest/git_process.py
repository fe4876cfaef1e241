"""Running git as a program: no prompts, no hooks, no secrets in sight, one line on failure."""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from litmine.core.errors import ConfigError, DeliveryError, InputError
from litmine.core.plain import clean

__all__ = ["BranchMoved", "Git", "Token", "without_login"]

_NEEDED = (2, 31)  # GIT_CONFIG_COUNT

#: What of the caller's git environment counts here. The rest (GIT_DIR, GIT_INDEX_FILE, traces that
#: would print headers) belongs to another repository, or to the hook that called us.
_KEPT = re.compile(
    r"GIT_(SSH|SSH_COMMAND|SSH_VARIANT|SSL_\w+|PROXY_\w+|HTTP_USER_AGENT|EXEC_PATH|CEILING\w+"
    r"|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+))"
)
# Our commands never run the hooks of the clone (they are made for a person's working tree), never
# start upkeep in the background, never sign, and write plain UTF-8.
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.splitIndex=false",
    "core.untrackedCache=false",
    "index.sparse=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "commit.gpgSign=false",
    "push.gpgSign=false",
    "push.followTags=false",
    "push.recurseSubmodules=no",
    "fetch.recurseSubmodules=no",
    "i18n.commitEncoding=UTF-8",
    "advice.detachedHead=false",
)
# A push that came too late: seen by our git, or by the server, at its own lock.
_OUTRUN = re.compile(
    r"\((?:fetch first|non-fast-forward|stale info|incorrect old value provided"
    r"|reference already exists)\)|is at [0-9a-f]+ but expected|but expected [0-9a-f]+"
)
_LOGIN = re.compile(r"(?<=://)[^/@\s]+@")


class BranchMoved(DeliveryError):
    """Somebody else moved a branch in the meantime: look again and try once more."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token for one server, sent in a header that only git's own process sees.

    Attributes
    ----------
    origin : str
        Such as ``https://github.com/``; the header goes nowhere else.
    secret : str
    """

    origin: str
    secret: str = field(repr=False)

    def environment(self, already: int) -> dict[str, str]:
        """Give the variables that hand the token to git, after `already` settings of the caller."""
        basic = base64.b64encode(f"x-access-token:{self.secret}".encode()).decode()
        header = f"http.{self.origin}.extraHeader"
        # An empty value empties a list: another login on file must not be sent beside ours.
        settings = [
            (header, ""),
            (header, f"Authorization: Basic {basic}"),
            ("credential.helper", ""),
        ]
        found = {"GIT_CONFIG_COUNT": str(already + len(settings))}
        for number, (key, value) in enumerate(settings, start=already):
            found[f"GIT_CONFIG_KEY_{number}"] = key
            found[f"GIT_CONFIG_VALUE_{number}"] = value
        return found


class Git:
    """Git's own command line in one repository.

    Parameters
    ----------
    folder : Path
        Where the commands run.
    token : Token or None
        For commands that reach the server.
    timeout : float
        Seconds after which a command that reaches a server is given up.
    """

    def __init__(self, folder: Path, token: Token | None = None, timeout: float = 300.0) -> None:
        self.folder = folder
        self._token = token
        self._timeout = timeout

    def with_token(self, token: Token | None) -> Git:
        """Give the same repository with a login."""
        return Git(self.folder, token, self._timeout)

    def check_version(self) -> None:
        """Make sure that there is a git that is new enough.

        Raises
        ------
        ConfigError
            There is none, or it is too old.
        """
        said = self.text("version")
        found = re.search(r"(\d+)\.(\d+)", said)
        if found is None or (int(found[1]), int(found[2])) < _NEEDED:
            wanted = ".".join(str(part) for part in _NEEDED)
            raise ConfigError(f"git {wanted} or newer is needed; this is {said!r}")

    def text(self, *args: str, data: bytes | None = None, env: Mapping[str, str] = {}) -> str:
        """Run a command and return what it says, without the last line end."""
        return self.run(*args, data=data, env=env).decode("utf-8", "surrogateescape").rstrip("\n")

    def asks(self, *args: str) -> str | None:
        """Run a command whose failure is an answer; None is that answer."""
        code, out, _ = self._call(args, None, {})
        return out.decode("utf-8", "surrogateescape").rstrip("\n") if code == 0 else None

    def code(self, *args: str) -> int:
        """Run a command whose exit code is the answer, and return that."""
        return self._call(args, None, {})[0]

    def run(self, *args: str, data: bytes | None = None, env: Mapping[str, str] = {}) -> bytes:
        """Run a command and return its output.

        Raises
        ------
        DeliveryError
            It failed; the message says why and what to do.
        """
        code, out, error = self._call(args, data, env)
        if code != 0:
            raise self._failure(args, f"{error}\n{out.decode('utf-8', 'replace')}")
        return out

    def _call(
        self, args: Sequence[str], data: bytes | None, env: Mapping[str, str]
    ) -> tuple[int, bytes, str]:
        command = ["git", *(part for one in _SETTINGS for part in ("-c", one)), *args]
        try:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self._environment() | dict(env),
                stdin=subprocess.DEVNULL if data is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # no terminal to ask at, and one group to end
            )
        except FileNotFoundError as error:
            if not self.folder.is_dir():
                raise InputError(f"{self.folder} is not a folder") from error
            raise ConfigError("git is not installed, or not on the PATH: install it") from error
        except OSError as error:
            raise ConfigError(f"git cannot be run in {self.folder}: {error.strerror}") from error
        try:
            out, err = process.communicate(data, timeout=self._timeout)
        except subprocess.TimeoutExpired as error:
            raise DeliveryError(
                f"git {_command(args)} did not end within {self._timeout:.0f} s; run again later"
            ) from error
        finally:
            _end(process)
        return process.returncode, out, err.decode("utf-8", "replace")

    def _environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("GIT_") or _KEPT.fullmatch(name)
        }
        kept.pop("LANGUAGE", None)
        kept |= {
            "LC_ALL": "C",  # messages are read
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS_REQUIRE": "never",
            "GCM_INTERACTIVE": "never",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
        }
        if self._token is not None:
            count = kept.get("GIT_CONFIG_COUNT", "0")
            kept |= self._token.environment(int(count) if count.isdecimal() else 0)
        return kept

    def _failure(self, args: Sequence[str], said: str) -> DeliveryError:
        text = without_login(said)
        if self._token is not None:
            text = text.replace(self._token.secret, "***")
        return explain(_command(args), text)


def without_login(text: str) -> str:
    """Take names and passwords out of the addresses in a text.

    Examples
    --------
    >>> without_login("https://ada:secret@example.org/list.git")
    'https://example.org/list.git'
    """
    return _LOGIN.sub("", text)


def explain(command: str, said: str) -> DeliveryError:
    """Turn what git says on failure into one line that tells what to do."""
    if command == "push" and _OUTRUN.search(said):
        return BranchMoved("the branch was pushed to in the meantime; run again")
    lock = re.search(r"Unable to create '([^']+\.lock)'", said)
    if lock:
        return DeliveryError(
            f"{lock[1]} is there: another git is at work, or one died; run again, and delete the "
            "file if no git is running"
        )
    if command == "update-ref" and "but expected" in said:
        return BranchMoved("the branch was moved in the meantime; run again")
    for sign, line in _KNOWN:
        found = re.search(sign, said)
        if found:
            return DeliveryError(line.format(*(clean(part or "") for part in found.groups())))
    return DeliveryError(f"git {command} failed: {_telling(said)}")


# Sign in git's words, and ours.
_KNOWN = (
    (
        r"detected dubious ownership in repository at '([^']+)'",
        "{0} belongs to another user: git config --global --add safe.directory {0}",
    ),
    (
        r"'?(refs/heads/\S+?)'? exists; cannot create",
        "a branch named {0} is in the way: rename it, or set publish.git_branch",
    ),
    (
        r"(?:Authentication failed|could not read (?:Username|Password)|Invalid username or token"
        r"|requested URL returned error: 401)",
        "the git server refuses the login: check publish.github_token (it needs to write contents "
        "and pull requests)",
    ),
    (
        r"(?:Write access to repository not granted|Permission to \S+ denied"
        r"|requested URL returned error: 403)",
        "the git server does not let this login push: give the token write access to contents",
    ),
    (
        r"Permission denied \(publickey|Host key verification failed",
        "the git server refuses the SSH login: try git fetch in the clone by hand",
    ),
    (
        r"(?:[Rr]epository (?:'[^']*' )?not found|requested URL returned error: 404"
        r"|does not appear to be a git repository)",
        "the remote repository is not there, or this login may not see it: check git remote -v",
    ),
    (
        r"(?s)^(?=.*\[remote rejected\]).*?remote: (?:error: )?([^\n]*[A-Za-z][^\n]*)",
        "the git server refused the push: {0}",
    ),
    (r"\[remote rejected\][^\n]*\(([^)\n]*)\)", "the git server refused the push: {0}"),
    (
        r"(Could not resolve host[^\n]*|Failed to connect[^\n]*|Connection refused[^\n]*"
        r"|Connection timed out[^\n]*|requested URL returned error: 5\d\d|early EOF)",
        "the git server cannot be reached ({0}); run again later",
    ),
)


def _command(args: Sequence[str]) -> str:
    return args[2] if args[0] == "-c" else args[0]


def _telling(said: str) -> str:
    lines = [clean(line) for line in said.splitlines()]
    told = [line for line in lines if line.startswith(("fatal:", "error:"))]
    line = (told or [line for line in lines if line] or ["it said nothing"])[0]
    return re.sub(r"^(?:fatal|error): ", "", line)[:300]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command and what it started, if we leave it behind."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
