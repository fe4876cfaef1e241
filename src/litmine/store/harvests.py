"""How far each source was read: watermarks, and windows under way.

The watermark moves only when the last page of a window is committed. Until then the row keeps
where the window began and the cursor of the next page, so that a killed run goes on with the page
it was about to ask for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from litmine.store.schema import harvests
from litmine.store.sql import upsert

__all__ = ["Harvest", "all_harvests", "get_harvest", "put_harvest"]


@dataclass(frozen=True, slots=True)
class Harvest:
    """State of one source.

    Attributes
    ----------
    watermark : date or None
        Everything modified before this day is stored.
    window_from, cursor, window_watermark
        A window planned or under way: its first day, the cursor of its next page (None: first
        page), and the watermark it will set, which is the source's own date when the first page
        came (None: still planned).
    """

    source: str
    watermark: date | None = None
    window_from: date | None = None
    cursor: str | None = None
    window_watermark: date | None = None

    @property
    def open(self) -> bool:
        """Whether a window is planned or under way."""
        return self.window_from is not None


def get_harvest(connection: Connection, source: str) -> Harvest:
    """Return the state of `source`; an empty one when it was never read."""
    row = connection.execute(select(harvests).where(harvests.c.source == source)).first()
    return Harvest(source) if row is None else Harvest(**row._mapping)


def put_harvest(connection: Connection, harvest: Harvest) -> None:
    """Store the state of a source."""
    upsert(
        connection,
        harvests,
        [
            {
                "source": harvest.source,
                "watermark": harvest.watermark,
                "window_from": harvest.window_from,
                "cursor": harvest.cursor,
                "window_watermark": harvest.window_watermark,
            }
        ],
    )


def all_harvests(connection: Connection) -> list[Harvest]:
    """States of all sources, by name."""
    rows = connection.execute(select(harvests).order_by(harvests.c.source))
    return [Harvest(**row._mapping) for row in rows]
