"""``litmine serve``: where it listens, whom it lets in, and how it stops."""

from __future__ import annotations

import getpass
import json
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import httpx2
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from litmine.cli import app
from litmine.core.errors import ConfigError, StoreError
from litmine.review.people.accounts import Accounts
from litmine.store.schema import login_failures
from tests.support.web import PASSWORD


@pytest.fixture
def database(monkeypatch, sqlite_store):
    url = sqlite_store.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("LITMINE_DATABASE_URL", url)
    return sqlite_store


def refused(*arguments):
    return CliRunner().invoke(app, ["serve", *arguments]).exception


@contextmanager
def running(stop=signal.SIGTERM):
    """Serve in a process of its own; give what it says first, and check how it ends."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "litmine", "serve", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said = json.loads(process.stdout.readline())
        yield said
        process.send_signal(stop)
        rest, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, rest) == (0, "")
    assert "Traceback" not in errors
    assert said["login_link"] is None or said["login_link"].rpartition("/")[2] not in errors


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_on_loopback_it_prints_a_link_for_its_owner(database, stop):
    with running(stop) as said:
        assert said["url"] == f"http://127.0.0.1:{said['port']}"
        with httpx2.Client(base_url=said["url"]) as client:
            assert client.get("/login").status_code == 200
            assert client.post(said["login_link"]).status_code == 303
            assert client.get("/login").headers["location"] == "/"
            assert client.get("/login", headers={"Host": "evil.example"}).status_code == 421
    (user,) = Accounts(database).all()
    assert (user.name, user.role, user.password_hash) == (getpass.getuser(), "maintainer", None)


@pytest.mark.parametrize(
    ("host", "public_url"), [("0.0.0.0", ""), ("127.0.0.1", "https://review.example")]
)
def test_in_reach_of_others_it_needs_accounts(database, monkeypatch, host, public_url):
    monkeypatch.setenv("LITMINE_WEB__PUBLIC_URL", public_url)
    for role in ("nobody", "locked out"):
        problem = refused("--host", host, "--port", "0")
        assert isinstance(problem, ConfigError), role
        assert "litmine user add" in str(problem)
        if role == "nobody":
            accounts = Accounts(database)
            accounts.add_user("Link Only", "maintainer", by="tests")
            accounts.add_user("Locked", "reviewer", PASSWORD, by="tests")
            accounts.disable("Locked", by="tests")


def test_behind_a_proxy_on_this_machine(database, monkeypatch):
    monkeypatch.setenv("LITMINE_WEB__PUBLIC_URL", "https://review.example")
    Accounts(database).add_user("Ada", "maintainer", PASSWORD, by="tests")
    with running() as said:
        assert said["url"] == "https://review.example"
        assert said["login_link"] is None
        headers = {"Host": "review.example", "X-Forwarded-For": "198.51.100.9"}
        answer = httpx2.post(
            f"http://127.0.0.1:{said['port']}/login",
            data={"name": "Ada", "password": "wrong horse battery"},
            headers=headers | {"X-Forwarded-Proto": "https", "Origin": "https://review.example"},
        )
    assert answer.status_code == 401
    assert answer.headers["strict-transport-security"]
    with database.read() as connection:
        keys = connection.execute(select(login_failures.c.key)).scalars().all()
    assert "address:198.51.100.9" in keys


def test_without_a_proxy_nobody_is_believed_about_their_address(database):
    with running() as said:
        httpx2.post(
            f"{said['url']}/login", data={"name": "x"}, headers={"X-Forwarded-For": "198.51.100.9"}
        )
    with database.read() as connection:
        keys = connection.execute(select(login_failures.c.key)).scalars().all()
    assert "address:127.0.0.1" in keys


def test_a_taken_port_is_told(database):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        problem = refused("--port", str(taken.getsockname()[1]))
    assert isinstance(problem, ConfigError)
    assert "--port 0" in str(problem)


def test_an_address_of_another_machine_is_told(database):
    problem = refused("--host", "192.0.2.1", "--port", "0")
    assert isinstance(problem, ConfigError)
    assert "192.0.2.1" in str(problem)


def test_it_makes_no_database(monkeypatch, tmp_path):
    monkeypatch.setenv("LITMINE_DATA_DIR", str(tmp_path / "none"))
    assert isinstance(refused("--port", "0"), StoreError)
