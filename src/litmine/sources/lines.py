"""Lines of a plain, gzip or Zstandard file, one at a time, with their positions."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from litmine.core.errors import InputError, MalformedResponse

__all__ = ["Line", "read_lines"]

# Small, because a few compressed bytes can stand for very many.
_COMPRESSED = 16 * 1024
_PLAIN = 256 * 1024


class Line(NamedTuple):
    """One line without its newline.

    Attributes
    ----------
    number : int
        Counted from 1.
    end : int
        Offset of the next line in the uncompressed file, in bytes.
    content : bytes or None
        None when the line is longer than the limit.
    """

    number: int
    end: int
    content: bytes | None


def read_lines(
    path: Path, *, offset: int = 0, number: int = 0, max_line: int = 2**22
) -> Iterator[Line]:
    """Yield the lines of `path` from the uncompressed `offset` on, in bounded memory.

    Parameters
    ----------
    path : Path
        ``.gz`` and ``.zst`` are decompressed as they are read.
    offset, number : int
        Where to go on: the `end` and `number` of the last line that was read.
    max_line : int
        Bytes; a longer line is passed over and reported without content.

    Raises
    ------
    InputError
        When the file cannot be opened or is shorter than `offset`.
    MalformedResponse
        When compressed data is damaged or cut.
    """
    rest = b""
    position, skipping = offset, False
    for chunk in _from(path, offset):
        pieces = (rest + chunk).split(b"\n")
        rest = pieces.pop()
        for piece in pieces:
            number += 1
            position += len(piece) + 1
            too_long = skipping or len(piece) > max_line
            skipping = False
            yield Line(number, position, None if too_long else piece)
        if len(rest) > max_line:
            position += len(rest)
            rest, skipping = b"", True
    if rest or skipping:
        yield Line(number + 1, position + len(rest), None if skipping else rest)


def _from(path: Path, offset: int) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            compressed = path.suffix in {".gz", ".zst", ".zstd"}
            size = _COMPRESSED if compressed else _PLAIN
            if not compressed:
                if offset > path.stat().st_size:
                    raise InputError(f"{path.name} is shorter than when it was read last")
                file.seek(offset)
                offset = 0
            chunks = iter(lambda: file.read(size), b"")
            if compressed:
                gzipped = path.suffix == ".gz"
                chunks = _gunzip(chunks, path) if gzipped else _unzstd(chunks, path)
            for chunk in chunks:
                if offset >= len(chunk):
                    offset -= len(chunk)
                    continue
                yield chunk[offset:] if offset else chunk
                offset = 0
            if offset:
                raise InputError(f"{path.name} is shorter than when it was read last")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def _gunzip(chunks: Iterator[bytes], path: Path) -> Iterator[bytes]:
    inflater, ended = zlib.decompressobj(wbits=31), True
    try:
        for chunk in chunks:
            data = chunk
            while data:
                ended = False
                if out := inflater.decompress(data):
                    yield out
                data = b""
                if inflater.eof:  # further members may follow
                    data, ended = inflater.unused_data.lstrip(b"\0"), True
                    inflater = zlib.decompressobj(wbits=31)
    except zlib.error as error:
        raise MalformedResponse(f"{path.name} is damaged ({error}); fetch it again") from error
    if not ended:
        raise MalformedResponse(f"{path.name} ends too early; fetch it again")


def _unzstd(chunks: Iterator[bytes], path: Path) -> Iterator[bytes]:
    import zstandard

    context = zstandard.ZstdDecompressor()
    # Not stream_reader: it takes a cut file for a complete one.
    inflater, ended = context.decompressobj(), True
    try:
        for chunk in chunks:
            data = chunk
            while data:
                ended = False
                if out := inflater.decompress(data):
                    yield out
                data = b""
                if inflater.eof:  # further frames may follow
                    data, ended = inflater.unused_data, True
                    inflater = context.decompressobj()
    except zstandard.ZstdError as error:
        raise MalformedResponse(f"{path.name} is damaged ({error}); fetch it again") from error
    if not ended:
        raise MalformedResponse(f"{path.name} ends too early; fetch it again")
