"""The client: one method for each operation of the API."""

from __future__ import annotations

from litmine.client.account_calls import AccountCalls
from litmine.client.fact_calls import FactCalls
from litmine.client.library_calls import LibraryCalls
from litmine.client.queue_calls import QueueCalls
from litmine.client.search_calls import SearchCalls
from litmine.client.transport import Transport

__all__ = ["Client"]


class Client(QueueCalls, SearchCalls, LibraryCalls, FactCalls, AccountCalls):
    """Speaks to the API of a litmine server.

    What goes wrong is raised as the errors of `litmine.core.errors` (`Stale`, `NotFound`,
    `InputError`, `Forbidden`, …), and `litmine.client.Unreachable`. A connection that breaks and a
    fault of the server are tried again, decisions under the same idempotency key, so that none is
    taken twice.

    Parameters
    ----------
    base_url : str
        Of the server, such as ``http://127.0.0.1:8765``.
    token : str
        An API token.
    timeout : float
        Seconds that one attempt may take.
    attempts : int
        Most attempts of one request.
    pause : float
        Seconds before the second attempt; they double with each.

    Examples
    --------
    >>> with Client("http://127.0.0.1:8765", token) as litmine:  # doctest: +SKIP
    ...     for entry in litmine.each_entry():
    ...         if entry.relevance > 0.9:
    ...             litmine.approve(entry.id, revision=entry.revision)
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        timeout: float = 10.0,
        *,
        attempts: int = 4,
        pause: float = 0.25,
    ) -> None:
        super().__init__(
            Transport(base_url, token, timeout=timeout, attempts=attempts, pause=pause)
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._api.close()
