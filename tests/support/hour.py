"""A reviewer at a real browser's keyboard, and the reckoning afterwards.

The page's own record (`recorder.js`) is held against a model of what the keys should have done, and
both against the database.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page

from litmine.store import Store
from litmine.store.schema import audit, decisions, queue

RECORDER = Path(__file__).with_name("recorder.js").read_text("utf-8")
PATIENCE = 90.0
_SHOWN = """(() => {
  const one = document.querySelector("#place article.paper");
  return one && {
    id: JSON.parse(one.dataset.paper).id,
    cells: [...one.querySelectorAll("[data-cell][aria-pressed=true]")].map((b) => b.dataset.cell),
    verdict: one.querySelector(".verdict").textContent,
  };
})()"""
_DECISIONS = {"a": "approve", "x": "reject", "l": "later"}
_STATE = {"approve": "approved", "reject": "rejected", "later": "later"}
_WAITS = {"pending", "later"}


class Reviewer:
    """Somebody who decides by keys alone.

    Parameters
    ----------
    context : BrowserContext
        Logged in, and of nobody else.
    """

    def __init__(self, name: str, context: BrowserContext, seed: int) -> None:
        self.name = name
        self.rng = random.Random(seed)
        self.pressed: list[str] = []
        self.complaints: list[str] = []
        context.set_default_timeout(PATIENCE * 1000)
        context.add_init_script(RECORDER)
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open_queue(self, paper: str = "") -> None:
        """Open the queue page, or load it again; with `paper` shown first."""
        self.page.goto(f"/queue?id={paper}" if paper else "/queue")
        self.page.locator("html[data-ready=queue]").wait_for(state="attached")

    def press(self, *keys: str) -> None:
        """Press keys, one after another."""
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed.append(key)

    def decide(self, *, patient: bool = True) -> None:
        """Decide on the paper shown, sometimes with corrections, a comment, or second thoughts.

        Parameters
        ----------
        patient : bool
            Wait for a paper when none is shown; without a server none will come.
        """
        if not patient and not self.page.evaluate(_SHOWN):
            return
        shown = self._wait_for_a_paper()
        if shown["verdict"]:
            # Somebody else was faster, and the page says so: on to the next.
            self.press("j")
            return
        roll = self.rng.random()
        if roll < 0.12:
            self._comment()
        key = "x" if roll < 0.55 else "l" if roll < 0.65 else "a"
        if key == "a" and (roll > 0.85 or not shown["cells"]):
            self._correct()
        self.press(key)
        if self.rng.random() < 0.1:
            self.press(self.rng.choice(["u", "Backspace"]))
        if self.rng.random() < 0.05:
            self.press("k", "j")

    def waits(self) -> str | None:
        """Return the id of the paper shown, once there is one; None when it waits no more."""
        shown = self._wait_for_a_paper()
        return None if shown["verdict"] else str(shown["id"])

    def offline(self, off: bool) -> None:
        """Cut the network, or mend it."""
        self.page.context.set_offline(off)

    def lose_an_answer(self) -> None:
        """Let the next decision arrive, and its answer not."""

        def handle(route: Any) -> None:
            with suppress(Error):  # the server is gone: then nothing arrives
                route.fetch()
            route.abort()

        self.page.route("**/decisions", handle, times=1)

    def settle(self) -> None:
        """Wait until nothing is unsent but what the server would not take."""
        until(
            self.page,
            "Object.keys(localStorage).filter((slot) => slot.startsWith('litmine.outbox.'))"
            ".every((slot) => JSON.parse(localStorage.getItem(slot)).trouble)",
        )

    def stored(self) -> int:
        """Return how many decisions the server has told this page it took, less those undone."""
        return int(self.page.evaluate("Number(sessionStorage.getItem('hour.stored') ?? 0)"))

    def record(self) -> list[dict[str, Any]]:
        """Return what the page wrote down."""
        found = self.page.evaluate(
            "Object.keys(sessionStorage).filter((k) => /^hour\\.\\d/.test(k)).sort()"
            ".map((k) => JSON.parse(sessionStorage.getItem(k)))"
        )
        return list(found)

    def _wait_for_a_paper(self) -> dict[str, Any]:
        return dict(until(self.page, _SHOWN))

    def _correct(self) -> None:
        # A stage and a resource switched on; when they were on they go off, and on again.
        stage, resource = self.rng.choice("12345"), self.rng.choice("12345")
        self.press("z", "s", stage, "r", resource)
        if not self._wait_for_a_paper()["cells"]:
            self.press("s", stage, "r", resource)

    def _comment(self) -> None:
        self.page.keyboard.press("c")
        self.pressed.append("c")
        self.page.locator("#comment-dialog[open]").wait_for()
        self.page.keyboard.type(f"invented remark {len(self.pressed)}")
        self.page.keyboard.press("Control+Enter")
        self.page.locator("#comment-dialog[open]").wait_for(state="detached")


def until(page: Page, script: str) -> Any:
    """Wait until a script gives something true, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := page.evaluate(script)):
        assert time.monotonic() < deadline, f"never came true: {script}"
        page.wait_for_timeout(10)
    return found


