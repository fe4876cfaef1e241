"""People: accounts, sessions, API tokens, login links. Of every secret only the SHA-256 is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from litmine.store.schema import api_tokens, login_links, sessions, users
from litmine.store.sql import one_writer

__all__ = [
    "ApiToken",
    "Session",
    "User",
    "all_users",
    "change_user",
    "delete_session",
    "delete_sessions",
    "find_session",
    "find_token",
    "get_user",
    "lock_accounts",
    "put_link",
    "put_session",
    "put_token",
    "put_user",
    "revoke_token",
    "sessions_of",
    "sha256",
    "sweep",
    "token_used",
    "tokens_of",
    "touch_session",
    "use_link",
    "user_of_subject",
]

_ACCOUNTS = 0x6C6D_7573  # the advisory lock of whoever adds or changes an account
_ID_LENGTH = 32


@dataclass(frozen=True, slots=True)
class User:
    """An account.

    Attributes
    ----------
    password_hash : str or None
        Argon2id in PHC form; None where login is by link or by OpenID Connect only.
    subject : str or None
        OpenID Connect: the issuer, a space, and the subject there.
    preferences : mapping
        As `litmine.review.people.preferences` has checked them.
    """

    id: int
    name: str
    role: str
    password_hash: str | None
    subject: str | None
    disabled: bool
    preferences: Mapping[str, Any]
    created_at: datetime

    def __repr__(self) -> str:
        return f"User({self.id}, {self.name!r}, {self.role!r})"  # no hash in a log or traceback


@dataclass(frozen=True, slots=True)
class Session:
    """A login in one browser.

    Attributes
    ----------
    csrf : str
        What a form or script of this session sends along with a write.
    agent : str
        The browser, as it names itself.
    """

    token_hash: str
    user_id: int
    csrf: str
    agent: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime

    @property
    def id(self) -> str:
        """The first half of the hash: enough to name a session on a page."""
        return self.token_hash[:_ID_LENGTH]


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A bearer token, without its secret."""

    id: int
    user_id: int
    name: str
    role: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


def sha256(secret: str) -> str:
    """Return the hash under which a secret is stored (hex).

    A plain hash is enough: the secrets are 256 random bits, which nobody can guess.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def lock_accounts(connection: Connection) -> None:
    """Let one account change at a time, so that names stay unique whatever their case."""
    one_writer(connection, _ACCOUNTS)


def all_users(connection: Connection) -> list[User]:
    """Return every account, in the order in which they were made."""
    return [_user(row) for row in connection.execute(select(users).order_by(users.c.id))]


def get_user(connection: Connection, user_id: int) -> User | None:
    """Return one account, or None."""
    row = connection.execute(select(users).where(users.c.id == user_id)).first()
    return None if row is None else _user(row)


def user_of_subject(connection: Connection, subject: str) -> User | None:
    """Return the account of a person at the OpenID Connect issuer, or None."""
    row = connection.execute(select(users).where(users.c.subject == subject)).first()
    return None if row is None else _user(row)


def put_user(
    connection: Connection,
    name: str,
    role: str,
    now: datetime,
    *,
    password_hash: str | None = None,
    subject: str | None = None,
) -> int:
    """Add an account and return its number."""
    result = connection.execute(
        users.insert().values(
            name=name,
            role=role,
            password_hash=password_hash,
            subject=subject,
            disabled=False,
            preferences={},
            created_at=now,
        )
    )
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def change_user(connection: Connection, user_id: int, **values: Any) -> None:
    """Set columns of an account."""
    connection.execute(update(users).where(users.c.id == user_id).values(**values))


def put_session(
    connection: Connection,
    secret: str,
    user_id: int,
    *,
    csrf: str,
    agent: str,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Open a session."""
    connection.execute(
        sessions.insert().values(
            token_hash=sha256(secret),
            user_id=user_id,
            csrf=csrf,
            agent=agent,
            created_at=now,
            seen_at=now,
            expires_at=expires_at,
        )
    )


def find_session(connection: Connection, secret: str, now: datetime) -> tuple[Session, User] | None:
    """Return the living session of a secret with its account, or None."""
    row = connection.execute(
        select(sessions, *_USER)
        .join(users)
        .where(sessions.c.token_hash == sha256(secret), sessions.c.expires_at > now)
    ).first()
    return None if row is None else (_session(row), _owner(row))


def touch_session(
    connection: Connection, session: Session, now: datetime, expires_at: datetime
) -> None:
    """Move a session's end."""
    connection.execute(
        update(sessions)
        .where(sessions.c.token_hash == session.token_hash)
        .values(seen_at=now, expires_at=expires_at)
    )


