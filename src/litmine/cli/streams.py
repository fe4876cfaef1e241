"""Output that cannot be written: a reader that went away, a full disk, a closed stream."""

from __future__ import annotations

import errno
import os
import sys
from typing import TextIO

import typer

__all__ = ["NO_ROOM", "finish", "is_reader_gone", "open_closed", "say"]

#: What a full or broken disk answers, whoever writes.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def open_closed() -> None:
    """Lead streams that were closed before we began (``>&-``) to nowhere.

    Or the first file that is opened would get their number, and what is printed with it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def say(line: str) -> None:
    """Print one line on standard error, if anything can be printed there."""
    try:
        typer.echo(f"litmine: {line}", err=True)
    except OSError:
        _drop(sys.stderr)


def is_reader_gone(error: BaseException | None) -> bool:
    """Tell whether an exit was caused by a pipe that nobody reads: ``head`` has seen enough."""
    while error is not None:
        if isinstance(error, BrokenPipeError):
            return True
        error = error.__cause__ or error.__context__
    return False


def finish(code: int) -> int:
    """Write what waits in the streams, and return the exit code.

    What cannot be written is dropped, so that it does not fail again when the process ends.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            _drop(stream)
        except OSError as error:
            _drop(stream)
            if code == 0:
                code = 1
                say(f"cannot write the output: {error.strerror}")
    return code


def _drop(stream: TextIO) -> None:
    """Lead what waits in a stream to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)
