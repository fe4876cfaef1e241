"""What stands on every answer, which hosts are known, and how large a request may be."""

from __future__ import annotations

import http.client
import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from litmine.web.auth.shield import BODY_LIMIT
from tests.support.web import client_of, make_app
from tests.web.test_access import ALL, address

WANTED = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def missing(answer):
    return {
        name: answer.headers.get(name)
        for name, value in WANTED.items()
        if answer.headers.get_list(name) != [value]
    }


def test_every_answer_carries_them(app, client_as, queue_ids):
    app.state.feed.stop()
    client = client_as("maintainer")
    paths = {address(path, queue_ids) for method, path, _ in ALL if method == "GET"}
    for path in (*sorted(paths), "/static/icon.svg", "/static/none", "/none", "/api/v1/none"):
        answer = client.get(path)
        assert missing(answer) == {}, path
        assert "permissions-policy" in answer.headers
        assert "strict-transport-security" not in answer.headers
        assert "server" not in answer.headers
        kept = answer.headers["cache-control"]
        if path.startswith("/static/"):
            assert kept == "no-cache"
        else:
            assert "no-store" in kept or kept == "private, no-cache", path


def test_refusals_and_faults_carry_them_too(app, client_as):
    client = client_as("maintainer")
    app.state.identify = _fail
    for path, kind in (("/login", "text/html"), ("/api/v1/me", "application/problem+json")):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (500, kind)
        assert "nothing was half done" in answer.text
        assert "the fault's own words" not in answer.text
        assert missing(answer) == {}
    answer = client.get("/login", headers={"Host": "evil.example"})
    assert (answer.status_code, missing(answer)) == (421, {})


def _fail(_request):
    raise AssertionError("the fault's own words")


class _Inline(HTMLParser):
    """Collects what a strict policy forbids, and addresses of other hosts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag == "style" or "style" in named:
            self.found.append(f"style on {tag}")
        if tag == "script" and "src" not in named and named.get("type") != "application/json":
            self.found.append("inline script")
        self.found += [name for name in named if name.startswith("on")]
        for name in ("src", "action", "srcset", "data", "poster"):
            if urlsplit(named.get(name) or "").netloc:
                self.found.append(f"{name}={named[name]}")
        if tag == "link" and urlsplit(named.get("href") or "").netloc:
            self.found.append(f"link {named['href']}")
        if (named.get("href") or "").lower().startswith(("javascript:", "data:")):
            self.found.append(f"href={named['href']}")


def test_no_page_needs_what_the_policy_forbids(app, client_as, queue_ids):
    client = client_as("maintainer")
    pages = [address(path, queue_ids) for method, path, _ in ALL if method == "GET"]
    seen = 0
    for path in (*pages, "/none"):
        if path == "/api/v1/events":
            continue
        answer = client.get(path)
        if answer.headers.get("content-type", "").startswith("text/html"):
            seen += 1
            parser = _Inline()
            parser.feed(answer.text)
            assert parser.found == [], path
    assert seen > 12


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8765", 200),
        ("localhost:8765", 200),
        ("LOCALHOST", 200),
        ("review.localhost", 200),
        ("[::1]:8765", 200),
        ("192.0.2.7", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example", 421),
        ("evil.example:8765@127.0.0.1", 200),
        ("127.0.0.1@evil.example", 421),
        ("", 421),
        ("[", 421),
        ("review.example", 421),
    ],
)
def test_only_our_own_names(client_as, host, status):
    # DNS rebinding: a name of another site's that points to this machine.
    answer = client_as("maintainer").get("/settings/account", headers={"Host": host})
    assert answer.status_code == status
    if status == 421:
        assert "May Maintainer" not in answer.text


def test_the_public_name_is_known_and_tls_is_kept(web_settings, sqlite_store, fake_clock):
    web = web_settings.web.model_copy(update={"public_url": "https://review.example"})
    app = make_app(web_settings.model_copy(update={"web": web}), sqlite_store, fake_clock)
    answer = client_of(app, None).get("/login", headers={"Host": "review.example"})
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_too_large_a_request(client_as):
    client = client_as("maintainer")
    big = b"x" * (BODY_LIMIT + 1)
    for content in (big, _chunks(big)):
        answer = client.post(
            "/api/v1/users", content=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 413
        assert answer.json()["status"] == 413
        assert missing(answer) == {}
    form = client.post(
        "/login",
        content=_chunks(b"name=" + big),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert form.status_code == 413
    fits = client.post(
        "/api/v1/users", content=big[:-1], headers={"Content-Type": "application/json"}
    )
    assert fits.status_code == 422


def _chunks(content):
    for start in range(0, len(content), 65536):
        yield content[start : start + 65536]


def test_over_a_real_connection(served):
    server = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=20)
    server.request(
        "POST",
        "/login",
        body=_chunks(b"x" * (BODY_LIMIT + 1)),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        encode_chunked=True,
    )
    answer = server.getresponse()
    assert answer.status == 413
    assert re.search(r"has at most 1024 KiB", answer.read().decode())
    server.close()


def test_the_log_has_a_line_for_each_request_without_secrets(app, client_as, capsys):
    client = client_as("reader")
    client.get("/library?text=what-i-search")
    client.get("/static/icon.svg")
    client.get("/login/link/secret-of-a-link")
    client.post("/login/link/secret-of-a-link")
    lines = [line for line in capsys.readouterr().err.splitlines() if "event=request" in line]
    told = [re.search(r"method=(\S+) path=(\S+) status=(\d+)", line) for line in lines]
    assert [one.groups() for one in told] == [
        ("GET", "/library", "200"),
        ("GET", "/login/link/***", "200"),
        ("POST", "/login/link/***", "401"),
    ]
