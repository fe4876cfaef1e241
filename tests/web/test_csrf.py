"""Writes come from our own pages, or they are refused."""

from __future__ import annotations

import pytest

from tests.support.web import BASE_URL, PASSWORD, PEOPLE, make_app, person

ADDRESS = "/api/v1/me/preferences"
DARK = {"theme": "dark"}
FORM = "/settings/account/sessions/close-others"


@pytest.fixture
def client(client_as):
    return client_as("reviewer")


@pytest.fixture
def csrf(client):
    return client.headers.pop("X-CSRF-Token")


def theme(client):
    return client.get(ADDRESS).json()["theme"]


def test_a_write_needs_the_token_of_its_own_session(client, csrf, client_as):
    another = client_as("reviewer").headers["X-CSRF-Token"]
    assert another != csrf
    for wrong in (None, "", another, csrf[:-1], csrf + "x", "\xe9".encode("latin-1")):
        headers = {} if wrong is None else {"X-CSRF-Token": wrong}
        answer = client.put(ADDRESS, json=DARK, headers=headers)
        assert answer.status_code == 403
        assert "load it again" in answer.json()["detail"]
    assert theme(client) == "auto"
    assert client.put(ADDRESS, json=DARK, headers={"X-CSRF-Token": csrf}).status_code == 200
    assert theme(client) == "dark"


def test_a_form_sends_it_as_a_field(client, csrf):
    assert client.post(FORM, data={"csrf": csrf}).status_code == 303
    for fields in ({}, {"csrf": "x"}, {"CSRF": csrf}):
        assert client.post(FORM, data=fields).status_code == 403
    assert client.post(FORM, files={"csrf": (None, csrf)}).status_code == 403
    assert client.post(f"{FORM}?csrf={csrf}").status_code == 403
    assert client.post(FORM, json={"csrf": csrf}).status_code == 403


def test_a_header_that_is_wrong_is_not_made_up_for_by_the_field(client, csrf):
    answer = client.post(FORM, data={"csrf": csrf}, headers={"X-CSRF-Token": "x"})
    assert answer.status_code == 403


def test_no_safe_method_needs_one_and_none_writes(client, csrf):
    for path in ("/settings/account", ADDRESS, "/queue"):
        assert client.get(path).status_code == 200
    assert client.get(FORM).status_code == 405
    assert client.get("/logout").status_code == 405


def test_a_bearer_token_needs_none(token_as):
    program = token_as("reviewer")
    assert program.put(ADDRESS, json=DARK).status_code == 200
    assert program.put(ADDRESS, json={}, headers={"Origin": "https://evil.example"}).is_success


def test_a_made_up_bearer_token_does_not_lend_the_cookie(client, csrf):
    answer = client.put(ADDRESS, json=DARK, headers={"Authorization": "Bearer x"})
    assert answer.status_code == 401
    assert theme(client) == "auto"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "https://127.0.0.1:8765"},
        {"Origin": "http://127.0.0.1:8765.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": BASE_URL, "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_site_is_refused_even_with_the_token(client, csrf, headers, client_as):
    headers = {"X-CSRF-Token": csrf} | headers
    answer = client.put(ADDRESS, json=DARK, headers=headers)
    assert (answer.status_code, "another site" in answer.json()["detail"]) == (403, True)
    assert theme(client) == "auto"
    # Nor may it log somebody in, into an account of its own.
    login = client_as(None).post(
        "/login", data={"name": PEOPLE["reviewer"], "password": PASSWORD}, headers=headers
    )
    assert login.status_code == 403
    assert "set-cookie" not in login.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": BASE_URL, "Sec-Fetch-Site": "same-origin"},
        {"Origin": BASE_URL},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_our_own_pages_may(client, csrf, headers):
    assert client.put(ADDRESS, json=DARK, headers={"X-CSRF-Token": csrf} | headers).is_success


def test_a_session_that_ended_is_told_apart(client, csrf, app):
    app.state.logins.close_all(person(app, "reviewer"), by="tests")
    answer = client.put(ADDRESS, json=DARK, headers={"X-CSRF-Token": csrf})
    assert answer.status_code == 401


def test_behind_a_proxy_the_public_origin_counts(web_settings, sqlite_store, fake_clock, client_as):
    web = web_settings.web.model_copy(update={"public_url": "https://review.example"})
    app = make_app(web_settings.model_copy(update={"web": web}), sqlite_store, fake_clock)
    client = client_as("reviewer")
    client.cookies.set("__Host-litmine", client.cookies["litmine"])
    client = type(client)(
        app, base_url="http://127.0.0.1:8765", cookies=client.cookies, headers=client.headers
    )
    for origin, status in (
        ("https://review.example", 200),
        ("http://review.example", 403),
        ("https://review.example:8443", 403),
        ("https://evil.example", 403),
    ):
        answer = client.put(ADDRESS, json=DARK, headers={"Origin": origin})
        assert answer.status_code == status, origin
