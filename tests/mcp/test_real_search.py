"""An assistant, a real process, the real index and encoder: from the question to the evidence."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from litmine.core.settings import Settings
from litmine.encode import load_search_encoder
from litmine.review import ReviewDesk
from litmine.search.sync import sync_as_set
from litmine.store.papers import get_papers
from litmine.store.vectors import put_vectors
from tests.support.shelf import put_papers

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mcp.md"

#: Invented; the first three are about the same thing.
ABOUT = {
    "2603.00001": (
        "Dropping old keys: a cache policy that needs no training",
        "Long prompts fill the memory of one card. Our policy evicts key-value pairs that later "
        "tokens hardly attend to, without any retraining. Serving fits into half the memory.",
    ),
    "2603.00002": (
        "Which tokens may leave the key-value cache?",
        "We ask which cached tokens a language model can forget during decoding. Evicting those "
        "of low attention keeps the answers and saves memory at inference.",
    ),
    "2603.00003": (
        "Cache eviction under a fixed budget of memory",
        "A fixed budget bounds the key-value cache of a served model. Eviction by recent "
        "attention keeps quality on long inputs.",
    ),
    "2603.00004": (
        "Cheaper gradients between data centres",
        "Workers that are far apart send sparse gradients. Training needs a tenth of the network "
        "traffic.",
    ),
}


@pytest.fixture
def library(store, fake_clock, tmp_path):
    """Settings over a library of four approved papers, encoded and indexed."""
    url = store.engine.url.render_as_string(hide_password=False)
    settings = Settings(data_dir=tmp_path / "data", database_url=url)
    told = {id_: {"title": title, "abstract": text} for id_, (title, text) in ABOUT.items()}
    put_papers(store, fake_clock, told)
    desk = ReviewDesk(store, "Ada", fake_clock)
    for arxiv_id in sorted(ABOUT)[:3]:
        desk.approve(arxiv_id, ["inf/mem"], ["kv-cache"])
    desk.approve("2603.00004", ["pre/net"], ["other"])
    encoder = load_search_encoder(settings.models.encoder)
    with store.write() as connection:
        papers = get_papers(connection, sorted(ABOUT))
        ids = sorted(papers)
        put_vectors(
            connection,
            encoder.encoder_id,
            ids,
            [papers[i].content_hash for i in ids],
            encoder.encode([papers[i].text for i in ids]),
        )
    sync_as_set(settings, store)
    return settings


@pytest.fixture
def environment(library):
    """Surroundings in which litmine finds the library, and itself."""
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "LITMINE_DATABASE_URL": library.database_url,
        "LITMINE_DATA_DIR": str(library.data_dir),
    }


def test_from_the_question_to_the_evidence(environment, tmp_path):
    async def talk() -> list[Any]:
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "litmine", "mcp"], env=environment
        )
        asked = (
            ("search", {"query": "evict the KV cache without retraining"}),
            ("search", {"query": "colour:red"}),
            ("similar", {"papers": ["2603.00001"]}),
            ("evidence", {"constraint": "little memory for the cache", "stage": "inference"}),
            ("evidence", {"constraint": "tomatoes in the garden"}),
        )
        with (tmp_path / "stderr").open("w") as errors:
            async with Client(stdio_client(server, errlog=errors)) as client:
                return [await client.call_tool(tool, arguments) for tool, arguments in asked]

    found, wrong, like, enough, tomatoes = anyio.run(talk)
    papers = found.structured_content["items"]
    assert {one["id"] for one in papers[:3]} == set(sorted(ABOUT)[:3])
    assert papers[0]["sentence"] in ABOUT[papers[0]["id"]][1]
    assert found.structured_content["notes"] == []
    assert wrong.is_error
    assert "colour" in wrong.content[0].text
    ids = [one["id"] for one in like.structured_content["items"]]
    assert set(ids[:2]) == {"2603.00002", "2603.00003"}
    assert "2603.00001" not in ids
    told = enough.structured_content
    assert told["verdict"] == "enough evidence", told
    (cache,) = told["techniques"]
    assert (cache["technique"], cache["papers"], cache["approved"]) == ("kv-cache", 3, 3)
    for quote in cache["quotes"]:
        assert quote["sentence"] in ABOUT[quote["id"]][1]
    assert tomatoes.structured_content["verdict"] == "not enough evidence"
    assert tomatoes.structured_content["papers"] == 0


def test_the_example_of_the_page_runs(environment):
    text = PAGE.read_text("utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```", text, re.S | re.M)
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-"],
        input=program,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    first = ran.stdout.splitlines()[0]
    assert first.split(" ", 1) == ["https://arxiv.org/abs/2603.00001", ABOUT["2603.00001"][0]]
    for example in re.findall(r"^```json\n(.*?)^```", text, re.S | re.M):
        assert list(json.loads(example)["mcpServers"]) == ["litmine"]
