"""The columns of a table of papers, recognised by their headers, and cells written like theirs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from litmine.publish.merge.identity import squeeze

__all__ = [
    "CellStyle",
    "PipeStyle",
    "cell_style",
    "fill",
    "kinds_of",
    "link_label",
    "pipe_style",
    "prefix_of",
    "split_cells",
    "stands_alone",
    "write_row",
]

_EXACT = {
    "date": "date year time month published publishdate publicationdate publicationyear pubdate "
    "pubyear releasedate released release when yearmonth submitted 年份 日期 时间",
    "keywords": "keyword keywords tag tags topic topics category categories type technique "
    "techniques area keywordtag method methods 关键词",
    "title": "title titles papertitle paper papers papername titleauthors article work "
    "titleandauthors titlelinks paperandlink 标题 论文",
    "venue": "venue venues conference conferences journal publishedin publishedat publication "
    "pub publisher proceedings source where conferencejournal venueyear conf 会议",
    "link": "link links url urls pdf arxiv paperlink paperurl arxivlink href 链接",
    "id": "arxivid",
    "authors": "author authors 作者",
    "stage": "stage stages",
    "resource": "resource resources",
}
_KIND = {word: kind for kind, words in _EXACT.items() for word in words.split()}
_LONGEST_HEADER = 30
# For headers of several words: the first of these that they hold.
_PART = (
    ("title", "title"),
    ("date", "date"),
    ("year", "date"),
    ("venue", "venue"),
    ("conference", "venue"),
    ("keyword", "keywords"),
    ("author", "authors"),
    ("paperlink", "link"),
    ("arxivid", "id"),
)


def split_cells(line: str) -> tuple[str, ...]:
    """Cut a row at the pipes that are not escaped, as GitHub does; cells come stripped."""
    text = line.strip(" \t")
    cells: list[str] = []
    cell = ""
    position = 0
    while position < len(text):
        character = text[position]
        if character == "\\" and position + 1 < len(text):
            cell += text[position : position + 2]
            position += 2
            continue
        if character == "|":
            cells.append(cell.strip(" \t"))
            cell = ""
        else:
            cell += character
        position += 1
    cells.append(cell.strip(" \t"))
    if text.startswith("|"):
        cells = cells[1:]
    if len(cells) > 1 and not cells[-1] and text.endswith("|"):
        cells.pop()
    return tuple(cells)


def kinds_of(header: Sequence[str], rows: Iterable[Sequence[str]] = ()) -> tuple[str, ...] | None:
    """Tell what each column holds; None where no column holds the papers.

    Returns
    -------
    tuple of str or None
        ``date``, ``keywords``, ``title``, ``venue``, ``link``, ``id``, ``authors``, ``stage``,
        ``resource``, or the empty string for a column that is left to people. Each kind once.
    """
    kinds = [_kind(cell) for cell in header]
    plain = [squeeze(cell) for cell in header]
    titles = [number for number, kind in enumerate(kinds) if kind == "title"]
    if len(titles) > 1:
        # "Title | Paper": the second one holds the link.
        named = [number for number in titles if "title" in plain[number]] or titles[:1]
        for number in titles:
            if number != named[0]:
                kinds[number] = "link" if plain[number] in {"paper", "papers", "article"} else ""
    elif not titles:
        linked = _column_of_links(len(header), rows)
        if linked is None:
            return None
        kinds[linked] = "title"
    seen: set[str] = set()
    for number, kind in enumerate(kinds):
        if kind in seen:
            kinds[number] = ""
        seen.add(kind)
    return tuple(kinds)


def _kind(header: str) -> str:
    plain = squeeze(header)
    if len(plain) > _LONGEST_HEADER:
        return ""  # a row that stands where a header should
    if plain in _KIND:
        return _KIND[plain]
    return next((kind for part, kind in _PART if part in plain), "")


def _column_of_links(width: int, rows: Iterable[Sequence[str]]) -> int | None:
    """Find the column in which most rows have a link to a paper with words for a title."""
    total = 0
    linked: Counter[int] = Counter()
    for row in rows:
        total += 1
        for number, cell in enumerate(row[:width]):
            if re.search(r"\[[^\]]{12,}\]\(https?://", cell):
                linked[number] += 1
    best = linked.most_common(1)
    return best[0][0] if best and best[0][1] * 2 > total else None


@dataclass(frozen=True, slots=True)
class PipeStyle:
    """How the rows of a table are drawn.

    Attributes
    ----------
    prefix : str
        What stands before every row: indentation, marks of a quotation.
    leading, trailing : bool
        Whether rows begin and end with a pipe.
    pad : str
        Between pipe and cell.
    widths : tuple of int
        Cells are filled up to these; empty where the table is not aligned.
    """

    prefix: str = ""
    leading: bool = True
    trailing: bool = True
    pad: str = " "
    widths: tuple[int, ...] = ()


def prefix_of(line: str) -> str:
    """Give the indentation and quotation marks before a row."""
    found = re.match(r"[ \t>]*", line)
    return found[0] if found else ""


def pipe_style(rows: Sequence[str], header: str, delimiter: str | None) -> PipeStyle:
    """See how most rows of a table are drawn; the header tells where there are no rows."""
    drawn = list(rows) or [header]
    bodies = [line[len(prefix_of(line)) :].rstrip(" \t") for line in drawn]
    frame = delimiter if delimiter is not None else drawn[-1]
    leading = _most(body.startswith("|") for body in bodies)
    trailing = _most(body.endswith("|") for body in bodies)
    pad = " " if _most("| " in body or " |" in body for body in bodies) else ""
    return PipeStyle(prefix_of(frame), leading, trailing, pad, _widths([header, *rows]))


def _widths(lines: Sequence[str]) -> tuple[int, ...]:
    # Aligned means: at least three lines whose pipes stand in the same places.
    places = {tuple(m.start() for m in re.finditer(r"\|", line)) for line in lines}
    if len(lines) < 3 or len(places) != 1:
        return ()
    at = next(iter(places))
    return tuple(after - before - 3 for before, after in pairwise(at))


def _most(flags: Iterable[bool]) -> bool:
    seen = Counter(flags)
    return seen[True] >= seen[False]


def write_row(cells: Sequence[str], style: PipeStyle) -> str:
    """Draw a row."""
    if style.widths:
        cells = [
            cell.ljust(width) for cell, width in zip(cells, style.widths, strict=False)
        ] + list(cells[len(style.widths) :])
    # A row without its first pipe must not look like the start of something else.
    leading = style.leading or len(cells) < 2 or not re.match(r"[A-Za-z\[]|\d{4}\b", cells[0])
    trailing = style.trailing or len(cells) < 2 or not cells[-1].strip()
    parts = []
    for number, cell in enumerate(cells):
        before = style.pad if number or leading else ""
        after = style.pad or (" " if cell.endswith("\\") else "")
        parts.append(before + cell + after)
    body = "|".join(parts)
    text = ("|" if leading else "") + body + ("|" if trailing else "")
    return style.prefix + text.rstrip(" ")


@dataclass(frozen=True, slots=True)
class CellStyle:
    """A way to write the paper's cell: a frame with ``{title}`` and ``{url}`` in it."""

    frame: str = "[{title}]({url})"

    @property
    def linked(self) -> bool:
        """Whether the cell holds the link."""
        return "{url}" in self.frame

    def write(self, title: str, url: str) -> str:
        """Fill the frame."""
        return self.frame.replace("{url}", url).replace("{title}", title)


