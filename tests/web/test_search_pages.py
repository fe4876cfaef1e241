"""The pages of the search over invented papers: answers, filters, similar ones, saved searches."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree, html

from litmine.core.taxonomy import load_taxonomy
from litmine.publish.formats.atom import Entry, Feed, atom
from litmine.search.answer import Answer, Count, Facets, Snippet
from litmine.search.saved import SavedSearches
from litmine.search.sync import sync_as_set
from litmine.search.syntax import parse
from litmine.web.asking import Ask, fields_of
from litmine.web.finding import found, highlight, shown
from tests.support.fake_search import FakeSearcher
from tests.support.shelf import HOSTILE, fill_library
from tests.support.web import PEOPLE

ATOM = {"a": "http://www.w3.org/2005/Atom"}
PART = {"HX-Request": "true"}


@pytest.fixture
def searcher(app, sqlite_store, fake_clock):
    fill_library(sqlite_store, fake_clock)
    fake = FakeSearcher(sqlite_store)
    app.state.services = replace(app.state.services, searcher=fake)
    return fake


@pytest.fixture
def reader(searcher, client_as):
    return client_as("reader")


@pytest.fixture
def saved(searcher, reader, sqlite_store, fake_clock):
    """Saved searches; that of the reader is their number 1."""
    searches = SavedSearches(sqlite_store, searcher, fake_clock)
    searches.save(PEOPLE["reader"], "Caches <b>", "alpha", "everything")
    return searches


def parsed(answer, status=200):
    assert answer.status_code == status, answer.text[-400:]
    return html.document_fromstring(answer.text)


def said(tree):
    return " ".join(tree.text_content().split())


def test_a_search_shows_hits_with_their_words_marked_and_why(reader, searcher):
    tree = parsed(reader.get("/search?q=alpha&scope=everything"))
    hits = tree.xpath("//li[@class='hit']")
    assert [said(hit.xpath(".//h2/a")[0]) for hit in hits] == ["Alpha caches", "alpha again"]
    assert hits[0].xpath(".//h2//mark/text()") == ["Alpha"]
    assert hits[0].xpath(".//h2/a/@href") == ["/papers/2605.00001"]
    assert re.search(r"Why: score 0\.\d\d, words 0\.\d\d, meaning 0\.\d\d", said(hits[0]))
    assert "approved" in said(hits[0])
    # What is a picture says the same as the figures.
    lexical, dense = hits[0].xpath(".//*[@class='score']/rect/@width")
    told = [float(one) for one in hits[0].xpath(".//dl//dd/text()")[:3]]
    assert [float(lexical) / 100, float(dense) / 100] == pytest.approx(told[:2], abs=0.006)
    assert searcher.asked == [
        {"text": "alpha", "scope": "everything", "offset": 0, "typing": False}
    ]


def test_the_answer_alone_is_sent_while_somebody_types(reader, searcher):
    part = reader.get("/search?q=alpha&typing=true", headers=PART)
    assert part.headers["vary"] == "HX-Request"
    assert "<html" not in part.text
    assert len(html.fromstring(part.text).xpath("//li[@class='hit']")) == 2
    assert searcher.asked[-1]["typing"] is True


def test_an_id_goes_to_its_paper(reader):
    for text in ("2605.00001", "https://arxiv.org/abs/2605.00001v2"):
        answer = reader.get("/search", params={"q": text})
        assert (answer.status_code, answer.headers["location"]) == (303, "/papers/2605.00001")
    assert "is not stored here" in reader.get("/search?q=2401.99999").text
    part = reader.get("/search?q=2605.00001", headers=PART)
    assert html.fromstring(part.text).get("data-paper") == "/papers/2605.00001"


def test_each_filter_in_force_can_be_taken_away(reader):
    asked = 'alpha stage:inference -technique:"kv cache" "stage:system kept"'
    tree = parsed(reader.get("/search", params={"q": asked, "scope": "everything"}))
    chips = tree.xpath("//ul[@aria-label='Filters in force']//a")
    assert [said(one) for one in chips] == [
        "stage Inference ×, remove this filter",
        "not technique Key-value cache reduction ×, remove this filter",
    ]
    assert "q=alpha+-technique" in chips[0].get("href")
    assert chips[0].get("href").endswith("scope=everything")


def test_counts_narrow_the_search_down_and_take_that_back(reader):
    tree = parsed(reader.get("/search?q=frugal"))
    cell = tree.xpath("//table[contains(@class,'cube')]/tbody//td/a")[0]
    assert said(cell) == "1 in Architecture · Computation"
    assert len(tree.xpath("//table[contains(@class,'cube')]/tbody//td")) == 25
    narrowed = parsed(reader.get(cell.get("href")))
    assert len(narrowed.xpath("//li[@class='hit']")) == 1
    back = narrowed.xpath("//td/a[@aria-current]")
    assert said(back[0]).endswith("in force; remove it")
    assert back[0].get("href") == "/search?q=frugal"
    years = narrowed.xpath("//a[@class='facet'][contains(., '2026')]/@href")
    assert years == ["/search?q=frugal+cell%3Aarchitecture%2Fcomputation+year%3A2026"]


def test_the_real_index_answers_the_page(app, client_as, sqlite_store, fake_clock, web_settings):
    fill_library(sqlite_store, fake_clock)
    sync_as_set(web_settings, sqlite_store)
    reader = client_as("reader")
    tree = parsed(reader.get("/search?q=alpha+caches"))
    hits = tree.xpath("//li[@class='hit']")
    assert said(hits[0].xpath(".//h2")[0]) == "Alpha caches"
    assert " ".join(hits[0].xpath(".//h2//mark/text()")) == "Alpha caches"
    assert "approved" in said(hits[0])
    cells = tree.xpath("//table[@class='cube']/tbody//td/a/@href")
    narrowed = parsed(reader.get(cells[0]))
    assert 0 < len(narrowed.xpath("//li[@class='hit']")) < len(hits)
    assert narrowed.xpath("//td/a[@aria-current]")
    near = parsed(reader.get("/search/similar?to=2605.00001"))
    assert near.xpath("//li[@class='hit']")
    made = reader.post("/searches", data={"name": "Mine", "query": "alpha", "scope": "library"})
    assert made.status_code == 303
    assert "nothing new" in said(parsed(reader.get("/searches")))


def test_pages_of_hits(reader, monkeypatch):
    monkeypatch.setattr("litmine.web.pages.search.PAGE", 4)
    monkeypatch.setattr("litmine.web.finding.PAGE", 4)
    monkeypatch.setattr("litmine.web.asking.PAGE", 4)
    seen = []
    address = "/search?q=frugal&scope=everything"
    while address:
        tree = parsed(reader.get(address))
        seen += tree.xpath("//li[@class='hit']//h2/a/@href")
        address = next(iter(tree.xpath("//a[@rel='next']/@href")), None)
    assert len(seen) == len(set(seen)) == 10
    assert tree.xpath("//ol/@start") == ["9"]


def test_a_page_behind_the_last_says_where_the_last_is(reader):
    tree = parsed(reader.get("/search?q=frugal&scope=everything&page=7"))
    assert "There is no page 7" in said(tree)
    assert "10 papers were found" in said(tree)
    (last,) = tree.xpath("//a[text()='page 1']/@href")
    assert last == "/search?q=frugal&scope=everything"
    assert "Nothing is like that" not in said(tree)


@pytest.fixture
def changing(searcher, monkeypatch):
    """Changes all hits that are found from now on."""

    def change(**changes):
        asked = searcher.search

        def changed(text, **options):
            answer = asked(text, **options)
            return replace(answer, hits=tuple(replace(hit, **changes) for hit in answer.hits))

        monkeypatch.setattr(searcher, "search", changed)

    return change


def test_filters_alone_show_no_scores(reader, changing):
    changing(score=None, lexical=None, dense=None, similarity=None)
    tree = parsed(reader.get("/search?q=is:approved&scope=everything"))
    (why,) = {said(one) for one in tree.xpath("//details[@class='why']/summary")}
    assert why == "Why: it passes the filters"
    assert not tree.xpath("//li[@class='hit']//*[@class='score']")
    assert "0.00" not in said(tree)


def test_a_paper_of_which_only_the_title_is_known_leads_to_arxiv_and_says_so(reader, changing):
    def link():
        tree = parsed(reader.get("/search?q=alpha&scope=everything"))
        (one, *_) = tree.xpath("//li[@class='hit']//h2/a")
        return one.get("href"), one.get("rel"), said(one)

    assert link() == ("/papers/2605.00001", None, "Alpha caches")
    changing(abstract="", snippet=None)
    assert link() == (
        "https://arxiv.org/abs/2605.00001",
        "noreferrer",
        "Alpha caches on arXiv ↗",
    )


@pytest.mark.parametrize("path", ["/search?q=alpha", "/search/similar", "/searches", "/searches/1"])
def test_search_stands_in_the_navigation(reader, saved, path):
    tree = parsed(reader.get(path))
    for nav in tree.xpath("//nav[contains(@class,'nav')][@aria-label]")[:2]:
        (one,) = nav.xpath(".//a[text()='Search']")
        assert (one.get("href"), one.get("aria-current")) == ("/search", "page")


def test_what_was_not_understood_is_said_beside_the_language(reader):
    tree = parsed(reader.get("/search?q=sage:x"), 422)
    assert "Unknown field 'sage'; did you mean stage?" in said(tree).replace("unknown", "Unknown")
    assert tree.xpath("//input[@id='q']/@value") == ["sage:x"]
    assert tree.xpath("//section[@id='language']//a")


def test_a_text_too_long_for_a_query_can_be_looked_for_otherwise(reader):
    text = "We prune caches. " * 80
    for headers in ({}, PART):
        tree = parsed(reader.get("/search", params={"q": text}, headers=headers), 422)
        address = tree.xpath("//a[text()='Find papers like this text']/@href")[0]
        assert parse_qs(urlsplit(address).query)["text"] == [text.strip()]
        assert reader.get("/search?q=" + "x" * 9000, headers=headers).status_code == 422


def test_every_example_can_be_asked(reader):
    tree = parsed(reader.get("/search"))
    examples = tree.xpath("//ul[contains(@class,'examples')]//a | //section[@id='language']//a")
    assert len(examples) > 15
    for one in examples:
        asked = parse_qs(urlsplit(one.get("href")).query)["q"]
        assert asked == [one.text]
        parse(one.text, taxonomy=load_taxonomy())
    assert not tree.xpath("//li[@class='hit']")


def test_nothing_found_says_where_else_to_look(reader):
    tree = parsed(reader.get("/search?q=zebra"))
    assert "Nothing is like that" in said(tree)
    assert tree.xpath("//a[text()='among everything that is stored']/@href") == [
        "/search?q=zebra&scope=everything"
    ]
    assert "among everything" not in reader.get("/search?q=zebra&scope=everything").text


def test_hostile_text_stays_text(reader):
    for path in (
        "/search?q=script",
        "/search/similar?to=2605.00001",
        "/search/similar?text=<script>",
        "/search?q=<script>alert(1)</script>",
        '/search?q="><script>alert(1)</script> stage:<b>',
    ):
        answer = reader.get(path, headers={})
        assert "<script>alert" not in answer.text
        assert "<b>" not in answer.text
        assert "49" not in said(html.document_fromstring(answer.text)).split()


@pytest.mark.parametrize(
    "path", ["/search?q=alpha", "/search/similar?to=2605.00001", "/searches/1"]
)
def test_while_the_index_is_made_the_pages_say_so(reader, searcher, saved, path):
    searcher.building = (1200, 4800)
    tree = parsed(reader.get(path))
    assert "1,200 of 4,800 papers" in said(tree)
    if path.startswith("/search?"):
        part = html.fromstring(reader.get(path, headers=PART).text)
        assert part.get("data-again") == "2"
    assert reader.get("/searches").status_code == 200


def test_papers_like_papers_and_like_a_text(reader):
    tree = parsed(reader.get("/search/similar?to=2605.00001&to=2607.00005&scope=everything"))
    assert tree.xpath("//ul[contains(@class,'alike-sources')]//input/@value") == [
        "2605.00001",
        "2607.00005",
    ]
    less = tree.xpath("//a[@class='alike-less']/@href")
    assert less[0] == "/search/similar?to=2607.00005&scope=everything"
    near = tree.xpath("//li[@class='hit']//h2/a/@href")
    assert len(near) > 5
    assert "/papers/2605.00001" not in near
    like_text = parsed(reader.get("/search/similar", params={"text": "alpha caches in few bits"}))
    assert len(like_text.xpath("//li[@class='hit']")) == 2
    assert like_text.xpath("//textarea/text()")[0].strip() == "alpha caches in few bits"
    assert "is not in the index" in said(parsed(reader.get("/search/similar?to=1.1"), 404))


def test_a_papers_page_asks_for_similar_ones(reader):
    tree = parsed(reader.get("/papers/2605.00001"))
    address = tree.xpath("//*[@hx-trigger='load']/@hx-get")[0]
    part = reader.get(address, headers=PART)
    assert "<html" not in part.text
    assert 1 <= len(html.fromstring(part.text).xpath("//li")) <= 25
    assert tree.xpath("//a[text()='Papers like this']/@href") == [address]


def test_a_search_is_saved_renamed_and_deleted(reader, saved):
    made = reader.post(
        "/searches", data={"name": "Mine", "query": "frugal", "scope": "everything", "digest": "on"}
    )
    assert made.status_code == 303
    mine = next(one for one in saved.of(PEOPLE["reader"]) if one.name == "Mine")
    assert (mine.query, mine.scope, mine.digest) == ("frugal", "everything", True)
    reader.post(f"/searches/{mine.id}", data={"name": "Ours"})
    mine = saved.one(PEOPLE["reader"], mine.id)
    assert (mine.name, mine.digest) == ("Ours", False)
    reader.post(f"/searches/{mine.id}/delete")
    assert [one.name for one in saved.of(PEOPLE["reader"])] == ["Caches <b>"]


def test_what_cannot_be_saved_can_be_put_right(reader, saved):
    twice = {"name": "Caches <b>", "query": "frugal", "scope": "library"}
    tree = parsed(reader.post("/searches", data=twice), 422)
    assert "already" in said(tree.xpath("//*[@role='alert']")[0])
    assert tree.xpath("//*[@role='alert']//input[@name='query']/@value") == ["frugal"]
    wrong = {"name": "x", "query": "sage:x"}
    assert "unknown field" in said(parsed(reader.post("/searches", data=wrong), 422))
    assert "<b>" not in reader.get("/searches").text


def test_nobody_reaches_the_searches_of_others(reader, saved, client_as):
    other = client_as("reviewer")
    for way in ("", "/seen", "/feed", "/delete"):
        assert other.post(f"/searches/1{way}", data={"name": "x"}).status_code == 404
    for number in ("1", "0", "-3", "99999999999999999999"):
        assert other.get(f"/searches/{number}").status_code in (404, 422)
    assert "Caches" not in other.get("/searches").text
    assert len(saved.of(PEOPLE["reader"])) == 1


def test_news_stay_new_until_they_are_seen(reader, saved, sqlite_store, fake_clock):
    from litmine.store.saved_searches import update_search

    def counted():
        return said(parsed(reader.get("/searches")).xpath("//h2")[0])

    assert counted().endswith("nothing new")
    with sqlite_store.write() as connection:
        told_at = fake_clock.now() - timedelta(days=9000)
        update_search(connection, PEOPLE["reader"], 1, told_at=told_at)
    assert counted().endswith("2 new")
    tree = parsed(reader.get("/searches/1"))
    assert [said(one) for one in tree.xpath("//span[@class='chip new']")] == ["new", "new"]
    assert counted().endswith("2 new")
    assert reader.post("/searches/1/seen").headers["location"] == "/searches"
    assert counted().endswith("nothing new")
    assert "Nothing new" in said(parsed(reader.get("/searches/1")))


@pytest.fixture
def feed(saved, client_as):
    def read(**headers):
        key = saved.of(PEOPLE["reader"])[0].feed_key
        return client_as(None).get(f"/feeds/searches/{key}.atom", headers=headers)

    return read


def test_a_feed_is_valid_atom_for_anybody_who_has_its_address(feed):
    answer = feed()
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/atom+xml")
    root = etree.fromstring(answer.content)
    assert root.findtext("a:title", namespaces=ATOM) == "Caches <b> · litmine"
    entries = root.findall("a:entry", ATOM)
    assert {one.findtext("a:id", namespaces=ATOM) for one in entries} == {
        "https://arxiv.org/abs/2605.00001",
        "https://arxiv.org/abs/2607.00005",
    }
    for element in (root, *entries):
        for name in ("id", "title", "updated", "author/a:name"):
            assert element.findtext(f"a:{name}", namespaces=ATOM)
        moment = element.findtext("a:updated", namespaces=ATOM)
        assert datetime.fromisoformat(moment).tzinfo is not None
        assert element.findall("a:link[@rel='alternate']", ATOM)
    assert feed().content == answer.content


def test_a_feed_is_sent_again_only_when_it_has_changed(feed, saved):
    first = feed()
    tag, moment = first.headers["etag"], first.headers["last-modified"]
    for known in (
        {"If-None-Match": tag},
        {"If-None-Match": f"W/{tag}"},
        {"If-Modified-Since": moment},
    ):
        again = feed(**known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    for other in (
        {"If-None-Match": '"x"', "If-Modified-Since": moment},
        {"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"},
        {"If-Modified-Since": "yesterday"},
    ):
        assert feed(**other).status_code == 200
    saved.change(PEOPLE["reader"], 1, name="Another name")
    assert feed(**{"If-None-Match": tag}).status_code == 200


def test_a_new_address_ends_the_old_one_and_keeps_the_feeds_id(feed, saved, reader, client_as):
    before = etree.fromstring(feed().content).findtext("a:id", namespaces=ATOM)
    old = saved.of(PEOPLE["reader"])[0].feed_key
    assert reader.post("/searches/1/feed").status_code == 303
    assert client_as(None).get(f"/feeds/searches/{old}.atom").status_code == 404
    assert etree.fromstring(feed().content).findtext("a:id", namespaces=ATOM) == before


def test_a_feed_waits_for_the_index(feed, searcher):
    searcher.building = (1, 2)
    assert (feed().status_code, feed().headers["retry-after"]) == (503, "60")


def test_the_key_of_a_feed_is_not_logged(feed, saved, capsys):
    feed()
    told = capsys.readouterr().err
    assert "path=/feeds/searches/***" in told
    assert saved.of(PEOPLE["reader"])[0].feed_key not in told


def test_atom_holds_any_text():
    hostile = f"{HOSTILE} ]]> \x00\x0b\ud800 \N{GRINNING FACE}"
    now = datetime(2026, 7, 1, 3, 4, 5, tzinfo=UTC)
    entry = Entry("urn:1", hostile, now, [("alternate", "text/html", hostile)], now, [hostile, ""])
    root = etree.fromstring(atom(Feed("urn:0", hostile, now, (), [entry], hostile)))
    title = root.findtext("a:entry/a:title", namespaces=ATOM)
    assert title == f"{HOSTILE} ]]>  \N{GRINNING FACE}"
    assert not [one for one in root.iter() if "script" in str(one.tag)]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("stage:inference kv", ["stage:inference"]),
        ("Stages:Inference", ["Stages:Inference"]),
        ("stages:inf", ["stages:inf"]),
        ('author:"le cun",bengio -cat:cs.LG', ['author:"le cun",bengio', "-cat:cs.LG"]),
        ("http://x 10:30 FlashAttention: fast sage:x", []),
        ('"a phrase with stage:inference in it" year:2025..', ["year:2025.."]),
        ("stage: inference", []),
    ],
)
def test_fields_are_found_where_they_are_fields(text, written):
    fields = fields_of(text)
    assert [text[one.start : one.end] for one in fields] == written
    for one in fields:
        rest = Ask(text, "everything", 3).without(one)
        assert text[one.start : one.end] not in rest.text
        assert (rest.page, rest.scope) == (1, "everything")


def test_every_filter_offered_is_understood_and_can_be_taken_back():
    ask = Ask("kv & cache", "everything", 2)
    facets = Facets(
        stages=(Count("inference", "Inference", 7),),
        cells=(Count("inference/memory", "x", 5),),
        techniques=(Count("kv-cache", "Caches", 1200),),
        years=(Count("2026", "2026", 3),),
        states=(Count("pending", "pending", 2),),
    )
    panel = found(ask, Answer(ask.text, ask.scope, facets=facets)).panel
    offered = [panel.rows[3][0], panel.rows[3][1][1], *panel.techniques, *panel.years]
    offered += panel.states
    for one in offered:
        asked = parse_qs(urlsplit(one.address).query)
        assert asked["scope"] == ["everything"]
        assert "page" not in asked
        narrower = Ask(asked["q"][0], "everything")
        assert len(fields_of(narrower.text)) == 1
        again = found(narrower, Answer(narrower.text, ask.scope, facets=facets)).panel
        chosen = [one for _, cells in again.rows for one in cells if one.chosen]
        chosen += [one for one, _ in again.rows if one.chosen]
        chosen += [*again.techniques, *again.years, *again.states]
        assert [one.address for one in chosen if one.chosen] == [ask.on_page(1).address]
    assert panel.techniques[0].number == "1,200"


def test_marks_keep_formulas_whole():
    text = "Fast $O(n^2)$ caches"
    assert str(highlight(text, ((0, 4), (6, 8), (14, 20)))) == (
        "<mark>Fast</mark> <i>O</i>(<i>n</i><sup>2</sup>) <mark>caches</mark>"
    )
    assert str(highlight("<b>", ((0, 3), (1, 2), (2, 99)))) == "<mark>&lt;b&gt;</mark>"
    assert str(highlight("abc", ((2, 9), (5, 7)))) == "ab<mark>c</mark>"


def test_a_cut_sentence_says_that_it_is_cut(searcher):
    hit = searcher.search("alpha").hits[0]
    cut = replace(hit, snippet=Snippet("a cache of", 3, 13, ((2, 7),)))
    assert str(shown([cut])[0].sentence) == "… a <mark>cache</mark> of …"
    bare = replace(hit, abstract="", snippet=None)
    assert shown([bare])[0].address == hit.url
