"""One fingerprint of the content, and copies that keep it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from sqlalchemy import Date, DateTime, Float, Integer, LargeBinary, func, select, update
from sqlalchemy.types import JSON, Boolean

from litmine.core.errors import StoreError
from litmine.store import open_store
from litmine.store.accounts import put_user
from litmine.store.audit import record
from litmine.store.copy import copy_store
from litmine.store.decisions import decide, undo
from litmine.store.digest import CONTENT_TABLES, content_digest
from litmine.store.labels import put_labels
from litmine.store.leases import acquire
from litmine.store.schema import leases, metadata
from litmine.store.vectors import put_vectors
from tests.support.rows import IDS, NOW, fill, label

COLUMNS = [
    pytest.param(table, column, id=f"{table.name}.{column.name}")
    for table in CONTENT_TABLES
    for column in table.columns
    if not column.foreign_keys
]


def digest(store):
    with store.read() as connection:
        return content_digest(connection)


def counts(store):
    with store.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def changed(column, value):
    kind = column.type
    if column.name in {"source", "state"} and column.table.name in {"labels", "queue"}:
        return {"gold": "review", "list": "gold", "review": "list"}.get(value, "later")
    if column.name == "relevant":
        return -value or 1
    if isinstance(kind, Boolean):
        return not value
    if isinstance(kind, Integer | Float):
        return (value or 0) + 1
    if isinstance(kind, Date):
        return (value or date(2020, 1, 1)) + timedelta(days=1)
    if isinstance(kind, LargeBinary):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(kind, JSON):
        return ["changed", value]
    if hasattr(kind, "impl") and isinstance(kind.impl, DateTime):
        return (value or NOW) + timedelta(microseconds=1)
    return (value or "")[:20] + "'"


def test_equal_content_has_an_equal_digest_however_old_it_is(make_store):
    one, two = make_store(), make_store()
    fill(one)
    fill(two, now=NOW + timedelta(days=3))
    assert digest(one) == digest(two)
    assert set(digest(one)) == {table.name for table in CONTENT_TABLES}


def test_the_digest_is_the_same_on_both_databases(store, sqlite_store):
    fill(store)
    fill(sqlite_store)
    assert digest(store) == digest(sqlite_store)


def test_empty_and_filled_differ_in_every_table(store):
    before = digest(store)
    fill(store)
    after = digest(store)
    assert [name for name in before if before[name] == after[name]] == []


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_every_content_column_counts_and_no_clock_column_does(sqlite_store, table, column):
    fill(sqlite_store)
    before = digest(sqlite_store)
    with sqlite_store.write() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        key = list(table.primary_key)
        row = connection.execute(select(table).order_by(*key).limit(1)).one()
        where = [k == row._mapping[k.name] for k in key]
        new = changed(column, row._mapping[column.name])
        connection.execute(update(table).where(*where).values({column.name: new}))
        inside = content_digest(connection)
        connection.rollback()
    clock = column.name.endswith("_at")
    assert {name for name in before if inside[name] != before[name]} == (
        set() if clock else {table.name}
    )


def test_a_row_more_and_a_row_less_count(store):
    fill(store)
    before = digest(store)["labels"]
    with store.write() as connection:
        put_labels(connection, [label("another")])
    assert digest(store)["labels"] != before


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def source(request, sqlite_store, tmp_path):
    """A filled database to copy from, on each database."""
    if request.param == "sqlite":
        fill(sqlite_store)
        yield sqlite_store
        return
    server = request.getfixturevalue("postgres")
    name = server.create()
    with open_store(server.url(name)) as store:
        fill(store)
        yield store
    server.drop(name)


def test_a_copy_holds_every_row(source, store, fake_clock):
    acquire(source, fake_clock, "nightly", "somebody", 60)
    copy_store(source, store)
    assert digest(store) == digest(source)
    assert counts(store) == counts(source) | {"leases": 0}
    with source.read() as reading, store.read() as copied:
        for table in metadata.sorted_tables:
            if table is leases:
                continue
            statement = select(table)
            assert sorted(map(repr, copied.execute(statement))) == sorted(
                map(repr, reading.execute(statement))
            ), table.name


def test_filled_means_every_table(sqlite_store):
    fill(sqlite_store)
    empty = {name for name, rows in counts(sqlite_store).items() if not rows}
    assert empty <= {"leases", "limiters", "drift"}


def test_life_goes_on_in_a_copy(source, store):
    copy_store(source, store)
    with store.write() as connection:
        number = decide(connection, IDS[2], "reject", reviewer="Cy", now=NOW)
        assert number == 4
        undo(connection, reviewer="Cy", now=NOW, arxiv_id=IDS[2])
        assert put_user(connection, "Cy", "reader", NOW) == 2
        record(connection, NOW, "Cy", "undo", IDS[2])


def test_a_copy_needs_an_empty_place(source, store):
    with store.write() as connection:
        put_labels(connection, [label("here before")])
    before = digest(store)
    with pytest.raises(StoreError, match="is not empty"):
        copy_store(source, store)
    assert digest(store) == before


def test_a_failed_copy_leaves_the_place_empty(source, store, monkeypatch):
    def fail(_connection):
        raise RuntimeError("power cut")

    before = counts(store)
    monkeypatch.setattr("litmine.store.copy._continue_numbering", fail)
    with pytest.raises(RuntimeError):
        copy_store(source, store)
    assert counts(store) == before


def test_more_rows_than_one_batch(store, sqlite_store):
    ids = [f"2606.{n:05}" for n in range(4500)]
    with sqlite_store.write() as connection:
        put_vectors(connection, "e", ids, [None] * 4500, np.ones((4500, 2)))
    copy_store(sqlite_store, store)
    assert counts(store)["vectors"] == 4500
    assert digest(store) == digest(sqlite_store)
