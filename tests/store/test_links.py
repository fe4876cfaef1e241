"""Results of trying links: the latest one stays, on either database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from litmine.store import Store
from litmine.store.links import Link, forget_links, known_links, put_links

NOW = datetime(2026, 7, 1, 4, tzinfo=UTC)
A = Link("https://a.example/x", "ok", 200, None, 0, NOW)
B = Link("https://b.example/Größe", "moved", 200, "https://c.example/y", 0, NOW)


def test_the_latest_result_stays(store: Store) -> None:
    later = replace(
        A, outcome="suspect", status=404, failures=1, checked_at=NOW + timedelta(days=1)
    )
    with store.write() as connection:
        put_links(connection, [A, B])
        put_links(connection, [A, later])
    with store.read() as connection:
        assert known_links(connection) == {A.url: later, B.url: B}
        assert known_links(connection, [B.url, "https://no.example"]) == {B.url: B}
        assert known_links(connection, []) == {}


def test_thousands_at_once_and_forgetting(store: Store) -> None:
    many = [replace(A, url=f"https://a.example/{n}") for n in range(2000)]
    with store.write() as connection:
        put_links(connection, many)
        assert len(known_links(connection, [link.url for link in many])) == 2000
        assert forget_links(connection, [link.url for link in many[:1500]] + ["https://no"]) == 1500
    with store.read() as connection:
        assert len(known_links(connection)) == 500
