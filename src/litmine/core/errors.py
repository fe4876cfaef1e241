"""The error tree of litmine, in one place.

Every error that a user can meet is one of these. Each class knows the exit code of the command
line and the HTTP status of a web door, so that a door translates an error without a table of
its own::

    LitmineError            1   500   anything litmine raises on purpose
    ├── ConfigError         2   500   a setting, taxonomy or configuration file is wrong
    ├── InputError          2   422   what the user gave cannot be used
    │   └── NotFound        2   404   the named paper, run or cell does not exist
    ├── Stale               2   412   somebody else changed it in the meantime
    ├── Unauthenticated     2   401   nobody is logged in
    ├── Forbidden           2   403   one is, without the right to do this
    ├── TooManyAttempts     2   429   too many tries; wait (retry_after, seconds)
    ├── SourceError         3   502   arXiv (or its stand-in) answered with something unusable
    │   ├── SourceUnavailable   3   503   it could not be reached
    │   ├── RateLimited         3   503   it asked us to wait (retry_after, seconds)
    │   ├── MalformedResponse   3   502   the answer is not what the protocol promises
    │   └── TokenExpired        3   502   a resumption token is no longer valid
    ├── StoreError          4   500   the database cannot be used as asked
    │   └── SchemaMismatch      4   500   the database was made by another version
    ├── ModelError          5   500   an encoder or classifier cannot be used
    │   └── ArtefactMismatch    5   500   a model file disagrees with its manifest
    ├── LeaseHeld           6   409   another run is under way
    ├── LeaseLost           6   409   this run was fenced off by a newer one
    ├── Incomplete          7   500   the run ended, but announced minus stored is not zero
    └── DeliveryError       8   502   git, GitHub or a mail server did not take what was to go out
"""

from __future__ import annotations

__all__ = [
    "ArtefactMismatch",
    "ConfigError",
    "DeliveryError",
    "Forbidden",
    "Incomplete",
    "InputError",
    "LeaseHeld",
    "LeaseLost",
    "LitmineError",
    "MalformedResponse",
    "ModelError",
    "NotFound",
    "RateLimited",
    "SchemaMismatch",
    "SourceError",
    "SourceUnavailable",
    "Stale",
    "StoreError",
    "TokenExpired",
    "TooManyAttempts",
    "Unauthenticated",
]


class LitmineError(Exception):
    """Base of what litmine raises on purpose; the message is one line that says what to do."""

    exit_code: int = 1
    http_status: int = 500


class ConfigError(LitmineError):
    """A setting, the taxonomy or a configuration file is wrong."""

    exit_code = 2


class InputError(LitmineError):
    """What the user gave cannot be used; nothing was changed."""

    exit_code = 2
    http_status = 422


class NotFound(InputError):
    """The named thing does not exist."""

    http_status = 404


class Stale(LitmineError):
    """What the user looked at has changed in the meantime; nothing was changed by this attempt.

    Parameters
    ----------
    message : str
        One line for the user: who did what.
    revision : int
        The present revision.
    """

    exit_code = 2
    http_status = 412

    def __init__(self, message: str, revision: int = 0) -> None:
        super().__init__(message)
        self.revision = revision


class Unauthenticated(LitmineError):
    """Nobody is logged in, or the credentials are wrong."""

    exit_code = 2
    http_status = 401


class Forbidden(LitmineError):
    """Whoever asks may not do this."""

    exit_code = 2
    http_status = 403


class TooManyAttempts(LitmineError):
    """Too many attempts in a short time.

    Parameters
    ----------
    message : str
        One line for the user.
    retry_after : float
        Seconds to wait.
    """

    exit_code = 2
    http_status = 429

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SourceError(LitmineError):
    """A source of papers answered with something unusable."""

    exit_code = 3
    http_status = 502


class SourceUnavailable(SourceError):
    """A source could not be reached, or kept failing."""

    http_status = 503


class RateLimited(SourceError):
    """A source asked us to wait.

    Parameters
    ----------
    message : str
        One line for the user.
    retry_after : float or None
        Seconds to wait, where the source or our own cool-down says so.
    """

    http_status = 503

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class MalformedResponse(SourceError):
    """An answer breaks its own protocol (cut XML, missing elements)."""


class TokenExpired(SourceError):
    """A resumption token is no longer valid: restart the window it belonged to."""


class StoreError(LitmineError):
    """The database cannot be used as asked."""

    exit_code = 4


class SchemaMismatch(StoreError):
    """The database was made by another version of litmine."""


class ModelError(LitmineError):
    """An encoder or classifier cannot be used."""

    exit_code = 5


class ArtefactMismatch(ModelError):
    """A model file disagrees with its manifest, or two artefacts do not belong together."""


class LeaseHeld(LitmineError):
    """Another run holds the lease."""

    exit_code = 6
    http_status = 409


class LeaseLost(LitmineError):
    """This run was fenced off: a newer run took the lease over, so it must not write any more."""

    exit_code = 6
    http_status = 409


class Incomplete(LitmineError):
    """The run ended, but some announced papers could not be stored."""

    exit_code = 7


class DeliveryError(LitmineError):
    """What was to leave the house was not taken: by git, GitHub, a mail server or a webhook.

    Parameters
    ----------
    message : str
        One line for the user.
    retry_after : float or None
        Seconds to wait, where the other side says so.
    """

    exit_code = 8
    http_status = 502

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