_URL = r"\(<?https?://[^\s()]*(?:\([^\s()]*\)[^\s()]*)*>?(?: \"[^\"]*\")?\)"
_TEXT = r"(?:[^\[\]]|\[[^\[\]]*\])+?"
_FRAMES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), frame)
    for pattern, frame in (
        (rf"\*\*\[{_TEXT}\]{_URL}\*\*", "**[{title}]({url})**"),
        (rf"\[\*\*{_TEXT}\*\*\]{_URL}", "[**{title}**]({url})"),
        (rf"\*\[{_TEXT}\]{_URL}\*(?!\*)", "*[{title}]({url})*"),
        (rf"\[{_TEXT}\]{_URL}", "[{title}]({url})"),
    )
)
_LABEL = rf"(?P<shown>\[\[[A-Za-z: ]{{2,16}}\]\]|\[[A-Za-z: ]{{2,16}}\]){_URL}"
_LABELLED = re.compile(
    rf"(?P<bold>\*\*)?[^\[\]*|]{{8,}}?(?(bold)\*\*)(?P<gap>[ ,:.]*(?:<br ?/?>)? ?){_LABEL}"
)
_HTML_LINK = re.compile(r"<a href=[\"']?https?://[^>]*>(?!<)", re.IGNORECASE)


def cell_style(cells: Iterable[str], *, linked_elsewhere: bool) -> CellStyle:
    """See how most cells of papers are written; a plain link where they tell nothing.

    Parameters
    ----------
    cells : iterable of str
    linked_elsewhere : bool
        Another column holds the link, so that a bare title will do.
    """
    seen: Counter[str] = Counter(frame for cell in cells if (frame := _frame(cell)))
    for frame, _ in seen.most_common():
        if "{url}" in frame or linked_elsewhere:
            return CellStyle(frame)
    return CellStyle("{title}" if linked_elsewhere else "[{title}]({url})")


def _frame(cell: str) -> str | None:
    for pattern, frame in _FRAMES:
        if pattern.match(cell):
            return frame
    labelled = _LABELLED.match(cell)
    if labelled:
        bold = labelled["bold"] or ""
        return f"{bold}{{title}}{bold}{labelled['gap'] or ' '}{labelled['shown']}({{url}})"
    if _HTML_LINK.match(cell):
        return '<a href="{url}">{title}</a>'
    if re.fullmatch(r"\*\*[^*]+\*\*", cell):
        return "**{title}**"
    return "{title}" if len(cell) > 8 and "](" not in cell and "<" not in cell else None


def link_label(cells: Iterable[str], *, linked_elsewhere: bool) -> str:
    """Give the frame of a column of links, such as ``[PDF]({url})``.

    A column that is empty although the titles are links, too, stays empty.
    """
    labels: Counter[str] = Counter()
    for cell in cells:
        found = re.match(_LABEL, cell)
        if found:
            labels[f"{found['shown']}({{url}})"] += 1
        elif re.fullmatch(r"<https?://[^<>\s]+>", cell):
            labels["<{url}>"] += 1
        elif re.fullmatch(r"https?://\S+", cell):
            labels["{url}"] += 1
    if labels:
        return labels.most_common(1)[0][0]
    return "" if linked_elsewhere else "[Link]({url})"


def fill(kinds: Sequence[str], values: Mapping[str, Callable[[], str]]) -> list[str]:
    """Give the cells of a row: what is known by kind, nothing in the columns left to people."""
    return [values[kind]() if kind in values else "" for kind in kinds]


def stands_alone(text: str) -> bool:
    """Tell whether nothing in a line of text can reach into the next one: no open link or code."""
    plain = re.sub(r"\\.", "", text)
    pairs = (plain.count("[") == plain.count("]"), plain.count("(") == plain.count(")"))
    return all(pairs) and not re.search(r"[`<]|!\[", plain)
