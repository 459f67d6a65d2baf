"""A log line carries the ids of what was going on, in both forms."""

import json
import logging

import pytest
from django.core.exceptions import ImproperlyConfigured

from ledger.project.logs import (
    JsonFormatter,
    PlainFormatter,
    log_context,
    log_context_set,
    logging_settings,
)


def record(**extra: object) -> logging.LogRecord:
    made = logging.getLogger("test").makeRecord(
        "test", logging.INFO, "file", 1, "Shard %d done.", (3,), None, extra=extra
    )
    return made


def test_a_json_line_has_sentence_level_context_and_extras():
    with log_context(request_id="r1"):
        line = json.loads(JsonFormatter().format(record(action="shard_done")))
    assert line["message"] == "Shard 3 done."
    assert line["level"] == "info"
    assert line["request_id"] == "r1"
    assert line["action"] == "shard_done"


def test_a_plain_line_is_one_line_with_its_ids():
    with log_context(request_id="r1"):
        line = PlainFormatter().format(record(action="shard_done"))
    assert line.endswith("info    test: Shard 3 done. request_id=r1 action=shard_done")


def test_contexts_nest_and_end():
    with log_context(request_id="r1"):
        with log_context(run_id="v1"):
            inner = json.loads(JsonFormatter().format(record()))
        outer = json.loads(JsonFormatter().format(record()))
    after = json.loads(JsonFormatter().format(record()))
    assert (inner["request_id"], inner["run_id"]) == ("r1", "v1")
    assert "run_id" not in outer
    assert "request_id" not in after


def test_a_workers_context_is_replaced_by_the_next_message():
    log_context_set(message_id="m1", batch_id="b1")
    log_context_set(message_id="m2")
    line = json.loads(JsonFormatter().format(record()))
    log_context_set()
    assert line["message_id"] == "m2"
    assert "batch_id" not in line


def test_an_exception_stays_in_its_json_line():
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        made = record()
        made.exc_info = (ValueError, error, error.__traceback__)
    text = JsonFormatter().format(made)
    assert "\n" not in text
    assert "ValueError" in json.loads(text)["exception"]


def test_an_unknown_form_stops_the_start():
    with pytest.raises(ImproperlyConfigured, match="LOG_FORMAT"):
        logging_settings(log_format="xml", log_level="INFO")
