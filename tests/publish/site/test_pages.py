"""Every page of the site: valid, whole, light, linked, and safe with strangers' texts."""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import pairwise
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

import pytest
from lxml import etree, html

from litmine.publish.site.cards import draw
from litmine.publish.site.model import SiteSettings
from tests.support.entries import HOSTILE
from tests.support.site import ADDRESS, invented, made

PAPERS = invented(130)
IDS = [paper.arxiv_id for paper in PAPERS]
RELATED = {one: tuple(IDS[n - 4 : n]) for n, one in enumerate(IDS) if n >= 4}
BUDGET = 200_000


@pytest.fixture(scope="module")
def site() -> Mapping[str, bytes]:
    return made(PAPERS, RELATED)


@pytest.fixture(scope="module")
def pages(site: Mapping[str, bytes]) -> dict[str, html.HtmlElement]:
    return {
        path: html.document_fromstring(data.decode())
        for path, data in site.items()
        if path.endswith(".html")
    }


def _links(path: str, page: html.HtmlElement) -> list[str]:
    return [
        str(link)
        for link in page.xpath("//@href | //@src | //@action")
        if not str(link).startswith(("http", "mailto:")) and path != "404.html"
    ]


def test_every_link_leads_somewhere(
    site: Mapping[str, bytes], pages: Mapping[str, html.HtmlElement]
) -> None:
    anchors = {path: set(page.xpath("//@id")) for path, page in pages.items()}
    for path, page in pages.items():
        for link in _links(path, page):
            parts = urlsplit(link)
            target = normpath(join(dirname(path), unquote(parts.path))) if parts.path else path
            assert target in site, f"{path} links to {link}"
            if parts.fragment and target.endswith(".html"):
                assert parts.fragment in anchors[target], f"{path} links to {link}"


def test_every_page_is_linked(pages: Mapping[str, html.HtmlElement]) -> None:
    reached, waiting = {"index.html"}, ["index.html"]
    while waiting:
        path = waiting.pop()
        for link in _links(path, pages[path]):
            target = normpath(join(dirname(path), unquote(urlsplit(link).path)))
            if target in pages and target not in reached:
                reached.add(target)
                waiting.append(target)
    assert set(pages) - reached == {"404.html"}


def test_links_of_the_page_for_lost_visitors_begin_at_the_root(site: Mapping[str, bytes]) -> None:
    page = html.document_fromstring(site["404.html"].decode())
    for link in page.xpath("//@href | //@action"):
        assert str(link).startswith(("/list/", "http", "#")), link
    alone = made(PAPERS[:1], settings=SiteSettings())["404.html"]
    assert b'href="static/site.css' in alone


def test_every_page_is_light(site: Mapping[str, bytes]) -> None:
    style = len(site["static/site.css"])
    assert style < 40_000
    for path, data in site.items():
        if path.endswith(".html") and path != "search.html":  # that one loads scripts and an index
            assert len(data) + style < BUDGET, f"{path}: {len(data) + style:,} bytes"


def test_long_titles_and_long_lists_of_authors_stay_light() -> None:
    authors = tuple(f"Author {n} of the Very Long Family Name" for n in range(3000))
    title = "Long words " * 27
    many = [
        replace(paper, authors=authors, title=title, published=date(2026, 7, 1))
        for paper in invented(40)
    ]
    for path, data in made(many).items():
        if path.endswith(".html"):
            assert len(data) < BUDGET - 40_000, f"{path}: {len(data):,} bytes"


def test_no_page_needs_a_script_a_style_of_its_own_or_anything_from_elsewhere(
    pages: Mapping[str, html.HtmlElement],
) -> None:
    for path, page in pages.items():
        assert not page.xpath("//style | //@style"), path
        assert not [name for node in page.iter() for name in node.attrib if name.startswith("on")]
        scripts = page.xpath("//script[not(@type='application/ld+json')]")
        assert path == "search.html" or not scripts, path
        assert all(script.get("src") and not script.text for script in scripts), path
        outside = page.xpath("//script/@src | //img/@src | //link[not(@rel='canonical')]/@href")
        assert not [link for link in outside if str(link).startswith(("http", "//"))], path
        policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        assert policy, path
        assert "default-src 'none'" in policy[0]
        assert "unsafe" not in policy[0]


def test_every_page_says_what_it_is(pages: Mapping[str, html.HtmlElement]) -> None:
    titles = set()
    for path, page in pages.items():
        assert len(page.xpath("//h1")) == 1, path
        assert page.xpath("string(//meta[@name='description']/@content)"), path
        titles.add(page.xpath("string(//title)"))
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids)), path
        levels = [int(node.tag[1]) for node in page.xpath("//h1 | //h2 | //h3 | //h4")]
        assert all(two <= one + 1 for one, two in pairwise(levels)), path
        if path != "404.html":
            address = ADDRESS + "/" + ("" if path == "index.html" else path)
            assert page.xpath("string(//link[@rel='canonical']/@href)") == address
            assert page.xpath("string(//meta[@property='og:url']/@content)") == address
    # Invented titles repeat; those of lists and periods do not.
    assert len(titles) > len(pages) - len(PAPERS)


def test_cards_exist(site: Mapping[str, bytes], pages: Mapping[str, html.HtmlElement]) -> None:
    for path, page in pages.items():
        card = page.xpath("string(//meta[@property='og:image']/@content)")
        assert card.startswith(ADDRESS + "/cards/"), path
        data = site[card.removeprefix(ADDRESS + "/")]
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        assert struct.unpack(">II", data[16:24]) == (1200, 630)


