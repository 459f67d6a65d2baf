"""Log lines: one per change of state, with the ids of request, run and shard."""

import contextvars
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured

# What every line of the current request or message carries.
_context: contextvars.ContextVar[dict[str, str] | None] = contextvars.ContextVar(
    "log_context", default=None
)
# What a LogRecord has by itself; everything else came in by `extra`.
RESERVED = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request", "context"}


@contextmanager
def log_context(**ids: str) -> Iterator[None]:
    """Every line logged inside carries these ids."""
    token = _context.set({**(_context.get() or {}), **ids})
    try:
        yield
    finally:
        _context.reset(token)


def log_context_set(**ids: str) -> None:
    """Every further line of this thread carries these ids and no others."""
    _context.set(ids)


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return the ids of the context and the record's own extras."""
    extras = {key: value for key, value in vars(record).items() if key not in RESERVED}
    return {**(_context.get() or {}), **extras}


class JsonFormatter(logging.Formatter):
    """One JSON object per line, for a collector."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **fields_of(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class PlainFormatter(logging.Formatter):
    """One readable line: time, level, logger, sentence, ids."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        ids = "".join(f" {key}={value}" for key, value in fields_of(record).items())
        line = f"{at} {record.levelname.lower():7} {record.name}: {record.getMessage()}{ids}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def logging_settings(*, log_format: str, log_level: str) -> dict[str, Any]:
    """Return Django's LOGGING: everything to standard error, as `plain` or `json` lines."""
    formatters = {"plain": PlainFormatter, "json": JsonFormatter}
    if log_format not in formatters:
        raise ImproperlyConfigured(f"LOG_FORMAT must be plain or json, not {log_format!r}.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": formatters[log_format]}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": log_level},
        "loggers": {
            "django": {"level": log_level, "handlers": [], "propagate": True},
            "django.server": {"level": log_level, "handlers": [], "propagate": True},
            "pika": {"level": "ERROR"},  # reconnects are told by Dramatiq in one line
        },
    }
