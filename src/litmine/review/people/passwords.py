"""Passwords: Argon2id hashes, made and checked a few at a time."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from litmine.core.errors import InputError, TooManyAttempts

if TYPE_CHECKING:
    from argon2 import PasswordHasher

__all__ = ["Passwords", "check_new_password"]

_LEAST, _MOST = 10, 1000
_LEAST_VARIETY = 5


def check_new_password(password: str, name: str) -> None:
    """Refuse a password that a guesser tries early.

    Length decides (NIST SP 800-63B); rules about digits and signs only make people write it down.

    Raises
    ------
    InputError
        It is too short or too long, repeats few characters, holds what no keyboard gives, or
        contains the account's name.
    """
    if not password.isprintable():
        raise InputError("a password holds printable characters only")
    if not _LEAST <= len(password) <= _MOST:
        raise InputError(f"a password has {_LEAST} to {_MOST} characters; several words do well")
    if len(set(password)) < _LEAST_VARIETY:
        raise InputError(f"a password needs at least {_LEAST_VARIETY} different characters")
    if len(name) > 3 and name.casefold() in password.casefold():
        raise InputError("a password must not contain the account's name")


class Passwords:
    """Makes and checks hashes.

    Each hash takes 64 MiB and some hundredths of a second (RFC 9106, second recommended set), so
    no more than `at_once` are computed at a time: a flood of logins must not take the memory.

    Parameters
    ----------
    hasher : argon2.PasswordHasher, optional
        With other parameters; hashes made with others are made again at the next login.
    at_once, waiting : int
        How many are computed at a time, and how many more may wait for their turn: each holds a
        thread of the server.
    """

    def __init__(
        self, hasher: PasswordHasher | None = None, *, at_once: int = 2, waiting: int = 6
    ) -> None:
        self._given = hasher
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._turn = threading.BoundedSemaphore(at_once)
        self._nobody: str | None = None
        self._making = threading.Lock()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place among those who wait for a check.

        Raises
        ------
        TooManyAttempts
            There is none left.
        """
        if not self._places.acquire(blocking=False):
            raise TooManyAttempts("many people log in just now; try again in a moment", 2.0)
        try:
            yield
        finally:
            self._places.release()

    def hash(self, password: str) -> str:
        """Return the Argon2id hash of a password, in PHC form."""
        with self._turn:
            return self._hasher.hash(_normal(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Tell whether a password is the one behind `stored`.

        Without a stored hash the same work is done and the answer is no, so that the time taken
        does not tell whether an account exists or has a password.
        """
        from argon2.exceptions import InvalidHashError, VerificationError

        known = stored if stored is not None else self._hash_of_nobody()
        with self._turn:
            try:
                right = self._hasher.verify(known, _normal(password[: _MOST + 1]))
            except (VerificationError, InvalidHashError):
                return False
        return right and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Tell whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    @property
    def _hasher(self) -> PasswordHasher:
        from argon2 import PasswordHasher
        from argon2.profiles import RFC_9106_LOW_MEMORY

        if self._given is None:
            self._given = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        return self._given

    def _hash_of_nobody(self) -> str:
        with self._making:
            if self._nobody is None:
                self._nobody = self.hash("the password of nobody")
            return self._nobody


def _normal(password: str) -> bytes:
    # The same characters, however a keyboard composed them (RFC 8265, OpaqueString).
    return unicodedata.normalize("NFC", password).encode(errors="replace")