@dataclass
class Account:
    """What one reviewer's page said it did, read off its record.

    Attributes
    ----------
    taken : dict
        By the request's key: what the page kept, with the server's answer to it.
    refused : dict
        By key: what the server would not take, and the page told so.
    withdrawn : set
        Keys of what was taken back before it was sent.
    fell : set
        Keys of what was made on top of something refused.
    """

    taken: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)
    refused: dict[str, dict[str, Any]] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    fell: set[str] = field(default_factory=set)


def replay(one: Reviewer) -> Account:
    """Replay the record against a model of the keys; return what the page said it did.

    The model: a, x and l keep what is shown; u takes back what was decided here on the paper shown,
    else what was decided here last and still stands.
    """
    record = one.record()
    said = Account()
    kept: dict[str, dict[str, Any]] = {}
    history: list[str] = []
    expected: dict[str, Any] | None = None

    def nothing_expected(now: dict[str, Any]) -> None:
        assert expected is None, f"{one.name}: the page did not do {expected} before {now}"

    keys = [event["key"] for event in record if event["what"] == "key"]
    assert keys == one.pressed, f"{one.name}: not every key arrived"
    for event in record:
        what = event["what"]
        if what == "key":
            nothing_expected(event)
            shown = event["shown"]
            if event["key"] in {"u", "Backspace"} and history:
                mine = shown is not None and shown["id"] in history
                expected = {"action": "undo", "id": shown["id"] if mine else history[-1]}
            elif event["key"] in _DECISIONS and shown is not None:
                action = _DECISIONS[event["key"]]
                cells = shown["cells"] if action == "approve" else []
                if action != "approve" or cells:
                    expected = {"action": action, "id": shown["id"], "cells": cells}
                    expected["comment"] = shown["comment"]
        elif what == "kept":
            item = event["item"]
            kept[item["key"]] = item
            assert expected is not None, f"{one.name}: nobody asked for {item}"
            assert {name: item[name] for name in expected} == expected
            expected = None
            history = [arxiv_id for arxiv_id in history if arxiv_id != item["id"]]
            if item["action"] != "undo":
                history.append(item["id"])
        elif what == "dropped":
            item = event["item"]
            if expected is not None and expected["action"] == "undo" and not item["tried"]:
                assert item["id"] == expected["id"]
                said.withdrawn.add(item["key"])
                history.remove(item["id"])
                expected = None
        elif what == "answered" and event["status"] == 200:
            # Loaded again before the page had taken note of an answer, it asks once more.
            before = said.taken.setdefault(event["key"], (kept[event["key"]], event))[1]
            assert before is event or (event["replayed"] and event["body"] == before["body"])
        elif what == "trouble":
            item = event["item"]
            said.refused[item["key"]] = item
            if item["action"] != "undo" and item["id"] in history:
                history.remove(item["id"])
    nothing_expected({"what": "the end"})
    for key, item in kept.items():
        if key not in said.taken and key not in said.refused and key not in said.withdrawn:
            _fell(one, key, [other for other in kept.values() if other["id"] == item["id"]], said)
    assert not said.withdrawn & set(said.taken)
    assert not one.complaints, one.complaints
    return said


