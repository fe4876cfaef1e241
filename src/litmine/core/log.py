"""Structured logs that carry the run they belong to.

Plain ``key=value`` lines on standard error by default, JSON lines with
``LITMINE_LOG__FORMAT=json``. structlog is imported on first use, so that a command that logs
nothing does not pay for it.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from functools import cache
from typing import Any

__all__ = ["bind_run", "configure_logging", "get_logger"]

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
# The password in user:password@host, wherever a URL got into a line.
_PASSWORD = re.compile(r"(?<=://)([^\s:/@]*):[^\s/]+(?=@)")
_state: dict[str, Any] = {"level": "info", "format": "text"}


def configure_logging(level: str = "info", fmt: str = "text") -> None:
    """Choose how much is logged (debug, info, warning, error) and how (text or json)."""
    _state.update(level=level, format=fmt)
    _configure.cache_clear()


@cache
def _configure() -> None:
    import structlog

    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if _state["format"] == "json"
        else structlog.processors.LogfmtRenderer(
            key_order=["timestamp", "level", "event"], bool_as_flag=False
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _without_passwords,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS.get(_state["level"], 20)),
        # The stream is looked up at each line: tests and progress bars replace sys.stderr.
        logger_factory=lambda *_: structlog.PrintLogger(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def _without_passwords(
    _logger: Any, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return {name: _redact(value) for name, value in fields.items()}


def _redact(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _redact(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redact(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _PASSWORD.sub(r"\1:***", str(value))


class _LazyLogger:
    """Imports structlog when the first line is written."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _log(self, level: str, event: str, **fields: Any) -> None:
        if _LEVELS[level] < _LEVELS.get(_state["level"], logging.INFO):
            return
        import structlog

        _configure()
        getattr(structlog.get_logger(), level)(event, logger=self._name, **fields)

    def debug(self, event: str, **fields: Any) -> None:
        """Log detail for whoever looks for a fault."""
        self._log("debug", event, **fields)

    def info(self, event: str, **fields: Any) -> None:
        """Log what happened."""
        self._log("info", event, **fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Log what an operator should look at."""
        self._log("warning", event, **fields)

    def error(self, event: str, **fields: Any) -> None:
        """Log what failed."""
        self._log("error", event, **fields)


def get_logger(name: str) -> _LazyLogger:
    """Return a logger; events are short snake_case names, facts are keyword arguments."""
    return _LazyLogger(name)


def bind_run(run_id: str | None) -> None:
    """Put `run_id` on every following line of this context (None takes it off)."""
    import structlog

    if run_id is None:
        structlog.contextvars.unbind_contextvars("run")
    else:
        structlog.contextvars.bind_contextvars(run=run_id)
