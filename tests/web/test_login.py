"""Logging in by password and by link, staying logged in, and logging out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from litmine.core.settings import Settings
from tests.support.web import BASE_URL, PASSWORD, PEOPLE, client_of, make_app, person

NAME = PEOPLE["reviewer"]
COOKIE = "litmine"
WRONG = "wrong horse battery"


@pytest.fixture
def nobody(app, client_as):
    person(app, "reviewer")
    return client_as(None)


def log_in(client, name=NAME, password=PASSWORD, **fields):
    return client.post("/login", data={"name": name, "password": password, **fields})


def is_known(client):
    answer = client.get("/login")
    return answer.status_code == 303


def test_by_name_and_password(nobody):
    assert not is_known(nobody)
    answer = log_in(nobody)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    set_cookie = answer.headers["set-cookie"]
    assert set_cookie.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(set_cookie.split("; "))
    assert "Secure" not in set_cookie
    assert is_known(nobody)


@pytest.mark.parametrize("name", ["RAY REVIEWER", " ray  reviewer ", "Ｒay Reviewer"])
def test_names_are_known_in_any_writing(nobody, name):
    assert log_in(nobody, name).status_code == 303


@pytest.mark.parametrize(
    ("name", "password"), [(NAME, WRONG), ("Nobody", PASSWORD), (NAME, ""), ("", "")]
)
def test_wrong_names_and_passwords_get_the_same_answer(nobody, name, password):
    answer = log_in(nobody, name, password)
    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text
    assert "set-cookie" not in answer.headers
    assert password not in answer.text or not password


def test_after_failures_even_the_right_password_waits(nobody, fake_clock):
    for _ in range(5):
        assert log_in(nobody, password=WRONG).status_code == 401
    answer = log_in(nobody)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 3
    fake_clock.advance(3)
    assert log_in(nobody).status_code == 303


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/library?cell=inference%2Fmemory", "/library?cell=inference%2Fmemory"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("/\t/evil.example/", "/"),
        ("/\n/evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/logout", "/"),
        ("/login", "/"),
        ("", "/"),
    ],
)
def test_onward_only_to_our_own_pages(nobody, wanted, goes_to):
    assert log_in(nobody, next=wanted).headers["location"] == goes_to
    assert nobody.get("/login", params={"next": wanted}).headers["location"] == goes_to


def test_pages_send_strangers_to_the_form_and_back(nobody):
    answer = nobody.get("/library?text=a%26b")
    assert answer.status_code == 303
    form = nobody.get(answer.headers["location"])
    assert 'name="next" value="/library?text=a%26b"' in form.text


def test_a_new_login_replaces_the_session(app, nobody):
    log_in(nobody)
    first = nobody.cookies[COOKIE]
    csrf = app.state.logins.session(first)[0].csrf
    assert log_in(nobody, csrf=csrf).status_code == 303
    assert nobody.cookies[COOKIE] != first
    assert app.state.logins.session(first) is None
    assert app.state.logins.session(nobody.cookies[COOKIE])[0].csrf != csrf


def test_a_cookie_planted_before_the_login_stays_worthless(app, nobody):
    nobody.cookies.set(COOKIE, "planted")
    log_in(nobody)
    assert app.state.logins.session("planted") is None


def test_logging_out_ends_the_session(app, client_as):
    client = client_as("reviewer")
    secret = client.cookies[COOKIE]
    answer = client.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert f'{COOKIE}=""' in answer.headers["set-cookie"]
    assert app.state.logins.session(secret) is None


def test_a_session_ends_without_visits_and_moves_on_with_them(app, client_as, fake_clock):
    client = client_as("reviewer")
    hours = Settings().web.session_hours
    for _ in range(3):
        fake_clock.advance(timedelta(hours=hours - 1).total_seconds())
        assert is_known(client)
    fake_clock.advance(timedelta(hours=hours).total_seconds())
    assert not is_known(client)


def test_a_disabled_account_is_out_at_once(app, client_as, token_as, nobody):
    client, program = client_as("reviewer"), token_as("reviewer")
    assert is_known(client)
    assert is_known(program)
    app.state.accounts.disable(NAME, by="tests")
    assert not is_known(client)
    assert not is_known(program)
    answer = log_in(nobody)
    assert answer.status_code == 401
    assert "disabled" in answer.text


def link_for(app, name=NAME):
    return app.state.logins.create_link(app.state.accounts.get(name), by="tests")


def test_a_link_logs_in_once_and_looking_does_not_use_it_up(app, nobody, client_as):
    address = f"/login/link/{link_for(app)}"
    for _ in range(2):
        page = nobody.get(address)
        assert page.status_code == 200
        assert f'action="{address}"' in page.text
        assert "set-cookie" not in page.headers
    assert nobody.post(address).status_code == 303
    assert is_known(nobody)
    second = client_as(None)
    answer = second.post(address)
    assert answer.status_code == 401
    assert "ask for another" in answer.text
    assert not is_known(second)


def test_a_link_is_short_lived(app, nobody, fake_clock):
    address = f"/login/link/{link_for(app)}"
    fake_clock.advance(15 * 60)
    assert nobody.post(address).status_code == 401


def test_a_link_of_a_disabled_account_is_dead(app, nobody):
    address = f"/login/link/{link_for(app)}"
    app.state.accounts.disable(NAME, by="tests")
    assert nobody.post(address).status_code == 401


def test_behind_tls_the_cookie_is_bound_to_the_host(web_settings, sqlite_store, fake_clock):
    web = web_settings.web.model_copy(update={"public_url": "https://review.example"})
    app = make_app(web_settings.model_copy(update={"web": web}), sqlite_store, fake_clock)
    person(app, "reviewer")
    client = client_of(app, None)
    client.base_url = "https://review.example"
    answer = log_in(client)
    parts = set(answer.headers["set-cookie"].split("; "))
    assert any(part.startswith("__Host-litmine=") for part in parts)
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= parts
    assert not any(part.lower().startswith("domain") for part in parts)
    assert is_known(client)
    assert BASE_URL.startswith("http:")


def test_unlike_a_password_a_name_is_shown_again_escaped(nobody):
    answer = log_in(nobody, '"><script>alert(1)</script>', "secret horse battery")
    assert "<script>alert" not in answer.text
    assert "secret horse battery" not in answer.text


def test_no_such_login_without_an_issuer(nobody):
    assert nobody.get("/login/oidc").status_code == 404
    assert nobody.get("/login/oidc/callback").status_code == 404
