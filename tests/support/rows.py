"""Rows around invented papers: predictions, labels, vectors, a filled store."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection

from litmine.core.paper import Paper, PaperVersion
from litmine.store import Store
from litmine.store.accounts import put_link, put_session, put_token, put_user
from litmine.store.announcements import Announcement, put_announcements
from litmine.store.attempts import failures_for_update
from litmine.store.audit import record
from litmine.store.decisions import decide, undo
from litmine.store.duplicates import Membership, put_memberships
from litmine.store.harvests import Harvest, put_harvest
from litmine.store.idempotency import Once, remember
from litmine.store.labels import StoredLabel, finish_corpus, put_labels
from litmine.store.offers import put_offers
from litmine.store.opinions import give_opinion
from litmine.store.papers import get_papers, upsert_papers
from litmine.store.predictions import StoredPrediction, put_predictions
from litmine.store.queue import enqueue
from litmine.store.runs import finish_run, put_stage, start_run
from litmine.store.saved_searches import put_search
from litmine.store.schema import (
    aliases,
    claim_rulings,
    claims,
    deliveries,
    links,
    mentions,
    mined,
    offers,
    rule_decisions,
    suggestions,
)
from litmine.store.suggestions import add_suggestion, update_suggestion
from litmine.store.vectors import put_vectors
from tests.support.papers import paper

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
NIGHT = date(2026, 6, 30)
MODEL = "model-1"
ENCODER = "encoder-1"
# Ids whose order depends on the server's language.
IDS = ("2606.00001", "2606.00002", "cs/0606001", "cs-x/0606001", "Cs/0606001")


def prediction(arxiv_id: str, relevance: float = 0.9, **changes: Any) -> StoredPrediction:
    """Return an invented prediction."""
    fields: dict[str, Any] = {
        "arxiv_id": arxiv_id,
        "model_id": MODEL,
        "content_hash": paper(arxiv_id).content_hash,
        "relevance": relevance,
        "cells": {"inference/memory": 0.8, "inference/energy": 0.1},
        "assigned": ("inference/memory",),
        "techniques": {"quantization": 0.7},
        "technique": ("quantization",),
        "neighbours": (
            {"id": "2401.00625", "title": "T", "similarity": 0.5, "cells": ["inference/memory"]},
        ),
    }
    return StoredPrediction(**(fields | changes))


def label(arxiv_id: str, source: str = "gold", **changes: Any) -> StoredLabel:
    """Return an invented label."""
    fields: dict[str, Any] = {
        "arxiv_id": arxiv_id,
        "source": source,
        "title": f"Labelled {arxiv_id}",
        "published": date(2025, 1, 2),
        "relevant": 1,
        "cells": ("inference/memory",),
        "technique": ("quantization",),
        "split": "train",
    }
    return StoredLabel(**(fields | changes))


def judge(
    connection: Connection, ids: tuple[str, ...] = IDS, relevance: float = 0.9, **changes: Any
) -> None:
    """Store papers with their vectors and predictions."""
    upsert_papers(connection, [paper(i) for i in ids], NOW)
    put_predictions(connection, [prediction(i, relevance, **changes) for i in ids])


def fill(store: Store, now: datetime = NOW) -> None:
    """Put something into every table."""
    rng = np.random.default_rng(7)
    with store.write() as connection:
        papers: list[Paper] = [
            paper(
                i,
                title=f"Größe of <{i}> & 😀 漢字",
                versions=(PaperVersion(1, datetime(2026, 6, 1, 1, 2, 3, 45, tzinfo=UTC)),),
            )
            for i in IDS
        ]
        upsert_papers(connection, papers, now)
        stored = get_papers(connection, IDS)
        hashes = [stored[i].content_hash for i in IDS]
        put_vectors(connection, ENCODER, IDS, hashes, rng.normal(size=(len(IDS), 4)))
        put_predictions(
            connection,
            [prediction(p.arxiv_id, 1 / 3, content_hash=p.content_hash) for p in papers],
        )
        put_labels(connection, [label("2401.00625"), label("cs/1", "list")])
        finish_corpus(connection, {("2401.00625", "gold"), ("cs/1", "list")}, "corpus-1")
        put_labels(connection, [label(IDS[0], "review")])
        put_announcements(connection, [Announcement(NIGHT, i, "new", 1) for i in IDS])
        put_harvest(connection, Harvest("oai:cs", NIGHT, NIGHT, "cursor|1", NIGHT))
        enqueue(connection, MODEL, 0.1, now)
        decide(connection, IDS[0], "approve", reviewer="Ada", now=now, cells=["inference/memory"])
        decide(connection, IDS[1], "reject", reviewer="Bo", now=now, comment="no saving")
        undo(connection, reviewer="Bo", now=now, arxiv_id=IDS[1])
        start_run(connection, "run-1", "nightly", "host", now)
        put_stage(connection, "run-1", 1, "pull", "done", 1.5, {"new": 5})
        finish_run(connection, "run-1", "done", now, {"new": 5}, NIGHT)
        record(connection, now, "Ada", "approve", IDS[0], cells=["inference/memory"])
        _fill_review(connection, now)
        _fill_people(connection, now)
        _fill_published(connection, now)
        _fill_suggestions(connection, now)
        _fill_claims(connection, now)


def _fill_review(connection: Connection, now: datetime) -> None:
    give_opinion(
        connection,
        IDS[2],
        "approve",
        reviewer="Ada",
        now=now,
        cells=["inference/memory"],
        technique=["quantization"],
        comment="",
        model_id=MODEL,
        suggested_cells=["inference/memory"],
        source="web",
    )
    put_memberships(connection, [Membership(IDS[1], IDS[0], 0.97, "text")])
    connection.execute(
        rule_decisions.insert().values(decision_id=1, rule="rule:auto-approve", sampled=True)
    )
    remember(connection, "Ada", Once("key-1", "a" * 64), {"decision": 1}, now)


def _fill_people(connection: Connection, now: datetime) -> None:
    later = now + timedelta(days=1)
    user = put_user(connection, "Ada", "reviewer", now, password_hash="$argon2id$...")  # noqa: S106
    put_session(
        connection, "secret", user, csrf="c" * 43, agent="browser", now=now, expires_at=later
    )
    put_token(connection, "token", user, "laptop", "reader", now, None)
    put_link(connection, "link", user, now, later)
    failures_for_update(connection, "name:ada", now)
    put_search(
        connection,
        "Ada",
        "caches",
        "KV cache",
        "library",
        digest=True,
        feed_key="f" * 43,
        told_at=now,
        now=now,
    )


def _fill_suggestions(connection: Connection, now: datetime) -> None:
    one = add_suggestion(connection, "example.org/list:README.md", "litmine/readme-1", IDS[:2], now)
    update_suggestion(connection, one.id, now, head="a" * 40, number=7, url="https://example.org/7")
    put_offers(connection, one.target, one.papers, "offered", now, one.id)


def _fill_claims(connection: Connection, now: datetime) -> None:
    one: dict[str, Any] = {"metric": "memory", "value": 40.0, "unit": "%", "change": "decrease"}
    of_paper = {"arxiv_id": IDS[0], "start": 3, "end": 9, "score": 0.9}
    connection.execute(
        mined.insert().values(arxiv_id=IDS[0], content_hash="a" * 64, miner="m-1", mined_at=now)
    )
    connection.execute(
        claims.insert().values(
            **of_paper, **one, position=0, family="memory", gain=True, detail=one, source="mined"
        )
    )
    connection.execute(
        claim_rulings.insert().values(
            arxiv_id=IDS[0],
            content_hash="a" * 64,
            action="confirm",
            quote="40% less",
            claim=one,
            ruling=one,
            reviewer="Ada",
            decided_at=now,
            undone=False,
        )
    )
    connection.execute(
        mentions.insert().values(
            **of_paper, position=0, kind="method", name="Größe", alias=None, role="proposed"
        )
    )
    connection.execute(
        aliases.insert().values(
            kind="model",
            alias="LLaMA2",
            target="Llama 2",
            state="standing",
            added_by="Ada",
            added_at=now,
        )
    )


def _fill_published(connection: Connection, now: datetime) -> None:
    moments = {"created_at": now, "changed_at": now}
    number = connection.execute(
        suggestions.insert().values(
            target="lists/README.md",
            branch="litmine/papers",
            number=7,
            url="https://example.org/pull/7",
            head="a" * 40,
            state="open",
            papers=[IDS[0]],
            **moments,
        )
    ).inserted_primary_key[0]  # type: ignore[index]
    connection.execute(
        offers.insert().values(
            target="lists/README.md",
            arxiv_id=IDS[0],
            state="offered",
            suggestion_id=number,
            offered_at=now,
            changed_at=now,
        )
    )
    connection.execute(
        deliveries.insert().values(
            digest="night:2026-06-30",
            channel="mail",
            target="ada@example.org",
            state="sent",
            message_id="<1@example.org>",
            body={"subject": "Größe"},
            covers_to=now,
            **moments,
        )
    )
    connection.execute(
        links.insert().values(
            url="https://arxiv.org/abs/2606.00001", outcome="ok", status=200, checked_at=now
        )
    )
