"""What must hold of every merge, judged without the merge's own reading of a list."""

from __future__ import annotations

import html
import re
import unicodedata
from html.parser import HTMLParser

from markdown_it import MarkdownIt

from litmine.publish.entry import ListEntry
from litmine.publish.merge import MergeResult

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


def lines_of(text: str) -> list[str]:
    """Lines with what ends them."""
    return _LINE.findall(text)


def new_lines(before: str, after: str) -> list[str] | None:
    """The lines that `after` has more; None if `before` is not all there, in order, byte for byte.

    A last line without an end may have got one: something stands after it now.
    """
    old, new = lines_of(before), lines_of(after)
    if before.startswith("\ufeff"):
        if not after.startswith("\ufeff"):
            return None
        old, new = lines_of(before[1:]), lines_of(after[1:])
    more = []
    position = 0
    for line in new:
        if (position < len(old) and line == old[position]) or (
            position == len(old) - 1
            and not old[-1].endswith(("\n", "\r"))
            and (line.rstrip("\r\n") == old[-1] and line != old[-1])
        ):
            position += 1
        else:
            more.append(line)
    return more if position == len(old) else None


_END = r"(?:\r\n|\r|\n)"
_FRONT_LINE = rf"(?:(?:[\w-]+[ \t]*:|[ \t#-])[^\r\n]*{_END}|{_END})"
_FRONT_MATTER = re.compile(rf"\A---[ \t]*{_END}{_FRONT_LINE}*?(?:---[ \t]*|\.\.\.\s*)(?=[\r\n]|\Z)")


class _Shown(HTMLParser):
    """Links, headings and code as GitHub would show them: it takes scripts and styles out."""

    CDATA_CONTENT_ELEMENTS = ()

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[tuple[str, str]] = []
        self.headings: list[str] = []
        self.code: list[str] = []
        self.stack: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"p", "pre", "table", "ul", "ol", "div", "blockquote"} or re.fullmatch(
            "h[1-6]", tag
        ):
            # A heading that was never closed ends where the next block begins.
            self.stack = [one for one in self.stack if not re.fullmatch("h[1-6]", one)]
        if tag in {"pre", "code", "table", "td", "th", "tr", "li", "blockquote"}:
            self.stack.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.stack.append(tag)
            self.headings.append(tag + " ")
        if tag == "a":
            href = dict(attrs).get("href")
            if href:
                self.links.append((href, " ".join(self.stack)))

    def handle_endtag(self, tag: str) -> None:
        if tag in self.stack:
            while self.stack and self.stack.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "pre" in self.stack:
            self.code.append(data)
        elif self.stack and re.fullmatch("h[1-6]", self.stack[-1]):
            self.headings[-1] += data
        self.text.append(data)


def shown(text: str) -> _Shown:
    """Render a list as GitHub does, and read the outcome."""
    body = _FRONT_MATTER.sub("", text.removeprefix("\ufeff"))
    page = MarkdownIt("commonmark", {"maxNesting": 10_000}).enable("table").render(body)
    reader = _Shown()
    reader.feed(page)
    reader.close()
    reader.headings = [" ".join(heading.split()) for heading in reader.headings]
    return reader


def squeezed(text: str) -> str:
    """Letters and digits alone."""
    plain = unicodedata.normalize("NFKD", html.unescape(text)).casefold()
    return "".join(c for c in plain if c.isalnum())


def in_order(part: list[str], whole: list[str]) -> bool:
    """Whether one list can be had from another by leaving things out."""
    rest = iter(whole)
    return all(item in rest for item in part)


def judge(result: MergeResult, again: MergeResult, entries: list[ListEntry]) -> None:
    """Assert everything that must hold of a merge and of merging once more."""
    before, after = result.before, result.text
    more = new_lines(before, after)
    assert more is not None, "a line of a person was lost or changed"
    assert again.text == after, "merging again changed something"
    assert not again.added
    # Every approved paper is accounted for, once.
    ids = [e.arxiv_id for e in entries]
    told = [a.arxiv_id for a in result.added] + [p.arxiv_id for p in result.present]
    assert sorted([*told, *result.withheld]) == sorted(ids)
    assert {p.arxiv_id for p in again.present} == set(told)
    by_id = {e.arxiv_id: e for e in entries}
    new = {line: lines_of(after)[line.line - 1] for line in result.added}
    assert len({a.line for a in result.added}) == len(result.added)
    for one, line in new.items():
        assert by_id[one.arxiv_id].url in html.unescape(line), "the line is not where it is said"
    # One approval is one line: all other new lines are frames of new tables and headings.
    rows = [line for line in more if "arxiv.org/abs/" in line]
    assert len(rows) == len(result.added)
    for line in more:
        if line not in rows and line.strip():
            assert re.match(r"#{1,6} |\|?[\s:|-]+\|?\s*$|[^|]*\|", line), line
    # What was not there was added, what was there was not.
    plain = squeezed(before)
    added = {a.arxiv_id for a in result.added}
    for entry in entries:
        named = entry.arxiv_id in before
        titled = squeezed(entry.plain_title) in plain
        if not named and not titled and not (entry.doi and entry.doi.split("/")[1] in before):
            assert entry.arxiv_id in added, "a paper that is not there was not added"
        if f"arxiv.org/abs/{entry.arxiv_id})" in before:
            assert entry.arxiv_id not in added, "a paper that is there was added again"
        if entry.arxiv_id in added:
            assert sum(entry.url in line for line in more) == 1
    _judge_pages(result, by_id)


def _judge_pages(result: MergeResult, by_id: dict[str, ListEntry]) -> None:
    """Compare the pages: new links are seen, and what was seen before is seen as before."""
    old, new = shown(result.before), shown(result.text)
    seen = [href for href, _ in new.links]
    for one in result.added:
        url = by_id[one.arxiv_id].url
        assert seen.count(url) > [h for h, _ in old.links].count(url), f"{url} is not shown"
        where = next(w for h, w in reversed(new.links) if h == url)
        assert "pre" not in where
    # A code block in a list that is never closed ends with the list, and may get a blank line.
    assert "".join(old.code).split() == "".join(new.code).split(), "code was changed"
    assert in_order(old.headings, new.headings), "a heading was changed"
    assert in_order([h for h, _ in old.links], seen), "a link was lost"