def test_a_card_is_a_picture_of_its_cells() -> None:
    data = draw([7] + [0] * 24, ["Inference ×", "Memory"], "Somebody's list")
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(
            kind + body
        )
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    raw = zlib.decompress(packed)
    assert len(raw) == 630 * 601
    rows: list[bytes] = []
    for start in range(0, len(raw), 601):  # undo filter 2: "as the row above, plus"
        row = raw[start + 1 : start + 601]
        rows.append(
            bytes((a + b) & 255 for a, b in zip(row, rows[-1], strict=True)) if raw[start] else row
        )
    colours = {value for row in rows for byte in row for value in (byte >> 4, byte & 15)}
    assert {0, 1, 2, 3, 10} <= colours  # ground, ink, soft ink, an empty cell, a full one


def test_machines_can_read_a_paper(pages: Mapping[str, html.HtmlElement]) -> None:
    paper = PAPERS[0]
    page = pages[f"papers/{paper.arxiv_id}.html"]
    data = json.loads(page.xpath("string(//script[@type='application/ld+json'])"))
    assert data["@type"] == "ScholarlyArticle"
    assert data["headline"] == paper.plain_title
    assert page.xpath("//meta[@name='citation_title']/@content") == [paper.plain_title]
    authors = page.xpath("//meta[@name='citation_author']/@content")
    assert len(authors) == len(paper.authors)
    assert f"@{'inproceedings'}{{" in page.xpath("string(//pre)")


def test_who_says_so_stands_on_the_page(pages: Mapping[str, html.HtmlElement]) -> None:
    said = {paper.arxiv_id: pages[f"papers/{paper.arxiv_id}.html"] for paper in PAPERS}
    for paper in PAPERS:
        verdict = said[paper.arxiv_id].xpath("string(//p[starts-with(@class, 'verdict')])")
        if paper.approval is None:
            assert verdict.startswith("Labelled under the codebook")
        else:
            day = paper.approval.decided_at
            assert verdict.startswith(f"Approved by a reviewer, {day.day} {day:%b %Y}")


def test_approvals_by_rule_say_so() -> None:
    paper = PAPERS[0]
    assert paper.approval is not None
    ruled = replace(paper, approval=replace(paper.approval, reviewer="rule:auto-approve"))
    files = made([ruled, PAPERS[1]])
    page = files[f"papers/{paper.arxiv_id}.html"].decode()
    assert "Approved by a rule" in page
    assert "approved by rule" in files["index.html"].decode()


def test_matrix_counts_are_those_of_the_lists(pages: Mapping[str, html.HtmlElement]) -> None:
    cells = pages["index.html"].xpath("//table[@class='matrix']//tbody//td/a")
    for link in cells:
        count = int(link.xpath("string(span[@class='count'])").replace(",", ""))
        page = pages[link.get("href")]
        shown = page.xpath("string(//p[@class='stats']//b)").replace(",", "")
        assert int(shown) == count, link.get("href")


def test_strangers_texts_are_texts() -> None:
    attack = f"<script>alert(1)</script></title>\"'><img src=x onerror=alert(1)> {HOSTILE}"
    papers = [
        replace(
            paper,
            title=attack,
            abstract=attack,
            authors=(attack, "B"),
            venue=attack,
            categories=(attack,),
            keywords=(attack,),
            doi="10.1/" + attack,
            url="javascript:alert(1)",
        )
        for paper in invented(3)
    ]
    calm = made(invented(3), settings=SiteSettings(title="Calm", url=ADDRESS))
    wild = made(papers, settings=SiteSettings(title=attack, url=ADDRESS))
    for path, data in wild.items():
        if not path.endswith(".html"):
            continue
        page = html.document_fromstring(data.decode())
        for element in ("script", "img", "svg", "title"):
            same = html.document_fromstring(calm[path].decode())
            assert len(page.xpath(f"//{element}")) == len(same.xpath(f"//{element}")), path
        assert not [name for node in page.iter() for name in node.attrib if name.startswith("on")]
        assert not [link for link in page.xpath("//@href") if "javascript" in str(link)[:20]]
        for script in page.xpath("//script[@type='application/ld+json']"):
            json.loads(script.text)
    for path, data in wild.items():
        if path.endswith((".atom", ".xml")):
            etree.fromstring(data)


def test_the_site_map_names_every_page_once(site: Mapping[str, bytes]) -> None:
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    told = etree.fromstring(site["sitemap.xml"]).xpath("//s:loc/text()", namespaces=space)
    assert len(told) == len(set(told))
    paths = {one.removeprefix(ADDRESS + "/") or "index.html" for one in told}
    assert paths == {path for path in site if path.endswith(".html")} - {"404.html"}
    assert f"Sitemap: {ADDRESS}/sitemap.xml".encode() in site["robots.txt"]


def test_feeds_lead_to_the_pages(site: Mapping[str, bytes]) -> None:
    space = {"a": "http://www.w3.org/2005/Atom"}
    feeds = [path for path in site if path.endswith(".atom")]
    assert len(feeds) == 1 + 5 + 5 + 25 + 33
    names = set()
    for path in feeds:
        feed = etree.fromstring(site[path])
        names.add(feed.findtext("a:id", namespaces=space))
        assert feed.xpath("a:link[@rel='self']/@href", namespaces=space) == [f"{ADDRESS}/{path}"]
        for link in feed.xpath("a:entry/a:link[@rel='related']/@href", namespaces=space):
            assert str(link).removeprefix(ADDRESS + "/") in site
    assert len(names) == len(feeds)


def test_a_style_sheet_names_no_colour_outside_its_tokens(site: Mapping[str, bytes]) -> None:
    rules = re.sub(r":root\s*\{[^}]*\}", "", site["static/site.css"].decode())
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;}])", rules)
