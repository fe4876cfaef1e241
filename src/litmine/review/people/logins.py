"""What opens the door after the first time: sessions of a browser, API tokens, links used once.

All are 256 random bits, shown once and stored as their hash.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from litmine.core.clock import Clock, SystemClock
from litmine.core.errors import Forbidden, InputError, NotFound, Unauthenticated
from litmine.review.people.accounts import ROLES, check_role
from litmine.store import Store
from litmine.store.accounts import (
    ApiToken,
    Session,
    User,
    delete_session,
    delete_sessions,
    find_session,
    find_token,
    get_user,
    put_link,
    put_session,
    put_token,
    revoke_token,
    sessions_of,
    sweep,
    token_used,
    tokens_of,
    touch_session,
    use_link,
)
from litmine.store.audit import record

__all__ = ["LINK_MINUTES", "TOKEN_PREFIX", "ApiToken", "Logins", "OpenSession", "Session"]

LINK_MINUTES = 15
#: Lets a person, and a scanner of published code, see what it is.
TOKEN_PREFIX = "lm_"  # noqa: S105 - no secret
_BYTES = 32
_TOKENS = 100
#: A visit is noted when the last note is older: not every page costs a write.
_NOTED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session just opened: the cookie's value, and the token for its writes."""

    secret: str
    csrf: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"OpenSession(until {self.expires_at})"


