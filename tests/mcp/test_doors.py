"""Assistants at the doors: a real process on standard input and output, and over HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import Any

import anyio
import httpx
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

COMMAND = (sys.executable, "-W", "error", "-m", "litmine", "mcp")


@pytest.fixture
def environment(store, shelf, tmp_path):
    """Surroundings in which litmine finds the library."""
    url = store.engine.url.render_as_string(hide_password=False)
    return os.environ | {"LITMINE_DATABASE_URL": url, "LITMINE_DATA_DIR": str(tmp_path / "data")}


async def ask(client: Client) -> dict[str, Any]:
    """What an assistant learns of the library."""
    tools = {tool.name for tool in (await client.list_tools()).tools}
    paper = await client.call_tool("paper", {"id": "2605.00001"})
    missing = await client.call_tool("paper", {"id": "2401.99999"})
    news = await client.call_tool("new_papers", {})
    return {
        "tools": tools,
        "title": paper.structured_content["title"],
        "missing": (missing.is_error, missing.content[0].text),
        "news": [one["id"] for one in news.structured_content["items"]],
    }


def right(learned: dict[str, Any]) -> bool:
    failed, said = learned["missing"]
    return (
        len(learned["tools"]) == 6
        and learned["title"] == "Alpha caches"
        and failed
        and "2401.99999 is not known here" in said
        and learned["news"] == ["2607.00004", "2607.00010"]
    )


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_on_standard_input_and_output(environment, tmp_path, mode):
    with (tmp_path / "stderr").open("w+") as errors:

        async def talk() -> dict[str, Any]:
            server = StdioServerParameters(
                command=COMMAND[0], args=list(COMMAND[1:]), env=environment
            )
            async with Client(stdio_client(server, errlog=errors), mode=mode) as client:
                return await ask(client)

        assert right(anyio.run(talk))
        errors.seek(0)
        assert errors.read() == ""


def test_standard_output_carries_the_protocol_alone(environment):
    environment |= {"LITMINE_LOG__LEVEL": "debug"}
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "tests", "version": "1"},
        },
    }
    lines = "".join(f"{line}\n" for line in (json.dumps(hello), "nonsense"))
    ran = subprocess.run(
        COMMAND, input=lines, env=environment, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    assert {one["jsonrpc"] for one in told} == {"2.0"}
    (welcome,) = [one for one in told if one.get("id") == 1]
    assert welcome["result"]["serverInfo"]["name"] == "litmine"
    assert "evidence" in welcome["result"]["instructions"]


def test_without_a_database_it_says_so_and_ends(tmp_path):
    environment = os.environ | {"LITMINE_DATA_DIR": str(tmp_path / "none")}
    ran = subprocess.run(
        COMMAND, input="", env=environment, capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stdout) == (4, "")
    assert ran.stderr.startswith("litmine: ")
    assert len(ran.stderr.splitlines()) == 1


@contextmanager
def over_http(environment):
    """The server as its own process; gives its address."""
    process = subprocess.Popen(
        [*COMMAND, "--http", "--port", "0", "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield json.loads(process.stdout.readline())["url"]
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
        assert process.returncode == 0, said
        assert "Traceback" not in said
    finally:
        process.kill()
        process.communicate()


def test_over_http(environment):
    with over_http(environment) as url:

        async def talk() -> dict[str, Any]:
            async with Client(url) as client:
                return await ask(client)

        for _ in range(2):
            assert right(anyio.run(talk))
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        headers = {"Accept": "application/json, text/event-stream"}
        # A page in a browser, and a name that was made to lead here.
        for wrong in (
            {"Origin": "http://localhost:3000"},
            {"Origin": "https://example.org"},
            {"Host": "example.org"},
        ):
            refused = httpx.post(url, json=body, headers=headers | wrong)
            assert 400 <= refused.status_code < 500, wrong
        assert httpx.get(url.replace("/mcp", "/"), headers=headers).status_code == 404


def test_a_port_that_is_taken(environment):
    with over_http(environment) as url:
        port = url.split(":")[2].split("/")[0]
        ran = subprocess.run(
            [*COMMAND, "--http", "--port", port],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert ran.returncode == 2
    assert "--port 0" in ran.stderr
