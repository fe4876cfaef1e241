"""Writing into a repository without touching anybody's checkout."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from litmine.core.errors import ConfigError, DeliveryError, InputError
from litmine.publish.suggest.git import (
    Author,
    BranchMoved,
    Repository,
    check_path,
    check_remote,
    open_repository,
)
from litmine.publish.suggest.git_process import Git, Token, explain, without_login
from tests.support.github import commit_files, git

ADA = Author("Ada", "ada@example.org", datetime(2026, 7, 1, 4, 0, tzinfo=UTC))
LIST = b"# Papers\r\n\r\nlast line without an end \xff"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with a list, a program and a link."""
    folder = tmp_path / "clone"
    git(tmp_path, "init", "-q", "-b", "main", str(folder))
    (folder / "README.md").write_bytes(LIST)
    (folder / "docs").mkdir()
    (folder / "docs" / "notes.md").write_text("notes\n")
    (folder / "run.sh").write_text("true\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "LINK.md").symlink_to("README.md")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Begin")
    return folder


def main_of(repository: Repository) -> str:
    """The commit of main."""
    found = repository.branch("main")
    assert found is not None
    return found


def everything(folder: Path) -> dict[str, bytes]:
    """Working tree, index, HEAD and references, byte for byte; objects are left out."""
    files = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).as_posix()
        if path.is_file() and not inside.startswith(".git/objects"):
            files[inside] = path.read_bytes()
    return files


def test_a_commit_leaves_tree_index_and_branch_alone(clone: Path) -> None:
    (clone / "README.md").write_text("half done work")
    (clone / "new.txt").write_text("not added")
    (clone / "docs" / "notes.md").write_text("staged")
    git(clone, "add", "docs/notes.md")
    before = everything(clone)
    repository = open_repository(clone)
    base = main_of(repository)
    commit = repository.commit_file(base, "README.md", b"# New\n", "Words\n\nMore", ADA)
    assert everything(clone) == before
    repository.move_branch("litmine/readme-1", commit, None)
    after = everything(clone)
    changed = {path for path in after if after[path] != before.get(path)}
    assert changed == {".git/refs/heads/litmine/readme-1", ".git/logs/refs/heads/litmine/readme-1"}
    shown = git(clone, "show", "--format=%an <%ae> %ct %cn%n%B", "--stat", commit)
    assert "Ada <ada@example.org> 1782878400 Ada" in shown
    assert "README.md" in shown
    assert "docs" not in shown
    assert "Words\n\nMore" in shown
    assert repository.made_at(commit) == ADA.when
    # The same change by the same hand at the same time is the same commit.
    assert repository.commit_file(base, "README.md", b"# New\n", "Words\n\nMore", ADA) == commit


@pytest.mark.parametrize("bare", [False, True])
def test_files_are_read_as_they_are_stored(clone: Path, tmp_path: Path, bare: bool) -> None:
    folder = clone
    if bare:
        folder = tmp_path / "bare.git"
        git(tmp_path, "clone", "-q", "--bare", str(clone), str(folder))
    repository = open_repository(folder)
    base = main_of(repository)
    assert repository.read(base, "README.md") == LIST
    assert repository.read(base, "missing.md") is None
    assert repository.read(base, "docs/missing/deep.md") is None
    with pytest.raises(InputError, match="symbolic link"):
        repository.read(base, "LINK.md")
    with pytest.raises(InputError, match="is a folder"):
        repository.read(base, "docs")
    with pytest.raises(InputError, match=r"README\.md is no folder"):
        repository.read(base, "README.md/below.md")


def test_no_filter_touches_the_bytes(clone: Path) -> None:
    (clone / ".gitattributes").write_text("*.md text eol=crlf\n")
    git(clone, "add", ".gitattributes")
    git(clone, "commit", "-q", "-m", "Attributes")
    git(clone, "config", "core.autocrlf", "true")
    repository = open_repository(clone)
    commit = repository.commit_file(main_of(repository), "README.md", LIST, "w", ADA)
    assert repository.read(commit, "README.md") == LIST


def test_a_program_stays_one_and_a_new_file_is_made(clone: Path) -> None:
    repository = open_repository(clone)
    base = main_of(repository)
    commit = repository.commit_file(base, "run.sh", b"false\n", "w", ADA)
    assert git(clone, "ls-tree", commit, "run.sh").startswith("100755")
    new = repository.commit_file(base, "lists/new one*.md", b"x\n", "w", ADA)
    assert repository.read(new, "lists/new one*.md") == b"x\n"
    assert git(clone, "diff", "--name-only", base, new) == "lists/new one*.md"


