"""Sending a digest once, whatever ends in the middle.

A digest is laid down whole before the first byte leaves (`litmine.store.deliveries`): every attempt
sends the same. Each recipient has a row, a mail and a fate of their own. Who wants to send holds a
lease; beyond it every step is a change of the row that only one process can make, so that one which
was paused and replaced sends nothing when it wakes.

A kill before the mail's closing dot leaves the row waiting, and the server has nothing. A kill
after the server's answer was noted leaves it sent. Between the two nobody can know: such a mail is
not sent again by itself, and the next digest, which begins where the last confirmed one ended,
tells the same news again and says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

from litmine.core.errors import ConfigError
from litmine.core.log import get_logger
from litmine.core.settings import Settings
from litmine.jobs.context import RunContext
from litmine.jobs.publish.digest_facts import Gathered, Mark, gather
from litmine.publish.digest.content import Alarm, Digest, payload, subject
from litmine.publish.digest.mail import Outcome, compose, send_mail
from litmine.publish.digest.message import render_html, render_text
from litmine.publish.digest.webhook import post
from litmine.store.deliveries import (
    Delivery,
    begin_attempt,
    deliveries_of,
    digests_like,
    finish_attempt,
    forget_old_bodies,
    freeze,
    last_sent,
    mark_interrupted,
    mark_sending,
    replace_waiting,
    troubled_since,
)

__all__ = [
    "Plan",
    "Target",
    "clear_interrupted",
    "lay_down",
    "message_of",
    "name_of",
    "planned",
    "send_again",
    "send_all",
    "targets",
]

_log = get_logger(__name__)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Target:
    """Who gets digests.

    Attributes
    ----------
    channel : str
        ``mail`` or ``webhook``.
    name : str
        The address; of a webhook its host and a fingerprint, since its address can be a secret.
    quiet_nights : bool
        Whether it gets nights without news, too.
    """

    channel: str
    name: str
    quiet_nights: bool


def targets(settings: Settings) -> list[Target]:
    """Return who gets digests, by the settings; nobody where nothing is set."""
    found = []
    if settings.mail.host:
        quiet = settings.mail.quiet_nights
        found = [Target("mail", name, quiet) for name in dict.fromkeys(settings.mail.recipients)]
    if settings.webhook.url:
        url = settings.webhook.url
        mark = hashlib.sha256(url.encode()).hexdigest()[:8]
        found.append(
            Target("webhook", f"{urlsplit(url).hostname}#{mark}", settings.webhook.quiet_nights)
        )
    return found


def name_of(night: date) -> str:
    """Return the name of a night's digest."""
    return f"night:{night}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a recipient is to get; `number` counts the digests, whatever the clock says."""

    target: Target
    digest: Digest
    mark: Mark
    origin: Mark
    number: int


def planned(context: RunContext, night: date, whom: Sequence[Target]) -> list[Plan]:
    """Make the digest for each recipient, from where the last one confirmed to them ended."""
    made: dict[str, Gathered] = {}
    plans = []
    for target in whom:
        last, lost, number = _history(context, target)
        key = json.dumps(last.as_json() if last else None)
        if key not in made:
            made[key] = gather(
                context.settings,
                context.store,
                context.clock,
                night,
                last,
                context.run_id if context.run_id != "-" else None,
            )
        found = made[key]
        digest = _with_losses(found.digest, lost)
        plans.append(Plan(target, digest, found.mark, found.origin, number))
    return plans


def _history(context: RunContext, target: Target) -> tuple[Mark | None, list[Delivery], int]:
    """Where the digests of a recipient have come to, what they did not get, the next number."""
    with context.store.read() as connection:
        own = last_sent(connection, target.channel, target.name)
        since = own.changed_at if own else _EVER
        lost = troubled_since(connection, target.channel, target.name, since)
        newest = last_sent(connection, target.channel)
    number = int(newest.body["number"]) + 1 if newest else 1
    if own is None and lost and lost[0].body:
        # Nothing was ever confirmed: on from where the first attempt began.
        return Mark.from_json(lost[0].body["origin"]), lost, number
    # Somebody new goes on from where the others are.
    before = own or newest
    return (Mark.from_json(before.body["mark"]) if before else None), lost, number


def _with_losses(digest: Digest, lost: Sequence[Delivery]) -> Digest:
    """Say which earlier digests this one makes up for."""
    alarms = []
    for one in lost:
        night = one.digest.removeprefix("night:").partition("+")[0]
        fate = "may have reached you or not" if one.state == "unsure" else "did not reach you"
        alarms.append(
            Alarm("delivery", f"The digest of {night} {fate}; its news stand in this one again.")
        )
    return replace(digest, alarms=(*digest.alarms, *alarms)) if alarms else digest


def clear_interrupted(context: RunContext) -> int:
    """Note what a process that is gone was sending; the caller holds the lease."""
    with context.write() as connection:
        return mark_interrupted(connection, context.clock.now())


