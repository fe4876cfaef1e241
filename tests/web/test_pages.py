"""The pages beside the queue: whole HTML, hostile text stays text, and what each shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import html

from litmine.core.sections import WebSettings
from litmine.core.taxonomy import load_taxonomy
from litmine.store.runs import finish_run, put_stage, start_run
from tests.support.rows import NIGHT, NOW
from tests.support.shelf import HOSTILE, fill_library, put_papers
from tests.support.web import client_of, make_app

_DOCS = Path(__file__).resolve().parents[2] / "docs"

PAGES = (
    "/library",
    "/library?text=script&stage=system&resource=network&month=&reviewer=Ada&sort=title",
    "/library/matrix",
    "/library/matrix?technique=other",
    "/papers/cs/0606006",
    "/search",
    "/search?q=script",
    "/search?q=2401.99999",
    "/activity",
    "/activity?paper=cs/0606006",
    "/agreement",
    "/models",
    "/runs",
    "/runs/run-1",
    "/settings",
    "/codebook",
    "/codebook?fragment=1",
)


@pytest.fixture
def shelf(sqlite_store, fake_clock):
    desk = fill_library(sqlite_store, fake_clock)
    with sqlite_store.write() as connection:
        start_run(connection, "run-1", "nightly", "host", NOW)
        put_stage(connection, "run-1", 1, "pull", "failed", 1.5, {"new": 5, "why": "<b>"})
        report = {"problem": "<script>", "warnings": ["<i>late</i>"], "stages": []}
        finish_run(connection, "run-1", "failed", NOW, report, NIGHT)
    return desk


@pytest.fixture
def reader(shelf, client_as):
    return client_as("reader")


def parsed(answer):
    assert answer.status_code == 200, answer.text[-400:]
    return html.document_fromstring(answer.text)


def said(tree):
    return " ".join(tree.text_content().split())


@pytest.mark.parametrize("role", ["reader", "maintainer"])
@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_whole_and_keeps_text_as_text(shelf, client_as, path, role):
    answer = client_as(role).get(path)
    tree = parsed(answer)
    assert "<script>alert" not in answer.text
    assert "<script>" not in answer.text.replace("<script>{", "")
    assert "<b>Eve" not in answer.text
    assert "<i>" not in re.sub(r"<i>[a-zA-Z]</i>", "", answer.text)  # formulas have some
    assert "49" not in said(tree).split(), "a template in a title is not run"
    assert not tree.xpath("//*[@style or @onclick or @onerror]")
    assert all(script.get("src") for script in tree.xpath("//script[not(@type)]"))
    identities = tree.xpath("//@id")
    assert len(identities) == len(set(identities))
    for field in tree.xpath("//input[not(@type='hidden')] | //select | //textarea"):
        labelled = field.get("aria-label") or field.xpath("ancestor::label")
        assert labelled or tree.xpath("//label[@for=$one]", one=field.get("id"))
    if "fragment" not in path:
        assert len(tree.xpath("//h1")) == 1
        assert tree.xpath("//title/text()")[0].endswith("litmine")


def test_the_library_shows_the_decision_that_stands(reader, shelf):
    tree = parsed(reader.get("/library"))
    assert "6 papers" in said(tree)
    links = tree.xpath("//ol//a[@class='paper-link']")
    assert [link.get("href") for link in links][-1] == "/papers/cs/0606006"
    assert HOSTILE.split(" {{")[0] in said(links[-1])
    shelf.reject("cs/0606006")
    assert "5 papers" in said(parsed(reader.get("/library")))


def test_a_long_library_has_pages(reader, sqlite_store, fake_clock, shelf):
    many = {f"2601.{n:05d}": {"title": f"Long list {n:03d}"} for n in range(1, 61)}
    put_papers(sqlite_store, fake_clock, many)
    for arxiv_id in many:
        shelf.approve(arxiv_id, ["inf/mem"])
    first = parsed(reader.get("/library?sort=title&text=long"))
    following = first.xpath("//a[@rel='next']/@href")[0]
    second = parsed(reader.get(following))
    titles = [
        said(link) for tree in (first, second) for link in tree.xpath("//a[@class='paper-link']")
    ]
    assert titles == [one["title"] for one in many.values()]
    assert not second.xpath("//a[@rel='next']")
    assert second.xpath("//nav[@class='pager']/a/@href") == ["/library?text=long&sort=title"]


def test_the_matrix_is_a_table_with_headers_and_links(reader):
    tree = parsed(reader.get("/library/matrix"))
    table = tree.xpath("//table[contains(@class, 'shelf')]")[0]
    assert table.xpath("caption")
    assert len(table.xpath("thead//th[@scope='col']")) == 6
    assert len(table.xpath("tbody//th[@scope='row']")) == 5
    assert len(table.xpath("tbody//td[contains(@class, 'heat-')]")) == 25
    cell = table.xpath("tbody//td[@class='heat-9']")[0]
    assert said(cell).startswith("3 papers, Inference · Memory, 50%")
    shown = parsed(reader.get(cell.xpath("a/@href")[0]))
    assert "3 papers with" in said(shown)
    row = table.xpath("tbody/tr[4]/td[@class='total']/a/@href")[0]
    assert "4 papers with" in said(parsed(reader.get(row)))


@pytest.mark.parametrize(
    "path",
    [
        "/library?stage=nowhere",
        "/library?month=soon",
        "/library?cursor=nonsense",
        "/library?cursor=eyJrZXkiOjF9",
        "/library?sort=random",
        "/runs?cursor=eyJhdCI6IngiLCJpZCI6IngifQ",
        "/activity?kind=gossip",
        "/activity?before=0",
        "/search?q=" + "x" * 9000,
    ],
)
def test_what_cannot_be_asked_is_said_in_words(reader, path):
    answer = reader.get(path)
    assert answer.status_code == 422
    assert len(said(html.document_fromstring(answer.text).xpath("//main")[0])) > 20


@pytest.mark.parametrize("path", ["/papers/2401.99999", "/papers/nonsense", "/runs/none"])
def test_what_is_not_there_is_said_in_words(reader, path):
    answer = reader.get(path)
    assert answer.status_code == 404
    assert "Back to the queue" in answer.text


def test_a_search_for_an_id_goes_to_its_paper(reader):
    for text in ("2605.00001", "https://arxiv.org/abs/2605.00001v2"):
        answer = reader.get("/search", params={"q": text})
        assert (answer.status_code, answer.headers["location"]) == (303, "/papers/2605.00001")
    assert reader.get("/papers/2605.00001v2").headers["location"] == "/papers/2605.00001"


def test_accounts_are_not_everybodys_activity(shelf, client_as):
    assert "account" in said(parsed(client_as("maintainer").get("/activity")))
    shown = parsed(client_as("reader").get("/activity"))
    assert "account" not in said(shown.xpath("//main")[0]).lower()
    assert "audit.jsonl" not in html.tostring(shown).decode()
    hidden = parsed(client_as("reader").get("/activity?kind=accounts"))
    assert "Nothing was done" in said(hidden)


def test_only_maintainers_see_what_is_in_force_and_nobody_sees_secrets(app, shelf, client_as):
    assert client_as("reviewer").get("/settings/system").status_code == 403
    tree = parsed(client_as("maintainer").get("/settings/system"))
    assert "web.oidc_client_secret" in said(tree)
    values = {
        row.xpath("string(th)"): row.xpath("string(td[1])") for row in tree.xpath("//tbody/tr")
    }
    assert values["web.oidc_client_secret"] == ""
    assert values["queue.min_relevance"] == "0.02"


def test_a_secret_that_is_set_is_only_said_to_be(web_settings, sqlite_store, fake_clock):
    web = {"oidc_issuer": "https://id.test", "oidc_client_id": "x", "oidc_client_secret": "sesame"}
    database = "postgresql+psycopg://ada:sesame@db.test/papers"
    settings = web_settings.model_copy(update={"web": WebSettings(**web), "database_url": database})
    client = client_of(make_app(settings, sqlite_store, fake_clock), "maintainer")
    shown = client.get("/settings/system").text
    assert "sesame" not in shown
    assert "set, not shown" in shown
    assert "db.test/papers" in shown


def test_the_codebook_and_its_document_say_the_same(reader):
    text = (_DOCS / "codebook.md").read_text(encoding="utf-8")
    wanted = re.split(r"\n## ", text, maxsplit=1)[1]
    wanted = " ".join(re.sub(r"(?m)^(## |- )", "", wanted).split())
    for path in ("/codebook", "/codebook?fragment=1"):
        shown = said(parsed(reader.get(path)))
        assert wanted in shown, path
        for technique in load_taxonomy().techniques:
            assert technique.definition in shown


def test_a_run_tells_its_stages_and_its_problem(reader):
    tree = parsed(reader.get("/runs/run-1"))
    assert "Problem: <script>" in said(tree)
    assert tree.xpath("//table//th[@scope='row']/text()") == ["pull"]
    assert "new 5" in said(tree)
