"""Login through an OpenID Connect issuer, here a small one on loopback."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import OctKey, RSAKey
from pydantic import SecretStr

from tests.support.issuer import Issuer, follow
from tests.support.web import PEOPLE, client_of, make_app, on_loopback, person

CLIENT, SECRET = "litmine-tests", "invented secret"


@pytest.fixture
def issuer(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    made = Issuer(CLIENT, SECRET)
    with on_loopback(made.app) as url:
        made.url = url
        yield made


@pytest.fixture
def make(issuer, web_settings, sqlite_store, fake_clock):
    def make(role="none", **changes):
        web = web_settings.web.model_copy(
            update={
                "oidc_issuer": issuer.url,
                "oidc_client_id": CLIENT,
                "oidc_client_secret": SecretStr(SECRET),
                "oidc_role": role,
            }
            | changes
        )
        return make_app(web_settings.model_copy(update={"web": web}), sqlite_store, fake_clock)

    return make


def come_back(client, issuer, onward="/"):
    """Leave for the issuer, and come back: the answer to the callback."""
    answer = client.get("/login/oidc", params={"next": onward})
    assert answer.status_code == 302
    return client.get(follow(issuer, answer.headers["location"]))


def name_of(client):
    answer = client.get("/api/v1/me")
    return answer.json().get("name") if answer.status_code == 200 else None


def bind(app, issuer, role="reviewer", name="Ada", subject="17"):
    return app.state.accounts.add_user(name, role, by="tests", subject=f"{issuer.url} {subject}")


def test_a_known_subject_gets_in(make, issuer):
    app = make()
    bind(app, issuer)
    client = client_of(app, None)
    answer = come_back(client, issuer, "/library")
    assert (answer.status_code, answer.headers["location"]) == (303, "/library")
    assert name_of(client) == "Ada"
    assert client.cookies.get("litmine-oidc") is None
    paths = ["/.well-known/openid-configuration", "/authorize", "/token", "/jwks"]
    assert issuer.asked == paths, "nothing else is asked of the issuer"


def test_what_is_sent_to_the_issuer(make, issuer):
    client = client_of(make(), None)
    answer = client.get("/login/oidc")
    asked = {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://127.0.0.1:8765/login/oidc/callback"
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 20
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "Path=/login/oidc" in cookie
    again = client.get("/login/oidc").headers["location"]
    assert asked["state"] not in again
    assert asked["nonce"] not in again


def test_behind_a_proxy_it_comes_back_to_the_public_address(make, issuer):
    client = client_of(make(public_url="https://review.example"), None)
    location = client.get("/login/oidc").headers["location"]
    sent = parse_qs(urlsplit(location).query)["redirect_uri"]
    assert sent == ["https://review.example/login/oidc/callback"]


def test_the_form_offers_it(make, issuer):
    page = client_of(make(), None).get("/login?next=/library").text
    assert 'href="/login/oidc?next=/library"' in page


def test_strangers_are_refused_and_told_what_to_ask_for(make, issuer):
    issuer.subject = "<b>18</b>"
    app = make()
    client = client_of(app, None)
    answer = come_back(client, issuer)
    assert answer.status_code == 403
    assert "--subject" in answer.text
    assert "<b>18" not in answer.text
    assert name_of(client) is None
    assert app.state.accounts.all() == []


def test_newcomers_get_the_role_of_the_settings(make, issuer):
    app = make("reader")
    issuer.claims = {"preferred_username": "ada", "email": "ada@review.example"}
    client = client_of(app, None)
    assert come_back(client, issuer).status_code == 303
    user = app.state.accounts.get("ada")
    assert (user.role, user.subject, user.password_hash) == ("reader", f"{issuer.url} 17", None)
    assert come_back(client_of(app, None), issuer).status_code == 303
    assert len(app.state.accounts.all()) == 1


@pytest.mark.parametrize("claim", ["preferred_username", "name", "email"])
def test_a_name_at_the_issuer_opens_nobody_elses_account(make, issuer, claim):
    app = make("reader")
    there = person(app, "maintainer")
    issuer.claims = {claim: PEOPLE["maintainer"].upper()}
    client = client_of(app, None)
    come_back(client, issuer)
    assert name_of(client) == f"{PEOPLE['maintainer'].upper()} (2)"
    assert app.state.accounts.get(there.name).subject is None


def test_names_that_cannot_be_are_passed_over(make, issuer):
    app = make("reader")
    issuer.claims = {"preferred_username": "rule:x", "name": "a\u202eb", "email": "x" * 300}
    client = client_of(app, None)
    come_back(client, issuer)
    assert name_of(client) == "17"


def test_a_disabled_account_stays_out(make, issuer):
    app = make("reader")
    bind(app, issuer)
    app.state.accounts.disable("Ada", by="tests")
    client = client_of(app, None)
    assert come_back(client, issuer).status_code == 401
    assert name_of(client) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another client"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"sub": None},
        {"sub": ""},
        {"exp": 1_700_000_000},
        {"exp": None},
    ],
    ids=str,
)
def test_an_identity_token_that_is_not_right(make, issuer, claims):
    app = make("reader")
    issuer.claims = claims
    client = client_of(app, None)
    assert come_back(client, issuer).status_code == 502
    assert name_of(client) is None
    assert app.state.accounts.all() == []


def forge_with_another_key(issuer):
    issuer.signing_key = RSAKey.generate_key(2048, {"kid": "one"})


def forge_with_the_client_secret(issuer):
    issuer.algorithm, issuer.signing_key = "HS256", OctKey.import_key(SECRET)


def forge_without_signature(issuer):
    issuer.algorithm, issuer.signing_key = "none", None


@pytest.mark.parametrize(
    "forge", [forge_with_another_key, forge_with_the_client_secret, forge_without_signature]
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_signature_that_is_not_the_issuers(make, issuer, forge):
    app = make("reader")
    forge(issuer)
    client = client_of(app, None)
    assert come_back(client, issuer).status_code == 502
    assert app.state.accounts.all() == []


def test_a_new_key_of_the_issuers_is_fetched(make, issuer):
    app = make("reader")
    assert come_back(client_of(app, None), issuer).status_code == 303
    issuer.key = issuer.signing_key = RSAKey.generate_key(2048, {"kid": "two"})
    assert come_back(client_of(app, None), issuer).status_code == 303


def test_a_callback_belongs_to_the_browser_that_left(make, issuer):
    app = make("reader")
    victim, attacker = client_of(app, None), client_of(app, None)
    location = attacker.get("/login/oidc").headers["location"]
    callback = follow(issuer, location)
    assert victim.get(callback).status_code == 401
    victim.get("/login/oidc")
    assert victim.get(callback).status_code == 401
    assert name_of(victim) is None
    assert attacker.get(callback).status_code == 303
    assert attacker.get(callback).status_code == 401, "once only"


def test_a_login_that_takes_too_long(make, issuer, fake_clock):
    client = client_of(make("reader"), None)
    callback = follow(issuer, client.get("/login/oidc").headers["location"])
    fake_clock.advance(600)
    assert client.get(callback).status_code == 401


def test_refused_at_the_issuer(make, issuer):
    client = client_of(make("reader"), None)
    client.get("/login/oidc")
    answer = client.get("/login/oidc/callback?error=access_denied&error_description=<b>no")
    assert answer.status_code == 401
    assert "access_denied" in answer.text
    assert "<b>no" not in answer.text


def test_a_callback_out_of_nowhere(make, issuer):
    client = client_of(make("reader"), None)
    assert client.get("/login/oidc/callback?code=x&state=y").status_code == 401
    assert issuer.asked == []


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://192.0.2.1/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": ""},
    ],
    ids=str,
)
def test_a_discovery_document_that_is_not_sound(make, issuer, discovery):
    issuer.discovery = discovery
    client = client_of(make("reader"), None)
    assert client.get("/login/oidc").status_code == 502
    assert issuer.asked == ["/.well-known/openid-configuration"]
    issuer.discovery = {}
    assert client.get("/login/oidc").status_code == 302


def test_an_issuer_out_of_order_leaves_the_other_ways(make, issuer):
    issuer.fails = True
    client = client_of(make(), None)
    answer = client.get("/login/oidc")
    assert (answer.status_code, "try again" in answer.text) == (502, True)
    assert client.get("/login").status_code == 200
    issuer.fails = False
    assert client.get("/login/oidc").status_code == 302


def test_an_issuer_that_ends_in_a_slash(make, issuer):
    app = make()
    bind(app, issuer)
    issuer.discovery = {"issuer": f"{issuer.url}/"}
    issuer.claims = {"iss": f"{issuer.url}/"}
    client = client_of(app, None)
    come_back(client, issuer)
    assert name_of(client) == "Ada"
