"""Commands that take a query, in which a minus excludes a word."""

from __future__ import annotations

import re
import shlex
from typing import Any

import typer
from typer.core import TyperCommand

from litmine.core.errors import InputError

__all__ = ["QueryCommand"]

#: -training, -cat:cs.CV or -edge AI, not -n and not --limit.
_EXCLUDES = re.compile(r"-[^\W\d_][^\s=].*", re.DOTALL)
#: What is wrong with how a command was called.
_Misuse: type[Exception] = typer.BadParameter.__mro__[1]


class QueryCommand(TyperCommand):
    """A command that says how to write a word that begins with a minus, once it was misread."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except _Misuse as error:
            at = given.index("--") if "--" in given else len(given)
            words = [n for n, one in enumerate(given[:at]) if _EXCLUDES.fullmatch(one)]
            if not words:
                raise
            first = words[0]
            line = shlex.join([*given[:first], "--", *given[first:]])
            raise InputError(
                f"{given[first]} was read as an option; for words that begin with a minus put -- "
                f"before them: {ctx.command_path} {line}"
            ) from error
