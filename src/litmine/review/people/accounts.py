"""Accounts: who may do what, and who they are by password or by OpenID Connect."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from litmine.core.clock import Clock, SystemClock
from litmine.core.errors import InputError, NotFound, Unauthenticated
from litmine.review.people.attempts import count_attempt, forgive_attempt
from litmine.review.people.passwords import Passwords, check_new_password
from litmine.review.people.preferences import check_preferences
from litmine.store import Store
from litmine.store.accounts import (
    User,
    all_users,
    change_user,
    delete_sessions,
    get_user,
    lock_accounts,
    put_user,
    user_of_subject,
)
from litmine.store.audit import record

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["ROLES", "Accounts", "User", "check_name", "fold_name", "is_reserved"]

#: Each role may do what those before it may.
ROLES = ("reader", "reviewer", "maintainer")

_NAME_LENGTH = 200
_SUBJECT_LENGTH = 400
#: Stand in the audit log for litmine itself.
_RESERVED = ("litmine", "rule")


def check_name(name: str) -> str:
    """Return a name as it is stored: NFC, single spaces.

    Raises
    ------
    InputError
        It is empty, too long, not printable, or litmine's own.
    """
    kept = " ".join(unicodedata.normalize("NFC", name).split())
    if not kept or len(kept) > _NAME_LENGTH:
        raise InputError(f"an account needs a name of at most {_NAME_LENGTH} characters")
    if not kept.isprintable():
        raise InputError("the name of an account holds printable characters only")
    if is_reserved(kept):
        raise InputError(f"{kept} means litmine itself in the audit log; choose another name")
    return kept


def fold_name(name: str) -> str:
    """Return the form in which names are compared: two that look alike must not be two people."""
    kept = " ".join(unicodedata.normalize("NFKC", name).split())
    return unicodedata.normalize("NFKC", kept.casefold())


def is_reserved(name: str) -> bool:
    """Tell whether a name in the audit log means litmine itself, such as a rule of it."""
    return fold_name(name).partition(":")[0] in _RESERVED


def check_role(role: str) -> str:
    """Return the role.

    Raises
    ------
    InputError
        There is no such role.
    """
    if role not in ROLES:
        raise InputError(f"{role!r} is not a role; there are {', '.join(ROLES)}")
    return role


class Accounts:
    """Adds, changes and recognises accounts. Every change stands in the audit log.

    Parameters
    ----------
    store : Store
    clock : Clock, optional
    passwords : Passwords, optional
    """

    def __init__(
        self, store: Store, clock: Clock | None = None, passwords: Passwords | None = None
    ) -> None:
        self._store = store
        self._clock = clock or SystemClock()
        self._passwords = passwords or Passwords()

    def all(self) -> list[User]:
        """Return every account, oldest first."""
        with self._store.read() as connection:
            return all_users(connection)

    def get(self, name: str) -> User:
        """Return the account of a name, in whatever case it is written.

        Raises
        ------
        NotFound
            There is none.
        """
        with self._store.read() as connection:
            return _named(connection, name)

    def numbered(self, number: int) -> User:
        """Return the account of a number.

        Raises
        ------
        NotFound
            There is none.
        """
        with self._store.read() as connection:
            return _numbered(connection, number)

    def is_taken(self, name: str) -> bool:
        """Tell whether an account has this name, in whatever case."""
        with self._store.read() as connection:
            return _find(connection, name) is not None

    def of_subject(self, subject: str) -> User | None:
        """Return the account of a person at the OpenID Connect issuer, or None."""
        with self._store.read() as connection:
            return user_of_subject(connection, subject)

    def add_user(
        self,
        name: str,
        role: str,
        password: str | None = None,
        *,
        by: str,
        subject: str | None = None,
    ) -> User:
        """Add an account.

        Parameters
        ----------
        password : str, optional
            Without one, login is by link or by OpenID Connect.
        by : str
            Who adds it.
        subject : str, optional
            OpenID Connect: the issuer, a space, and the subject there.

        Raises
        ------
        InputError
            The name, role or password cannot be used, or the name or subject is taken.
        """
        name, role = check_name(name), check_role(role)
        hashed = self._hash_new(password, name)
        if subject is not None and not (subject and len(subject) <= _SUBJECT_LENGTH):
            raise InputError(f"a subject has at most {_SUBJECT_LENGTH} characters")
        now = self._clock.now()
        with self._store.write() as connection:
            lock_accounts(connection)
            taken = _find(connection, name)
            if taken is not None:
                raise InputError(f"there is an account {taken.name} already; choose another name")
            if subject is not None:
                owner = user_of_subject(connection, subject)
                if owner is not None:
                    raise InputError(f"this subject belongs to the account {owner.name}")
            number = put_user(connection, name, role, now, password_hash=hashed, subject=subject)
            record(
                connection,
                now,
                by,
                "account-add",
                name,
                role=role,
                password=password is not None,
                openid=subject,
            )
            return _numbered(connection, number)

    def set_password(self, name: str, password: str, *, by: str, keep_session: str = "") -> None:
        """Set a password, and close the account's sessions (but the one with id `keep_session`).

        Raises
        ------
        InputError
            The password cannot be used.
        NotFound
            There is no such account.
        """
        user = self.get(name)
        hashed = self._hash_new(password, user.name)
        now = self._clock.now()
        with self._store.write() as connection:
            change_user(connection, user.id, password_hash=hashed)
            closed = delete_sessions(connection, user.id, but=keep_session)
            record(connection, now, by, "account-password", user.name, sessions_closed=closed)

    def set_role(self, name: str, role: str, *, by: str) -> User:
        """Give an account another role; it holds from the next request on.

        Raises
        ------
        InputError
            There is no such role, or nobody would be left as maintainer.
        NotFound
            There is no such account.
        """
        check_role(role)
        return self._change(name, "account-role", by, role=role)

    def disable(self, name: str, *, by: str) -> User:
        """Lock an account: its sessions are closed, and its tokens are refused.

        Raises
        ------
        InputError
            Nobody would be left as maintainer.
        NotFound
            There is no such account.
        """
        return self._change(name, "account-disable", by, disabled=True)

    def enable(self, name: str, *, by: str) -> User:
        """Unlock an account.

        Raises
        ------
        NotFound
            There is no such account.
        """
        return self._change(name, "account-enable", by, disabled=False)

    def authenticate(self, name: str, password: str, address: str) -> User:
        """Return the account of a name and its password.

        Parameters
        ----------
        address : str
            Of the client, for the limit of attempts.

        Raises
        ------
        TooManyAttempts
            Too many attempts failed under this name or from this address.
        Unauthenticated
            The name or the password is wrong, or the account is disabled.
        """
        with self._passwords.place():
            return self._authenticate(name, password, address)

    def check_password(self, name: str, password: str, address: str) -> None:
        """Ask for the password again, before it is changed.

        Raises
        ------
        InputError
            It is wrong.
        TooManyAttempts
            It was wrong too often.
        """
        try:
            self.authenticate(name, password, address)
        except Unauthenticated as error:
            raise InputError("the present password is wrong") from error

    def set_preferences(self, name: str, preferences: Mapping[str, Any]) -> dict[str, Any]:
        """Store a person's own preferences in place of the earlier ones and return them.

        Raises
        ------
        InputError
            A value is unknown, or two actions have the same key.
        NotFound
            There is no such account.
        """
        kept = check_preferences(preferences)
        self._change(name, "account-preferences", name, preferences=kept)
        return kept

    def _authenticate(self, name: str, password: str, address: str) -> User:
        now = self._clock.now()
        attempt = count_attempt(self._store, now, fold_name(name), address)
        with self._store.read() as connection:
            user = _find(connection, name)
        stored = None if user is None else user.password_hash
        if not self._passwords.matches(stored, password) or user is None or stored is None:
            raise Unauthenticated("the name or the password is wrong")
        forgive_attempt(self._store, now, attempt)
        if user.disabled:
            raise Unauthenticated("this account is disabled; ask a maintainer")
        if self._passwords.is_outdated(stored):
            hashed = self._passwords.hash(password)
            with self._store.write() as connection:
                change_user(connection, user.id, password_hash=hashed)
        return user

    def _change(self, name: str, action: str, by: str, **values: Any) -> User:
        now = self._clock.now()
        with self._store.write() as connection:
            lock_accounts(connection)
            user = _named(connection, name)
            if all(getattr(user, key) == value for key, value in values.items()):
                return user
            change_user(connection, user.id, **values)
            if _leads(user) and not any(map(_leads, all_users(connection))):
                raise InputError(f"{user.name} is the only maintainer; name another one first")
            if values.get("disabled"):
                delete_sessions(connection, user.id)
            record(connection, now, by, action, user.name, **values)
            return _numbered(connection, user.id)

    def _hash_new(self, password: str | None, name: str) -> str | None:
        if password is None:
            return None
        check_new_password(password, name)
        return self._passwords.hash(password)


def _leads(user: User) -> bool:
    return user.role == "maintainer" and not user.disabled


def _find(connection: Connection, name: str) -> User | None:
    folded = fold_name(name)
    return next((user for user in all_users(connection) if fold_name(user.name) == folded), None)


def _named(connection: Connection, name: str) -> User:
    user = _find(connection, name)
    if user is None:
        raise NotFound(f"there is no account {name}; litmine user list shows those there are")
    return user


def _numbered(connection: Connection, number: int) -> User:
    user = get_user(connection, number)
    if user is None:
        raise NotFound(f"there is no account with the number {number}")
    return user
