"""The words of a suggestion: its title, the body of the pull request, the message of the commit.

Titles and names come from strangers, and a forge acts on text: it notifies whom an ``@`` names,
closes issues that a message "fixes", links, runs HTML. Nothing of that may happen through a title.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import quote, unquote

from litmine.core.plain import clean, escape_markdown
from litmine.publish.entry import ListEntry, in_order

__all__ = [
    "MOST_CHARACTERS",
    "body",
    "commit_message",
    "inert",
    "inert_markdown",
    "list_of",
    "renewed",
    "title",
    "up_to_date",
    "was_ours",
]

#: What GitHub takes.
_LONGEST = 65_536
#: Our part of it; some room is left for what people add.
MOST_CHARACTERS = 60_000
#: GitHub's column holds four bytes for each of its characters; others count bytes.
_MOST_BYTES = 200_000
_ROW_TITLE = 160

_BEGIN = re.compile(r"<!-- litmine:begin list=(\S*) papers=([0-9a-f]+) -->")
_END = "<!-- litmine:end -->"
_OURS = re.compile(r"Add (?:\d+ papers?|papers) to .+")

_HEADER = (
    "| Paper | Cells, with the model's probability | Relevance | Model | Approved by | On |\n"
    "|:---|:---|---:|:---|:---|:---|\n"
)


def title(count: int, path: str) -> str:
    """Name a suggestion.

    Examples
    --------
    >>> title(3, "README.md")
    'Add 3 papers to README.md'
    """
    return f"Add {count} paper{'' if count == 1 else 's'} to {inert(path)}"


def was_ours(text: str) -> bool:
    """Tell whether a title is one that `title` made, so that it may be brought up to date."""
    return _OURS.fullmatch(text) is not None


def body(
    entries: Iterable[ListEntry],
    path: str,
    *,
    taken_back: Sequence[str] = (),
    notes: Sequence[str] = (),
    most: int = MOST_CHARACTERS,
) -> str:
    """Write what reviewers of the change need to know of every paper, as Markdown.

    Parameters
    ----------
    entries : iterable of ListEntry
        The papers of the suggestion.
    path : str
        The file that they are added to.
    taken_back : sequence of str
        Papers of the suggestion whose approval was taken back since.
    notes : sequence of str
        Further facts, such as conflicts; strangers' text.
    most : int
        Greatest length, in characters. Papers are told in full, then in short, then counted: the
        commit messages hold them all.
    """
    papers = in_order(entries)
    shorts = [_short(one) for one in papers]
    digest = _digest(shorts, taken_back)
    above = [f"<!-- litmine:begin list={quote(path)} papers={digest} -->\n"]
    some = f"{len(papers)} approved paper{'' if len(papers) == 1 else 's'}"
    above.append(f"This adds {some} to {_code(path)}; no other line changes.\n\n")
    if taken_back:
        ids = ", ".join(taken_back[:50]) + (" and more" if len(taken_back) > 50 else "")
        above.append(
            f"**Approval taken back since:** {inert_markdown(ids)}. "
            "Please take these lines out.\n\n"
        )
    for note in notes[:20]:
        above.append(f"- {inert_markdown(note[:500])}\n")
    if notes:
        above.append("\n")
    below = (
        "\nTake a line out of this branch, and it is not suggested again; close this, and none of "
        "its papers is. `litmine publish --again ID` lifts that.\n"
        f"{_END}\n"
    )
    frame = "".join(above) + _HEADER + "\n" + below + _MORE.format(len(papers), len(papers))
    full, short = _that_fit(papers, shorts, most - len(frame), most)
    parts = [*above, _HEADER, *full]
    if short:
        parts.extend(["\n", *short])
    left = len(papers) - len(full) - len(short)
    if left:
        parts.append(_MORE.format(left, len(papers)))
    return "".join([*parts, below])


def renewed(before: str, ours: Callable[[int], str]) -> str:
    """Put our part of a body in place of the old one; what people wrote around it stays.

    Parameters
    ----------
    before : str
        The body as it stands.
    ours : callable
        Makes our part, of at most so many characters.
    """
    start = _BEGIN.search(before)
    end = before.find(_END, start.end()) if start else -1
    if start is None or end < 0:
        above, below = "", f"\n{before}" if before.strip() else ""
    else:
        above, below = before[: start.start()], before[end + len(_END) :].removeprefix("\n")
    theirs = len(above) + len(below)
    return above + ours(min(MOST_CHARACTERS, _LONGEST - theirs)) + below


def up_to_date(before: str, ours: str) -> bool:
    """Tell whether a body tells the same facts already."""
    old, new = _BEGIN.search(before), _BEGIN.search(ours)
    return old is not None and new is not None and old[2] == new[2]


def list_of(text: str) -> str | None:
    """Return the file that a body is about, or None where `body` did not make it."""
    found = _BEGIN.search(text)
    return None if found is None else unquote(found[1])


def commit_message(entries: Iterable[ListEntry], path: str, merged: str = "") -> str:
    """Write the message of a commit: every paper by its id, with the facts of its approval.

    Titles are left out: a forge reads messages, too, and there is no way to escape them there.
    `merged` is the branch that the commit brings in, if it does.
    """
    papers = in_order(entries)
    first = title(len(papers), path)
    if merged:
        first = f"Merge {inert(merged)}: {first[0].lower()}{first[1:]}"
    lines = [first, ""]
    for one in papers:
        facts = [one.arxiv_id, _cells(one)]
        approval = one.approval
        if approval is not None:
            if approval.relevance is not None:
                facts.append(f"relevance {approval.relevance:.2f}")
            if approval.model_id:
                facts.append(f"model {inert(approval.model_id)}")
            facts.append(f"approved by {inert(approval.reviewer) or 'nobody named'}")
            facts.append(f"{approval.decided_at:%Y-%m-%d}")
        lines.append("- " + "; ".join(fact for fact in facts if fact))
    lines.extend(["", f"List: {inert(path)}", ""])
    return "\n".join(lines)


def inert(text: str) -> str:
    """Give text that a forge shows and does not act on, where nothing can be escaped."""
    apart = clean(text).replace("@", "(at)").replace("#", "no. ").replace("://", ": //")
    return re.sub(r"\b([Gg][Hh])-(?=\d)", r"\1 ", apart)


def inert_markdown(text: str) -> str:
    """Give text that Markdown shows as it is, and that a forge does not act on.

    A space of no width goes where the forge would see a person, an issue, a commit, an address
    or an emoji.
    """
    apart = escape_markdown(text)
    apart = re.sub(r"([@#])", r"\1&#8203;", apart)
    apart = re.sub(r"(?i)\b(gh)-(?=\d)", r"\1&#8203;-", apart)
    apart = re.sub(r"(?i)(\w):(?=//)", r"\1&#8203;:", apart)
    apart = re.sub(r"(?i)\b(www|mailto|xmpp)(?=[.:])", r"\1&#8203;", apart)
    apart = re.sub(r"\b[0-9a-fA-F]{7,}\b", _in_pieces, apart)
    return re.sub(r":(?=[\w+-]+:)", ":&#8203;", apart)


_MORE = "\nAnd {0} more of the {1}: the messages of the commits tell their facts.\n"


def _that_fit(
    papers: Sequence[ListEntry], shorts: Sequence[str], room: int, most: int
) -> tuple[list[str], Sequence[str]]:
    """Give as many papers as possible a row of their own such that the others fit in short."""

    def cost(line: str) -> int:
        return max(len(line), -(-len(line.encode()) * most // _MOST_BYTES))

    left = room - sum(cost(line) for line in shorts)
    if left < 0:
        told = 0
        while (room := room - cost(shorts[told])) >= 0:
            told += 1
        return [], shorts[:told]
    rows: list[str] = []
    for paper, short in zip(papers, shorts, strict=True):
        row = _row(paper)
        left += cost(short) - cost(row)
        if left < 0:
            break
        rows.append(row)
    return rows, shorts[len(rows) :]


def _row(one: ListEntry) -> str:
    name = one.plain_title
    if len(name) > _ROW_TITLE:
        name = f"{name[:_ROW_TITLE].rstrip()}…"
    relevance, model, reviewer, day = _approval(one)
    cells = [inert_markdown(cell) for cell in _cells(one).split(", ")]
    return (
        f"| [{inert_markdown(name)}]({one.url}) | {'<br>'.join(cells)} | {relevance} | {model} "
        f"| {reviewer} | {day} |\n"
    )


def _short(one: ListEntry) -> str:
    facts = [inert_markdown(_cells(one)), *_approval(one)]
    return f"- [{one.arxiv_id}]({one.url}): {'; '.join(fact for fact in facts if fact)}\n"


def _cells(one: ListEntry) -> str:
    scores = one.approval.scores if one.approval is not None else {}
    return ", ".join(
        f"{clean(cell)} {scores[cell]:.2f}" if cell in scores else clean(cell) for cell in one.cells
    )


def _approval(one: ListEntry) -> tuple[str, str, str, str]:
    approval = one.approval
    if approval is None:
        return "", "", "", ""
    relevance = "" if approval.relevance is None else f"{approval.relevance:.2f}"
    return (
        relevance,
        _code(approval.model_id or ""),
        inert_markdown(approval.reviewer),
        f"{approval.decided_at:%Y-%m-%d}",
    )


def _in_pieces(found: re.Match[str]) -> str:
    """Cut what a forge would take for a commit into pieces that are too short for one."""
    return "&#8203;".join(re.findall(".{1,6}", found[0]))


def _code(text: str) -> str:
    """Give an identifier as code, which a forge leaves alone and people can copy."""
    kept = re.sub(r"[`|<>\\]", "", clean(text))
    return f"`{kept}`" if kept else ""


def _digest(shorts: Sequence[str], taken_back: Sequence[str]) -> str:
    """Tell one set of facts from another, so that words are renewed when the facts are."""
    facts = sorted([*shorts, *(f"-{one}" for one in taken_back)])
    return hashlib.sha256("".join(facts).encode("utf-8", "replace")).hexdigest()[:16]
