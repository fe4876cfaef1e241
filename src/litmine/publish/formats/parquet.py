"""Parquet: the table of all columns with types, for pandas, DuckDB, Polars and the like."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import Any

from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.formats.records import COLUMNS, FORMAT, Kind, records

__all__ = ["render_parquet", "schema"]


def schema(taxonomy: Taxonomy) -> Any:
    """Give the `pyarrow.Schema`: every column with its description, and what the file is."""
    import pyarrow as pa

    types: dict[Kind, Any] = {
        "text": pa.string(),
        "texts": pa.list_(pa.field("element", pa.string())),
        "number": pa.int32(),
        "real": pa.float64(),
        "day": pa.date32(),
        "moment": pa.timestamp("us", tz="UTC"),
        "scores": pa.map_(pa.string(), pa.float64()),
    }
    whole = {"arxiv_id", "title", "title_latex", "month", "url", "key", "section", "source"}
    fields = [
        pa.field(
            one.name,
            types[one.kind],
            nullable=one.name not in whole and one.kind not in {"texts", "scores"},
            metadata={"description": one.description},
        )
        for one in COLUMNS
    ]
    about = {"format": FORMAT, "taxonomy": taxonomy.version}
    return pa.schema(fields, metadata={"litmine": json.dumps(about)})


def render_parquet(
    entries: Iterable[ListEntry], taxonomy: Taxonomy, *, abstracts: bool = False
) -> bytes:
    """Render entries as Parquet (zstd), newest first.

    The same entries give the same bytes with the same release of pyarrow, which writes its name
    into the file.

    Raises
    ------
    InputError
        If a paper stands in twice.
    """
    import pyarrow as pa
    from pyarrow import parquet

    rows = records(entries, taxonomy, abstracts=abstracts)
    for row in rows:
        row["scores"] = list(row["scores"].items())
    table = pa.Table.from_pylist(rows, schema=schema(taxonomy))
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, compression="zstd", store_schema=True)
    return buffer.getvalue()
