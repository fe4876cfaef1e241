"""The style sheet, put together of its parts, and the other files that are copied as they are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from litmine.publish.site.files import SiteFile

__all__ = ["program_fingerprint", "static_files", "style_fingerprint", "style_sheet"]

_STATIC = Path(__file__).parent / "static"
_PUBLISH = Path(__file__).parent.parent
#: In the order in which they speak; others of the folder come after these.
_FIRST = ("tokens", "base", "parts", "pages")
_LAST = ("print",)
_TEXTS = {".py", ".html", ".css", ".js", ".svg"}


@cache
def style_sheet() -> bytes:
    """Join the style sheets of ``static/css``, without comments and indentation."""
    names = {path.stem: path for path in sorted((_STATIC / "css").glob("*.css"))}
    middle = [name for name in names if name not in (*_FIRST, *_LAST)]
    order = [name for name in (*_FIRST, *middle, *_LAST) if name in names]
    text = "\n".join(names[name].read_text("utf-8") for name in order)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\n\s+", "\n", text)
    text = re.sub(r"\s*([{};,])\s*", r"\1", text)
    text = re.sub(r":\s+(?=[^{}]*[;}])", ":", text).replace(";}", "}")
    return (text.strip() + "\n").encode()


def style_fingerprint() -> str:
    """Return the fingerprint of the style sheet, as it stands in its address."""
    return hashlib.blake2b(style_sheet(), digest_size=5).hexdigest()


def static_files() -> Iterator[SiteFile]:
    """Give the style sheet, and the files of ``static`` besides its parts."""
    yield SiteFile("static/site.css", style_fingerprint(), style_sheet)
    for path in sorted(_STATIC.rglob("*")):
        name = path.relative_to(_STATIC).as_posix()
        if path.is_file() and not name.startswith("css/") and "/." not in f"/{name}":
            data = path.read_bytes()
            digest = hashlib.blake2b(data, digest_size=8).hexdigest()
            yield SiteFile(f"static/{name}", digest, path.read_bytes)


@cache
def program_fingerprint() -> str:
    """Return what stands for the program: a page made by another program is made anew.

    All of ``publish`` and the reading of LaTeX, template and style included, and the releases of
    the libraries that write parts of the site.
    """
    from importlib.metadata import version

    digest = hashlib.blake2b(digest_size=8)
    for name in ("jinja2", "markupsafe", "lxml", "pyarrow", "pylatexenc"):
        digest.update(f"{name} {version(name)};".encode())
    core = sorted((_PUBLISH.parent / "core").glob("latex*.py"))
    for path in [*core, *sorted(_PUBLISH.rglob("*"))]:
        if path.suffix in _TEXTS and path.is_file():
            digest.update(f"{path.name};".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
