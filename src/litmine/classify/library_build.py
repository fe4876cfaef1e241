"""Build the shipped labelled library from gold labels, public lists and paper metadata.

Only facts are kept: id, title, date, cells or weak stage, technique, provenance. Abstracts are
read to make the vectors and are not written anywhere.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from litmine.classify.labelled import LabelledPaper
from litmine.classify.library_files import (
    FACTS_FILE,
    VECTORS_FILE,
    facts_bytes,
    vectors_bytes,
)
from litmine.classify.list_sections import read_section
from litmine.core.errors import InputError
from litmine.core.files import atomic_write
from litmine.core.paper import normalise_space, parse_arxiv_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from litmine.encode.base import Encoder

# Copies of one list under two owners count once.
MIRRORS = {
    "wangc0812/Awesome-Quantization-Papers": "Zhen-Dong/Awesome-Quantization-Papers",
    "DefTruth/Awesome-LLM-Inference": "xlite-dev/Awesome-LLM-Inference",
    "htqin/awesome-model-quantization": "Efficient-ML/Awesome-Model-Quantization",
}
# A row whose title agrees less with its paper's title than this carries a wrong link.
LEAST_TITLE_AGREEMENT = 0.6
_SAVE_EVERY = 512


@dataclass(slots=True)
class ListFacts:
    """What public lists say of one paper; each list has one vote per stage and technique."""

    lists: set[str] = field(default_factory=set)
    titles: Counter[str] = field(default_factory=Counter)
    stages: dict[str, set[str]] = field(default_factory=dict)
    techniques: dict[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PaperText:
    """Title, abstract and date of one paper."""

    title: str
    abstract: str
    date: date | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the labels read off lists agree with gold labels, over papers that have both.

    `stage_right` of `stage_total` papers with a weak stage have it among their gold stages, and
    likewise for techniques; `relevant` of `papers` are relevant by the codebook.
    """

    papers: int
    relevant: int
    stage_total: int
    stage_right: int
    technique_total: int
    technique_right: int


def read_gold(folder: Path, more: Sequence[Path] = ()) -> dict[str, LabelledPaper]:
    """Read ``train.jsonl`` and ``dev.jsonl`` of a folder, and further label files.

    Titles and dates are still to be filled in. Papers of `more` count as training papers.

    Raises
    ------
    InputError
        When a file cannot be read, a line is no label, or a paper is labelled twice.
    """
    gold: dict[str, LabelledPaper] = {}
    for path in (folder / "train.jsonl", folder / "dev.jsonl", *more):
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise InputError(
                f"cannot read {path}: give --labels the folder that holds it"
            ) from error
        for number, line in enumerate(lines, 1):
            try:
                record = json.loads(line)
                paper = LabelledPaper(
                    id=parse_arxiv_id(record["id"]).id,
                    title="",
                    date=None,
                    relevant=int(record["relevant"]),
                    cells=tuple(record.get("cells", ())),
                    technique=tuple(record.get("technique", ())),
                    provenance="gold",
                    split="dev" if path == folder / "dev.jsonl" else "train",
                )
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(f"{path} line {number} is not a label: {error}") from error
            if paper.id in gold:
                raise InputError(f"{path} line {number}: {paper.id} is labelled twice")
            gold[paper.id] = paper
    return gold


def read_lists(path: Path) -> dict[str, ListFacts]:
    """Read the rows of public lists (Parquet), leaving out wrong links.

    A row is a wrong link when its title agrees with the paper's by less than
    `LEAST_TITLE_AGREEMENT`, or its id is not an arXiv id. Rows whose agreement could not be
    measured are kept.
    """
    from pyarrow import parquet

    columns = ("repo", "section_path", "keyword", "title", "paper_title", "arxiv_id", "title_agree")
    try:
        rows = parquet.read_table(path, columns=list(columns)).to_pylist()
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"cannot read the lists {path}: {error}") from error
    facts: dict[str, ListFacts] = {}
    for row in rows:
        agreement = row["title_agree"]
        if row["arxiv_id"] is None or (agreement is not None and agreement < LEAST_TITLE_AGREEMENT):
            continue
        try:
            arxiv_id = parse_arxiv_id(row["arxiv_id"]).id
        except InputError:
            continue
        repo = MIRRORS.get(row["repo"], row["repo"])
        about = facts.setdefault(arxiv_id, ListFacts())
        about.lists.add(repo)
        # Titles checked against the paper outweigh what a maintainer typed.
        for title, weight in ((row["paper_title"], 1000), (row["title"], 1)):
            if title and normalise_space(title):
                about.titles[normalise_space(title)] += weight
        stage, technique = read_section(row["section_path"] or "", row["keyword"])
        if stage is not None:
            about.stages.setdefault(stage, set()).add(repo)
        if technique is not None:
            about.techniques.setdefault(technique, set()).add(repo)
    return facts


