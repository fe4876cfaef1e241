"""Log lines: one event, one line, its run, and no secrets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from litmine.core.log import bind_run, configure_logging, get_logger

LOG = get_logger("litmine.test")
SECRET_URL = "postgresql+psycopg://miner:s3cr@t@db.example/litmine"  # noqa: S105


@pytest.fixture(autouse=True)
def restore_logging():
    yield
    bind_run(None)
    configure_logging()


def lines(capsys):
    captured = capsys.readouterr()
    assert captured.out == ""  # standard output belongs to the command's result
    return captured.err.splitlines()


def test_json_line_carries_event_level_logger_time_run_and_facts(capsys):
    configure_logging("info", "json")
    bind_run("run-7")
    LOG.info("papers_stored", new=3, title="Grüße", path=Path("/var/x"))
    (line,) = lines(capsys)
    row = json.loads(line)
    assert row.pop("timestamp").endswith("Z")
    assert row == {
        "event": "papers_stored",
        "level": "info",
        "logger": "litmine.test",
        "run": "run-7",
        "new": 3,
        "title": "Grüße",
        "path": "/var/x",
    }


def test_text_line_is_one_line_whatever_is_in_it(capsys):
    configure_logging("info", "text")
    bind_run("run-7")
    LOG.warning("odd", note='two\nlines "and" a = b', nothing=None, yes=True)
    (line,) = lines(capsys)
    assert "level=warning event=odd" in line
    assert "run=run-7" in line
    assert r"two\nlines" in line
    assert "yes=true" in line


def test_run_is_taken_off(capsys):
    configure_logging("info", "json")
    bind_run("run-7")
    bind_run(None)
    LOG.info("later")
    (line,) = lines(capsys)
    assert "run" not in json.loads(line)


def test_level_hides_what_is_below_it(capsys):
    configure_logging("warning", "json")
    for write in (LOG.debug, LOG.info, LOG.warning, LOG.error):
        write("said")
    assert [json.loads(line)["level"] for line in lines(capsys)] == ["warning", "error"]


@pytest.mark.parametrize("fmt", ["text", "json"])
def test_passwords_in_urls_are_never_shown(capsys, fmt):
    configure_logging("debug", fmt)
    LOG.info("opened", url=SECRET_URL, nested={"urls": [SECRET_URL]})
    LOG.info(f"opened {SECRET_URL}")
    try:
        raise ValueError(f"cannot open {SECRET_URL}")
    except ValueError:
        LOG.error("failed", exc_info=True)
    said = lines(capsys)
    assert len(said) == 3
    for line in said:
        assert "s3cr" not in line
        assert "@db.example" in line
    assert "Traceback" in said[-1]


def test_ordinary_urls_are_left_alone(capsys):
    configure_logging("info", "json")
    url = "https://oaipmh.arxiv.org:443/oai?verb=ListRecords&until=2026-06-30T10:00:00Z"
    LOG.info("asked", url=url)
    (line,) = lines(capsys)
    assert json.loads(line)["url"] == url