def lay_down(
    context: RunContext, night: date, *, again: bool = False, all_the_same: bool = False
) -> str | None:
    """Freeze a night's digest for everybody; return its name.

    Where it was frozen before, that one's name is returned and nothing is made.

    Parameters
    ----------
    again : bool
        Make another one, with what is new since.
    all_the_same : bool
        Also without news.

    Returns
    -------
    str or None
        None: there is no news, and nobody wants to be told so.
    """
    with context.store.read() as connection:
        before = digests_like(connection, name_of(night))
    if before and not again:
        return before[-1]
    name = f"{name_of(night)}+{len(before) + 1}" if before else name_of(night)
    plans = [
        plan
        for plan in planned(context, night, targets(context.settings))
        if plan.digest.news or plan.target.quiet_nights or all_the_same
    ]
    if not plans:
        return None
    with context.write() as connection:
        if digests_like(connection, name_of(night)) != before:
            return name  # somebody without a lease was faster
        now = context.clock.now()
        for plan in plans:
            freeze(
                connection,
                name,
                plan.target.channel,
                plan.target.name,
                message_id=_message_id(context.settings, name, plan.target, now),
                body=_body(plan),
                covers_to=plan.digest.made_at,
                now=now,
            )
        replace_waiting(connection, [(p.target.channel, p.target.name) for p in plans], name, now)
        forget_old_bodies(connection, now)
    return name


def send_again(context: RunContext, night: date, name: str) -> str:
    """Lay down a digest once more as it was, under its old message ids; return the new name."""
    with context.write() as connection:
        now = context.clock.now()
        new = f"{name_of(night)}+{len(digests_like(connection, name_of(night))) + 1}"
        for one in deliveries_of(connection, [name]):
            freeze(
                connection,
                new,
                one.channel,
                one.target,
                message_id=one.message_id,
                body=one.body,
                covers_to=one.covers_to,
                now=now,
            )
    return new


def _body(plan: Plan) -> dict[str, Any]:
    digest = plan.digest
    if plan.target.channel == "webhook":
        body = {"payload": json.dumps(payload(digest), ensure_ascii=False)}
    else:
        body = {
            "subject": subject(digest),
            "text": render_text(digest),
            "html": render_html(digest),
        }
    return {
        **body,
        "mark": plan.mark.as_json(),
        "origin": plan.origin.as_json(),
        "number": plan.number,
    }


def _message_id(settings: Settings, name: str, target: Target, now: datetime) -> str:
    seed = f"{name}\n{target.channel}\n{target.name}\n{now.isoformat()}"
    mark = hashlib.sha256(seed.encode()).hexdigest()[:24]
    if target.channel == "webhook":
        return f"msg_{mark}"
    domain = settings.mail.sender.rpartition("@")[2]
    return f"{name.replace(':', '-').replace('+', '-')}.{mark}@{domain}"


def message_of(settings: Settings, item: Delivery) -> bytes:
    """Return the bytes of a frozen digest, the same on every attempt."""
    if item.channel == "webhook":
        return str(item.body["payload"]).encode()
    return compose(
        settings.mail.sender,
        item.target,
        item.body["subject"],
        item.body["text"],
        item.body["html"],
        message_id=item.message_id,
        made_at=item.created_at,
    )


def send_all(context: RunContext, name: str, pauses: Sequence[float] = ()) -> list[Delivery]:
    """Send what waits of a digest; return its rows.

    Parameters
    ----------
    pauses : sequence of float
        Seconds before each further attempt at what was refused for now.
    """
    for pause in (*pauses, None):
        soon = False
        stuck: set[str] = set()
        for item in _waiting(context, name):
            if item.channel in stuck:
                continue
            outcome = _attempt(context, item)
            soon |= outcome is not None and outcome.soon
            if outcome is not None and outcome.anybody:
                stuck.add(item.channel)
        if not soon or pause is None:
            break
        context.progress.advance(0)
        _log.info("digest_tried_again", digest=name, seconds=pause)
        context.clock.sleep(pause)
    with context.store.read() as connection:
        return deliveries_of(connection, [name])


def _waiting(context: RunContext, name: str) -> Iterator[Delivery]:
    with context.store.read() as connection:
        items = deliveries_of(connection, [name])
    return (item for item in items if item.state == "waiting")


def _attempt(context: RunContext, item: Delivery) -> Outcome | None:
    """Try once; None where another process is at it."""
    with context.write() as connection:
        if not begin_attempt(connection, item, context.clock.now()):
            return None
    outcome = _hand_over(context, item)
    with context.write() as connection:
        finish_attempt(connection, item, outcome.state, outcome.problem, context.clock.now())
    facts = {"digest": item.digest, "channel": item.channel, "to": item.target}
    if outcome.state == "sent":
        _log.info("digest_sent", **facts)
    else:
        _log.warning("digest_not_sent", state=outcome.state, problem=outcome.problem, **facts)
    return outcome


def _hand_over(context: RunContext, item: Delivery) -> Outcome:
    settings = context.settings
    if (item.channel, item.target) not in {(t.channel, t.name) for t in targets(settings)}:
        return Outcome("failed", "no longer in the settings")
    content = message_of(settings, item)
    if item.channel == "mail":
        return send_mail(settings.mail, item.target, content, _about_to(context, item))
    try:
        return post(settings.webhook, item.message_id, content, context.clock.now())
    except ConfigError as error:
        return Outcome("waiting", str(error))


def _about_to(context: RunContext, item: Delivery) -> Callable[[], bool]:
    def note() -> bool:
        with context.write() as connection:
            return mark_sending(connection, item, context.clock.now())

    return note
