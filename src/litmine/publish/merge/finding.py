"""Which of the approved papers stand in a list already, and what is odd about how they stand."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from litmine.core.latex import to_unicode
from litmine.publish.entry import ListEntry
from litmine.publish.merge.document import Document, Row
from litmine.publish.merge.identity import squeeze, visible
from litmine.publish.merge.order import mark_of
from litmine.publish.merge.place import Placer
from litmine.publish.merge.report import Conflict, Present
from litmine.publish.merge.writers import date_column

__all__ = ["Finder"]

# A title this long is that paper wherever it stands in a line; a shorter one must stand alone.
_LONG = 25
# Two papers may have the same short title; with this many letters it is the same paper.
_TELLING = 20
_SEED = 12
_NEAR = 0.9
_PLACES = {"row": 0, "item": 0, "html": 0, "text": 1, "code": 2, "comment": 3}


class Finder:
    """Looks papers up in a document: by arXiv id, by DOI, by title.

    Parameters
    ----------
    document : Document
    entries : sequence of ListEntry
        All approved papers: a line that names one of them by its id stands for no other.
    """

    def __init__(self, document: Document, entries: Sequence[ListEntry]) -> None:
        self._document = document
        self._entries = {entry.arxiv_id: entry for entry in entries}
        self._titles = {entry.arxiv_id: _titles(entry) for entry in entries}
        self._by_id: dict[str, list[Row]] = defaultdict(list)
        self._by_doi: dict[str, list[Row]] = defaultdict(list)
        self._by_title: dict[str, list[Row]] = defaultdict(list)
        self._inside: dict[str, list[Row]] = defaultdict(list)
        seeds: dict[str, set[str]] = defaultdict(set)
        for titles in self._titles.values():
            for title in titles:
                if len(title) >= _LONG:
                    seeds[title[:_SEED]].add(title)
        for row in document.rows:
            keys = row.keys
            for arxiv_id in keys.ids:
                self._by_id[arxiv_id].append(row)
            for doi in keys.dois:
                self._by_doi[doi].append(row)
            for title in keys.titles:
                self._by_title[title].append(row)
            if not keys.ids:
                for title in _contained(keys.squeezed, seeds):
                    self._inside[title].append(row)

    # -- finding --------------------------------------------------------------------------------

    def find(self, entry: ListEntry) -> Present | None:
        """Give where a paper stands, the lines that list papers before those that mention them."""
        for by, rows in self._candidates(entry):
            if rows:
                best = min(rows, key=lambda row: (_PLACES[row.place], row.first))
                return Present(entry.arxiv_id, best.first + 1, by)
        return None

    @staticmethod
    def names(row: Row, entry: ListEntry) -> bool:
        """Tell whether a row names a paper."""
        if entry.arxiv_id in row.keys.ids:
            return True
        return any(t in row.keys.titles or t in row.keys.squeezed for t in _titles(entry))

    def _candidates(self, entry: ListEntry) -> Iterator[tuple[str, list[Row]]]:
        yield "arXiv id", self._by_id.get(entry.arxiv_id, [])
        if entry.doi:
            yield "DOI", self._free(self._by_doi.get(entry.doi.lower(), ()), entry)
        for title in self._titles[entry.arxiv_id]:
            rows = self._free(self._by_title.get(title, ()), entry)
            yield "title", [row for row in rows if not row.keys.ids or len(title) >= _TELLING]
            yield "title", self._inside.get(title, [])

    def _free(self, rows: Iterable[Row], entry: ListEntry) -> list[Row]:
        """Leave out the rows that stand for another approved paper."""
        return [
            row
            for row in rows
            if not any(i in self._entries and i != entry.arxiv_id for i in row.keys.ids)
        ]

    # -- what is odd ----------------------------------------------------------------------------

    def conflicts(
        self, present: Sequence[Present], missing: Sequence[ListEntry], placer: Placer
    ) -> list[Conflict]:
        """Tell on what the list and the approvals differ."""
        at: dict[int, list[Row]] = defaultdict(list)
        for row in self._document.rows:
            at[row.first].append(row)
        found: list[Conflict] = []
        for one in present:
            entry = self._entries[one.arxiv_id]
            rows = at[one.line - 1]
            row = next((row for row in rows if self.names(row, entry)), rows[0])
            found.extend(self._odd(one, entry, row, placer))
        found.extend(self._twice(present))
        found.extend(self._similar(missing))
        for text, lines in placer.doubles.items():
            message = f"the heading {text!r} stands there {len(lines)} times: the first one is used"
            found.append(Conflict("heading", None, lines, message))
        return sorted(found, key=lambda conflict: (conflict.lines, conflict.kind))

    def _odd(self, one: Present, entry: ListEntry, row: Row, placer: Placer) -> Iterator[Conflict]:
        def say(kind: str, message: str) -> Conflict:
            return Conflict(kind, entry.arxiv_id, (one.line,), message)

        if not row.lists:
            where = {"text": "in the text", "code": "in a code block", "comment": "in a comment"}
            kind = "mention" if row.place == "text" else "hidden"
            message = f"{entry.arxiv_id} stands only {where[row.place]}: it gets no line"
            yield say(kind, message)
            return
        if one.by != "arXiv id" and row.keys.ids:
            yield say(
                "id",
                f"the title is that of {entry.arxiv_id}, the link goes to {row.keys.ids[0]}",
            )
        if one.by == "arXiv id" and row.title and len(row.keys.ids) == 1:
            there = squeeze(visible(row.title))
            titles = self._titles[entry.arxiv_id]
            if there and there not in titles and not _akin(row.title, entry.plain_title):
                yield say("title", f"{entry.arxiv_id} has another title on arXiv: {entry.title}")
        yield from self._other_date(entry, row, one.line)
        target = placer.target(entry)
        here = self._document.node_at(row.first)
        if target.node is not None and here is not None:
            wanted = target.node
            inside = wanted.first <= here.first < wanted.end
            if not inside and not here.first <= wanted.first < here.end:
                yield say(
                    "section",
                    f"{entry.arxiv_id} stands under {here.text!r}, its cells say {wanted.text!r}",
                )
        elif target.missing and here is not None:
            yield say(
                "section",
                f"{entry.arxiv_id} stands under {here.text!r}, its cells say "
                f"{' > '.join(target.section.headings)!r}",
            )

    @staticmethod
    def _other_date(entry: ListEntry, row: Row, line: int) -> Iterator[Conflict]:
        container = row.container
        column = None if container is None or container.kind == "list" else date_column(container)
        day = mark_of(row, column).day if column is not None else None
        own = (entry.day.year, entry.day.month, entry.day.day)
        if day is not None and day != own[: len(day)]:
            said = "-".join(f"{part:02}" for part in day)
            yield Conflict(
                "date",
                entry.arxiv_id,
                (line,),
                f"{entry.arxiv_id} is dated {said}, on arXiv {entry.day.isoformat()}",
            )

    def _twice(self, present: Sequence[Present]) -> Iterator[Conflict]:
        """Papers with several lines: approved ones by any of their names, others by each."""
        groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for one in present:
            entry = self._entries[one.arxiv_id]
            groups["", one.arxiv_id] = [row for _, rows in self._candidates(entry) for row in rows]
        for row in self._document.rows:
            for kind, names in (("", row.keys.ids), ("DOI", row.keys.dois)):
                for name in names[:1]:
                    groups[kind, name].append(row)
            title = squeeze(visible(row.title))
            if len(title) >= _TELLING:
                groups["title", title].append(row)
        told: set[tuple[int, ...]] = set()
        for (kind, name), rows in groups.items():
            lines = tuple(sorted({row.first + 1 for row in rows if row.lists}))
            if len(lines) < 2 or lines in told:
                continue
            told.add(lines)
            what = f"{kind} {name}".strip()
            if kind == "title":
                what = f"the title {visible(rows[0].title)!r}"
            first = name if not kind else next((i for r in rows for i in r.keys.ids), None)
            yield Conflict("twice", first, lines, f"{what} stands there {len(lines)} times")

    def _similar(self, missing: Sequence[ListEntry]) -> Iterator[Conflict]:
        """Rows without an id whose title is nearly that of a paper that is missing."""
        nameless: dict[str, list[tuple[Row, frozenset[str]]]] = defaultdict(list)
        for row in self._document.rows:
            if row.lists and row.title and not row.keys.ids:
                words = _words(row.title)
                for word in words:
                    nameless[word].append((row, words))
        for entry in missing:
            words = _words(entry.plain_title)
            rare = sorted(words, key=lambda word: len(nameless.get(word, ())))
            rows = {row: other for word in rare[:6] for row, other in nameless.get(word, ())}
            for row, other in rows.items():
                if len(words & other) > 3 and _alike(row.title, entry.plain_title):
                    yield Conflict(
                        "similar",
                        entry.arxiv_id,
                        (row.first + 1,),
                        f"{entry.arxiv_id} was not found, but this title is nearly its own",
                    )


def _titles(entry: ListEntry) -> tuple[str, ...]:
    return _ways(entry.title)


@lru_cache(maxsize=20_000)
def _ways(title: str) -> tuple[str, ...]:
    """Give a title squeezed, as it is and as people who read it would type it."""
    plain = to_unicode(title)
    # A title that speaks of tags is typed with entities by those who know, and without by others.
    ways = (plain, title, html.escape(plain))
    return tuple(one for one in dict.fromkeys(map(squeeze, ways)) if one)


def _contained(text: str, seeds: dict[str, set[str]]) -> Iterator[str]:
    for start in range(len(text) - _LONG + 1):
        for title in seeds.get(text[start : start + _SEED], ()):
            if text.startswith(title, start):
                yield title


def _words(text: str) -> frozenset[str]:
    plain = re.sub(r"<[^>]*>", " ", visible(text).lower())
    return frozenset(re.findall(r"[a-z0-9]{3,}", plain))


def _alike(one: str, other: str) -> bool:
    match = SequenceMatcher(None, squeeze(visible(one)), squeeze(other), autojunk=False)
    return match.quick_ratio() >= _NEAR and match.ratio() >= _NEAR


def _akin(one: str, other: str) -> bool:
    a, b = _words(one), _words(other)
    if not a or not b:
        return True
    return len(a & b) >= 0.6 * min(len(a), len(b))
