"""The pages on which people keep their account, and maintainers everyone's."""

from __future__ import annotations

import re

import pytest

from tests.support.web import PASSWORD, PEOPLE, person

NEW = "another horse battery"


@pytest.fixture
def client(client_as):
    return client_as("reviewer")


def post(client, path, **fields):
    """Post a form as the page would: the token is a field."""
    csrf = client.headers.pop("X-CSRF-Token")
    try:
        return client.post(path, data={"csrf": csrf, **fields})
    finally:
        client.headers["X-CSRF-Token"] = csrf


def test_a_password_is_changed_with_the_present_one(app, client, client_as):
    elsewhere = client_as("reviewer")
    fields = {"present": PASSWORD, "new": NEW, "again": NEW}
    answer = post(client, "/settings/account/password", **fields)
    assert answer.headers["location"] == "/settings/account?done=password"
    assert "The password is set" in client.get(answer.headers["location"]).text
    assert elsewhere.get("/settings/account").status_code == 303, "other sessions are closed"
    assert app.state.accounts.authenticate(PEOPLE["reviewer"], NEW, "127.0.0.1")


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"present": NEW, "new": NEW, "again": NEW}, 422, "present password is wrong"),
        ({"present": PASSWORD, "new": NEW, "again": NEW + "x"}, 422, "differ"),
        ({"present": PASSWORD, "new": "short", "again": "short"}, 422, "10 to 1000"),
        ({"new": NEW, "again": NEW}, 422, "present password is wrong"),
    ],
)
def test_a_password_that_is_not_changed(app, client, fields, status, says):
    answer = post(client, "/settings/account/password", **fields)
    assert (answer.status_code, says in answer.text) == (status, True)
    assert NEW not in answer.text
    assert app.state.accounts.authenticate(PEOPLE["reviewer"], PASSWORD, "::1")


def test_guessing_the_present_password_is_slowed(client):
    fields = {"present": NEW, "new": NEW, "again": NEW}
    codes = [post(client, "/settings/account/password", **fields).status_code for _ in range(6)]
    assert codes == [422] * 5 + [429]


def test_a_first_password_needs_no_present_one(app, client_as):
    app.state.accounts.add_user("Link Only", "reader", by="tests")
    client = client_as("reader", "Link Only")
    assert 'name="present"' not in client.get("/settings/account").text
    post(client, "/settings/account/password", new=NEW, again=NEW)
    assert app.state.accounts.authenticate("Link Only", NEW, "127.0.0.1")


def test_sessions_are_listed_and_closed(client, client_as):
    other, third = client_as("reviewer"), client_as("reviewer")
    stranger = client_as("reader")
    page = client.get("/settings/account").text
    ids = re.findall(r'name="session" value="([0-9a-f]{32})"', page)
    assert (len(ids), page.count("this one")) == (2, 1)
    assert post(stranger, "/settings/account/sessions/close", session=ids[0]).status_code == 404
    assert post(client, "/settings/account/sessions/close", session=ids[0]).status_code == 303
    known = [one.get("/settings/account").status_code for one in (other, third)]
    assert sorted(known) == [200, 303]
    assert post(client, "/settings/account/sessions/close-others").status_code == 303
    for one in (other, third):
        assert one.get("/settings/account").status_code == 303
    assert client.get("/settings/account").status_code == 200


def test_tokens_on_the_page(client, client_as):
    made = post(client, "/settings/account/tokens", name="<b>export</b>", role="reader", days="3")
    assert made.status_code == 200
    secret = re.search(r'<code class="secret">(lm_[\w-]+)</code>', made.text)[1]
    assert "<b>export" not in made.text
    page = client.get("/settings/account").text
    assert secret not in page
    program = client_as(None)
    program.headers["Authorization"] = f"Bearer {secret}"
    assert program.get("/settings/account").status_code == 200
    fields = {"new": NEW, "again": NEW, "present": PASSWORD}
    assert program.post("/settings/account/password", data=fields).status_code == 403
    assert program.post("/settings/account/tokens", data={"name": "x"}).status_code == 403
    revoke = re.search(r"/settings/account/tokens/\d+/revoke", page)[0]
    assert post(client, revoke).status_code == 303
    assert program.get("/settings/account").status_code == 303
    assert post(client, "/settings/account/tokens", name="x", role="maintainer").status_code == 403
    assert post(client, "/settings/account/tokens", name="").status_code == 422


def test_users_on_the_page(app, client_as):
    boss = client_as("maintainer")
    answer = post(boss, "/settings/users", name="<i>Ada</i>", role="reader")
    assert answer.headers["location"] == "/settings/users?done=added"
    ada = app.state.accounts.get("<i>ada</i>")
    assert "<i>Ada" not in boss.get("/settings/users").text
    address = f"/settings/users/{ada.id}"
    assert post(boss, f"{address}/role", role="reviewer").status_code == 303
    page = post(boss, f"{address}/link").text
    link = re.search(r'<code class="secret">(http://[^<]+)</code>', page)[1]
    visitor = client_as(None)
    assert visitor.post(link).status_code == 303
    assert visitor.get("/settings/account").status_code == 200
    assert post(boss, f"{address}/disable").status_code == 303
    assert visitor.get("/settings/account").status_code == 303
    assert post(boss, f"{address}/link").status_code == 422
    assert post(boss, f"{address}/enable").status_code == 303
    refused = post(boss, "/settings/users", name="ADA", role="king", password="")
    assert (refused.status_code, "not a role" in refused.text) == (422, True)
    assert 'value="ADA"' in refused.text
    only = f"/settings/users/{person(app, 'maintainer').id}/disable"
    assert "only maintainer" in post(boss, only).text


def test_what_was_done_is_said_in_our_words_only(client):
    assert "hacked" not in client.get("/settings/account?done=hacked").text


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
            "Edge on Windows",
        ),
        ("curl/8.5.0 <b>", "curl/8.5.0"),
        ("", "unknown"),
    ],
)
def test_browsers_in_few_words(app, client_as, agent, shown):
    client = client_as("reader")
    app.state.logins.open_session(person(app, "reader"), via="password", agent=agent)
    page = client.get("/settings/account").text
    assert f'<th scope="row">{shown}</th>' in page
