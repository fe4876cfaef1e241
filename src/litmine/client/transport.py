"""Requests that may be sent again: what only reads, and what names itself."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from litmine.client.errors import UnexpectedAnswer, Unreachable, error_of
from litmine.core.errors import InputError, LitmineError
from litmine.core.paper import parse_arxiv_id

__all__ = ["Calls", "Transport", "paper_path"]

ModelT = TypeVar("ModelT", bound=BaseModel)
_LONGEST_PAUSE = 5.0


class Transport:
    """Sends requests and reads answers.

    Parameters
    ----------
    base_url : str
        Of the server, without /api/v1.
    token : str
        An API token.
    timeout : float
        Seconds that one attempt may take.
    attempts : int
        Most attempts of one request.
    pause : float
        Seconds before the second attempt; they double with each.
    """

    def __init__(
        self, base_url: str, token: str, *, timeout: float, attempts: int, pause: float
    ) -> None:
        try:
            url = httpx.URL(base_url)
        except httpx.InvalidURL as error:
            raise InputError(f"{base_url!r} is not a URL") from error
        if url.scheme not in {"http", "https"} or not url.host:
            raise InputError(f"{base_url!r} is not an http(s) URL")
        if attempts < 1:
            raise InputError("a request takes at least one attempt")
        self._attempts = attempts
        self._pause = pause
        # Redirects are not followed: the token is for this server alone.
        self._http = httpx.Client(
            base_url=f"{str(url).rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def read(self, model: type[ModelT], path: str, **parameters: Any) -> ModelT:
        """Get something; parameters that are None are left out."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return _parsed(model, self._send("GET", path, params=given))

    def ask(self, model: type[ModelT], path: str, body: Any) -> ModelT:
        """Post a question that is too long for an address: it changes nothing."""
        return _parsed(model, self._send("POST", path, json=body))

    def content(self, path: str, **parameters: Any) -> bytes:
        """Get a file as it is; parameters that are None are left out."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return self._send("GET", path, params=given).content

    def raw(self, path: str) -> Any:
        """Get JSON as it is."""
        return self._send("GET", path).json()

    def write(
        self,
        model: type[ModelT],
        path: str,
        key: str,
        *,
        revision: int | None = None,
        body: Any = None,
    ) -> ModelT:
        """Post something that is done once, however often it is sent."""
        headers = {"Idempotency-Key": key}
        if revision is not None:
            headers["If-Match"] = f'"{revision}"'
        return _parsed(model, self._send("POST", path, headers=headers, json=body))

    def change(self, model: type[ModelT], method: str, path: str, body: Any) -> ModelT:
        """Send something that cannot name itself: again only if it never reached the server."""
        return _parsed(model, self._send(method, path, once_only=True, json=body))

    def remove(self, path: str) -> None:
        """Delete something: again only if it never reached the server."""
        self._send("DELETE", path, once_only=True)

    def lines(
        self, path: str, *, headers: Mapping[str, str] | None = None, patience: float | None = None
    ) -> Iterator[str]:
        """Yield the lines of a long answer as they come; one attempt.

        Parameters
        ----------
        patience : float, optional
            Seconds that may pass without anything.

        Raises
        ------
        Unreachable
            The server cannot be reached, or went away.
        """
        timeout = httpx.Timeout(self._http.timeout)
        if patience is not None:
            timeout.read = patience
        try:
            with self._http.stream("GET", path, headers=headers, timeout=timeout) as response:
                if response.status_code != 200:
                    response.read()
                    raise error_of(response)
                yield from response.iter_lines()
        except httpx.TransportError as error:
            raise Unreachable(f"{self._http.base_url.host}: {_reason(error)}") from error

    def wait(self, attempt: int) -> None:
        """Pause after the given attempt, counted from 1."""
        time.sleep(min(_LONGEST_PAUSE, self._pause * 2 ** (attempt - 1)))

    def more(self, attempt: int) -> bool:
        """Tell whether another attempt may follow the given one."""
        return attempt < self._attempts

    def _send(
        self, method: str, path: str, *, once_only: bool = False, **request: Any
    ) -> httpx.Response:
        attempt = 0
        while True:
            attempt += 1
            error: LitmineError
            try:
                response = self._http.request(method, path, **request)
            except httpx.TransportError as failed:
                error = Unreachable(f"{self._http.base_url.host}: {_reason(failed)}")
                error.__cause__ = failed
                again = not once_only or isinstance(failed, httpx.ConnectError)
            else:
                if response.is_success:
                    return response
                error = error_of(response)
                again = not once_only and response.status_code >= 500
            if not again or not self.more(attempt):
                raise error
            self.wait(attempt)


class Calls:
    """Base of the client's parts: they share one transport."""

    def __init__(self, api: Transport) -> None:
        self._api = api


def paper_path(paper: str) -> str:
    """Return an arXiv id as it stands in an address; old ones keep their slash.

    Raises
    ------
    InputError
        It is no arXiv id.
    """
    return quote(parse_arxiv_id(paper).id, safe="/")


def _parsed(model: type[ModelT], response: httpx.Response) -> ModelT:
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        raise UnexpectedAnswer(
            f"{response.request.url.path}: the answer is not what this API gives; "
            "are client and server of the same version?"
        ) from error


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
