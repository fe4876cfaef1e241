"""The webhook: signed so that an independent reader of the specification agrees; bounded."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from litmine.core.errors import ConfigError
from litmine.publish.digest.webhook import key_of, post, sign, signed_headers
from tests.support.hook import SECRET, Hook

BODY = json.dumps({"type": "litmine.digest", "data": "Größe 漢字"}, ensure_ascii=False).encode()
TEXT = "a secret in plain words"


def now() -> datetime:
    return datetime.now(UTC)


@settings(deadline=None)
@given(
    st.binary(min_size=1, max_size=64),
    st.text(max_size=200),
    st.from_regex(r"msg_[0-9a-f]{8}", fullmatch=True),
)
def test_an_independent_verifier_agrees(key, text, message_id):
    body = json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")
    headers = signed_headers(key, message_id, now(), body)
    assert Webhook(key).verify(body, headers) == json.loads(body)


@pytest.mark.parametrize("change", ["body", "id", "key", "time"])
def test_what_was_changed_does_not_verify(change):
    headers = signed_headers(b"key", "msg_1", now(), BODY)
    body = BODY.replace(b"digest", b"d1gest") if change == "body" else BODY
    if change == "id":
        headers["webhook-id"] = "msg_2"
    if change == "time":
        headers["webhook-timestamp"] = str(int(headers["webhook-timestamp"]) + 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(b"other" if change == "key" else b"key").verify(body, headers)


def test_the_example_of_the_specification():
    # https://github.com/standard-webhooks/standard-webhooks, spec: signature scheme.
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    moment = datetime.fromtimestamp(1614265330, UTC)
    signature = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", moment, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", [SECRET, TEXT])
def test_a_message_arrives_signed(secret):
    with Hook() as hook:
        outcome = post(hook.settings(secret=secret), "msg_1", BODY, now())
    assert outcome.state == "sent"
    (request,) = hook.received
    verifier = Webhook(secret if secret == SECRET else secret.encode())
    assert verifier.verify(request.body, request.headers) == json.loads(BODY)
    assert request.headers["content-type"].startswith("application/json")
    assert request.path == "/digests?key=in-the-address"


@pytest.mark.parametrize("secret", ["whsec_%%%", "whsec_"])
def test_a_secret_that_was_copied_wrongly_is_said_and_not_shown(secret):
    with pytest.raises(ConfigError, match=r"webhook\.secret") as told:
        key_of(secret)
    assert "%%%" not in str(told.value)


@pytest.mark.parametrize(
    ("answer", "state", "soon"),
    [
        (200, "sent", False),
        (202, "sent", False),
        (400, "failed", False),
        (401, "failed", False),
        (410, "failed", False),
        (408, "waiting", True),
        (429, "waiting", True),
        (500, "waiting", True),
        (503, "waiting", True),
        (304, "failed", False),
        ("cut", "waiting", True),
        ("hang", "waiting", True),
        ("drip", "waiting", True),
    ],
)
def test_answers(answer, state, soon, caplog):
    caplog.set_level(logging.DEBUG)
    with Hook(answer) as hook:
        outcome = post(hook.settings(timeout_seconds=0.3), "msg_1", BODY, now())
        assert len(hook.received) == 1
    assert (outcome.state, outcome.soon) == (state, soon)
    assert "in-the-address" not in (outcome.problem or "")


def test_a_redirect_is_not_followed():
    with Hook("elsewhere") as hook:
        outcome = post(hook.settings(), "msg_1", BODY, now())
        assert [one.path for one in hook.received] == ["/digests?key=in-the-address"]
    assert outcome.state == "failed"
    assert "redirect" in outcome.problem


def test_an_answer_without_end_is_read_a_little():
    with Hook("flood") as hook:
        outcome = post(hook.settings(), "msg_1", BODY, now())
    assert outcome.state == "sent"
    assert hook.flooded < 20_000_000


def test_nobody_listens():
    with Hook() as hook:
        settings = hook.settings()
    outcome = post(settings, "msg_1", BODY, now())
    assert (outcome.state, outcome.soon) == ("waiting", True)
    assert "in-the-address" not in outcome.problem


def test_an_old_message_sent_again_by_others_is_refused_by_its_age():
    headers = signed_headers(b"key", "msg_1", now() - timedelta(minutes=6), BODY)
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(b"key").verify(BODY, headers)
