"""A list at a stand-in GitHub, a clone of it with half-done work, and approved papers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from litmine.core.clock import FakeClock
from litmine.core.settings import Settings
from litmine.jobs.context import RunContext
from litmine.jobs.publish.suggest import Outcome, Wish, suggest
from litmine.store import Store
from litmine.store.offers import offers_of
from litmine.store.suggestions import Suggestion, suggestions_of
from tests.support.approvals import approve
from tests.support.github import TOKEN, GitHubStandin, git
from tests.support.papers import paper

LIST = b"""# Papers we like

Kept by hand.

## Inference

### Quantization

| Date | Keywords | Paper | Venue |
|:---:|:---:|:---|:---:|
| 2024-01 | Old | [An old friend](https://arxiv.org/abs/2401.00001) | ICML 2024 |
"""
IDS = ("2606.00001", "2606.00002", "2606.00003")


@dataclass
class Desk:
    """Everything that a suggestion needs; `run` makes one."""

    store: Store
    folder: Path
    github: GitHubStandin
    clock: FakeClock = field(
        default_factory=lambda: FakeClock(datetime(2026, 7, 1, 14, 0, tzinfo=UTC))
    )
    token: str = TOKEN
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def clone(self) -> Path:
        """The clone, in which somebody works."""
        return self.folder / "clone"

    @property
    def target(self) -> str:
        """The list's name in the database."""
        return f"{self.github.address.removeprefix('http://')}/ada/papers:README.md"

    def context(self) -> RunContext:
        """Settings with a token, the store, the clock."""
        publish = {"github_token": self.token, "github_api": self.github.api} | self.more
        return RunContext(Settings(publish=publish), self.store, self.clock)  # type: ignore[arg-type]

    def run(self, **wish: Any) -> Outcome:
        """Suggest what the list lacks."""
        return suggest(self.context(), Wish(self.clone, **wish))

    def approve(self, *ids: str, **more: Any) -> None:
        """Approve papers."""
        approve(
            self.store,
            [paper(one) for one in ids],
            [["inference/memory"]] * len(ids),
            [["quantization"]] * len(ids),
            **more,
        )

    def suggestions(self) -> list[Suggestion]:
        """The suggestions that are remembered."""
        with self.store.read() as connection:
            return suggestions_of(connection)

    def offers(self) -> dict[str, str]:
        """The state of each paper that was offered."""
        with self.store.read() as connection:
            return {i: one.state for i, one in offers_of(connection, self.target).items()}

    def listed(self, branch: str = "main") -> set[str]:
        """Which of the papers have a line."""
        text = self.github.text(branch=branch).decode()
        return {one for one in IDS if one in text}


def make_desk(store: Store, folder: Path, github: GitHubStandin) -> Desk:
    """Make the list, the clone and the half-done work."""
    github.commit({"README.md": LIST, "LICENSE": b"free\n"})
    desk = Desk(store, folder, github)
    git(folder, "clone", "-q", str(github.bare), str(desk.clone))
    git(desk.clone, "remote", "set-url", "origin", github.clone_url)
    git(desk.clone, "checkout", "-q", "-b", "my-own-work")
    (desk.clone / "README.md").write_text("half done work")
    (desk.clone / "LICENSE").write_text("staged")
    git(desk.clone, "add", "LICENSE")
    return desk


def without_line(arxiv_id: str) -> Any:
    """An edit that takes the line of a paper out."""

    def edit(text: bytes) -> bytes:
        lines = text.splitlines(keepends=True)
        kept = [line for line in lines if arxiv_id.encode() not in line]
        assert len(kept) == len(lines) - 1
        return b"".join(kept)

    return edit
