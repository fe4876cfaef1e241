"""Opening a database: migrations, versions, and refusals of one line."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from litmine.core.errors import ConfigError, SchemaMismatch, StoreError
from litmine.store import Store, open_store
from litmine.store.engine import redact_url
from litmine.store.migrate import alembic_config, downgrade, upgrade
from litmine.store.schema import SCHEMA_HEAD, metadata
from tests.support.child import children
from tests.support.rows import fill


def tables(store):
    with store.read() as connection:
        return set(inspect(connection).get_table_names())


def refusal(url, kind=StoreError, **options):
    with pytest.raises(kind) as caught:
        open_store(url, **options)
    said = str(caught.value)
    assert "\n" not in said
    return said


def set_version(url, version):
    with open_store(url) as store, store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})


def test_schema_head_is_the_newest_script(sqlite_store):
    script = ScriptDirectory.from_config(alembic_config(sqlite_store.engine))
    assert script.get_current_head() == SCHEMA_HEAD
    numbers = [revision.revision for revision in script.walk_revisions()]
    # open_store compares versions as text.
    assert numbers == sorted(numbers, reverse=True)


def test_migrated_schema_is_the_metadata(empty_url):
    with open_store(empty_url) as store, store.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_check_constraints_are_migrated_too(empty_url):
    expected = {
        (table.name, str(constraint.name))
        for table in metadata.sorted_tables
        for constraint in table.constraints
        if type(constraint).__name__ == "CheckConstraint"
    }
    with open_store(empty_url) as store, store.read() as connection:
        inspector = inspect(connection)
        found = {
            (name, str(constraint["name"]))
            for name in metadata.tables
            for constraint in inspector.get_check_constraints(name)
        }
    assert found == expected


def test_down_to_nothing_and_up_again(empty_url):
    with open_store(empty_url) as store:
        fill(store)
        downgrade(store.engine, "base")
        assert tables(store) == {"alembic_version"}
        upgrade(store.engine)
        assert tables(store) == {*metadata.tables, "alembic_version"}
        fill(store)
        downgrade(store.engine, "base")
    with open_store(empty_url) as store:
        assert tables(store) == {*metadata.tables, "alembic_version"}


def test_a_database_that_another_process_is_setting_up_is_waited_for(tmp_path):
    path = tmp_path / "new.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # to this, the busy timeout does not apply
    outcome: list[BaseException | None] = []

    def open_it():
        try:
            open_store(f"sqlite:///{path}").close()
        except BaseException as error:
            outcome.append(error)
        else:
            outcome.append(None)

    thread = threading.Thread(target=open_it)
    thread.start()
    thread.join(0.3)
    assert outcome == []  # neither let in nor refused
    other.execute("ROLLBACK")
    other.close()
    thread.join()
    assert outcome == [None]


@pytest.mark.drill
def test_several_processes_open_a_new_database_at_once(make_empty_url):
    for _ in range(3):
        with children(3, "open", make_empty_url()) as started:
            for child in started:
                child.go()
            assert [child.lines() for child in started] == [["opened"]] * 3


def test_an_older_schema_is_upgraded_unless_forbidden(empty_url):
    said = refusal(empty_url, SchemaMismatch, migrate=False)
    assert "has schema none" in said
    assert "run litmine db upgrade" in said
    open_store(empty_url).close()
    open_store(empty_url, migrate=False).close()


def test_a_newer_schema_is_refused_and_left_alone(empty_url):
    set_version(empty_url, "9999")
    assert "newer than this litmine knows" in refusal(empty_url, SchemaMismatch)
    assert "newer than this litmine knows" in refusal(empty_url, SchemaMismatch, migrate=False)


def test_a_database_of_somebody_else_is_refused_and_left_alone(empty_url):
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE papers (mine integer)"))
    engine.dispose()
    assert "papers" in refusal(empty_url)
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        assert set(inspect(connection).get_table_names()) <= {"papers", "alembic_version"}
    engine.dispose()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.mkdir(), "unable to open database file"),
        (lambda path: path.write_bytes(b"not a database " * 500), "file is not a database"),
    ],
)
def test_a_file_that_is_no_database(tmp_path, make, said):
    path = tmp_path / "x.db"
    make(path)
    assert said in refusal(f"sqlite:///{path}")


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    assert "cannot be created" in refusal(f"sqlite:///{tmp_path}/file/litmine.db")


def test_a_database_that_can_only_be_read(migrated_sqlite, tmp_path):
    path = tmp_path / "read-only.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    with open_store(f"sqlite:///file:{path}?mode=ro&uri=true") as store:
        with store.read() as connection:
            assert inspect(connection).has_table("papers")
        with pytest.raises(StoreError, match="readonly database; check the permissions") as caught:
            fill(store)
        assert "\n" not in str(caught.value)
    empty = tmp_path / "empty.db"
    empty.touch()
    assert "readonly database" in refusal(f"sqlite:///file:{empty}?mode=ro&uri=true")


def test_a_database_that_must_exist(tmp_path):
    path = tmp_path / "absent.db"
    assert "run litmine nightly first" in refusal(f"sqlite:///{path}", must_exist=True)
    assert not path.exists()


def test_a_server_that_does_not_answer_is_one_line_without_the_password():
    said = refusal("postgresql+psycopg://miner:s3cret@127.0.0.1:9/litmine")
    assert "127.0.0.1" in said
    assert "s3cret" not in said


@pytest.mark.postgres
def test_a_server_that_goes_away_is_a_store_error(postgres):
    name = postgres.create()
    with open_store(postgres.url(name)) as store:
        postgres.sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        with pytest.raises(StoreError, match="does not exist"), store.read():
            raise AssertionError("there is nothing to read")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "database_url cannot be read"),
        ("mysql://localhost/x", "mysql is not supported"),
        ("postgresql+nodriver://localhost/x", "driver is missing"),
    ],
)
def test_urls_that_cannot_be_used(url, said):
    assert said in refusal(url, ConfigError)


@pytest.mark.postgres
def test_a_url_without_a_driver_gets_ours(postgres):
    name = postgres.create()
    url = postgres.url(name).replace("postgresql+psycopg:", "postgresql:")
    with open_store(url) as store:
        assert store.engine.driver == "psycopg"
    postgres.drop(name)


def test_redact_url():
    assert redact_url("postgresql://a:secret@h/d") == "postgresql://a:***@h/d"


def test_a_failed_transaction_leaves_nothing(store):
    def fail():
        with store.write() as connection:
            connection.execute(text("INSERT INTO meta VALUES ('a', 'b')"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM meta")).scalar() == 0


def test_a_reader_sees_one_snapshot_and_does_not_stop_writers(store):
    count = text("SELECT count(*) FROM meta")
    with store.read() as reading:
        assert reading.execute(count).scalar() == 0
        with store.write() as writing:
            writing.execute(text("INSERT INTO meta VALUES ('a', 'b')"))
        assert reading.execute(count).scalar() == 0
    with store.read() as reading:
        assert reading.execute(count).scalar() == 1


def test_sqlite_pragmas(sqlite_store):
    with sqlite_store.read() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 1,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }


def test_closing_leaves_no_connection(make_store):
    store = make_store()
    assert isinstance(store, Store)
    with store as inside, inside.read():
        assert inside.engine.pool.checkedout() == 1
    assert store.engine.pool.checkedin() == 0


def test_opening_does_not_load_what_only_migrations_need(migrated_sqlite):
    code = (
        "import sys; from litmine.store import open_store; open_store(sys.argv[1]).close(); "
        "print([m for m in ('alembic', 'numpy', 'structlog') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, f"sqlite:///{migrated_sqlite}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
