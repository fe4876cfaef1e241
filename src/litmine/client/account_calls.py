"""Accounts, as the client sees them: your own, and everyone's for maintainers."""

from __future__ import annotations

from typing import Any

from litmine.client.models import Page
from litmine.client.people import Account, LoginLink, Me, Preferences, Role, Token
from litmine.client.transport import Calls

__all__ = ["AccountCalls"]


class AccountCalls(Calls):
    """Accounts; tokens are made and revoked on the pages, since no token may do so."""

    def me(self) -> Me:
        """Return who you are and what you may do."""
        return self._api.read(Me, "/me")

    def preferences(self) -> Preferences:
        """Return what you have set for yourself."""
        return self._api.read(Preferences, "/me/preferences")

    def set_preferences(self, **preferences: Any) -> Preferences:
        """Set your preferences (``theme``, ``policy``, ``keys``, ``single_keys``).

        What is left out goes back to its default.
        """
        return self._api.change(Preferences, "PUT", "/me/preferences", preferences)

    def tokens(self) -> list[Token]:
        """Return your tokens, newest first."""
        return self._api.read(Page[Token], "/me/tokens").items

    def users(self) -> list[Account]:
        """Return every account (maintainers)."""
        return self._api.read(Page[Account], "/users").items

    def add_user(self, name: str, role: Role, password: str | None = None) -> Account:
        """Add an account (maintainers).

        Raises
        ------
        InputError
            The name is taken, or the password too short.
        """
        wish = {"name": name, "role": role, "password": password}
        return self._api.change(Account, "POST", "/users", wish)

    def change_user(
        self, number: int, *, role: Role | None = None, disabled: bool | None = None
    ) -> Account:
        """Change an account's role, or lock or unlock it (maintainers)."""
        wish = {"role": role, "disabled": disabled}
        return self._api.change(Account, "PATCH", f"/users/{number}", wish)

    def login_link(self, number: int) -> LoginLink:
        """Make a link that logs a person in once (maintainers)."""
        return self._api.change(LoginLink, "POST", f"/users/{number}/link", None)