def test_two_writers_cannot_overwrite_each_other(clone: Path) -> None:
    repository = open_repository(clone)
    base = main_of(repository)
    mine = repository.commit_file(base, "README.md", b"mine\n", "w", ADA)
    theirs = repository.commit_file(base, "README.md", b"theirs\n", "w", ADA)
    repository.move_branch("topic", theirs, None)
    with pytest.raises(DeliveryError):
        repository.move_branch("topic", mine, None)  # it exists by now
    with pytest.raises(BranchMoved):
        repository.move_branch("topic", mine, base)
    assert repository.branch("topic") == theirs


def test_a_branch_that_is_checked_out_anywhere_is_left_alone(clone: Path, tmp_path: Path) -> None:
    git(clone, "worktree", "add", "-q", "-b", "topic", str(tmp_path / "second"))
    repository = open_repository(clone)
    base = main_of(repository)
    commit = repository.commit_file(base, "README.md", b"x\n", "w", ADA)
    for branch in ("topic", "main"):
        with pytest.raises(DeliveryError, match=f"{branch} is checked out in .*switch"):
            repository.move_branch(branch, commit, base)
    assert repository.branch("topic") == base


def test_a_locked_branch_is_told(clone: Path) -> None:
    repository = open_repository(clone)
    base = main_of(repository)
    lock = clone / ".git" / "refs" / "heads" / "topic.lock"
    lock.write_text("")
    with pytest.raises(DeliveryError, match=r"topic\.lock is there: .* delete the file") as caught:
        repository.move_branch("topic", base, None)
    assert "\n" not in str(caught.value)


def test_a_branch_in_the_way_is_told(clone: Path) -> None:
    git(clone, "branch", "litmine")
    repository = open_repository(clone)
    with pytest.raises(DeliveryError, match="a branch named refs/heads/litmine is in the way"):
        repository.move_branch("litmine/readme-1", main_of(repository), None)