def sessions_of(connection: Connection, user_id: int, now: datetime) -> list[Session]:
    """Return an account's living sessions, the one seen last first."""
    rows = connection.execute(
        select(sessions)
        .where(sessions.c.user_id == user_id, sessions.c.expires_at > now)
        .order_by(sessions.c.seen_at.desc(), sessions.c.token_hash)
    )
    return [_session(row) for row in rows]


def delete_session(connection: Connection, user_id: int, session_id: str) -> bool:
    """Close one session of an account; False when there is none of that id."""
    result = connection.execute(
        delete(sessions).where(_named(session_id), sessions.c.user_id == user_id)
    )
    return bool(result.rowcount)


def delete_sessions(connection: Connection, user_id: int, *, but: str = "") -> int:
    """Close all sessions of an account (except the one with id `but`); return how many."""
    statement = delete(sessions).where(sessions.c.user_id == user_id)
    if but:
        statement = statement.where(~_named(but))
    return int(connection.execute(statement).rowcount)


def put_token(
    connection: Connection,
    secret: str,
    user_id: int,
    name: str,
    role: str,
    now: datetime,
    expires_at: datetime | None,
) -> int:
    """Store an API token and return its number."""
    result = connection.execute(
        api_tokens.insert().values(
            token_hash=sha256(secret),
            user_id=user_id,
            name=name,
            role=role,
            created_at=now,
            expires_at=expires_at,
        )
    )
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def find_token(connection: Connection, secret: str, now: datetime) -> tuple[ApiToken, User] | None:
    """Return the valid token of a secret with its account, or None."""
    row = connection.execute(
        select(api_tokens, *_USER)
        .join(users)
        .where(
            api_tokens.c.token_hash == sha256(secret),
            api_tokens.c.revoked_at.is_(None),
            api_tokens.c.expires_at.is_(None) | (api_tokens.c.expires_at > now),
        )
    ).first()
    return None if row is None else (_token(row), _owner(row))


def token_used(connection: Connection, token_id: int, now: datetime) -> None:
    """Note that a token was used."""
    connection.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(used_at=now))


def tokens_of(connection: Connection, user_id: int) -> list[ApiToken]:
    """Return an account's tokens, revoked ones too, newest first."""
    rows = connection.execute(
        select(api_tokens).where(api_tokens.c.user_id == user_id).order_by(api_tokens.c.id.desc())
    )
    return [_token(row) for row in rows]


def revoke_token(connection: Connection, user_id: int, token_id: int, now: datetime) -> bool:
    """Revoke one token of an account; False when it has none of that number that is valid."""
    result = connection.execute(
        update(api_tokens)
        .where(
            api_tokens.c.id == token_id,
            api_tokens.c.user_id == user_id,
            api_tokens.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    return bool(result.rowcount)


def put_link(
    connection: Connection, secret: str, user_id: int, now: datetime, expires_at: datetime
) -> None:
    """Store a login link."""
    connection.execute(
        login_links.insert().values(
            token_hash=sha256(secret), user_id=user_id, created_at=now, expires_at=expires_at
        )
    )


def use_link(connection: Connection, secret: str, now: datetime) -> int | None:
    """Use a login link up and return its account's number; None when it is used, old or unknown.

    One statement: of two browsers with the same link, one gets in.
    """
    statement = (
        update(login_links)
        .where(
            login_links.c.token_hash == sha256(secret),
            login_links.c.used_at.is_(None),
            login_links.c.expires_at > now,
        )
        .values(used_at=now)
        .returning(login_links.c.user_id)
    )
    return connection.execute(statement).scalar()


def sweep(connection: Connection, now: datetime) -> None:
    """Delete sessions and links whose time is over."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    connection.execute(delete(login_links).where(login_links.c.expires_at <= now))


_USER = tuple(column.label(f"user_{column.name}_") for column in users.c)


def _named(session_id: str) -> Any:
    return func.substr(sessions.c.token_hash, 1, _ID_LENGTH) == session_id


def _owner(row: Row[Any]) -> User:
    return User(*(row._mapping[column.name] for column in _USER))


def _user(row: Row[Any]) -> User:
    return User(**row._mapping)


def _session(row: Row[Any]) -> Session:
    return Session(
        token_hash=row.token_hash,
        user_id=row.user_id,
        csrf=row.csrf,
        agent=row.agent,
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
    )


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        id=row.id,
        user_id=row.user_id,
        name=row.name,
        role=row.role,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )
