"""docs/commands.md is the help of every command, written by ``make docs`` and checked in a test."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from litmine.cli import COMMANDS, _load, app

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"


def render() -> str:
    """Give the page."""
    parts = [
        "# Commands",
        "",
        "Written by `make docs` from the commands themselves. `--json`, where a command has it,",
        "prints the same facts for machines.",
        "",
    ]
    for name, module, summary in COMMANDS:
        command = _load(name, module, summary)
        parts += _section([name], command)
    return "\n".join(parts).rstrip() + "\n"


def _section(path: list[str], command: Any) -> list[str]:
    runner = CliRunner(env={"COLUMNS": "88", "TERMINAL_WIDTH": "88", "NO_COLOR": "1"})
    result = runner.invoke(app, [*path, "--help"], prog_name="litmine")
    if result.exit_code != 0:
        raise SystemExit(f"litmine {' '.join(path)} --help failed: {result.output}")
    lines = [f"{'#' * (len(path) + 1)} litmine {' '.join(path)}", "", "```text"]
    lines += [line.rstrip() for line in result.output.rstrip().splitlines()]
    lines += ["```", ""]
    for name in getattr(command, "commands", {}):
        lines += _section([*path, name], command.commands[name])
    return lines


if __name__ == "__main__":
    PAGE.write_text(render(), "utf-8")
    sys.stdout.write(f"wrote {PAGE}\n")
