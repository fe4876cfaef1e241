"""Logging in and out in a real browser, and what another site can do there: nothing."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.support.web import PASSWORD, PEOPLE, on_loopback, person

pytestmark = pytest.mark.browser

NAME = PEOPLE["reviewer"]


@pytest.fixture
def page(browser, served):
    context = browser.new_context(base_url=served.url)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def log_in(page, password=PASSWORD):
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_by_link_then_by_a_password_of_ones_own(app, served, page):
    app.state.accounts.add_user(NAME, "reviewer", by="tests")
    link = app.state.logins.create_link(app.state.accounts.get(NAME), by="tests")
    page.goto(f"/login/link/{link}")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto("/settings/account")
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password again").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    assert page.get_by_role("status").filter(has_text="The password is set").is_visible()
    page.locator(".account summary").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
    page.goto("/settings/account")
    log_in(page, "wrong horse battery")
    assert "The name or the password is wrong." in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Name").input_value() == NAME
    log_in(page)
    page.wait_for_url("**/settings/account")
    page.goto(f"/login/link/{link}")
    page.get_by_role("button", name="Log in").click()
    assert "ask for another" in page.get_by_role("alert").inner_text()


def test_scripts_cannot_read_the_cookie(app, served, page):
    person(app, "reviewer")
    page.goto("/login")
    log_in(page)
    page.wait_for_url(lambda url: "/login" not in url)
    assert page.context.cookies()[0]["name"] == "litmine"
    assert page.evaluate("document.cookie") == ""


EVIL = """<!doctype html><title>another site</title>
<iframe name="frame" src="{url}/settings/account"></iframe>
<form id="write" method="post" action="{url}/settings/account/sessions/close-others"></form>
<form id="login" method="post" action="{url}/login">
  <input name="name" value="{name}"><input name="password" value="{password}">
</form>
<form id="plain" method="post" enctype="text/plain" action="{url}/api/v1/me/tokens">
  <input name='{{"name": "x", "x": "' value='"}}'>
</form>"""


@pytest.mark.parametrize("neighbour", ["localhost", "127.0.0.1"])
def test_another_site_can_neither_write_nor_look(app, served, page, neighbour):
    page.context.add_cookies([served.cookie("reviewer")])
    served.cookie("reviewer")
    text = EVIL.format(url=served.url, name=NAME, password=PASSWORD)
    evil = Starlette(routes=[Route("/", lambda _: HTMLResponse(text))])
    with on_loopback(evil) as address:
        address = address.replace("127.0.0.1", neighbour)
        for form in ("write", "login", "plain"):
            page.goto(address)
            with page.expect_navigation() as answer:
                page.evaluate(f"document.getElementById('{form}').submit()")
            # The cookie does not go along to a form of another site; a neighbour on the same host
            # is told by its origin.
            assert answer.value.status in {401, 403}, form
        page.goto(address)
        assert NAME not in page.frame(name="frame").content()
        read = page.evaluate(
            "url => fetch(url, {credentials: 'include'}).then(a => a.text()).catch(() => 'no')",
            f"{served.url}/api/v1/me",
        )
        assert read == "no"
    user = app.state.accounts.get(NAME)
    assert len(app.state.logins.sessions(user.id)) == 2
    assert app.state.logins.tokens(user.id) == []