def _fell(one: Reviewer, key: str, chain: list[dict[str, Any]], said: Account) -> None:
    """Check that what nobody answered fell with a refused one, and the page told the last word."""
    later = chain[[item["key"] for item in chain].index(key) :]
    assert any(item["key"] in said.refused for item in later) or later[-1]["action"] == "undo", (
        f"{one.name}: kept, and never heard of again: {later}"
    )
    said.fell.add(key)


def reckon(store: Store, crowd: dict[str, Account]) -> dict[str, int]:
    """Hold the database against what the pages were told; return some counts."""
    with store.read() as connection:
        rows = connection.execute(decisions.select().order_by(decisions.c.id)).all()
        entries = connection.execute(audit.select().order_by(audit.c.id)).all()
        states = {row.arxiv_id: row for row in connection.execute(queue.select())}
    by_number = {row.id: row for row in rows}
    undo_of = {row.undoes: row for row in rows if row.action == "undo"}

    # Every acknowledged key press is there once, as it was pressed; nothing else is there.
    found: Counter[int] = Counter()
    asked: dict[int, dict[str, Any]] = {}
    for name, said in crowd.items():
        for item, answer in said.taken.values():
            body = answer["body"]
            if item["action"] == "undo":
                row = undo_of[body["undone"]["number"]]
            else:
                row = by_number[body["decision"]["number"]]
                assert tuple(row.cells) == tuple(item["cells"])
                assert tuple(row.technique) == tuple(item["technique"])
                assert row.comment == item["comment"]
            assert (row.reviewer, row.action, row.arxiv_id, row.source) == (
                name,
                item["action"],
                item["id"],
                "web",
            )
            assert row.revision == body["revision"]
            found[row.id] += 1
            asked[row.id] = answer
    assert found == dict.fromkeys(by_number, 1)

    # Nothing was overwritten unseen: each decision was taken on the revision just before it.
    papers: dict[str, list[Any]] = {}
    for row in rows:
        before = papers.setdefault(row.arxiv_id, [])
        if before:
            assert row.revision == before[-1].revision + 1
        assert asked[row.id]["seen"] == f'"{row.revision - 1}"'
        before.append(row)
    for name, said in crowd.items():
        for item in said.refused.values():
            others = {row.reviewer for row in papers.get(item["id"], [])} - {name}
            assert others, f"refused, though nobody else decided: {item}"

    # Undo is right: the states are those of a model that knows nothing but the order of actions.
    for arxiv_id, row in states.items():
        state, stack = "pending", []
        for one in papers.get(arxiv_id, []):
            assert one.previous_state == state
            if one.action == "undo":
                state = stack.pop()
            else:
                stack.append(state)
                state = _STATE[one.action]
        assert row.state == state, arxiv_id

    # The audit log tells each of them once, in their order.
    told = [
        (entry.actor, entry.action, entry.subject, entry.detail.get("decision"))
        if entry.action != "undo"
        else (entry.actor, entry.action, entry.subject, undo_of[entry.detail["undoes"]].id)
        for entry in entries
        if entry.action in {"approve", "reject", "later", "undo"}
    ]
    assert told == [(row.reviewer, row.action, row.arxiv_id, row.id) for row in rows]
    return {
        "stored": len(rows),
        "standing": len(rows) - 2 * len(undo_of),
        "undone": len(undo_of),
        "refused": sum(len(said.refused) for said in crowd.values()),
        "withdrawn": sum(len(said.withdrawn) for said in crowd.values()),
        "fell": sum(len(said.fell) for said in crowd.values()),
    }
