"""``litmine user``: accounts, links and tokens from the command line."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from litmine.cli import app
from litmine.core.clock import SystemClock
from litmine.core.errors import ConfigError, InputError, NotFound, StoreError
from litmine.review.people.accounts import Accounts
from litmine.review.people.logins import Logins
from tests.support.web import PASSWORD


@pytest.fixture
def litmine(monkeypatch, sqlite_store):
    url = sqlite_store.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("LITMINE_DATABASE_URL", url)

    def run(*arguments, given=None):
        result = CliRunner().invoke(app, ["user", *arguments], input=given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


def test_add_and_log_in(litmine, sqlite_store):
    assert litmine("list").startswith("There are no accounts yet")
    said = litmine(
        "add", "Ada", "--role", "maintainer", "--password-stdin", given=f"{PASSWORD}\nrest\n"
    )
    assert said == "Ada is a maintainer\n"
    user = Accounts(sqlite_store).authenticate("ada", PASSWORD, "127.0.0.1")
    assert (user.name, user.role) == ("Ada", "maintainer")
    assert "$argon2id$v=19$m=65536,t=3,p=4$" in user.password_hash
    assert PASSWORD not in repr(user)
    assert user.password_hash not in repr(user)


def test_list_tells_how_each_logs_in(litmine):
    litmine("add", "Ada", "--password-stdin", given=PASSWORD)
    litmine("add", "Bo [red]", "--no-password", "--role", "reader")
    litmine("disable", "bo [RED]")
    listed = json.loads(litmine("list", "--json"))
    assert [(u["name"], u["role"], u["login"], u["disabled"]) for u in listed] == [
        ("Ada", "reviewer", "password", False),
        ("Bo [red]", "reader", "link", True),
    ]
    shown = litmine("list").splitlines()
    assert shown[2].split() == ["Bo", "[red]", "reader", "disabled", listed[1]["created_at"][:10]]
    litmine("enable", "bo [red]")
    assert "disabled" not in litmine("list")


def test_password_role_and_link(litmine, sqlite_store):
    litmine("add", "Ada", "--no-password", "--role", "maintainer")
    litmine("add", "Bo", "--no-password")
    assert litmine("role", "bo", "reader") == "Bo is a reader\n"
    litmine("password", "Bo", "--password-stdin", given=PASSWORD)
    assert Accounts(sqlite_store).authenticate("Bo", PASSWORD, "::1").role == "reader"
    address = litmine("link", "BO", "--url", "https://review.example/").strip()
    base, _, secret = address.rpartition("/")
    assert base == "https://review.example/login/link"
    assert Logins(sqlite_store).use_link(secret).name == "Bo"


def test_tokens(litmine, sqlite_store):
    litmine("add", "Ada", "--no-password")
    secret = litmine("token", "create", "ada", "nightly export").strip()
    made = json.loads(
        litmine("token", "create", "ada", "short", "--role", "reader", "--days", "2", "--json")
    )
    logins = Logins(sqlite_store, SystemClock())
    assert secret.startswith("lm_")
    assert logins.token(secret)[0].role == "reviewer"
    assert logins.token(made["token"])[0].role == "reader"
    litmine("token", "revoke", "ada", str(made["id"]))
    assert logins.token(made["token"]) is None
    listed = json.loads(litmine("token", "list", "ada", "--json"))
    assert [(t["name"], bool(t["revoked_at"])) for t in listed] == [
        ("short", True),
        ("nightly export", False),
    ]
    assert secret not in litmine("token", "list", "ada")


@pytest.mark.parametrize(
    ("arguments", "given", "error", "says"),
    [
        (["add", "Cy"], None, InputError, "--password-stdin"),
        (["add", "Cy", "--password-stdin"], "short\n", InputError, "10 to 1000 characters"),
        (["add", "ADA", "--no-password"], None, InputError, "already"),
        (["add", "Cy", "--no-password", "--role", "king"], None, InputError, "not a role"),
        (["add", "Cy", "--subject", "17"], None, ConfigError, "web.oidc_issuer"),
        (["link", "Cy"], None, NotFound, "no account Cy"),
        (["role", "Ada", "reader"], None, InputError, "only maintainer"),
        (["disable", "Ada"], None, InputError, "only maintainer"),
        (["token", "create", "Ada", " "], None, InputError, "needs a name"),
        (["token", "revoke", "Ada", "7"], None, NotFound, "no valid token 7"),
    ],
)
def test_refusals_say_what_to_do(litmine, arguments, given, error, says):
    litmine("add", "Ada", "--no-password", "--role", "maintainer")
    before = litmine("list", "--json")
    with pytest.raises(error, match=says):
        litmine(*arguments, given=given)
    assert litmine("list", "--json") == before


def test_a_person_at_a_terminal_types_the_password_twice(litmine, monkeypatch):
    import litmine.cli.user as module

    class Terminal:
        def isatty(self):
            return True

    monkeypatch.setattr(module.sys, "stdin", Terminal())
    typed = iter([PASSWORD, PASSWORD])
    monkeypatch.setattr(module.getpass, "getpass", lambda _prompt: next(typed))
    assert module._new_password(False) == PASSWORD
    typed = iter([PASSWORD, "another horse"])
    monkeypatch.setattr(module.getpass, "getpass", lambda _prompt: next(typed))
    with pytest.raises(InputError, match="differ"):
        module._new_password(False)


def test_no_database_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("LITMINE_DATA_DIR", str(tmp_path / "none"))
    result = CliRunner().invoke(app, ["user", "list"])
    assert isinstance(result.exception, StoreError)
    assert not (tmp_path / "none").exists()
