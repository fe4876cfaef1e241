"""Opening the database: pragmas, transactions, schema version.

SQLite runs in WAL mode with ``synchronous=NORMAL``, a busy timeout and foreign keys on. Writers
take the lock when they begin (``BEGIN IMMEDIATE``): a deferred transaction that turns into a
writer half-way can fail at once where this one waits its turn. Threads of one process queue up for
it in memory and are served in order; only the first of them asks SQLite, every few milliseconds.
SQLite's own waiting sleeps ever longer between two looks, up to a tenth of a second, and lets
whoever looks first overtake.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    InternalError,
    NoSuchModuleError,
    OperationalError,
)

from litmine.core.errors import ConfigError, SchemaMismatch, StoreError
from litmine.store.schema import SCHEMA_HEAD
from litmine.store.turns import Turns

__all__ = ["Store", "open_store", "redact_url"]

_BUSY_SECONDS = 30
_LOOK_SECONDS = 0.004
#: Connections kept, and more at most: a web server works in 40 threads.
_KEPT, _MORE = 10, 40


def redact_url(url: str) -> str:
    """Return a database URL that is fit for logs: the password is replaced."""
    return make_url(url).render_as_string(hide_password=True)


class Store:
    """An open database.

    Use `read` and `write` for transactions; the modules of `litmine.store` take their connection.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._turns = Turns() if engine.dialect.name == "sqlite" else None

    @property
    def dialect(self) -> str:
        """Return ``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @property
    def url(self) -> str:
        """The URL without its password."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads (one consistent snapshot)."""
        options: dict[str, Any] = {"litmine_write": False}
        if self.dialect == "postgresql":
            # By default every statement sees a snapshot of its own.
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._transaction(options) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that writes: all of it is stored, or nothing.

        Never open one inside another: the second would wait for the first.
        """
        with ExitStack() as stack:
            # Before a connection is taken: those who wait need none. After the longest wait the
            # database is asked all the same, and says that it is locked.
            if self._turns is not None and self._turns.take(_BUSY_SECONDS):
                stack.callback(self._turns.give)
            yield stack.enter_context(self._transaction({"litmine_write": True}))

    @contextmanager
    def _transaction(self, options: dict[str, Any]) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                connection.execution_options(**options)
                with connection.begin():
                    yield connection
        except DBAPIError as error:
            if not _is_of_the_database(error):
                raise
            raise StoreError(_say(error, self.url)) from error

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(url: str, *, migrate: bool = True, must_exist: bool = False) -> Store:
    """Open the database at `url`, bringing its schema up to date.

    Parameters
    ----------
    url : str
        SQLAlchemy URL, ``sqlite:///path`` or ``postgresql+psycopg://user@host/name``.
    migrate : bool
        Apply missing migrations; otherwise an older schema is an error.
    must_exist : bool
        Do not create a database that is not there.

    Raises
    ------
    ConfigError
        The URL cannot be read or names an unsupported database.
    SchemaMismatch
        The database was written by a newer litmine, or is old and `migrate` is false.
    StoreError
        It cannot be opened, or does not exist and `must_exist` is set.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError(
            "database_url cannot be read; expected sqlite:///path or postgresql+psycopg://…"
        ) from error
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ConfigError(
            f"database {parsed.get_backend_name()} is not supported; use sqlite or postgresql"
        )
    _prepare_file(parsed, must_exist)
    try:
        store = Store(_engine(parsed))
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError(
            "the PostgreSQL driver is missing: pip install 'litmine[postgres]' "
            "and use postgresql+psycopg://…"
        ) from error
    try:
        _bring_up_to_date(store, migrate)
    except DBAPIError as error:
        store.close()
        raise StoreError(_say(error, store.url)) from error
    except BaseException:
        store.close()
        raise
    return store


def _bring_up_to_date(store: Store, migrate: bool) -> None:
    found = _schema_version(store.engine)
    if found == SCHEMA_HEAD:
        return
    if found is not None and found > SCHEMA_HEAD:
        raise SchemaMismatch(
            f"{store.url} has schema {found}, "
            f"newer than this litmine knows ({SCHEMA_HEAD}): upgrade litmine"
        )
    if not migrate:
        raise SchemaMismatch(
            f"{store.url} has schema {found or 'none'}, "
            f"this litmine needs {SCHEMA_HEAD}: run litmine db upgrade"
        )
    from litmine.store.migrate import upgrade  # alembic costs a quarter of a second

    upgrade(store.engine)


def _prepare_file(url: URL, must_exist: bool) -> None:
    if url.get_backend_name() != "sqlite" or _in_memory(url) or url.database is None:
        return
    path = Path(url.database)
    try:
        present = path.is_file()
    except OSError as error:  # a folder on the way may not be searched
        raise StoreError(f"{path}: {error.strerror}; check the permissions") from error
    if must_exist and not present:
        raise StoreError(f"no database at {path}: run litmine nightly first, or check database_url")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path.parent} cannot be created: {error.strerror}") from error
    if present and not os.access(path, os.R_OK):
        raise StoreError(f"{path} cannot be read: check its permissions")


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        # A database in memory has one connection only, which SQLAlchemy arranges itself.
        pool = {} if _in_memory(url) else {"pool_size": _KEPT, "max_overflow": _MORE}
        engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS}, **pool)
        event.listen(engine, "connect", _sqlite_pragmas)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=_KEPT,
        max_overflow=_MORE,
        connect_args={"connect_timeout": _BUSY_SECONDS},
    )


def _in_memory(url: URL) -> bool:
    return not url.database or url.database == ":memory:"


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # litmine begins its transactions itself
    try:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")
        _use_wal(cursor)
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()
    except BaseException:
        connection.close()  # the pool has not taken it over yet
        raise


def _use_wal(cursor: Any) -> None:
    # The busy timeout does not cover the switch to WAL: where several processes open a new
    # database at once, all but one are refused straight away.
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _sqlite_begin(connection: Connection) -> None:
    if not connection.get_execution_options().get("litmine_write", True):
        connection.exec_driver_sql("BEGIN")
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout=0")
    try:
        if not _began(driver):
            # Once more, in the form in which SQLAlchemy tells errors.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000:.0f}")


def _began(driver: Any) -> bool:
    """Begin to write as soon as the lock is free; False when something else is wrong."""
    deadline = time.monotonic() + _BUSY_SECONDS
    pause = _LOOK_SECONDS / 8
    while True:
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                return False
            time.sleep(pause)
            pause = min(2 * pause, _LOOK_SECONDS)
        else:
            return True


def _schema_version(engine: Engine) -> str | None:
    with engine.connect().execution_options(litmine_write=False) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return None if row is None else str(row[0])


def _is_of_the_database(error: DBAPIError) -> bool:
    # A broken constraint or a wrong statement is a fault of ours: it keeps its traceback.
    return isinstance(error, OperationalError | InternalError | InterfaceError) or (
        type(error) is DatabaseError  # SQLite: not a database, disk image is malformed
    )


def _say(error: DBAPIError, url: str) -> str:
    reason = next(iter(str(error.orig).strip().splitlines()), "unknown reason")
    hint = {
        "database is locked": "another program holds it; try again, or end that program",
        "database or disk is full": "free some space and run again, nothing was lost",
        "attempt to write a readonly database": "check the permissions of the file and its folder",
        "file is not a database": "move it away and run again, or restore a backup",
        "database disk image is malformed": "restore a backup, or move it away and run again",
        "unable to open database file": "check that its folder exists and is writable",
    }.get(reason, "check database_url and that the server answers" if "sqlite" not in url else "")
    return f"database {url}: {reason}" + (f"; {hint}" if hint else "")
