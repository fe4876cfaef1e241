"""Changes as server-sent events, through a real server."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager

import pytest

from litmine.core.errors import TooManyAttempts
from litmine.review.changes import Watch, changes_since
from litmine.store.audit import record
from litmine.web.feed import Feed
from litmine.web.problems import ProblemError
from tests.support.api import V1, decide, running, told
from tests.support.rows import NOW
from tests.support.web import fill_queue


@pytest.fixture
def server(app):
    app.state.feed = Feed(app.state.services.store, interval=0.05)
    with running(app) as started:
        yield started


@contextmanager
def listening(client, **headers):
    """Give a function that waits for the next event and returns its id and data."""
    headers["Accept"] = "text/event-stream"
    with client.stream("GET", f"{V1}/events", headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith("text/event-stream")
        lines = response.iter_lines()

        def following():
            found = {}
            for line in lines:
                if not line and "data" in found:
                    assert found["event"] == "queue"
                    return int(found["id"]), json.loads(found["data"])
                name, _, value = line.partition(": ")
                found[name] = value
            return None

        yield following


def test_the_first_event_comes_at_once_and_changes_follow(server, queue_ids):
    with server.client() as ada, listening(ada) as following:
        number, first = following()
        assert (first["changed"], first["counts"]["pending"]) == ([], 12)
        told(decide(ada, queue_ids[0], "approve"))
        later, second = following()
        assert later > number
        assert second["last"] == later
        assert second["counts"] == first["counts"] | {"pending": 11, "approved": 1}
        assert second["changed"] == [
            {"id": queue_ids[0], "state": "approved", "revision": 1, "action": "approve"}
        ]


def test_who_comes_back_is_told_what_was_missed(server, queue_ids):
    with server.client() as ada:
        with listening(ada) as following:
            following()
            told(decide(ada, queue_ids[0], "approve"))
            known, _ = following()
        told(decide(ada, queue_ids[1], "reject"))
        told(decide(ada, queue_ids[2], "reject"))
        undo = ada.post(f"{V1}/queue/{queue_ids[2]}/undo", headers={"If-Match": '"1"'})
        told(undo)
        with listening(ada, **{"Last-Event-ID": str(known)}) as following:
            _, missed = following()
        changed = {one["id"]: (one["state"], one["action"]) for one in missed["changed"]}
        assert changed[queue_ids[1]] == ("rejected", "reject")
        assert changed[queue_ids[2]] == ("pending", "undo")
        assert missed["missed"] is False
        with listening(ada, **{"Last-Event-ID": "999999999999"}) as following:
            _, other = following()
        assert other["missed"] is True  # of another database


def test_a_filled_queue_shows_in_the_counts(server, store, fake_clock):
    with server.client() as ada, listening(ada) as following:
        following()
        fill_queue(store, fake_clock, count=15)
        _, event = following()
        assert event["counts"]["pending"] == 15
        assert event["changed"] == []


def test_an_open_opinion_is_told_without_its_giver(double_app, queue_ids):
    double_app.state.feed = Feed(double_app.state.services.store, interval=0.05)
    with (
        running(double_app) as server,
        server.client("Ada") as ada,
        server.client("Bo") as bo,
        listening(bo) as following,
    ):
        following()
        told(decide(ada, queue_ids[0], "approve", comment="a secret reason"))
        _, event = following()
        assert event["changed"] == [
            {"id": queue_ids[0], "state": "pending", "revision": 1, "action": "opinion"}
        ]
        assert "Ada" not in json.dumps(event)


def test_all_listen_to_one_look_and_leave_nothing_behind(server, queue_ids):
    feed = server.app.state.feed
    with server.client("Ada") as ada:
        with listening(ada) as one, listening(ada) as two:
            one(), two()
            assert feed.connections == 2
            told(decide(ada, queue_ids[0], "later"))
            assert one() == two()
        deadline = time.monotonic() + 10
        while feed.connections and time.monotonic() < deadline:
            time.sleep(0.01)
        assert feed.connections == 0


def test_connections_are_bounded(app, store):
    app.state.feed = Feed(store, interval=0.05, most=3, most_each=2)
    with (
        running(app) as server,
        server.client("Ada") as ada,
        server.client("Bo") as bo,
        listening(ada),
        listening(ada),
    ):
        refused = ada.get(f"{V1}/events")
        assert told(refused, 429)
        assert refused.headers["Retry-After"]
        with listening(bo):
            told(bo.get(f"{V1}/events"), 503)


def test_a_server_that_stops_ends_the_streams(app, store):
    app.state.feed = Feed(store, interval=0.05)
    ended = threading.Event()
    first = threading.Event()

    def listen(client):
        with listening(client) as following:
            following()
            first.set()
            assert following() is None
            ended.set()

    with running(app) as server:
        client = server.client()
        thread = threading.Thread(target=listen, args=(client,))
        thread.start()
        assert first.wait(20)
    assert ended.wait(20)
    thread.join()
    client.close()
    with pytest.raises(ProblemError):
        app.state.feed.admit("Ada")


def test_without_asking_for_a_stream_there_is_one_event(app, token_as, queue_ids):
    client = token_as("reviewer", "Ada")
    told(decide(client, queue_ids[0], "later"))
    answer = client.get(f"{V1}/events?after=0")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.text.count("event: queue") == 1
    assert queue_ids[0] in answer.text
    assert app.state.feed.connections == 0


def test_a_number_is_needed_to_go_on(app, token_as):
    client = token_as("reader")
    told(client.get(f"{V1}/events", headers={"Last-Event-ID": "x"}), 422)
    told(client.get(f"{V1}/events?after=-1"), 422)


def test_admission_counts_each_person(store):
    feed = Feed(store, most=10, most_each=1)
    held = feed.admit("Ada")
    feed.admit("Bo")
    with pytest.raises(TooManyAttempts):
        feed.admit("Ada")
    feed.dismiss(held)
    feed.admit("Ada")


def test_an_entry_stored_after_a_later_one_is_told_of(store, queue_ids):
    """PostgreSQL gives numbers out before they are stored."""
    if store.dialect != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    watch = Watch(store)
    with store.write() as slow:
        record(slow, NOW, "Ada", "reject", queue_ids[0])
        with store.write() as quick:
            record(quick, NOW, "Bo", "reject", queue_ids[1])
        first = watch.look()
        assert [one.arxiv_id for one in first.changed] == [queue_ids[1]]
    second = watch.look()
    assert [one.arxiv_id for one in second.changed] == [queue_ids[0]]
    assert second.last == first.last
    again = changes_since(store, first.last)
    assert queue_ids[0] in {one.arxiv_id for one in again.changed}


def test_too_many_changes_are_not_listed(store, queue_ids):
    watch = Watch(store)
    with store.write() as connection:
        for _ in range(600):
            record(connection, NOW, "Ada", "later", queue_ids[0])
    for told_of in (watch.look(), changes_since(store, 0)):
        assert (told_of.changed, told_of.missed) == ((), True)
    assert watch.look() is None
