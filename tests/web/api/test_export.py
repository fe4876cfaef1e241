"""The approved papers as files, over the API."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import bibtexparser
import pytest
from pyarrow import parquet

from litmine.client import Client
from litmine.core.errors import InputError, NotFound
from litmine.publish.formats.registry import FORMATS
from tests.support.api import running
from tests.support.fake_search import FakeSearcher
from tests.support.shelf import PAPERS, fill_library


@pytest.fixture
def searcher(app, store, fake_clock):
    fill_library(store, fake_clock)
    fake = FakeSearcher(store)
    app.state.services = replace(app.state.services, searcher=fake)
    return fake


@pytest.fixture
def client(searcher, token_as):
    return token_as("reader")


def ids(answer):
    assert answer.status_code == 200, answer.text
    return sorted(json.loads(line)["arxiv_id"] for line in answer.text.splitlines())


def exported(client, **asked):
    return ids(client.get("/api/v1/export", params={"format": "jsonl"} | asked))


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_every_format_is_a_file(client, form):
    answer = client.get("/api/v1/export", params={"format": form.name, "stage": "inference"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == form.media_type
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="litmine-stage-inference.{form.ending}"'
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = {"If-None-Match": answer.headers["etag"]}
    known = client.get(
        "/api/v1/export", params={"format": form.name, "stage": "inference"}, headers=again
    )
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, sorted(PAPERS)),
        ({"technique": "kv-cache"}, ["2605.00001", "2607.00005"]),
        ({"stage": "fin", "resource": "memory"}, ["2606.00002"]),
        ({"text": "alpha caches"}, ["2605.00001"]),
        ({"month": "2026-07", "cell": "inf/mem"}, ["2607.00005"]),
        ({"reviewer": "Bo"}, ["2606.00002"]),
        ({"since": "2026-07-01", "until": "2026-07-01"}, ["2607.00004", "2607.00005"]),
    ],
)
def test_what_the_library_shows_can_be_had(client, asked, found):
    assert exported(client, **asked) == found
    if not {"since", "until"} & set(asked):
        page = client.get("/api/v1/library", params=asked).json()
        assert page["total"] == len(found)


def test_what_a_saved_search_finds(client, searcher):
    wish = {"name": "Alphas & more", "query": "alpha", "scope": "library"}
    made = client.post("/api/v1/searches", json=wish).json()
    assert exported(client, saved="Alphas & more") == ["2605.00001", "2607.00005"]
    number = str(made["number"])
    assert exported(client, saved=number, technique="quantization") == ["2607.00005"]
    assert client.get("/api/v1/export?format=ris&saved=nix").status_code == 404
    searcher.building = (1, 2)
    answer = client.get("/api/v1/export", params={"format": "ris", "saved": number})
    assert (answer.status_code, answer.json()["status"]) == (503, 503)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"format": "docx"},
        {"format": "ris", "stage": "nowhere"},
        {"format": "ris", "since": "yesterday"},
        {"format": "ris", "since": "2026-02-01", "until": "2026-01-01"},
        {"format": "ris", "labelled": "true", "text": "alpha"},
    ],
)
def test_what_cannot_be_exported(client, asked):
    assert client.get("/api/v1/export", params=asked).status_code == 422


def test_from_python(app, searcher):
    with running(app) as server, Client(server.url, server.token("Ada", "reader")) as litmine:
        text = litmine.export("bibtex", stage="inference").decode()
        assert len(bibtexparser.parse_string(text).entries) == 4
        data = litmine.export("parquet", abstracts=True, labelled=True)
        assert parquet.read_table(io.BytesIO(data)).num_rows == len(PAPERS)
        with pytest.raises(NotFound):
            litmine.export("ris", saved="nix")
        with pytest.raises(InputError):
            litmine.export("ris", stage="nowhere")
        with pytest.raises(TypeError):
            litmine.export("ris", sage="x")
