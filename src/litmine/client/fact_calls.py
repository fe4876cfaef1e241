"""What holds for the whole, as the client sees it: status, taxonomy, audit trail, events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from litmine.client.errors import Unreachable
from litmine.client.facts import QueueEvent, Status, Taxonomy
from litmine.client.models import AuditEntry, Page
from litmine.client.stream import events_in
from litmine.client.transport import Calls

__all__ = ["FactCalls"]


class FactCalls(Calls):
    """Status, taxonomy, audit trail, events, and the API's description."""

    def status(self) -> Status:
        """Return what waits, what is probably unread, and the last night."""
        return self._api.read(Status, "/status")

    def taxonomy(self) -> Taxonomy:
        """Return stages, resources and techniques."""
        return self._api.read(Taxonomy, "/taxonomy")

    def audit(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        subject: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[AuditEntry]:
        """Return a page of the audit trail, newest first (maintainers)."""
        return self._api.read(
            Page[AuditEntry],
            "/audit",
            actor=actor,
            action=action,
            subject=subject,
            cursor=cursor,
            limit=limit,
        )

    def export_audit(self) -> Iterator[AuditEntry]:
        """Yield the whole audit trail, oldest first (maintainers)."""
        for line in self._api.lines("/audit.jsonl"):
            yield AuditEntry.model_validate_json(line)

    def description(self) -> dict[str, Any]:
        """Return the API's own description (OpenAPI)."""
        described: dict[str, Any] = self._api.raw("/openapi.json")
        return described

    def events(self, after: int | None = None, *, patience: float = 60.0) -> Iterator[QueueEvent]:
        """Yield changes of the queue as they happen, for as long as you listen.

        A connection that breaks is made again, and goes on behind the last event.

        Parameters
        ----------
        after : int, optional
            Go on behind this event (`QueueEvent.last`).
        patience : float
            Seconds of silence after which a connection counts as broken; the server gives a sign
            of life every 15.

        Raises
        ------
        Unreachable
            The server does not come back.
        """
        failed = 0
        while True:
            headers = {"Accept": "text/event-stream"}
            if after is not None:
                headers["Last-Event-ID"] = str(after)
            try:
                for event in events_in(
                    self._api.lines("/events", headers=headers, patience=patience)
                ):
                    failed, after = 0, event.last
                    yield event
            except Unreachable:
                failed += 1
                if not self._api.more(failed):
                    raise
            self._api.wait(max(1, failed))