def read_texts(paths: Sequence[Path], wanted: frozenset[str]) -> dict[str, PaperText]:
    """Read titles and abstracts of the wanted papers; the first file that has one counts.

    Parameters
    ----------
    paths : sequence of Path
        Parquet files (arxiv_id, title, abstract, published) or JSON lines, plain, ``.gz`` or
        ``.zst`` (arxiv_id or id, title, abstract, published or day).
    wanted : frozenset of str
        arXiv ids; others are skipped while reading, so memory stays small.
    """
    texts: dict[str, PaperText] = {}
    for path in paths:
        try:
            for record in records(path):
                arxiv_id = record.get("arxiv_id") or record.get("id")
                if arxiv_id not in wanted or arxiv_id in texts:
                    continue
                title = normalise_space(record.get("title") or "")
                if title:
                    day = record.get("published") or record.get("day")
                    texts[arxiv_id] = PaperText(
                        title=title,
                        abstract=normalise_space(record.get("abstract") or ""),
                        date=date.fromisoformat(str(day)[:10]) if day else None,
                    )
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"cannot read papers from {path}: {error}") from error
    return texts


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Stream the records of a Parquet or JSON-lines file (plain, ``.gz`` or ``.zst``)."""
    if path.suffix == ".parquet":
        from pyarrow import parquet

        columns = ["arxiv_id", "title", "abstract", "published"]
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(4096, columns=columns):
                yield from batch.to_pylist()
        return
    with path.open("rb") as raw:
        stream: Any = raw
        if path.suffix == ".gz":
            import gzip

            stream = gzip.GzipFile(fileobj=raw)
        elif path.suffix == ".zst":
            import zstandard

            stream = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
        for line in io.TextIOWrapper(stream, encoding="utf-8"):
            if line.strip():
                yield json.loads(line)


def assemble(
    gold: Mapping[str, LabelledPaper],
    lists: Mapping[str, ListFacts],
    texts: Mapping[str, PaperText],
) -> list[LabelledPaper]:
    """Join labels, lists and metadata into the library, in order of id.

    Gold labels outrank lists. Papers without a title anywhere are left out.
    """
    papers: list[LabelledPaper] = []
    for arxiv_id in sorted({*gold, *lists}):
        text, about = texts.get(arxiv_id), lists.get(arxiv_id)
        title = text.title if text else _best_title(about)
        if not title:
            continue
        count = len(about.lists) if about else 0
        day = text.date if text else None
        if arxiv_id in gold:
            papers.append(replace(gold[arxiv_id], title=title, date=day, lists=count))
        elif about:
            papers.append(_from_lists(arxiv_id, title, day, about))
    return papers


def _best_title(about: ListFacts | None) -> str:
    if about is None or not about.titles:
        return ""
    return min(about.titles, key=lambda title: (-about.titles[title], title))


def _from_lists(arxiv_id: str, title: str, day: date | None, about: ListFacts) -> LabelledPaper:
    return LabelledPaper(
        id=arxiv_id,
        title=title,
        date=day,
        relevant=-1,
        weak_stages=_winners(about.stages),
        technique=_winners(about.techniques),
        provenance="list",
        lists=len(about.lists),
    )


def _winners(votes: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Labels with at least half the votes of the first, at most two, most votes first."""
    ranked = sorted(votes, key=lambda label: (-len(votes[label]), label))
    return tuple(label for label in ranked[:2] if 2 * len(votes[label]) >= len(votes[ranked[0]]))


def agreement(gold: Mapping[str, LabelledPaper], lists: Mapping[str, ListFacts]) -> Agreement:
    """Measure the labels read off lists against the gold labels."""
    both = sorted(gold.keys() & lists.keys())
    relevant = [arxiv_id for arxiv_id in both if gold[arxiv_id].relevant == 1]
    stages, techniques = [], []
    for arxiv_id in relevant:
        weak = _from_lists(arxiv_id, "", None, lists[arxiv_id])
        true_stages = {cell.split("/")[0] for cell in gold[arxiv_id].cells}
        if weak.weak_stages:
            stages.append(weak.weak_stages[0] in true_stages)
        if weak.technique:
            techniques.append(weak.technique[0] in gold[arxiv_id].technique)
    return Agreement(
        papers=len(both),
        relevant=len(relevant),
        stage_total=len(stages),
        stage_right=sum(stages),
        technique_total=len(techniques),
        technique_right=sum(techniques),
    )


