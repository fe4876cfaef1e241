"""Accounts, preferences and tokens over the API."""

from __future__ import annotations

import pytest

from litmine.review.people.preferences import DEFAULT_KEYS
from litmine.store.audit import audit_entries
from tests.support.web import PEOPLE, person

API = "/api/v1"


def trail(app):
    with app.state.services.store.read() as connection:
        return audit_entries(connection, None)


def test_who_am_i(client_as, token_as):
    me = client_as("reviewer").get(f"{API}/me").json()
    assert (me["name"], me["role"], me["via"]) == (PEOPLE["reviewer"], "reviewer", "session")
    assert token_as("reader").get(f"{API}/me").json()["via"] == "token"


def test_preferences_are_kept_whole(client_as):
    client = client_as("reader")
    address = f"{API}/me/preferences"
    default = {"theme": "auto", "policy": None, "keys": dict(DEFAULT_KEYS), "single_keys": True}
    assert client.get(address).json() == default
    wish = {"theme": "dark", "policy": "max", "keys": {"approve": "y"}, "single_keys": False}
    stored = client.put(address, json=wish).json()
    assert stored == wish | {"keys": dict(DEFAULT_KEYS) | {"approve": "y"}}
    assert client.get(address).json() == stored
    assert client.get(f"{API}/me").json()["preferences"] == stored
    assert client.put(address, json=stored).json() == stored
    assert client.put(address, json={}).json() == default


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"keys": {"approve": "x"}}, "reject and approve|approve and reject"),
        ({"keys": {"approve": "y", "later": "y"}}, "approve and later"),
        ({"keys": {"dance": "y"}}, "'dance' has no key"),
        ({"keys": {"approve": "yy"}}, "one character"),
        ({"keys": {"approve": "\u0007"}}, "one character"),
        ({"keys": {"approve": "1"}}, "fixed meaning"),
        ({"theme": "pink"}, "theme"),
        ({"policy": "random"}, "policy"),
        ({"colour": "pink"}, "colour"),
    ],
)
def test_wrong_preferences_change_nothing(client_as, wish, says):
    client = client_as("reader")
    address = f"{API}/me/preferences"
    before = client.put(address, json={"theme": "dark"}).json()
    answer = client.put(address, json=wish)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert any(part in answer.json()["detail"] for part in says.split("|"))
    assert client.get(address).json() == before


def test_keys_may_be_swapped(client_as):
    wish = {"keys": {"approve": "x", "reject": "a"}}
    keys = client_as("reader").put(f"{API}/me/preferences", json=wish).json()["keys"]
    assert (keys["approve"], keys["reject"]) == ("x", "a")


def test_tokens_are_shown_once_and_can_be_revoked(app, client_as):
    client, program = client_as("reviewer"), client_as(None)
    made = client.post(f"{API}/me/tokens", json={"name": "export", "role": "reader", "days": 2})
    assert made.status_code == 201
    token = made.json()
    program.headers["Authorization"] = f"bearer {token['token']}"
    assert program.get(f"{API}/me").json()["role"] == "reader"
    listed = client.get(f"{API}/me/tokens")
    assert [one["id"] for one in listed.json()["items"]] == [token["id"]]
    assert token["token"] not in listed.text
    assert client_as("maintainer").delete(f"{API}/me/tokens/{token['id']}").status_code == 404
    assert client.delete(f"{API}/me/tokens/{token['id']}").status_code == 204
    assert program.get(f"{API}/me").status_code == 401
    assert client.delete(f"{API}/me/tokens/{token['id']}").status_code == 404
    assert token["token"] not in str(trail(app))


def test_a_token_ends(client_as, fake_clock):
    client, program = client_as("reviewer"), client_as(None)
    token = client.post(f"{API}/me/tokens", json={"name": "export", "days": 1}).json()["token"]
    program.headers["Authorization"] = f"Bearer {token}"
    fake_clock.advance(24 * 3600 - 1)
    assert program.get(f"{API}/me").status_code == 200
    fake_clock.advance(1)
    assert program.get(f"{API}/me").status_code == 401


def test_a_token_is_never_more_than_its_account(app, client_as):
    client, program = client_as("maintainer", "Mo"), client_as(None)
    client_as("maintainer")
    reviewer = client_as("reviewer")
    assert (
        reviewer.post(f"{API}/me/tokens", json={"name": "x", "role": "maintainer"}).status_code
        == 403
    )
    token = client.post(f"{API}/me/tokens", json={"name": "x"}).json()["token"]
    program.headers["Authorization"] = f"Bearer {token}"
    assert program.get(f"{API}/users").status_code == 200
    app.state.accounts.set_role("Mo", "reader", by="tests")
    assert program.get(f"{API}/users").status_code == 403
    assert program.get(f"{API}/me").json()["role"] == "reader"


