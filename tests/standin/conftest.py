"""Invented lines, and a client that knows nothing of litmine's adapters."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import pytest
from lxml import etree

from litmine.standin import StandinServer


@dataclass
class Got:
    status: int
    headers: dict
    body: bytes

    @property
    def xml(self):
        return etree.fromstring(self.body)


@pytest.fixture
def get():
    """Send one request by hand, with the headers arXiv wants unless told otherwise."""

    def send(server, path, headers=None, method="GET", body=None, **query):
        host = urlsplit(server.base_url).netloc
        connection = http.client.HTTPConnection(host, timeout=10)
        if headers is None:
            headers = {"User-Agent": "test", "Accept": "*/*"}
        target = f"{path}?{urlencode(query)}" if query else path
        try:
            connection.request(method, target, body=body, headers=headers)
            answer = connection.getresponse()
            return Got(answer.status, dict(answer.headers), answer.read())
        finally:
            connection.close()

    return send


@pytest.fixture
def lines():
    """Five papers of two days."""
    return [
        {
            "arxiv_id": f"2606.0000{i}",
            "version": 1 + i % 2,
            "title": f"Invented title {i} & <more>",
            "abstract": f"Sentence {i}. " * 20,
            "authors": ["Ada Author", "Bo Writer (Inst. X)"],
            "categories": ["cs.CL", "stat.ML"] if i % 2 else ["hep-th", "cs.LG"],
            "day": "2026-06-30" if i > 2 else "2026-06-29",
            "announce_type": "new" if i % 2 else "replace",
            "published": "2026-06-20",
            "updated": "2026-06-26",
        }
        for i in range(1, 6)
    ]


@pytest.fixture
def server(lines):
    with StandinServer(lines, page_size=2) as running:
        yield running


@pytest.fixture
def archive(tmp_path, lines):
    """The same papers as a file."""
    path = tmp_path / "papers.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path
