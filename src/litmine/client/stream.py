"""Reading server-sent events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from litmine.client.errors import UnexpectedAnswer
from litmine.client.facts import QueueEvent

__all__ = ["events_in"]


def events_in(lines: Iterable[str]) -> Iterator[QueueEvent]:
    """Yield the events `queue` of a stream; other events and comments are passed over.

    An event that is cut off is none: only the empty line behind it makes it whole.

    Raises
    ------
    UnexpectedAnswer
        The data of an event is not what this API gives.
    """
    name, data = "", []
    for line in lines:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif not line:
            if name == "queue" and data:
                yield _event("\n".join(data))
            name, data = "", []


def _event(data: str) -> QueueEvent:
    try:
        return QueueEvent.model_validate_json(data)
    except ValidationError as error:
        raise UnexpectedAnswer("an event is not what this API gives") from error
