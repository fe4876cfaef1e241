"""Accounts, attempts, sessions, tokens and links, on both databases."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from litmine.core.errors import (
    Forbidden,
    InputError,
    NotFound,
    TooManyAttempts,
    Unauthenticated,
)
from litmine.review.people.accounts import Accounts, check_name, fold_name
from litmine.review.people.logins import Logins
from litmine.review.people.passwords import Passwords
from litmine.store.audit import audit_entries
from litmine.store.schema import login_failures, metadata
from tests.support.web import PASSWORD, QUICK

HOME, AWAY = "192.0.2.1", "198.51.100.7"
WRONG = "wrong horse battery"


@pytest.fixture
def accounts(store, fake_clock):
    made = Accounts(store, fake_clock, Passwords(QUICK))
    made.add_user("Ada", "reviewer", PASSWORD, by="tests")
    return made


@pytest.fixture
def logins(store, fake_clock):
    return Logins(store, fake_clock, session_hours=24)


def everything_stored(store):
    with store.read() as connection:
        return json.dumps(
            [
                dict(row._mapping)
                for table in metadata.sorted_tables
                for row in connection.execute(select(table))
            ],
            default=str,
        )


def trail(store):
    with store.read() as connection:
        return [(e["actor"], e["action"], e["subject"]) for e in audit_entries(connection)][::-1]


def fail(accounts, name="Ada", address=HOME, times=1):
    for _ in range(times):
        with pytest.raises(Unauthenticated):
            accounts.authenticate(name, WRONG, address)


def test_no_secret_is_stored(store, accounts, logins):
    user = accounts.get("ada")
    opened = logins.open_session(user, via="password", agent="Browser")
    token, _ = logins.create_token(user, "export", by="Ada")
    link = logins.create_link(user, by="Ada")
    fail(accounts, name=WRONG)
    stored = everything_stored(store)
    for secret in (PASSWORD, opened.secret, token, token.removeprefix("lm_"), link, WRONG):
        assert secret not in stored
    assert "$argon2id$" in stored
    for shown in (repr(opened), repr(user), repr(logins.session(opened.secret)[1])):
        assert opened.secret not in shown
        assert "argon2" not in shown


def test_every_change_stands_in_the_audit_log(store, accounts, logins):
    accounts.add_user("Bo", "maintainer", by="Ada")
    accounts.set_role("Bo", "maintainer", by="Ada")  # no change, no entry
    accounts.set_role("ada", "maintainer", by="Bo")
    accounts.set_password("ada", PASSWORD + "!", by="Bo")
    accounts.disable("ada", by="Bo")
    accounts.enable("ada", by="Bo")
    accounts.set_preferences("Bo", {"theme": "dark"})
    user = accounts.get("Bo")
    opened = logins.open_session(user, via="link")
    logins.close_session(user.id, logins.session(opened.secret)[0].id, by="Bo")
    _, token = logins.create_token(user, "export", by="Bo")
    logins.revoke_token(user, token.id, by="Bo")
    logins.create_link(user, by="Ada")
    assert trail(store) == [
        ("tests", "account-add", "Ada"),
        ("Ada", "account-add", "Bo"),
        ("Bo", "account-role", "Ada"),
        ("Bo", "account-password", "Ada"),
        ("Bo", "account-disable", "Ada"),
        ("Bo", "account-enable", "Ada"),
        ("Bo", "account-preferences", "Bo"),
        ("Bo", "account-login", "Bo"),
        ("Bo", "account-logout", "Bo"),
        ("Bo", "account-token", "Bo"),
        ("Bo", "account-token-revoked", "Bo"),
        ("Ada", "account-link", "Bo"),
    ]


@pytest.mark.parametrize("same", ["ADA", " ada ", "Ａda", "a\u00addA".replace("\u00ad", "")])
def test_names_are_unique_whatever_their_writing(accounts, same):
    with pytest.raises(InputError, match="an account Ada already"):
        accounts.add_user(same, "reader", by="tests")
    assert accounts.get(same).name == "Ada"


def test_names_are_unique_when_two_come_at_once(store, fake_clock):
    people = Accounts(store, fake_clock, Passwords(QUICK))
    came = at_once(
        [lambda name=name: people.add_user(name, "reader", by="tests") for name in ("Cy", "CY") * 4]
    )
    assert sum(not isinstance(one, Exception) for one in came) == 1
    assert all(isinstance(one, InputError) for one in came if isinstance(one, Exception))
    assert len(people.all()) == 1


def at_once(calls):
    """What each call returned or raised, when all begin together."""
    came = [None] * len(calls)
    ready = threading.Barrier(len(calls))

    def run(number, call):
        ready.wait()
        try:
            came[number] = call()
        except Exception as error:
            came[number] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "a" * 201,
        "a\u202eb",
        "a\u200bb",
        "a\x00b",
        "a\x1bb",
        "\ud800",
        "Litmine",
        "rule:x",
    ],
)
def test_names_that_cannot_be(name):
    with pytest.raises(InputError):
        check_name(name)


def test_names_are_kept_composed():
    assert check_name("  Jose\u0301   B ") == "José B"
    assert fold_name("STRASSE") == fold_name("straße")


def test_the_password_and_nothing_else(accounts):
    assert accounts.authenticate("ADA", PASSWORD, HOME).name == "Ada"
    for name, password in (("Ada", WRONG), ("Ada", ""), ("Bo", PASSWORD), ("", ""), ("A\x00", "")):
        with pytest.raises(Unauthenticated, match="the name or the password is wrong"):
            accounts.authenticate(name, password, AWAY)


def test_however_a_keyboard_composes_it(accounts):
    accounts.set_password("Ada", "geheime Größe 1", by="tests")
    assert accounts.authenticate("Ada", "geheime Gro\u0308ße 1", HOME)
    with pytest.raises(Unauthenticated):
        accounts.authenticate("Ada", "geheime Gr\ud800ße 1", HOME)


def test_an_account_without_password_has_no_empty_one(accounts):
    accounts.add_user("Bo", "reader", by="tests")
    for password in ("", " ", "None"):
        with pytest.raises(Unauthenticated):
            accounts.authenticate("Bo", password, HOME)


def test_a_flood_of_logins_does_not_take_every_thread(store, accounts, fake_clock):
    busy = Passwords(QUICK, at_once=1, waiting=1)
    people = Accounts(store, fake_clock, busy)
    with busy.place(), busy.place(), pytest.raises(TooManyAttempts, match="in a moment"):
        people.authenticate("Ada", PASSWORD, HOME)
    assert people.authenticate("Ada", PASSWORD, HOME)
    fail(people, times=4)
    assert people.authenticate("Ada", PASSWORD, HOME), "turned away is not failed"


class Counting(PasswordHasher):
    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.checked = 0

    def verify(self, *arguments):
        self.checked += 1
        return super().verify(*arguments)


def test_unknown_names_cost_the_same_work(store, accounts, fake_clock):
    accounts.add_user("Bo", "reader", by="tests")
    hasher = Counting()
    people = Accounts(store, fake_clock, Passwords(hasher))
    for number, name in enumerate(("Ada", "Bo", "Nobody"), 1):
        fail(people, name)
        assert hasher.checked == number


def test_hashes_keep_up_with_the_parameters(store, accounts, fake_clock):
    before = accounts.get("Ada").password_hash
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    people = Accounts(store, fake_clock, Passwords(stronger))
    fail(people)
    assert accounts.get("Ada").password_hash == before
    assert people.authenticate("Ada", PASSWORD, HOME)
    after = accounts.get("Ada").password_hash
    assert "m=16,t=2" in after
    assert people.authenticate("Ada", PASSWORD, HOME)
    assert accounts.get("Ada").password_hash == after


def test_waits_double_up_to_a_quarter_of_an_hour(accounts, fake_clock):
    fail(accounts, times=5)
    waits = []
    for _ in range(12):
        with pytest.raises(TooManyAttempts, match="try again in") as refused:
            accounts.authenticate("Ada", PASSWORD, AWAY)
        waits.append(refused.value.retry_after)
        fake_clock.advance(refused.value.retry_after)
        fail(accounts)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


def test_a_refused_attempt_is_not_counted_and_does_not_lengthen_the_wait(accounts, fake_clock):
    fail(accounts, times=5)
    for _ in range(50):
        with pytest.raises(TooManyAttempts):
            accounts.authenticate("Ada", WRONG, HOME)
    fake_clock.advance(1)
    assert accounts.authenticate("Ada", PASSWORD, HOME)


def test_success_starts_afresh(accounts):
    for _ in range(4):
        fail(accounts, times=4)
        assert accounts.authenticate("Ada", PASSWORD, AWAY)


def test_one_name_does_not_wait_for_another(accounts):
    fail(accounts, "Nobody", times=5)
    assert accounts.authenticate("Ada", PASSWORD, HOME)


def test_one_address_cannot_try_many_names(accounts):
    for number in range(20):
        fail(accounts, f"name {number}")
    with pytest.raises(TooManyAttempts):
        accounts.authenticate("Ada", PASSWORD, HOME)
    assert accounts.authenticate("Ada", PASSWORD, AWAY)


def test_a_flood_from_one_address_leaves_no_row_for_each_name(store, accounts):
    def rows():
        with store.read() as connection:
            return len(connection.execute(login_failures.select()).all())

    for number in range(20):
        fail(accounts, f"name {number}")
    known = rows()
    for number in range(30):
        with pytest.raises(TooManyAttempts):
            accounts.authenticate(f"made up {number}", WRONG, HOME)
    assert rows() == known == 21


def test_an_own_account_does_not_wash_off_guesses(accounts):
    for guess in range(19):
        fail(accounts, f"name {guess}")
        assert accounts.authenticate("Ada", PASSWORD, HOME)
    fail(accounts, "name 20")
    with pytest.raises(TooManyAttempts):
        accounts.authenticate("Ada", PASSWORD, HOME)


def test_a_network_of_version_6_is_one_address(accounts):
    for number in range(20):
        fail(accounts, f"name {number}", f"2001:db8:1:2::{number:x}")
    with pytest.raises(TooManyAttempts):
        accounts.authenticate("Ada", PASSWORD, "2001:db8:1:2:ffff::1")
    assert accounts.authenticate("Ada", PASSWORD, "2001:db8:1:3::1")


def test_failures_outlast_a_restart_and_are_forgotten_in_a_day(store, accounts, fake_clock):
    fail(accounts, times=5)
    restarted = Accounts(store, fake_clock, Passwords(QUICK))
    with pytest.raises(TooManyAttempts):
        restarted.authenticate("Ada", PASSWORD, HOME)
    fake_clock.advance(timedelta(hours=24, seconds=1).total_seconds())
    fail(restarted, times=5)


def test_many_attempts_at_once_are_many(store, accounts, fake_clock):
    people = Accounts(store, fake_clock, Passwords(QUICK, waiting=20))
    came = at_once([lambda: people.authenticate("Ada", WRONG, HOME)] * 12)
    kinds = [type(one) for one in came]
    assert kinds.count(Unauthenticated) == 5
    assert kinds.count(TooManyAttempts) == 7


def test_a_session_is_known_by_its_secret_alone(accounts, logins):
    user = accounts.get("Ada")
    opened = logins.open_session(user, via="password", agent="Browser\n" + "x" * 500)
    session, owner = logins.session(opened.secret)
    assert (owner, session.csrf, len(session.agent)) == (user, opened.csrf, 200)
    assert session.agent.isprintable()
    for wrong in ("", "x", opened.csrf, session.token_hash, session.id, opened.secret[:-1]):
        assert logins.session(wrong) is None


def test_a_session_slides_and_ends(accounts, logins, fake_clock):
    opened = logins.open_session(accounts.get("Ada"), via="password")
    for _ in range(5):
        fake_clock.advance(20 * 3600)
        assert logins.session(opened.secret)
    assert logins.sessions(1)[0].seen_at == fake_clock.now()
    fake_clock.advance(24 * 3600)
    assert logins.session(opened.secret) is None
    assert logins.sessions(1) == []


def test_a_visit_soon_after_the_last_writes_nothing(accounts, logins, fake_clock):
    opened = logins.open_session(accounts.get("Ada"), via="password")
    for seconds, noted in ((299, False), (2, True)):
        fake_clock.advance(seconds)
        logins.session(opened.secret)
        assert (logins.sessions(1)[0].seen_at == fake_clock.now()) == noted


def test_a_new_password_closes_the_other_sessions(accounts, logins):
    user = accounts.get("Ada")
    opened = [logins.open_session(user, via="password") for _ in range(3)]
    keep = logins.session(opened[0].secret)[0].id
    accounts.set_password("Ada", PASSWORD + "!", by="Ada", keep_session=keep)
    assert [logins.session(one.secret) is not None for one in opened] == [True, False, False]
    accounts.set_password("Ada", PASSWORD, by="tests")
    assert logins.session(opened[0].secret) is None


def test_nobody_closes_the_session_of_another(accounts, logins):
    accounts.add_user("Bo", "maintainer", by="tests")
    opened = logins.open_session(accounts.get("Ada"), via="password")
    session = logins.session(opened.secret)[0]
    for wrong in (session.id[:8], "", "%", session.token_hash):
        with pytest.raises(NotFound):
            logins.close_session(session.user_id, wrong, by="Ada")
    with pytest.raises(NotFound):
        logins.close_session(accounts.get("Bo").id, session.id, by="Bo")
    assert logins.session(opened.secret)


def test_a_disabled_account_opens_nothing(accounts, logins):
    user = accounts.get("Ada")
    opened = logins.open_session(user, via="password")
    token, _ = logins.create_token(user, "export", by="Ada")
    link = logins.create_link(user, by="Ada")
    accounts.disable("Ada", by="tests")
    assert logins.session(opened.secret) is None
    assert logins.token(token) is None
    with pytest.raises(Unauthenticated):
        logins.use_link(link)
    with pytest.raises(Unauthenticated, match="disabled"):
        logins.open_session(user, via="password")
    with pytest.raises(Unauthenticated, match="disabled"):
        accounts.authenticate("Ada", PASSWORD, HOME)
    with pytest.raises(InputError, match="disabled"):
        logins.create_link(accounts.get("Ada"), by="tests")
    accounts.enable("Ada", by="tests")
    assert logins.session(opened.secret) is None
    assert logins.token(token)


def test_a_link_is_used_once_even_by_many_at_once(accounts, logins):
    link = logins.create_link(accounts.get("Ada"), by="tests")
    came = at_once([lambda: logins.use_link(link)] * 8)
    assert sum(not isinstance(one, Exception) for one in came) == 1
    assert all(isinstance(one, Unauthenticated) for one in came if isinstance(one, Exception))


def test_a_link_ends(accounts, logins, fake_clock):
    link = logins.create_link(accounts.get("Ada"), by="tests")
    fake_clock.advance(15 * 60)
    with pytest.raises(Unauthenticated, match="older than 15 minutes"):
        logins.use_link(link)


def test_tokens(accounts, logins, fake_clock):
    user = accounts.get("Ada")
    token, made = logins.create_token(user, " nightly  export ", by="Ada", days=1)
    assert (made.name, made.role, made.used_at) == ("nightly export", "reviewer", None)
    assert token.startswith("lm_")
    found, owner = logins.token(token)
    assert (found.id, owner.name) == (made.id, "Ada")
    assert logins.tokens(user.id)[0].used_at == fake_clock.now()
    assert logins.token(token.removeprefix("lm_")) is None
    fake_clock.advance(24 * 3600)
    assert logins.token(token) is None
    with pytest.raises(Forbidden, match="cannot be a maintainer"):
        logins.create_token(user, "export", by="Ada", role="maintainer")
    with pytest.raises(InputError, match="1 to 3650"):
        logins.create_token(user, "export", by="Ada", days=0)


def test_no_more_than_a_hundred_tokens(accounts, logins):
    user = accounts.get("Ada")
    for number in range(100):
        _, made = logins.create_token(user, f"{number}", by="Ada")
    with pytest.raises(InputError, match="revoke those"):
        logins.create_token(user, "one more", by="Ada")
    logins.revoke_token(user, made.id, by="Ada")
    assert logins.create_token(user, "one more", by="Ada")
