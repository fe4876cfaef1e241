"""Hand-kept lists made up from a seed, and what people do to them.

Nothing here knows how the merge reads a list: the lists are written from facts, and damage is done
to their text.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from litmine.publish.entry import ListEntry

TECHNIQUES = (
    ("efficient-attention", "architecture/computation"),
    ("sequence-model", "architecture/memory"),
    ("parallelism", "pretraining/network"),
    ("mixed-precision", "pretraining/memory"),
    ("data-selection", "pretraining/computation"),
    ("peft", "finetuning/memory"),
    ("full-tuning", "finetuning/memory"),
    ("pruning", "inference/memory"),
    ("quantization", "inference/memory"),
    ("distillation", "inference/computation"),
    ("kv-cache", "inference/memory"),
    ("speculative-decoding", "inference/computation"),
    ("serving", "system/computation"),
    ("edge", "system/energy"),
    ("survey", "inference/memory"),
    ("other", "system/cost"),
)
_ALL_WORDS = (
    "Sparse Dense Quick Frugal Tiny Layered Token Cache Draft Gradient Router Kernel Budget Rank "
    "Scale Window State Expert Batch Prompt Memory Energy Latent Block Stream Shard Sketch "
    "Mixed"
)
_WORDS = _ALL_WORDS.split()
_TITLE_TRICKS = (
    "{}",
    "{}",
    "{}: a Study of $O(n \\log n)$ Costs",
    "{} | with a Pipe",
    "{} & the *Star* of `Code`",
    "$\\textit{{{}}}$ in Practice",
    "{} <b>bold</b> [x](y)",
    "Größe of {} für Modelle",
    "{} \\",
    "「{}」日本語 👩\u200d🔬",
)


def entry_of(rng: random.Random, number: int) -> ListEntry:
    """Make up an approved paper; `number` makes its id and its title its own."""
    technique, cell = rng.choice(TECHNIQUES)
    year, month = rng.randint(2016, 2026), rng.randint(1, 12)
    # Titles of different papers share their words, so only all of them tell.
    words = " ".join(rng.sample(_WORDS, 4))
    title = rng.choice(_TITLE_TRICKS).format(f"{words} Number {number * 7919 + 11}")
    arxiv_id = f"{year % 100:02}{month:02}.{number + 1:05}"
    if rng.random() < 0.05:
        year, month, arxiv_id = 2003, 5, f"cs/0305{number + 1:03}"
    return ListEntry(
        arxiv_id,
        title,
        date(year, month, rng.randint(1, 28)) if rng.random() < 0.9 else None,
        (technique,),
        (cell,),
        (rng.choice(["Key | word", "KV", "LoRA, QLoRA"]),) if rng.random() < 0.2 else (),
        rng.choice([None, None, "ICML 2024", "NeurIPS 2023", "A | B"]),
        doi=f"10.1145/{3600000 + number}.{number}" if rng.random() < 0.3 else None,
    )


@dataclass
class Made:
    """A list as it was written, and what is sure about it."""

    text: str
    entries: list[ListEntry]
    inside: dict[str, str] = field(default_factory=dict)  # arXiv id: how it is named there


_COMPANION = (
    ("LLM Architecture Design", None, "Efficient Transformer Architecture"),
    ("LLM Architecture Design", None, "Non-transformer Architecture"),
    ("LLM Pre-Training", "Memory Efficiency", "Distributed Training"),
    ("LLM Pre-Training", "Memory Efficiency", "Mixed precision training"),
    ("LLM Pre-Training", "Data Efficiency", "Importance Sampling"),
    ("LLM Fine-Tuning", None, "Parameter-Efficient Fine-Tuning"),
    ("LLM Inference", "Model Compression", "Pruning"),
    ("LLM Inference", "Model Compression", "Quantization"),
    ("LLM Inference", "Dynamic Acceleration", "Input Pruning"),
    ("System Design", None, "Deployment optimization"),
    ("System Design", None, "Support Infrastructure"),
)
_DATES: tuple[Callable[[date], str], ...] = (
    lambda day: f"{day.year}",
    lambda day: f"{day:%Y-%m}",
    lambda day: f"{day:%Y-%m-%d}",
    lambda day: f"{day:%Y/%m}",
    lambda day: f"{day:%b %Y}",
    lambda day: f"**{day.year}**",
)


def _link(rng: random.Random, entry: ListEntry) -> tuple[str, str]:
    ways = [
        ("id", f"https://arxiv.org/abs/{entry.arxiv_id}"),
        ("id", f"https://arxiv.org/pdf/{entry.arxiv_id}"),
        ("id", f"http://www.arxiv.org/pdf/{entry.arxiv_id}v3.pdf"),
        ("id", f"https://arxiv.org/html/{entry.arxiv_id}v1#S1"),
        ("id", f"https://huggingface.co/papers/{entry.arxiv_id}"),
        ("title", f"https://proceedings.example.org/{entry.arxiv_id[-4:]}"),
    ]
    if entry.doi:
        ways += [
            ("doi", f"https://doi.org/{entry.doi}"),
            ("doi", f"https://dl.acm.org/doi/abs/{entry.doi}?casa_token=x"),
        ]
    return rng.choice(ways)


def _shown(title: str) -> str:
    """A title as a careful person types it into a table."""
    return re.sub(r"([\\|*_`\[\]<$])", r"\\\1", title)


def make(seed: int) -> Made:
    """Write a list: its layout, its order, its dates and its papers from a seed."""
    rng = random.Random(seed)
    count = rng.randint(4, 16)
    entries = [entry_of(rng, number) for number in range(count)]
    known = [e for e in entries if rng.random() < 0.5]
    others = [entry_of(rng, number + 500) for number in range(rng.randint(3, 14))]
    layout = rng.choice(
        ["companion", "companion", "companion", "stages", "flat", "bullets", "html"]
    )
    day = rng.choice(_DATES)
    columns = ["Date", "Keywords", "Paper", "Venue"]
    if rng.random() < 0.3:
        rng.shuffle(columns)
    if rng.random() < 0.3:
        columns.insert(rng.randint(0, len(columns)), rng.choice(["Code", "Notes", "Stars"]))
    order = rng.choice([-1, -1, 1, 0])
    made = Made("", entries)
    paths = list(_COMPANION)
    if layout == "stages":
        paths = [(top, None, None) for top in dict.fromkeys(p[0] for p in _COMPANION)]
    if layout == "flat":
        paths = [("Papers", None, None)]
    if rng.random() < 0.3 and len(paths) > 4:
        del paths[rng.randrange(len(paths))]
    rows: dict[int, list[ListEntry]] = {number: [] for number in range(len(paths))}
    for entry in (*known, *others):
        rows[rng.randrange(len(paths))].append(entry)
    lines = ["# Awesome Efficient Models", "", "A list kept by hand.", ""]
    if rng.random() < 0.5:
        lines += [
            "## Table of Contents",
            "",
            "- [Inference](#llm-inference)",
            "  - [Pruning](#p)",
            "",
        ]
    above: tuple[str | None, ...] = ()
    for number, path in enumerate(paths):
        for depth, name in enumerate(path):
            if name is not None and above[: depth + 1] != path[: depth + 1]:
                level = 2 + sum(part is not None for part in path[:depth])
                lines += [f"{'#' * level} {name}", ""]
        above = path
        some = rows[number]
        if order:
            some.sort(key=lambda e: e.day, reverse=order < 0)
        if layout == "bullets":
            lines += [_bullet(rng, e, day, made, known) for e in some] + [""]
        elif layout == "html":
            lines += ["<table>", f"<tr>{''.join(f'<th>{c}</th>' for c in columns)}</tr>"]
            lines += [_html(rng, e, columns, day, made, known) for e in some] + ["</table>", ""]
        else:
            lines += [f"| {' | '.join(columns)} |", "|" + ":---:|" * len(columns)]
            lines += [_row(rng, e, columns, day, made, known) for e in some] + [""]
    lines += ["## Citation", "", "```bibtex", "@article{x, title={Y}}", "```", ""]
    made.text = "\n".join(lines)
    return made


def _cells(
    rng: random.Random,
    entry: ListEntry,
    day: Callable[[date], str],
    made: Made,
    known: list[ListEntry],
    link: Callable[[str, str], str],
) -> dict[str, str]:
    how, url = _link(rng, entry)
    if entry in known:
        made.inside[entry.arxiv_id] = how
    return {
        "Date": day(entry.day),
        "Keywords": rng.choice(["Pruning", "LoRA", "", "serving, edge"]),
        "Paper": link(entry.plain_title, url),
        "Venue": rng.choice(["ArXiv", "ICML", "NeurIPS 2023", ""]),
        "Code": "[Code](https://github.com/x/y)",
        "Notes": "worth *reading*",
        "Stars": "⭐",
    }


def _row(
    rng: random.Random,
    entry: ListEntry,
    columns: list[str],
    day: Callable[[date], str],
    made: Made,
    known: list[ListEntry],
) -> str:
    cells = _cells(rng, entry, day, made, known, lambda t, u: f"[{_shown(t)}]({u})")
    return f"| {' | '.join(cells[column] for column in columns)} |"


def _bullet(
    rng: random.Random,
    entry: ListEntry,
    day: Callable[[date], str],
    made: Made,
    known: list[ListEntry],
) -> str:
    cells = _cells(rng, entry, day, made, known, lambda t, u: f"[{_shown(t)}]({u})")
    return f"- ({cells['Date']}) {cells['Paper']}, {cells['Venue'] or 'arXiv'}"


def _html(
    rng: random.Random,
    entry: ListEntry,
    columns: list[str],
    day: Callable[[date], str],
    made: Made,
    known: list[ListEntry],
) -> str:
    def link(title: str, url: str) -> str:
        plain = title.replace("&", "&amp;").replace("<", "&lt;")
        return f'<a href="{url}">{plain}</a>'

    cells = _cells(rng, entry, day, made, known, link)
    return f"<tr>{''.join(f'<td>{cells[column]}</td>' for column in columns)}</tr>"


# -- what people do ------------------------------------------------------------------------------

Damage = Callable[[random.Random, list[str]], list[str]]
DAMAGE: dict[str, Damage] = {}


def _kind(function: Damage) -> Damage:
    DAMAGE[function.__name__.strip("_")] = function
    return function


def _some(rng: random.Random, lines: list[str], pattern: str) -> int | None:
    """Pick a line that matches."""
    found = [n for n, line in enumerate(lines) if re.search(pattern, line)]
    return rng.choice(found) if found else None


_ROW = r"^\s*>?\s*\|.*https?://|^\s*[-*+] .*https?://|<tr>.*https?://"
_HEAD = r"^#{1,6} "


@_kind
def _first_pipe_missing(rng: random.Random, lines: list[str]) -> list[str]:
    for number, line in enumerate(lines):
        if line.startswith("|") and rng.random() < 0.4:
            lines[number] = line[1:].lstrip(" ") if rng.random() < 0.5 else line[1:]
    return lines


@_kind
def _last_pipe_missing(rng: random.Random, lines: list[str]) -> list[str]:
    return [
        line.rstrip("|") if line.startswith("|") and rng.random() < 0.4 else line for line in lines
    ]


@_kind
def _inner_pipe_missing(rng: random.Random, lines: list[str]) -> list[str]:
    number = _some(rng, lines, _ROW)
    if number is not None:
        at = [m.start() for m in re.finditer(r"\|", lines[number])]
        if at:
            cut = rng.choice(at)
            lines[number] = lines[number][:cut] + lines[number][cut + 1 :]
    return lines


@_kind
def _pipe_too_many(rng: random.Random, lines: list[str]) -> list[str]:
    number = _some(rng, lines, _ROW)
    if number is not None:
        at = rng.randrange(len(lines[number]) + 1)
        lines[number] = lines[number][:at] + rng.choice(["|", "||"]) + lines[number][at:]
    return lines


@_kind
def _dashes_missing(rng: random.Random, lines: list[str]) -> list[str]:
    number = _some(rng, lines, r"^\|:?-+")
    if number is not None:
        del lines[number]
    return lines


@_kind
def _dashes_damaged(rng: random.Random, lines: list[str]) -> list[str]:
    number = _some(rng, lines, r"^\|:?-+")
    if number is not None:
        lines[number] = rng.choice(
            ["|---|", "---", "| --- | :-: |", "|—|—|—|—|", ":---: :---:", "==="]
        )
    return lines


@_kind
def _header_gone(rng: random.Random, lines: list[str]) -> list[str]:
    number = _some(rng, lines, r"^\|.*Paper.*\|$")
    if number is not None:
        del lines[number]
    return lines


@_kind
def _header_renamed(rng: random.Random, lines: list[str]) -> list[str]:
    number = _some(rng, lines, r"^\|.*Paper.*\|$")
    if number is not None:
        lines[number] = (
            lines[number]
            .replace(
                "Paper", rng.choice(["**Title**", "Paper Title", "论文", "paper", "Was ist das"])
            )
            .replace("Date", rng.choice(["Year", "📅 Date", "date ", "Published", "x"]))
        )
    return lines


@_kind
def _blank_line_in_table(rng: random.Random, lines: list[str]) -> list[str]:
    number = _some(rng, lines, _ROW)
    if number is not None:
        lines.insert(number, rng.choice(["", "   ", "\t"]))
    return lines


@_kind
def _line_in_table(rng: random.Random, lines: list[str]) -> list[str]:
    number = _some(rng, lines, _ROW)
    if number is not None:
        said = ["<!-- new ones here -->", "TODO: sort these", "---", "<br>", "> quoted", "\x0c"]
        lines.insert(number, rng.choice(said))
    return lines


@_kind
def _html_in_cells(rng: random.Random, lines: list[str]) -> list[str]:
    number = _some(rng, lines, _ROW)
    if number is not None:
        lines[number] = re.sub(
            r"\[([^\[\]]*)\]\((http[^)]*)\)",
            rng.choice(
                [
                    r'<a href="\2">\1</a>',
                    r"<b>[\1](\2)</b>",
                    r"\1<br>[[paper]](\2) [[code]](https://github.com/a/b)",
                    r'<img src="x.png" width=20> [\1](\2)',
                    r"**[\1](\2)** <sup>new</sup>",
                    r"[**\1**](\2)",
                ]
            ),
            lines[number],
            count=1,
        )
    return lines


@_kind
def _row_twice(rng: random.Random, lines: list[str]) -> list[str]:
    number = _some(rng, lines, _ROW)
    if number is not None:
        other = _some(rng, lines, _ROW)
        lines.insert(number if other is None else other, lines[number])
    return lines


@_kind
def _heading_changed(rng: random.Random, lines: list[str]) -> list[str]:
    for _ in range(rng.randint(1, 4)):
        number = _some(rng, lines, _HEAD)
        if number is None:
            break
        hashes, _, name = lines[number].partition(" ")
        lines[number] = rng.choice(
            [
                f"{hashes} {name.upper()}",
                f"{hashes} {name.lower()} {hashes}",
                f"{hashes} 🔥 {name} 🔥",
                f"{hashes} 3.{rng.randint(1, 9)} {name}",
                f"{hashes} IV. {name}",
                f"{hashes} [{name}](#contents)",
                f'{hashes} <a name="x"></a>{name}',
                f"{hashes} {name} (12)",
                f"{hashes} **{name}**",
                f"{hashes} {name.replace('LLM ', 'Efficient ')}",
                f"{hashes} {name[:-2]}{name[-1]}",
                f"{hashes} Something Else",
                f"{hashes}{name}",
                f"{hashes}",
                f'<h{len(hashes)} align="center">{name}</h{len(hashes)}>',
                f"**{name}**",
                f" {hashes}  {name}  ",
                f"\\{hashes} {name}",
            ]
        )
    return lines


@_kind
def _heading_underlined(rng: random.Random, lines: list[str]) -> list[str]:
    number = _some(rng, lines, r"^## ")
    if number is not None:
        lines[number : number + 1] = [lines[number][3:], "-" * 12]
    return lines


@_kind
def _heading_level(rng: random.Random, lines: list[str]) -> list[str]:
    number = _some(rng, lines, _HEAD)
    if number is not None:
        name = lines[number].lstrip("#")
        lines[number] = "#" * rng.randint(1, 7) + name
    return lines


@_kind
def _heading_twice(rng: random.Random, lines: list[str]) -> list[str]:
    number = _some(rng, lines, _HEAD)
    other = _some(rng, lines, _HEAD)
    if number is not None and other is not None:
        lines[other:other] = [lines[number], ""]
    return lines


@_kind
def _heading_gone(rng: random.Random, lines: list[str]) -> list[str]:
    number = _some(rng, lines, _HEAD)
    if number is not None:
        del lines[number]
    return lines


@_kind
def _section_gone(rng: random.Random, lines: list[str]) -> list[str]:
    number = _some(rng, lines, _HEAD)
    if number is not None:
        end = next((n for n in range(number + 1, len(lines)) if lines[n].startswith("#")), None)
        del lines[number:end]
    return lines


@_kind
def _rows_shuffled(rng: random.Random, lines: list[str]) -> list[str]:
    numbers = [n for n, line in enumerate(lines) if re.search(_ROW, line)]
    some = [n for n in numbers if rng.random() < 0.5]
    texts = [lines[n] for n in some]
    rng.shuffle(texts)
    for number, text in zip(some, texts, strict=True):
        lines[number] = text
    return lines


@_kind
def _rows_gone(rng: random.Random, lines: list[str]) -> list[str]:
    return [line for line in lines if not (re.search(_ROW, line) and rng.random() < 0.3)]


@_kind
def _in_code(rng: random.Random, lines: list[str]) -> list[str]:
    start = rng.randrange(len(lines) + 1)
    end = rng.randint(start, min(len(lines), start + 12))
    fence = rng.choice(["```", "~~~", "````", "```markdown", "  ```"])
    close = fence.strip().rstrip("markdown")
    return [*lines[:start], fence, *lines[start:end], close, *lines[end:]]


@_kind
def _code_never_closed(rng: random.Random, lines: list[str]) -> list[str]:
    lines.insert(rng.randrange(len(lines) + 1), rng.choice(["```", "~~~~", "```python"]))
    return lines


@_kind
def _in_comment(rng: random.Random, lines: list[str]) -> list[str]:
    start = rng.randrange(len(lines) + 1)
    end = rng.randint(start, min(len(lines), start + 12))
    before, after = rng.choice(
        [("<!--", "-->"), ("<!-- hidden", "-->"), ("<div> <!--", "--> </div>"), ("x <!--", "--> y")]
    )
    return [*lines[:start], before, *lines[start:end], after, *lines[end:]]


@_kind
def _comment_never_closed(rng: random.Random, lines: list[str]) -> list[str]:
    lines.insert(rng.randrange(len(lines) + 1), rng.choice(["<!--", "<div><!-- x", "<!-- -- >"]))
    return lines


@_kind
def _in_fold(rng: random.Random, lines: list[str]) -> list[str]:
    number = _some(rng, lines, _HEAD)
    if number is None:
        return lines
    end = next((n for n in range(number + 1, len(lines)) if lines[n].startswith("#")), len(lines))
    name = lines[number].lstrip("# ")
    open_ = rng.choice(
        [
            [lines[number], "", "<details>", "<summary>Papers</summary>", ""],
            ["<details>", f"<summary>{name}</summary>", ""],
            ["<details open>", f"<summary><b>{name}</b></summary>", "", lines[number], ""],
            ["<details>", "<summary>", f"<h3>{name}</h3>", "</summary>", ""],
        ]
    )
    close = rng.choice([["", "</details>", ""], ["</details>"], []])
    return [*lines[:number], *open_, *lines[number + 1 : end], *close, *lines[end:]]


@_kind
def _raw_html(rng: random.Random, lines: list[str]) -> list[str]:
    blocks = [
        ["<div align=center>", "<img src=x.png>", "</div>"],
        ["<p>", "text"],
        ["<pre>", "| a | b |", "</pre>"],
        ["<script>", "x()", "</script>"],
        ["<table><tr><td>", "x", "</table>"],
        ["<a name='here'></a>"],
        ["<style>", ".x{}"],
        ["<?php", "echo 1"],
    ]
    at = rng.randrange(len(lines) + 1)
    gap = [""] if rng.random() < 0.5 else []
    return [*lines[:at], *gap, *rng.choice(blocks), *gap, *lines[at:]]


@_kind
def _quoted(rng: random.Random, lines: list[str]) -> list[str]:
    start = rng.randrange(len(lines) + 1)
    end = rng.randint(start, min(len(lines), start + 14))
    mark = rng.choice(["> ", ">", "  ", "    ", "\t", " "])
    return [*lines[:start], *(mark + line for line in lines[start:end]), *lines[end:]]


@_kind
def _as_list(rng: random.Random, lines: list[str]) -> list[str]:
    for number, line in enumerate(lines):
        if line.startswith("| ") and "http" in line and rng.random() < 0.5:
            mark = rng.choice(["- ", "* ", "1. ", "  - ", "- [ ] "])
            lines[number] = mark + line.strip("| ").replace(" | ", " ")
    return lines


@_kind
def _nested_list(rng: random.Random, lines: list[str]) -> list[str]:
    number = _some(rng, lines, r"^- ")
    if number is not None:
        more = rng.choice(
            ["  - [code](https://github.com/x/z)", "  continued", "  ```", "\n  text"]
        )
        lines.insert(number + 1, more)
        if rng.random() < 0.5:
            lines.insert(number, "- Pruning")
            lines[number + 1] = "  " + lines[number + 1]
    return lines


@_kind
def _emoji(rng: random.Random, lines: list[str]) -> list[str]:
    for _ in range(rng.randint(1, 6)):
        number = rng.randrange(len(lines))
        at = rng.randrange(len(lines[number]) + 1)
        sign = rng.choice(
            ["🔥", "⭐️", "👩\u200d🔬", "\u200b", "\u202e", "é", "\u00a0", ":star:", "\x85"]
        )
        lines[number] = lines[number][:at] + sign + lines[number][at:]
    return lines


@_kind
def _spaces(rng: random.Random, lines: list[str]) -> list[str]:
    ends = ["  ", "\t", " ", "\u3000", "\\"]
    return [line + rng.choice(ends) if rng.random() < 0.3 else line for line in lines]


@_kind
def _odd_breaks(rng: random.Random, lines: list[str]) -> list[str]:
    number = rng.randrange(len(lines))
    at = rng.randrange(len(lines[number]) + 1)
    sign = rng.choice(["\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1e", "\x7f", "\x1b[31m"])
    lines[number] = lines[number][:at] + sign + lines[number][at:]
    return lines


@_kind
def _front_matter(rng: random.Random, lines: list[str]) -> list[str]:
    return ["---", "title: List", "layout: home", rng.choice(["---", "...", ""]), *lines]


@_kind
def _lines_moved(rng: random.Random, lines: list[str]) -> list[str]:
    for _ in range(rng.randint(1, 3)):
        line = lines.pop(rng.randrange(len(lines)))
        lines.insert(rng.randrange(len(lines) + 1), line)
    return lines


@_kind
def _lines_joined(rng: random.Random, lines: list[str]) -> list[str]:
    if len(lines) > 2:
        number = rng.randrange(len(lines) - 1)
        lines[number : number + 2] = [lines[number] + lines[number + 1]]
    return lines


@_kind
def _characters(rng: random.Random, lines: list[str]) -> list[str]:
    for _ in range(rng.randint(1, 8)):
        number = rng.randrange(len(lines))
        line = lines[number]
        at = rng.randrange(len(line) + 1)
        sign = rng.choice([*"|`*_[]()<>#-+~\\&!$:'\" \t\n=", "", "", "```", "<!--", "-->", "|-|"])
        lines[number] = line[:at] + sign + line[at + rng.randint(0, 2) :]
    return lines


@_kind
def _conflict_marks(rng: random.Random, lines: list[str]) -> list[str]:
    at = rng.randrange(len(lines) + 1)
    end = min(len(lines), at + 2)
    ours = lines[at:end]
    return [*lines[:at], "<<<<<<< HEAD", *ours, "=======", *ours, ">>>>>>> main", *lines[end:]]


ENDINGS = ("\n", "\n", "\r\n", "\r", "mixed")
EDGES = ("plain", "plain", "no final newline", "many final newlines", "bom", "spaces at the end")


def damage(text: str, kinds: list[str], seed: int, ending: str, edge: str) -> str:
    """Do damage of some kinds to a list, one after the other."""
    rng = random.Random(seed)
    lines = text.split("\n")
    for kind in kinds:
        lines = DAMAGE[kind](rng, lines) or [""]
    whole = "\n".join(lines).replace("\r", "")
    if edge == "no final newline":
        whole = whole.rstrip("\n")
    elif edge == "many final newlines":
        whole += "\n\n\n"
    elif edge == "bom":
        whole = "\ufeff" + whole
    elif edge == "spaces at the end":
        whole += "   "
    if ending == "mixed":
        return "".join(
            rng.choice(["\n", "\r\n", "\r"]) if part == "\n" else part
            for part in re.split(r"(\n)", whole)
        )
    return whole.replace("\n", ending)
