"""Labelled screening sets: what a systematic review read, and what it kept.

Reads CSV and TSV, RIS and Parquet files that follow ASReview's conventions, so that a set made for
one tool replays in the other. Column names do not depend on case; the first that is there counts.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litmine.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ScreeningSet", "read_screening"]

_TITLE = ("title", "primary_title", "translated_title")
_ABSTRACT = ("abstract", "notes_abstract", "abstract note")
_INCLUDED = (
    "asreview_label",
    "included",
    "label",
    "final_included",
    "label_included",
    "included_label",
    "included_final",
    "included_flag",
    "include",
)
_YES = {"1", "1.0", "true", "yes", "y"}
_NO = {"0", "0.0", "false", "no", "n"}
_NOT_SCREENED = {"", "-1", "-1.0", "nan", "na", "none", "null"}
_NOTES = {"ASReview_relevant": "1", "ASReview_irrelevant": "0", "ASReview_not_seen": ""}
_DELIMITERS = ",;\t|"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ScreeningSet:
    """A labelled set, in the order of its file; duplicates are kept.

    Attributes
    ----------
    name
        The file's name without its extension.
    titles, abstracts
        Of the n labelled records; missing ones are empty.
    included
        (n,) int8, 1 for what the review kept.
    unlabelled
        Records of the file without a label, which are left out.
    """

    name: str
    titles: tuple[str, ...]
    abstracts: tuple[str, ...]
    included: NDArray[np.int8]
    unlabelled: int

    def __len__(self) -> int:
        return len(self.titles)

    @property
    def texts(self) -> list[str]:
        """Title and abstract of every record as one text."""
        return [f"{t} {a}".strip() for t, a in zip(self.titles, self.abstracts, strict=True)]


def read_screening(path: Path | str) -> ScreeningSet:
    """Read a labelled screening set.

    ``.csv``, ``.tsv``, ``.tab``: a header with title, abstract and included (or another name
    that ASReview takes for the label, such as label_included), delimiter and encoding found out.
    ``.ris``: the label is the note ASReview_relevant or ASReview_irrelevant. ``.parquet``: as CSV.
    Labels are 0 and 1 (or yes and no); records without one are counted and left out.

    Raises
    ------
    InputError
        When the file is none of these, lacks a column or every abstract, holds a label that is
        neither 0 nor 1, or has not at least two included and two excluded records.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"{path.name}: the extension tells how to read a screening set; use one of "
            + ", ".join(_READERS)
        )
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    return _checked(path, list(reader(path)))


def _checked(path: Path, rows: Sequence[Row]) -> ScreeningSet:
    import numpy as np

    if not rows:
        raise InputError(f"{path.name} holds no records")
    columns = {name for row in rows for name in row}
    title = _column(path, columns, "title", _TITLE)
    abstract = _column(path, columns, "abstract", _ABSTRACT)
    label = _column(path, columns, "included", _INCLUDED)
    labels = [_label(path, number, row.get(label)) for number, row in enumerate(rows, start=1)]
    kept = [(row, value) for row, value in zip(rows, labels, strict=True) if value is not None]
    found = ScreeningSet(
        name=path.stem,
        titles=tuple(_text(row.get(title)) for row, _ in kept),
        abstracts=tuple(_text(row.get(abstract)) for row, _ in kept),
        included=np.array([value for _, value in kept], dtype=np.int8),
        unlabelled=len(rows) - len(kept),
    )
    if not any(found.abstracts):
        raise InputError(f"{path.name}: no labelled record has an abstract to learn from")
    relevant = int(found.included.sum())
    for count, what, code in (
        (relevant, "included", 1),
        (len(found) - relevant, "excluded", 0),
    ):
        if count < 2:
            raise InputError(
                f"{path.name} has {count} {what} records; a replay starts from one and looks for "
                f"others, so column {label!r} needs at least two of label {code}"
            )
    return found


def _column(path: Path, present: set[str], what: str, names: Sequence[str]) -> str:
    for name in names:
        if name in present:
            return name
    raise InputError(
        f"{path.name} has no column {what!r}; it has "
        + (", ".join(sorted(present)) or "none")
        + (". In RIS the label is a note ASReview_relevant" if path.suffix == ".ris" else "")
    )


def _label(path: Path, number: int, value: Any) -> int | None:
    """1, 0, or None where the record was not screened."""
    text = _text(value).casefold()
    if text in _YES:
        return 1
    if text in _NO:
        return 0
    if text in _NOT_SCREENED:
        return None
    raise InputError(f"{path.name}: the label of record {number} is {value!r}; use 1, 0 or nothing")


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return str(value).strip()


def _decoded(path: Path) -> str:
    """The text of a file in UTF-8 or UTF-16, or else in Windows' Latin 1 (where every byte is one
    character, so this always ends)."""
    raw = path.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _csv_rows(path: Path) -> Iterator[Row]:
    text = _decoded(path)
    if not text.strip():
        return
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    delimiter = _delimiter(text)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [name.strip().casefold() for name in next(lines)]
    for number, values in enumerate(_filled(path, lines), start=1):
        if len(values) > len(header):
            raise InputError(
                f"{path.name}: record {number} has {len(values)} values under {len(header)} "
                f"columns; put fields that contain {delimiter!r} into double quotes"
            )
        yield dict(zip(header, values, strict=False))


def _filled(path: Path, lines: Iterator[list[str]]) -> Iterator[list[str]]:
    """Rows in which there is anything."""
    try:
        yield from (values for values in lines if any(map(str.strip, values)))
    except csv.Error as error:
        raise InputError(f"{path.name} is not CSV: {error}") from error


def _delimiter(text: str) -> str:
    """The delimiter under which the header has most of the columns looked for."""

    def known(delimiter: str) -> tuple[int, int]:
        header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        names = {name.strip().casefold() for name in header}
        wanted = (_TITLE, _ABSTRACT, _INCLUDED)
        return sum(bool(names.intersection(group)) for group in wanted), len(header)

    return max(_DELIMITERS, key=known)


def _ris_rows(path: Path) -> Iterator[Row]:
    import rispy

    text = _decoded(path)
    try:
        entries = rispy.loads(text, skip_unknown_tags=True) if text.strip() else []
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise InputError(f"{path.name} is not RIS: {error}".replace("\n", " ")) from error
    for entry in entries:
        row = {k: v for k, v in entry.items() if isinstance(v, str)}
        for key in ("included", "label"):
            row.pop(key, None)
        for note in entry.get("notes") or ():
            # Zotero wraps notes into paragraphs.
            label = _NOTES.get(re.sub(r"^<p>|</p>$", "", note.strip()))
            if label is not None:
                row["included"] = label
                break
        yield row


def _parquet_rows(path: Path) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        first = str(error).splitlines()[0]
        raise InputError(f"{path.name} is not a Parquet file: {first}") from error
    wanted = {*_TITLE, *_ABSTRACT, *_INCLUDED}
    names = [name for name in table.column_names if name.strip().casefold() in wanted]
    if not names:
        raise InputError(
            f"{path.name} has no column 'title'; it has " + ", ".join(sorted(table.column_names))
        )
    for row in table.select(names).to_pylist():
        yield {name.strip().casefold(): value for name, value in row.items()}


_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".csv": _csv_rows,
    ".tsv": _csv_rows,
    ".tab": _csv_rows,
    ".ris": _ris_rows,
    ".parquet": _parquet_rows,
}
