"""Shows a built site on this machine the way a web host would."""

from __future__ import annotations

import gzip
import http.server
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from litmine.core.errors import ConfigError

__all__ = ["make_server", "preview"]

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".atom": "application/atom+xml",
    ".xml": "application/xml",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".bib": "application/x-bibtex; charset=utf-8",
    ".ris": "application/x-research-info-systems; charset=utf-8",
}
_PACKED = {".png", ".bin", ".parquet"}


def make_server(folder: Path, port: int, prefix: str = "") -> http.server.ThreadingHTTPServer:
    """Open a server of a folder on loopback.

    Parameters
    ----------
    port : int
        0 takes a free one.
    prefix : str
        A path below which the site is shown too, such as that of ``publish.site_url``.

    Raises
    ------
    ConfigError
        When there is no site in the folder, or the port is taken.
    """
    if not (folder / "index.html").is_file():
        raise ConfigError(f"{folder} has no index.html: run litmine site build first")
    handler = partial(_Handler, root=folder.resolve(), prefix=prefix.strip("/"))
    try:
        return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise ConfigError(
            f"port {port} of this machine cannot be had ({error.strerror}): name another with "
            "--port"
        ) from error


def preview(
    folder: Path, port: int, prefix: str = "", ready: Callable[[str], object] = print
) -> None:
    """Serve a folder until the user ends it.

    Parameters
    ----------
    ready : callable
        Is told where the site can be seen.
    """
    with make_server(folder, port, prefix) as server:
        where = f"http://127.0.0.1:{server.server_port}{prefix.rstrip('/')}/"
        ready(f"{where} shows {folder}; Ctrl-C ends it")
        server.serve_forever()


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers GET and HEAD with files of the folder, compressed where that helps."""

    protocol_version = "HTTP/1.1"
    server_version = "litmine"
    timeout = 60

    def __init__(self, *args: object, root: Path, prefix: str) -> None:
        self._root, self._prefix = root, [part for part in prefix.split("/") if part]
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the browser shows what is missing."""

    def _answer(self, *, body: bool) -> None:
        path, status = self._find(), 200
        if path is None:
            path, status = self._root / "404.html", 404
        try:
            data = path.read_bytes()
        except OSError:
            path, data, status = Path("gone.txt"), b"not found\n", 404
        packed = path.suffix not in _PACKED and "gzip" in self.headers.get("Accept-Encoding", "")
        if packed:
            data = gzip.compress(data, 6, mtime=0)
        self.send_response(status)
        self.send_header("Content-Type", _TYPES.get(path.suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        if packed:
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Vary", "Accept-Encoding")
        self.end_headers()
        if body:
            with suppress(BrokenPipeError, ConnectionResetError):  # the browser went on
                self.wfile.write(data)

    def _find(self) -> Path | None:
        """Return the file that an address means; None where there is none, or it is not public."""
        try:
            parts = [part for part in unquote(urlsplit(self.path).path).split("/") if part]
            if any(part.startswith(".") or "\\" in part or "\0" in part for part in parts):
                return None
            if self._prefix and parts[: len(self._prefix)] == self._prefix:
                parts = parts[len(self._prefix) :]
            path = self._root.joinpath(*parts).resolve()
            if path.is_dir():
                path = path / "index.html"
            if not path.is_relative_to(self._root) or not path.is_file():
                return None
        except (ValueError, OSError):
            return None
        return path