class Logins:
    """Opens and closes sessions, makes and revokes tokens and links.

    Parameters
    ----------
    store : Store
    clock : Clock, optional
    session_hours : float
        A session ends so long after the last visit.
    """

    def __init__(
        self, store: Store, clock: Clock | None = None, *, session_hours: float = 336.0
    ) -> None:
        self._store = store
        self._clock = clock or SystemClock()
        self._lasts = timedelta(hours=session_hours)

    def open_session(
        self, user: User, *, via: str, agent: str = "", replaces: str | None = None
    ) -> OpenSession:
        """Open a session.

        Parameters
        ----------
        via : str
            ``password``, ``link`` or ``oidc``; for the audit log.
        agent : str
            The browser, as it names itself.
        replaces : str, optional
            Secret of the session that the browser had until now; it is closed.

        Raises
        ------
        Unauthenticated
            The account is disabled.
        """
        now = self._clock.now()
        opened = OpenSession(
            secrets.token_urlsafe(_BYTES), secrets.token_urlsafe(_BYTES), now + self._lasts
        )
        shown = "".join(c for c in agent if c.isprintable())[:200]
        with self._store.write() as connection:
            sweep(connection, now)
            current = get_user(connection, user.id)
            if current is None or current.disabled:
                raise Unauthenticated("this account is disabled; ask a maintainer")
            if replaces:
                before = find_session(connection, replaces, now)
                if before is not None:
                    delete_session(connection, before[1].id, before[0].id)
            put_session(
                connection,
                opened.secret,
                user.id,
                csrf=opened.csrf,
                agent=shown,
                now=now,
                expires_at=opened.expires_at,
            )
            record(connection, now, user.name, "account-login", user.name, via=via)
        return opened

    def session(self, secret: str) -> tuple[Session, User] | None:
        """Return the session of a cookie with its account, and move its end; None: log in."""
        now = self._clock.now()
        with self._store.read() as connection:
            found = find_session(connection, secret, now)
        if found is None or found[1].disabled:
            return None
        if now - found[0].seen_at > min(_NOTED, self._lasts / 10):
            with self._store.write() as connection:
                touch_session(connection, found[0], now, now + self._lasts)
        return found

    def sessions(self, user_id: int) -> list[Session]:
        """Return a person's open sessions, the one seen last first."""
        with self._store.read() as connection:
            return sessions_of(connection, user_id, self._clock.now())

    def close_session(self, user_id: int, session_id: str, *, by: str) -> None:
        """Close one session of a person.

        Raises
        ------
        NotFound
            There is no such session.
        """
        now = self._clock.now()
        with self._store.write() as connection:
            if not delete_session(connection, user_id, session_id):
                raise NotFound("there is no such session; it may be closed already")
            record(connection, now, by, "account-logout", by, session=session_id)

    def close_all(self, user: User, *, by: str, but: str = "") -> int:
        """Close every session of a person, except the one with id `but`; return how many."""
        now = self._clock.now()
        with self._store.write() as connection:
            closed = delete_sessions(connection, user.id, but=but)
            record(connection, now, by, "account-logout", user.name, sessions_closed=closed)
        return closed

    def create_token(
        self, user: User, name: str, *, by: str, role: str | None = None, days: int | None = None
    ) -> tuple[str, ApiToken]:
        """Make an API token; the secret, which comes first, is shown this once only.

        Parameters
        ----------
        name : str
            What it is for.
        role : str, optional
            At most the account's own, which is the default.
        days : int, optional
            It ends after so many days; by default never.

        Raises
        ------
        InputError
            The name, role or number of days cannot be used, or there are too many tokens.
        Forbidden
            The role is above the account's.
        """
        name = " ".join(name.split())
        if not name or len(name) > 200 or not name.isprintable():
            raise InputError("a token needs a name that says what it is for (200 characters)")
        role = check_role(role or user.role)
        if ROLES.index(role) > ROLES.index(user.role):
            raise Forbidden(f"{user.name} is a {user.role}; a token cannot be a {role}")
        if days is not None and not 1 <= days <= 3650:
            raise InputError("a token lasts 1 to 3650 days")
        now = self._clock.now()
        expires = None if days is None else now + timedelta(days=days)
        secret = TOKEN_PREFIX + secrets.token_urlsafe(_BYTES)
        with self._store.write() as connection:
            if sum(one.revoked_at is None for one in tokens_of(connection, user.id)) >= _TOKENS:
                raise InputError(f"{user.name} has {_TOKENS} tokens; revoke those not in use")
            number = put_token(connection, secret, user.id, name, role, now, expires)
            record(
                connection,
                now,
                by,
                "account-token",
                user.name,
                token=number,
                name=name,
                role=role,
                expires_at=expires and expires.isoformat(),
            )
            made = next(one for one in tokens_of(connection, user.id) if one.id == number)
        return secret, made

    def token(self, secret: str) -> tuple[ApiToken, User] | None:
        """Return the token of a secret with its account, and note its use; None: not valid."""
        if not secret.startswith(TOKEN_PREFIX):
            return None
        now = self._clock.now()
        with self._store.read() as connection:
            found = find_token(connection, secret, now)
        if found is None or found[1].disabled:
            return None
        if found[0].used_at is None or now - found[0].used_at > _NOTED:
            with self._store.write() as connection:
                token_used(connection, found[0].id, now)
        return found

    def tokens(self, user_id: int) -> list[ApiToken]:
        """Return a person's tokens, revoked ones too, newest first."""
        with self._store.read() as connection:
            return tokens_of(connection, user_id)

    def revoke_token(self, user: User, token_id: int, *, by: str) -> None:
        """Revoke a person's token; it is refused from the next request on.

        Raises
        ------
        NotFound
            The person has no such token, or it is revoked already.
        """
        now = self._clock.now()
        with self._store.write() as connection:
            if not revoke_token(connection, user.id, token_id, now):
                raise NotFound(f"{user.name} has no valid token {token_id}")
            record(connection, now, by, "account-token-revoked", user.name, token=token_id)

    def create_link(self, user: User, *, by: str) -> str:
        """Make a login link and return its secret; it is good once, for `LINK_MINUTES`.

        Raises
        ------
        InputError
            The account is disabled.
        """
        if user.disabled:
            raise InputError(f"{user.name} is disabled; litmine user enable makes it usable again")
        now = self._clock.now()
        secret = secrets.token_urlsafe(_BYTES)
        with self._store.write() as connection:
            put_link(connection, secret, user.id, now, now + timedelta(minutes=LINK_MINUTES))
            record(connection, now, by, "account-link", user.name, minutes=LINK_MINUTES)
        return secret

    def use_link(self, secret: str) -> User:
        """Use a login link up and return whose it is.

        Raises
        ------
        Unauthenticated
            It was used before, is too old, or never was one.
        """
        with self._store.write() as connection:
            number = use_link(connection, secret, self._clock.now())
            user = None if number is None else get_user(connection, number)
        if user is None or user.disabled:
            raise Unauthenticated(
                f"this link was used, or is older than {LINK_MINUTES} minutes: ask for another"
            )
        return user
