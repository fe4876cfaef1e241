"""A stand-in for GitHub on loopback: bare repositories over git's HTTP, and the REST API.

Real HTTP and real git underneath, so that what litmine sends is what a server would get: the
token travels in headers, pushes are refused when they are not forward, a pull request needs
commits. `fail` orders faults; people act through `merge`, `close`, `reopen` and `commit`.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "ghp_" + "s3cret" * 6
LONGEST_BODY = 65536
PERSON = {
    "GIT_AUTHOR_NAME": "Grace",
    "GIT_AUTHOR_EMAIL": "grace@example.org",
    "GIT_COMMITTER_NAME": "Grace",
    "GIT_COMMITTER_EMAIL": "grace@example.org",
    "GIT_AUTHOR_DATE": "2026-07-01T12:00:00Z",
    "GIT_COMMITTER_DATE": "2026-07-01T12:00:00Z",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def git(folder: Path, *args: str, data: bytes | None = None, **env: str) -> str:
    """Run git as a person would; return what it says."""
    ended = subprocess.run(
        ["git", *args],
        cwd=folder,
        input=data,
        capture_output=True,
        env=os.environ | PERSON | env,
        check=False,
    )
    assert ended.returncode == 0, f"git {args}: {ended.stderr.decode()}"
    return ended.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


def commit_files(
    folder: Path,
    files: Mapping[str, bytes | None],
    *,
    branch: str = "main",
    message: str = "By hand",
    parents: tuple[str, ...] | None = None,
) -> str:
    """Commit to a branch of a repository without a checkout; None deletes a file."""
    if parents is None:
        parents = tuple(git(folder, "for-each-ref", "--format=%(objectname)",
                            f"refs/heads/{branch}").split())  # fmt: skip
    env = {"GIT_INDEX_FILE": str(folder / f"index-{threading.get_ident()}")}
    if parents:
        git(folder, "read-tree", parents[0], **env)
    for path, content in files.items():
        if content is None:
            gone = f"0 {'0' * 40}\t{path}\n".encode()
            git(folder, "update-index", "--index-info", data=gone, **env)
            continue
        blob = git(folder, "hash-object", "-w", "--stdin", data=content)
        git(folder, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", **env)
    tree = git(folder, "write-tree", **env)
    with suppress(FileNotFoundError):
        os.unlink(env["GIT_INDEX_FILE"])
    above = [part for parent in parents for part in ("-p", parent)]
    commit = git(folder, "commit-tree", *above, "-m", message, tree)
    git(folder, "update-ref", f"refs/heads/{branch}", commit)
    return commit


@dataclass
class Fault:
    """One ordered fault: requests that match get it, so many times.

    Attributes
    ----------
    pattern : str
        Of ``METHOD /path``.
    status : int
        Answer; 0: the connection is cut without one.
    late : bool
        The request is carried out first, and the fault hides it.
    hang : float
        Seconds before anything else.
    """

    pattern: str
    status: int = 500
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    late: bool = False
    hang: float = 0.0


@dataclass
class Pull:
    """A pull request."""

    number: int
    head: str
    base: str
    title: str
    body: str
    state: str = "open"
    merged_at: str | None = None
    merge_commit: str | None = None
    edits: int = 0


class GitHubStandin:
    """One repository, ``ada/papers``, at a server on loopback."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bare = folder / "ada" / "papers.git"
        self.slug = "ada/papers"
        self.pulls: dict[int, Pull] = {}
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.now = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
        #: Called around every request, with how many there were and whether it was carried out.
        self.on: Callable[[int, bool], None] = lambda count, done: None
        self.lock = threading.RLock()
        self.bare.parent.mkdir(parents=True)
        git(folder, "init", "-q", "--bare", "-b", "main", str(self.bare))
        git(self.bare, "config", "http.receivepack", "true")
        self._server = _Server(self)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def api(self) -> str:
        """Base URL of the REST API."""
        return f"{self.address}/api/v3"

    @property
    def clone_url(self) -> str:
        """Where git reaches the repository."""
        return f"{self.address}/{self.slug}.git"

    def stop(self) -> None:
        """Stop to answer."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # -- what people do --------------------------------------------------------------------------

    def commit(self, files: Mapping[str, bytes | None], branch: str = "main", **more: Any) -> str:
        """Push a commit by hand."""
        with self.lock:
            return commit_files(self.bare, files, branch=branch, **more)

    def text(self, path: str = "README.md", branch: str = "main") -> bytes:
        """The content of a file."""
        shown = git(self.bare, "cat-file", "blob", f"refs/heads/{branch}:{path}")
        return (shown + "\n").encode("utf-8", "surrogateescape")

    def branches(self) -> dict[str, str]:
        """Branches and their commits."""
        listed = git(self.bare, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads")
        pairs = (line.split(" ") for line in listed.splitlines())
        return {name.removeprefix("refs/heads/"): commit for name, commit in pairs}

    def delete(self, branch: str) -> None:
        """Delete a branch."""
        git(self.bare, "update-ref", "-d", f"refs/heads/{branch}")

    def merge(self, number: int, edit: Callable[[bytes], bytes] | None = None, *,
              squash: bool = False, keep: bool = True) -> None:  # fmt: skip
        """Merge a pull request, perhaps after an edit of the list by the one who merges."""
        with self.lock:
            pull = self.pulls[number]
            tips = self.branches()
            content = self.text(branch=pull.head)
            files = {"README.md": edit(content) if edit else content}
            parents = (tips[pull.base],) if squash else (tips[pull.base], tips[pull.head])
            pull.merge_commit = self.commit(files, pull.base, parents=parents, message="Merge")
            pull.state, pull.merged_at = "closed", f"{self.now:%Y-%m-%dT%H:%M:%SZ}"
            if not keep:
                self.delete(pull.head)

    def close(self, number: int) -> None:
        """Close a pull request without merging it."""
        self.pulls[number].state = "closed"

    def reopen(self, number: int) -> None:
        """Open a closed pull request again."""
        self.pulls[number].state = "open"

    def fail(self, pattern: str, status: int = 500, **more: Any) -> Fault:
        """Order a fault."""
        self.faults.append(Fault(pattern, status, **more))
        return self.faults[-1]

    def fault_for(self, line: str) -> Fault | None:
        """The fault that a request gets, if one was ordered."""
        with self.lock:
            for fault in self.faults:
                if fault.times and re.fullmatch(fault.pattern, line):
                    fault.times -= 1
                    return fault
        return None

    def asked(self, pattern: str) -> int:
        """How many requests matched."""
        return sum(1 for m, path, _ in self.requests if re.fullmatch(pattern, f"{m} {path}"))

    # -- the REST API ----------------------------------------------------------------------------

    def answer(self, method: str, path: str, query: dict[str, str], sent: Any) -> tuple[int, Any]:
        """Carry out one request."""
        with self.lock:
            if path == f"/repos/{self.slug}":
                return 200, self._repository()
            if path == f"/repos/{self.slug}/pulls":
                return self._create(sent) if method == "POST" else (200, self._list(query))
            found = re.fullmatch(rf"/repos/{self.slug}/pulls/(\d+)", path)
            if found and int(found[1]) in self.pulls:
                pull = self.pulls[int(found[1])]
                return self._edit(pull, sent) if method == "PATCH" else (200, self._shown(pull))
        return 404, {"message": "Not Found", "documentation_url": "https://docs.github.com"}

    def _repository(self) -> dict[str, Any]:
        owner, name = self.slug.split("/")
        return {
            "id": 1,
            "name": name,
            "full_name": self.slug,
            "owner": {"login": owner},
            "default_branch": "main",
            "url": f"{self.api}/repos/{self.slug}",
            "html_url": f"{self.address}/{self.slug}",
        }

    def _shown(self, pull: Pull) -> dict[str, Any]:
        side = {"repo": self._repository(), "user": {"login": "ada"}}
        tips = self.branches()
        return {
            "id": 1000 + pull.number,
            "number": pull.number,
            "state": pull.state,
            "title": pull.title,
            "body": pull.body,
            "merged_at": pull.merged_at,
            "merge_commit_sha": pull.merge_commit or "0" * 40,
            "html_url": f"{self.address}/{self.slug}/pull/{pull.number}",
            "url": f"{self.api}/repos/{self.slug}/pulls/{pull.number}",
            "head": side | {"ref": pull.head, "label": f"ada:{pull.head}",
                            "sha": tips.get(pull.head, "0" * 40)},
            "base": side | {"ref": pull.base, "label": f"ada:{pull.base}",
                            "sha": tips.get(pull.base, "0" * 40)},
        }  # fmt: skip

    def _list(self, query: dict[str, str]) -> list[dict[str, Any]]:
        state = query.get("state", "open")
        wanted = [
            pull
            for pull in self.pulls.values()
            if state in {"all", pull.state} and query.get("head", f"ada:{pull.head}") ==
            f"ada:{pull.head}"
        ]  # fmt: skip
        wanted.sort(key=lambda one: -one.number)
        page, size = int(query.get("page", 1)), int(query.get("per_page", 30))
        return [self._shown(one) for one in wanted[(page - 1) * size : page * size]]

    def _create(self, sent: Any) -> tuple[int, Any]:
        head, tips = sent["head"].removeprefix("ada:"), self.branches()
        problem = None
        if any(one.head == head and one.state == "open" for one in self.pulls.values()):
            problem = {"message": f"A pull request already exists for ada:{head}."}
        elif head not in tips:
            problem = {"field": "head", "code": "invalid", "resource": "PullRequest"}
        elif sent["base"] not in tips:
            problem = {"field": "base", "code": "invalid", "resource": "PullRequest"}
        elif not git(self.bare, "rev-list", f"{tips[sent['base']]}..{tips[head]}"):
            problem = {"message": f"No commits between {sent['base']} and {head}"}
        elif len(sent["body"]) > LONGEST_BODY:
            problem = {"message": "body is too long (maximum is 65536 characters)"}
        if problem is not None:
            return 422, {"message": "Validation Failed", "errors": [problem]}
        pull = Pull(len(self.pulls) + 7, head, sent["base"], sent["title"], sent["body"])
        self.pulls[pull.number] = pull
        return 201, self._shown(pull)

    def _edit(self, pull: Pull, sent: Any) -> tuple[int, Any]:
        if len(sent.get("body", "")) > LONGEST_BODY:
            return 422, {"message": "Validation Failed", "errors": [{"message": "too long"}]}
        pull.title, pull.body = sent.get("title", pull.title), sent.get("body", pull.body)
        pull.edits += 1
        return 200, self._shown(pull)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, standin: GitHubStandin) -> None:
        self.standin = standin
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that were cut off, or that gave up, are what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def handle_one(self) -> None:
        standin = self.server.standin
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        with standin.lock:
            standin.requests.append((self.command, self.path, headers))
            count = len(standin.requests)
        standin.on(count, False)
        fault = standin.fault_for(f"{self.command} {parts.path}")
        if fault is not None and fault.hang:
            time.sleep(fault.hang)
        sent = self._sent()
        if fault is not None and not fault.late:
            self._fail(fault)
            return
        if parts.path.startswith("/api/v3/"):
            status, answer = self._api(parts.path.removeprefix("/api/v3"), parts.query, sent)
            payload = json.dumps(answer).encode()
            found = [("Content-Type", "application/json")]
        else:
            status, found, payload = self._git(parts.path, parts.query, sent)
        standin.on(count, True)
        if fault is not None:
            self._fail(fault)
            return
        self._send(status, found, payload)

    do_GET = do_POST = do_PATCH = handle_one

    def _sent(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _fail(self, fault: Fault) -> None:
        if fault.status == 0:
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = fault.body if fault.body is not None else {"message": f"Fault {fault.status}"}
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._send(fault.status, [("Content-Type", "application/json"), *fault.headers.items()],
                   payload)  # fmt: skip

    def _send(self, status: int, headers: list[tuple[str, str]], payload: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _api(self, path: str, query: str, sent: bytes) -> tuple[int, Any]:
        if self.headers.get("Authorization") not in {f"token {TOKEN}", f"Bearer {TOKEN}"}:
            return 401, {"message": "Bad credentials"}
        known = {name: values[-1] for name, values in parse_qs(query).items()}
        return self.server.standin.answer(
            self.command, unquote(path), known, json.loads(sent) if sent else None
        )

    def _git(self, path: str, query: str, sent: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        login = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {login}":
            return 401, [("WWW-Authenticate", 'Basic realm="stand-in"')], b""
        body = sent
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.standin.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "REMOTE_USER": "ada",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, capture_output=True, env=env, check=False
        )
        head, _, payload = done.stdout.partition(b"\r\n\r\n")
        status, headers = 200, []
        for line in head.decode().splitlines():
            name, _, value = line.partition(": ")
            if name == "Status":
                status = int(value.split(" ")[0])
            else:
                headers.append((name, value))
        return status, headers, payload


@contextmanager
def github_standin(folder: Path) -> Iterator[GitHubStandin]:
    """Run a stand-in with a first list on ``main``."""
    assert shutil.which("git")
    standin = GitHubStandin(folder)
    try:
        yield standin
    finally:
        standin.stop()
