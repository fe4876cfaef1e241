"""Status, taxonomy, the audit trail, and the API's description of itself."""

from __future__ import annotations

import json

import pytest

from litmine.core.taxonomy import load_taxonomy
from litmine.store.audit import record
from litmine.store.runs import finish_run, start_run
from litmine.web.api.common import cursor_to
from tests.support.api import V1, decide, pages, told
from tests.support.rows import NIGHT, NOW


def test_status_counts_and_says_what_is_unread(ada, queue_ids, store):
    told(decide(ada, queue_ids[0], "approve"))
    before = told(ada.get(f"{V1}/status"))
    assert before["queue"] == {
        "pending": 11,
        "later": 0,
        "disputed": 0,
        "approved": 1,
        "rejected": 0,
    }
    assert (before["stopping"]["found"], before["stopping"]["unread"]) == (1, 11)
    assert before["last_run"] is None
    assert before["model_id"] is None
    with store.write() as connection:
        start_run(connection, "run-1", "nightly", "host", NOW)
        finish_run(connection, "run-1", "failed", NOW, {"problem": "p", "model_id": "m"}, NIGHT)
    after = told(ada.get(f"{V1}/status"))
    assert after["last_run"]["state"] == "failed"
    assert (after["last_run"]["problem"], after["model_id"]) == ("p", "m")


def test_taxonomy_has_its_order_and_keys(ada):
    taxonomy = load_taxonomy()
    found = told(ada.get(f"{V1}/taxonomy"))
    assert [stage["id"] for stage in found["stages"]] == [s.id for s in taxonomy.stages]
    assert [stage["key"] for stage in found["stages"]] == [s.key for s in taxonomy.stages]
    assert found["cells"] == list(taxonomy.cells)
    assert len(found["techniques"]) == len(taxonomy.techniques)


@pytest.fixture
def maintainer(token_as):
    return token_as("maintainer")


def test_the_audit_trail_in_pages_and_as_a_file(maintainer, ada, queue_ids, store):
    for paper in queue_ids[:3]:
        told(decide(ada, paper, "reject"))
    everything = [one for page in pages(maintainer, "/audit", limit=2) for one in page]
    numbers = [one["id"] for one in everything]
    assert numbers == sorted(numbers, reverse=True)
    rejected = told(maintainer.get(f"{V1}/audit?action=reject&actor=Ada"))["items"]
    assert [one["subject"] for one in rejected] == queue_ids[2::-1]
    exported = maintainer.get(f"{V1}/audit.jsonl")
    assert exported.headers["Content-Type"] == "application/jsonl"
    lines = [json.loads(line) for line in exported.text.splitlines()]
    assert lines == everything[::-1]
    told(maintainer.get(f"{V1}/audit?cursor=eyJiZWZvcmUiOiJ4In0"), 422)


def test_a_long_audit_trail_is_exported_whole(maintainer, store):
    with store.write() as connection:
        for number in range(2100):
            record(connection, NOW, "tests", "note", f"line {number}")
    lines = maintainer.get(f"{V1}/audit.jsonl").text.splitlines()
    told_of = [json.loads(line)["subject"] for line in lines if '"note"' in line]
    assert told_of == [f"line {number}" for number in range(2100)]


def test_cursors_of_no_list_are_refused(maintainer):
    for place in ({"before": 2**31}, {"before": 2**70}, {"before": 0}, {"before": "x"}):
        for path in ("audit", "decisions", "activity"):
            refused = maintainer.get(f"{V1}/{path}", params={"cursor": cursor_to(**place)})
            assert "cursor" in told(refused, 422)["detail"], (path, place)
