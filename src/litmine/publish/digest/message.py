"""A digest as a mail: the same in text and in HTML.

The HTML holds no image, no script and no address but those of the papers and of one's own pages;
it is laid out with tables and inline styles, as mail readers need it, and follows the reader's
light or dark setting where the mail reader passes that on. Gmail cuts mails off at 102 kB: the
lists are short enough before (`litmine.jobs.publish.digest_facts`).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from litmine.publish.digest.content import Digest, PaperLine, percent, subject, unlinked

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

__all__ = ["render_html", "render_text"]

_WIDTH = 76
_STATES = (
    ("pending", "to be read"),
    ("later", "put aside for later"),
    ("disputed", "disputed"),
)
#: Under a failed night's problems.
_LATER = (
    "What a later run of this night brings stands in the next digest; litmine digest send --again "
    "tells it at once."
)


def render_text(digest: Digest) -> str:
    """Render the part for readers of plain text."""
    return "\n".join(_lines(digest)).rstrip() + "\n"


def render_html(digest: Digest) -> str:
    """Render the part for everybody else."""
    template = _environment().get_template("digest.html")
    return template.render(
        digest=digest,
        subject=subject(digest),
        preheader=_preheader(digest),
        states=_waiting(digest),
    )


def _lines(digest: Digest) -> Iterator[str]:
    title = f"litmine: the night of {digest.night:%A}, {_day(digest.night)}"
    yield from (title, "=" * len(title), "")
    if digest.announced:
        yield from (_announced(digest), "")
    if digest.alarms:
        yield from _heading("Alarms")
        for alarm in digest.alarms:
            yield from _wrapped(unlinked(alarm.text), "! ", "  ")
        yield ""
        if digest.failed:
            yield from (*_wrapped(_LATER), "")
    yield from _heading(f"New to review: {digest.queued_total}")
    for name, papers in digest.by_cell():
        yield from (name, "")
        yield from _papers(papers, digest, skip=name)
    yield from _rest(len(digest.queued), digest.queued_total)
    yield from _heading(f"Approved since the last digest: {digest.approved_total}")
    yield from _papers(digest.approved, digest)
    yield from _rest(len(digest.approved), digest.approved_total)
    if digest.saved:
        yield from _heading("New in saved searches")
        for saved in digest.saved:
            yield from (f"{unlinked(saved.name)} ({unlinked(saved.owner)}): {saved.total}", "")
            yield from _papers(saved.papers, digest)
            yield from _rest(len(saved.papers), saved.total)
    yield from _heading(f"Awaits review: {digest.waiting.open}")
    for number, words in _waiting(digest):
        yield f"{number:>6}  {words}"
    if digest.waiting.oldest is not None:
        yield f"        the oldest since {_day(digest.waiting.oldest)}"
    yield ""
    if digest.waiting.open:
        yield from _wrapped(_sentence(digest.waiting.estimate))
        yield ""
    if digest.review_url:
        yield f"Review:  {digest.review_url}/queue"
    if digest.site_url:
        yield f"List:    {digest.site_url}/"
    yield from ("", "-- ")
    yield from _wrapped(_about(digest))


def _heading(text: str) -> Iterator[str]:
    yield from (text, "-" * len(text), "")


def _papers(papers: Sequence[PaperLine], digest: Digest, skip: str = "") -> Iterator[str]:
    for paper in papers:
        yield from _wrapped(paper.plain_title, "* ", "  ")
        yield from _wrapped("; ".join(_facts(paper, digest, skip)), "  ", "  ")
        yield from (f"  {paper.url}", "")


def _facts(paper: PaperLine, digest: Digest, skip: str = "") -> list[str]:
    facts = [paper.by] if paper.by else []
    if paper.relevance is not None and not paper.reviewer:
        facts.append(f"{percent(paper.relevance)} relevant")
    cells = [digest.names.get(cell, cell) for cell in paper.cells]
    others = ", ".join(name for name in cells if name != skip)
    facts.append(f"also {others}" if others and skip in cells else others)
    if paper.reviewer:
        facts.append(f"approved by {unlinked(paper.reviewer)}")
    return [fact for fact in facts if fact]


def _rest(shown: int, total: int) -> Iterator[str]:
    if total > shown:
        yield from (f"... and {total - shown} more.", "")
    elif not total:
        yield from ("None.", "")


def _waiting(digest: Digest) -> list[tuple[int, str]]:
    counts = digest.waiting.states
    rows = [(counts[state], words) for state, words in _STATES if counts.get(state)]
    if digest.waiting.unjudged:
        rows.append((digest.waiting.unjudged, "stored, not yet judged by the model"))
    return rows or [(0, "nothing waits")]


def _announced(digest: Digest) -> str:
    said = f"arXiv announced {digest.announced} papers"
    return f"{said}; {digest.missing} of them are missing here." if digest.missing else f"{said}."


def _about(digest: Digest) -> str:
    begin = f"from {_moment(digest.since)} " if digest.since else "up "
    return (
        f"This digest covers what happened {begin}to {_moment(digest.made_at)}. It is sent once a "
        "night; whoever runs litmine can take you off the list of recipients (mail.recipients)."
    )


def _preheader(digest: Digest) -> str:
    """The line that mail readers show beside the subject."""
    if digest.alarms:
        return unlinked(digest.alarms[0].text)[:140]
    best = (*digest.queued, *digest.approved)[:1]
    return best[0].plain_title[:140] if best else f"{digest.waiting.open} papers await review"


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _day(day: datetime | object) -> str:
    return f"{day:%d %B %Y}".lstrip("0")


def _moment(moment: datetime) -> str:
    return f"{_day(moment)}, {moment:%H:%M} UTC"


def _title(paper: PaperLine) -> Markup:
    from litmine.core.latex import latex

    return latex(unlinked(paper.title)) if paper.title else latex(paper.arxiv_id)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "title_of": _title,
        "unlinked": unlinked,
        "percent": percent,
        "day": _day,
        "sentence": _sentence,
    }
    environment.globals |= {
        "facts": _facts,
        "about": _about,
        "announced": _announced,
        "later": _LATER,
    }
    return environment