def test_a_token_cannot_make_or_revoke_tokens(token_as):
    program = token_as("maintainer")
    number = program.get(f"{API}/me/tokens").json()["items"][0]["id"]
    assert program.post(f"{API}/me/tokens", json={"name": "x"}).status_code == 403
    assert program.delete(f"{API}/me/tokens/{number}").status_code == 403


def test_a_wrong_token_is_nobody_even_beside_a_cookie(client_as):
    client = client_as("maintainer")
    for header in ("Bearer lm_wrong", "Bearer ", "bearer lm_é".encode("latin-1")):
        answer = client.get(f"{API}/me", headers={"Authorization": header})
        assert answer.status_code == 401
        assert "this token does not hold" in answer.json()["detail"]
    assert client.get(f"{API}/me", headers={"Authorization": "Basic YTpi"}).status_code == 200


def test_maintainers_keep_accounts(app, client_as):
    boss = client_as("maintainer")
    made = boss.post(f"{API}/users", json={"name": "  Ada   L ", "role": "reader"})
    assert made.status_code == 201
    ada = made.json()
    assert (ada["name"], ada["password"], ada["openid"]) == ("Ada L", False, False)
    address = f"{API}/users/{ada['id']}"
    assert boss.patch(address, json={"role": "reviewer"}).json()["role"] == "reviewer"
    link = boss.post(f"{address}/link").json()
    visitor = client_as(None)
    assert visitor.post(link["url"]).status_code == 303
    assert visitor.get(f"{API}/me").json()["name"] == "Ada L"
    assert boss.patch(address, json={"disabled": True}).json()["disabled"]
    assert visitor.get(f"{API}/me").status_code == 401
    assert boss.post(f"{address}/link").status_code == 422
    assert not boss.patch(address, json={"disabled": False}).json()["disabled"]
    assert visitor.get(f"{API}/me").status_code == 401, "a closed session stays closed"
    names = [one["name"] for one in boss.get(f"{API}/users").json()["items"]]
    assert names == [PEOPLE["maintainer"], "Ada L"]
    told = [(e["actor"], e["action"]) for e in trail(app) if e["subject"] == "Ada L"][::-1]
    actions = ["add", "role", "link", "login", "disable", "enable"]
    assert told == [
        (("Ada L" if action == "login" else PEOPLE["maintainer"]), f"account-{action}")
        for action in actions
    ]
    assert link["url"].rpartition("/")[2] not in str(trail(app))


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"name": "may MAINTAINER", "role": "reader"}, 422),
        ({"name": "Ｍay Maintainer", "role": "reader"}, 422),
        ({"name": "a\u202eb", "role": "reader"}, 422),
        ({"name": "a" * 201, "role": "reader"}, 422),
        ({"name": " ", "role": "reader"}, 422),
        ({"name": "Rule:auto", "role": "reader"}, 422),
        ({"name": "Ada", "role": "king"}, 422),
        ({"name": "Ada", "role": "reader", "password": "short"}, 422),
        ({"name": "Ada Lovelace", "role": "reader", "password": "ada lovelace 1"}, 422),
        ({"name": "Ada", "role": "reader", "password": "ababababababab"}, 422),
        ({"name": "Ada", "role": "reader", "subject": "x"}, 422),
    ],
)
def test_accounts_that_cannot_be(client_as, wish, status):
    boss = client_as("maintainer")
    answer = boss.post(f"{API}/users", json=wish)
    assert answer.status_code == status
    assert wish.get("password", "\0") not in answer.text
    assert len(boss.get(f"{API}/users").json()["items"]) == 1


def test_a_last_maintainer_stays(app, client_as):
    boss = client_as("maintainer")
    number = person(app, "maintainer").id
    for wish in ({"disabled": True}, {"role": "reader"}):
        answer = boss.patch(f"{API}/users/{number}", json=wish)
        assert (answer.status_code, "only maintainer" in answer.json()["detail"]) == (422, True)
    person(app, "maintainer", "Second")
    assert boss.patch(f"{API}/users/{number}", json={"role": "reader"}).status_code == 200
    assert boss.get(f"{API}/users").status_code == 403


@pytest.mark.parametrize("wish", [{}, {"role": "reader", "disabled": True}])
def test_one_change_at_a_time(app, client_as, wish):
    boss = client_as("maintainer")
    number = person(app, "reviewer").id
    assert boss.patch(f"{API}/users/{number}", json=wish).status_code == 422
    assert boss.patch(f"{API}/users/999", json={"role": "reader"}).status_code == 404
