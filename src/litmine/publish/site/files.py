"""A file of the site before it is made: its path, what it depends on, and how it is made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

__all__ = ["SiteFile", "fingerprint"]


@dataclass(frozen=True, slots=True)
class SiteFile:
    """One file of the site.

    Attributes
    ----------
    path : str
        Below the site's folder, with slashes; a link to it is ``root + path``.
    inputs : str
        Fingerprint of everything that the bytes depend on, besides the program and the settings
        of the site, which stand for all files. As long as it stays, `make` is not called.
    make : callable
        Returns the bytes: the same for the same inputs. Gets the bytes of the files `parts`.
    page : bool
        Whether search engines are told of it in the site map.
    changed : date or None
        Day of the latest change that readers would notice, for the site map.
    parts : tuple of str
        Paths of files that stand before it in the list of files and that it is put together of.
    """

    path: str
    inputs: str
    make: Callable[..., bytes]
    page: bool = False
    changed: date | None = None
    parts: tuple[str, ...] = ()


def fingerprint(parts: Iterable[object]) -> str:
    """Return 16 hex digits that stand for texts, numbers, dates and None, in this order."""
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        text = f"{type(part).__name__}:{part}".encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(text))
        digest.update(text)
    return digest.hexdigest()