def test_hooks_and_signing_are_not_run(clone: Path, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    git(tmp_path, "clone", "-q", "--bare", str(clone), str(remote))
    git(clone, "remote", "add", "origin", str(remote))
    marks = tmp_path / "marks"
    for name in ("reference-transaction", "pre-push", "post-commit", "commit-msg", "pre-commit"):
        hook = clone / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\necho {name} >> {marks}\nexit 1\n")
        hook.chmod(0o755)
    for key in ("commit.gpgSign", "push.gpgSign", "tag.gpgSign"):
        git(clone, "config", key, "true")
    git(clone, "config", "gpg.program", "/bin/false")
    repository = open_repository(clone)
    commit = repository.commit_file(main_of(repository), "README.md", b"x\n", "w", ADA)
    repository.move_branch("topic", commit, None)
    repository.push("origin", commit, "topic")
    assert not marks.exists()
    assert git(remote, "rev-parse", "topic") == commit


def test_the_environment_of_a_calling_git_does_not_count(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    git(tmp_path, "init", "-q", "-b", "main", str(other))
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert open_repository(clone).branch("main") is not None


def test_only_the_top_of_a_repository_is_one(clone: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is inside the repository .*; give --git"):
        open_repository(clone / "docs")
    with pytest.raises(InputError, match="is not a git repository"):
        open_repository(tmp_path)
    with pytest.raises(InputError, match="is not a folder"):
        open_repository(tmp_path / "nowhere")
    second = tmp_path / "second"
    git(clone, "worktree", "add", "-q", "-b", "topic", str(second))
    assert open_repository(second).current_branch() == "topic"


def test_without_git(clone: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="git is not installed"):
        open_repository(clone)
    old = tmp_path / "git"
    old.write_text("#!/bin/sh\necho git version 2.17.1\n")
    old.chmod(0o755)
    with pytest.raises(ConfigError, match=r"git 2\.31 or newer is needed"):
        open_repository(clone)


def test_a_git_that_hangs_is_ended(
    clone: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    alive = tmp_path / "child"
    program.write_text(f"#!/bin/sh\nsleep 60 & echo $! > {alive}\nwait\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    with pytest.raises(DeliveryError, match="did not end within"):
        Git(clone, timeout=0.5).text("version")
    child = alive.read_text().strip()
    state = subprocess.run(["ps", "-o", "stat=", "-p", child], capture_output=True, check=False)
    assert state.stdout.strip()[:1] in {b"", b"Z"}


def test_fetching_moves_no_reference(clone: Path, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    git(tmp_path, "clone", "-q", "--bare", str(clone), str(remote))
    git(clone, "remote", "add", "origin", str(remote))
    newer = commit_files(remote, {"README.md": b"newer\n"})
    side = commit_files(remote, {"README.md": b"side\n"}, branch="litmine/readme-1")
    before = everything(clone)
    repository = open_repository(clone)
    seen = repository.look("origin", "litmine/readme-", "main")
    assert seen.default == "main"
    assert seen.heads == {"main": newer, "litmine/readme-1": side}
    assert repository.fetch("origin", ["main", "litmine/readme-1"]) == seen.heads
    assert repository.read(newer, "README.md") == b"newer\n"
    assert everything(clone) == before


def test_pushes_only_go_forward(clone: Path, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    git(tmp_path, "clone", "-q", "--mirror", str(clone), str(remote))
    git(clone, "remote", "add", "origin", str(remote))
    git(clone, "config", "remote.origin.mirror", "true")
    repository = open_repository(clone)
    base = main_of(repository)
    mine = repository.commit_file(base, "README.md", b"mine\n", "w", ADA)
    theirs = commit_files(remote, {"README.md": b"theirs\n"}, branch="topic", parents=(base,))
    with pytest.raises(BranchMoved):
        repository.push("origin", mine, "topic")
    assert git(remote, "rev-parse", "topic") == theirs


def test_a_server_that_refuses_is_quoted(clone: Path, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    git(tmp_path, "clone", "-q", "--bare", str(clone), str(remote))
    git(clone, "remote", "add", "origin", str(remote))
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'error: lists are frozen until Monday' >&2\nexit 1\n")
    hook.chmod(0o755)
    repository = open_repository(clone)
    commit = repository.commit_file(main_of(repository), "README.md", b"x\n", "w", ADA)
    with pytest.raises(DeliveryError) as caught:
        repository.push("origin", commit, "topic")
    assert str(caught.value) == "the git server refused the push: lists are frozen until Monday"


def test_large_files_kept_elsewhere_are_refused(clone: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    repository = open_repository(clone)
    commit = repository.commit_file(main_of(repository), "README.md", pointer, "w", ADA)
    with pytest.raises(InputError, match="kept in Git LFS"):
        repository.read(commit, "README.md")


def test_the_token_is_in_no_argument_and_no_message(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    said = tmp_path / "said"
    program.write_text(
        f'#!/bin/sh\necho "$@" > {said}\nenv | grep GIT_CONFIG > {said}.env\n'
        'echo "fatal: no entry for s3cret at https://ada:s3cret@example.org/" >&2\nexit 1\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "*")
    tool = Git(clone, Token("https://example.org/", "s3cret"))
    assert "s3cret" not in repr(tool._token)
    with pytest.raises(DeliveryError) as caught:
        tool.run("push", "origin")
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in said.read_text()
    variables = dict(line.split("=", 1) for line in Path(f"{said}.env").read_text().splitlines())
    assert variables["GIT_CONFIG_COUNT"] == "4"
    assert variables["GIT_CONFIG_KEY_0"] == "safe.directory"  # the caller's own stays
    assert variables["GIT_CONFIG_KEY_1"] == "http.https://example.org/.extraHeader"
    assert variables["GIT_CONFIG_VALUE_1"] == ""  # no other login beside ours


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("fatal: Authentication failed for 'https://x/'", "check publish.github_token"),
        ("error: The requested URL returned error: 403", "write access to contents"),
        ("git@github.com: Permission denied (publickey).", "refuses the SSH login"),
        ("remote: Repository not found.", "is not there"),
        ("fatal: unable to access 'https://x/': Could not resolve host: x", "run again later"),
        ("fatal: detected dubious ownership in repository at '/srv/x'", "safe.directory /srv/x"),
        ("fatal: one\nmore", "git push failed: one"),
        ("", "git push failed: it said nothing"),
        ("!\ta:b\t[rejected] (fetch first)\nerror: failed to push", "run again"),
        (
            "remote: error: GH006: Protected branch update failed for refs/heads/x.        \n"
            "!\ta:b\t[remote rejected] (protected branch hook declined)\n",
            "GH006: Protected branch update failed",
        ),
    ],
)
def test_failures_are_one_line_that_tells_what_to_do(said: str, told: str) -> None:
    line = str(explain("push", said))
    assert told in line
    assert "\n" not in line


@pytest.mark.parametrize(
    "path",
    [
        "../README.md",
        "/etc/passwd",
        ".git/config",
        "a/.GIT/x",
        "x/.git./y",
        "GIT~1/config",
        "",
        "docs/",
        "a\nb",
    ],
)
def test_paths_that_lead_out_are_refused(path: str) -> None:
    with pytest.raises(InputError, match="no path inside a repository"):
        check_path(path)


def test_names() -> None:
    assert check_path("./docs//list.md") == "docs/list.md"
    assert check_path(".github/README.md") == ".github/README.md"
    for name in ("--upload-pack=x", "https://ada:pw@example.org/x", "a b", ""):
        with pytest.raises(ConfigError, match="no name of a remote") as caught:
            check_remote(name)
        assert "pw" not in str(caught.value)
    assert without_login("see https://a:b@x.org/p and ssh://git@h/p") == (
        "see https://x.org/p and ssh://h/p"
    )