def encode_resumably(
    encoder: Encoder,
    texts: Sequence[str],
    cache: Path,
    progress: Callable[[int], None] | None = None,
) -> NDArray[np.float32]:
    """Encode texts, keeping what is done so that an interrupted run goes on where it stopped.

    Parameters
    ----------
    encoder : Encoder
    texts : sequence of str, length n
    cache : Path
        Scratch file. One that another encoder filled, or a damaged one, is started afresh.
    progress : callable, optional
        Called with the number of texts done since the last call.

    Returns
    -------
    ndarray, shape (n, dim), float32
    """
    keys = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
    done = _read_scratch(cache, encoder)
    known = sum(key in done for key in keys)
    if progress is not None and known:
        progress(known)
    missing = list({key: n for n, key in enumerate(keys) if key not in done}.items())
    for start in range(0, len(missing), _SAVE_EVERY):
        block = missing[start : start + _SAVE_EVERY]
        vectors = encoder.encode([texts[n] for _, n in block], progress=progress)
        done.update((key, vector) for (key, _), vector in zip(block, vectors, strict=True))
        _write_scratch(cache, encoder.encoder_id, done)
    result = np.empty((len(texts), encoder.dim), dtype=np.float32)
    for row, key in enumerate(keys):
        result[row] = done[key]
    return result


def _read_scratch(cache: Path, encoder: Encoder) -> dict[str, NDArray[np.float32]]:
    import zipfile
    import zlib

    try:
        with cache.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            if str(arrays["encoder_id"]) != encoder.encoder_id:
                return {}
            keys, vectors = arrays["keys"].tolist(), arrays["vectors"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return {}  # scratch only: whatever is not there is encoded again
    if vectors.shape != (len(keys), encoder.dim):
        return {}
    return dict(zip(keys, vectors, strict=True))


def _write_scratch(cache: Path, encoder_id: str, done: Mapping[str, NDArray[np.float32]]) -> None:
    buffer = io.BytesIO()
    np.savez(
        buffer,
        encoder_id=np.array(encoder_id),
        keys=np.array(list(done)),
        vectors=np.array(list(done.values())),
    )
    atomic_write(cache, buffer.getvalue())


def contents_of(papers: Iterable[LabelledPaper], texts: Mapping[str, PaperText]) -> list[str]:
    """Return what is encoded of each paper: title and abstract, or the title alone."""
    return [
        f"{paper.title}\n{texts[paper.id].abstract}"
        if paper.id in texts and texts[paper.id].abstract
        else paper.title
        for paper in papers
    ]


def build(
    papers: Sequence[LabelledPaper],
    texts: Mapping[str, PaperText],
    encoder: Encoder,
    corpus: Path,
    cache: Path,
    progress: Callable[[int], None] | None = None,
    short_titles: Mapping[str, str] | None = None,
) -> tuple[Path, Path]:
    """Encode the papers and write both files of the library.

    A paper without a known abstract is encoded by its title alone and marked so. Encoding sees
    the full titles; `short_titles` (id to title) replaces some of them in what is written.

    Returns
    -------
    facts, vectors : Path
        The files written, each whole or not at all.
    """
    # One total order, that of `facts_bytes`; the reader checks that both files agree.
    papers = sorted(papers, key=lambda paper: paper.id)
    title_only = np.array(
        [not (paper.id in texts and texts[paper.id].abstract) for paper in papers], dtype=bool
    )
    vectors = encode_resumably(encoder, contents_of(papers, texts), cache, progress)
    facts_path, vectors_path = corpus / FACTS_FILE, corpus / VECTORS_FILE
    ids = [paper.id for paper in papers]
    short = short_titles or {}
    written = [replace(paper, title=short.get(paper.id, paper.title)) for paper in papers]
    atomic_write(facts_path, facts_bytes(written))
    atomic_write(vectors_path, vectors_bytes(ids, vectors, title_only, encoder.encoder_id))
    return facts_path, vectors_path
