"""What a reviewer can set for themselves: theme, order of the queue, keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litmine.core.errors import InputError

__all__ = ["DEFAULT_KEYS", "POLICIES", "THEMES", "check_preferences", "keys_in_force"]

THEMES = ("auto", "light", "dark")
POLICIES = ("max", "uncertainty", "mixed")

#: Action of the queue page and its key, unless the reviewer chose another.
DEFAULT_KEYS: Mapping[str, str] = {
    "approve": "a",
    "reject": "x",
    "later": "l",
    "undo": "u",
    "next": "j",
    "previous": "k",
    "stage": "s",
    "resource": "r",
    "technique": "t",
    "comment": "c",
    "search": "/",
    "help": "?",
    "open": "o",
    "codebook": "g",
    "evidence": "e",
    "reset": "z",
}

_KNOWN = {"theme", "policy", "keys", "single_keys"}

#: Keys with a fixed meaning: undo, and the numbers that follow `stage` and `resource`.
_FIXED = frozenset(
    {"Backspace", "Enter", "Escape", "Tab", " ", *(str(digit) for digit in range(10))}
)


def check_preferences(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return preferences as they are stored; what is not given stays at its default.

    Parameters
    ----------
    given : mapping
        ``theme`` (auto, light, dark), ``policy`` (max, uncertainty, mixed), ``keys`` (action to
        key, one character each; only those that differ from `DEFAULT_KEYS` need to be named),
        ``single_keys`` (false: no single keys at all, WCAG 2.1.4).

    Raises
    ------
    InputError
        A name or value is unknown, or two actions have the same key.
    """
    unknown = set(given) - _KNOWN
    if unknown:
        known = ", ".join(sorted(_KNOWN))
        raise InputError(f"{min(unknown)!r} is not a preference; there are {known}")
    kept: dict[str, Any] = {}
    for name, allowed in (("theme", THEMES), ("policy", POLICIES)):
        value = given.get(name)
        if value is None:
            continue
        if value not in allowed:
            raise InputError(f"{name} is one of {', '.join(allowed)}")
        kept[name] = value
    single = given.get("single_keys")
    if single is not None:
        if not isinstance(single, bool):
            raise InputError("single_keys is true or false")
        kept["single_keys"] = single
    keys = given.get("keys")
    if keys:
        kept["keys"] = _check_keys(keys)
    return kept


def keys_in_force(preferences: Mapping[str, Any]) -> dict[str, str]:
    """Return every action's key, with the reviewer's own in place of the defaults."""
    own = preferences.get("keys", {})
    return {action: own.get(action, key) for action, key in DEFAULT_KEYS.items()}


def _check_keys(keys: Any) -> dict[str, str]:
    if not isinstance(keys, Mapping):
        raise InputError("keys maps actions to keys, such as approve to a")
    for action, key in keys.items():
        if action not in DEFAULT_KEYS:
            raise InputError(f"{action!r} has no key; actions are {', '.join(DEFAULT_KEYS)}")
        if not isinstance(key, str) or len(key) != 1 or not key.isprintable():
            raise InputError(f"the key of {action} is one character that can be typed")
        if key in _FIXED:
            raise InputError(f"{key!r} has a fixed meaning; give {action} another key")
    own = {action: key for action, key in keys.items() if key != DEFAULT_KEYS[action]}
    taken: dict[str, str] = {}
    for action, key in keys_in_force({"keys": own}).items():
        if key in taken:
            raise InputError(f"{taken[key]} and {action} have the same key {key!r}")
        taken[key] = action
    return own
