"""Test collections in BEIR form, and runs in TREC form: search measured on anything.

A corpus has lines with ``_id``, ``title`` and ``text``, queries have ``_id`` and ``text`` (Thakur
et al., BEIR, NeurIPS 2021). A run has lines ``query Q0 document rank score tag``, which trec_eval
and its successors read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litmine.core.errors import InputError
from litmine.core.plain import encodable
from litmine.index.document import Document

__all__ = ["TestQuery", "read_corpus", "read_queries", "run_lines"]

TAG = "litmine"


@dataclass(frozen=True, slots=True)
class TestQuery:
    """One query of a test collection."""

    __test__ = False  # no test case, whatever pytest makes of its name

    id: str
    text: str


def read_corpus(path: Path) -> Iterator[Document]:
    """Read the documents of a corpus, each id once; other keys than the three are ignored.

    Raises
    ------
    InputError
        The file cannot be read, a line is no such object, or an id stands twice.
    """
    seen: set[str] = set()
    for where, record in _objects(path):
        number = _id(record, where)
        if number in seen:
            raise InputError(f"{where}: _id {number!r} stands in the file twice")
        seen.add(number)
        title = _text(record, "title", where, optional=True)
        text = _text(record, "text", where)
        content = hashlib.sha256(f"{title}\n{text}".encode()).hexdigest()
        yield Document(number, title, text, fingerprint=content)


def read_queries(path: Path) -> list[TestQuery]:
    """Read queries, each id once.

    Raises
    ------
    InputError
        The file cannot be read, holds no query, a line is no such object, or an id stands twice.
    """
    queries: dict[str, TestQuery] = {}
    for where, record in _objects(path):
        number = _id(record, where)
        if number in queries:
            raise InputError(f"{where}: _id {number!r} stands in the file twice")
        queries[number] = TestQuery(number, _text(record, "text", where))
    if not queries:
        raise InputError(f"{path}: there are no queries in it")
    return list(queries.values())


def run_lines(query_id: str, found: Iterable[tuple[str, float]]) -> Iterator[str]:
    """Give the lines of one query's answer, best first, each ended by a line feed.

    Evaluators order by score, not by rank: a score that does not fall is lowered a little, so
    that ties stay in the order of the answer.
    """
    last = float("inf")
    for rank, (document, score) in enumerate(found, start=1):
        last = min(round(score, 6), last - 1e-6)
        yield f"{query_id} Q0 {document} {rank} {last:.6f} {TAG}\n"


def _objects(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        # Some editors begin a file with a byte order mark.
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                where = f"{path}:{number}"
                try:
                    record = json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise InputError(f"{where}: not JSON ({error})") from error
                if not isinstance(record, dict):
                    raise InputError(f"{where}: not a JSON object")
                yield where, record
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error


def _id(record: dict[str, Any], where: str) -> str:
    value = record.get("_id")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        raise InputError(f"{where}: '_id' is missing or no string")
    if value.split() != [value]:
        raise InputError(f"{where}: _id {value!r} holds white space, which a TREC run cannot")
    if not value.isprintable():
        raise InputError(f"{where}: _id {value!r} holds what cannot be printed")
    return value


def _text(record: dict[str, Any], key: str, where: str, *, optional: bool = False) -> str:
    value = record.get(key, "" if optional else None)
    if value is None and optional:
        value = ""
    if not isinstance(value, str):
        raise InputError(f"{where}: {key!r} is missing or no string")
    return encodable(value)
