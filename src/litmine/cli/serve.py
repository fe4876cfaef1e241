"""``litmine serve``."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from litmine.cli.common import open_existing, settings

if TYPE_CHECKING:
    from litmine.core.settings import Settings
    from litmine.review.people.accounts import Accounts
    from litmine.review.people.logins import Logins

__all__ = ["command"]

_BACKLOG = 2048


def command(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on. Default: web.host, 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port; 0 takes a free one. Default: web.port, 8765."),
    ] = None,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print the address as one line of JSON for machines.")
    ] = False,
) -> None:
    """Serve the reviewers' web application.

    On this machine alone (the default) it prints a link that logs you in once, as a maintainer
    named like your account on this machine. A new link: litmine user link NAME.

    Any other address, or a proxy before it (web.public_url), needs accounts first:

    \b
        litmine user add ada --role maintainer
        LITMINE_WEB__PUBLIC_URL=https://review.example.org litmine serve

    Ctrl-C stops it; what was decided is safe.

    \b
    Example:  litmine demo && LITMINE_DATA_DIR=out/demo litmine serve
    """
    from litmine.core.clock import SystemClock
    from litmine.core.errors import ConfigError
    from litmine.review.people.accounts import Accounts
    from litmine.review.people.logins import Logins
    from litmine.web.app import create_app
    from litmine.web.server import make_server

    loaded = _with(settings(), host, port)
    web = loaded.web
    clock = SystemClock()
    with open_existing(loaded) as store, _listen(web.host, web.port) as listening:
        loaded = _with(loaded, None, listening.getsockname()[1])
        accounts = Accounts(store, clock)
        link = None
        if web.on_loopback:
            link = _local_link(accounts, Logins(store, clock))
        elif not web.oidc_issuer and not any(
            not user.disabled and (user.password_hash or user.subject) for user in accounts.all()
        ):
            raise ConfigError(
                f"{web.public_url or web.host} can be reached by others, so it needs accounts: "
                "litmine user add NAME --role maintainer"
            )
        server = make_server(
            create_app(loaded, store, clock),
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            proxy_headers=bool(web.public_url),
            # Only a proxy on this machine is believed, unless the operator names another.
            forwarded_allow_ips=os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1"),
        )
        _forward_server_log()
        _tell(loaded, link, json_output)
        signal.signal(signal.SIGTERM, _stopped)
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            if not json_output:
                typer.echo("\nStopped.")


def _with(loaded: Settings, host: str | None, port: int | None) -> Settings:
    given = {k: v for k, v in (("host", host), ("port", port)) if v is not None}
    return loaded.model_copy(update={"web": loaded.web.model_copy(update=given)})


def _listen(host: str, port: int) -> socket.socket:
    from litmine.core.errors import ConfigError

    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, proto)
    except OSError as error:
        raise ConfigError(f"web.host {host!r} is no address of this machine: {error}") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"cannot listen on {host}, port {port}: {error.strerror}; --port 0 takes a free port"
        ) from error
    return listening


def _local_link(accounts: Accounts, logins: Logins) -> str | None:
    """Return a link for whoever runs this on their own machine; None when they are locked out.

    Whoever can start the server holds the database already, so this gives nothing away.
    """
    from litmine.cli.user import whoami
    from litmine.core.errors import NotFound
    from litmine.review.people.accounts import is_reserved

    name = whoami()
    if is_reserved(name):
        name = f"{name} operator"  # a service account may well be called litmine
    try:
        user = accounts.get(name)
    except NotFound:
        user = accounts.add_user(name, "maintainer", by=name)
    return None if user.disabled else logins.create_link(user, by=name)


def _tell(loaded: Settings, link: str | None, json_output: bool) -> None:
    web = loaded.web
    login = None if link is None else f"{web.base_url}/login/link/{link}"
    if json_output:
        said: dict[str, Any] = {"url": web.base_url, "port": web.port, "pid": os.getpid()}
        typer.echo(json.dumps(said | {"login_link": login}))
    else:
        typer.echo(
            f"litmine is at {web.base_url}"
            + (f" - log in once, within 15 minutes: {login}" if login else "")
        )
    sys.stdout.flush()
    if not web.public_url and not web.on_loopback:
        typer.echo(
            "litmine: passwords travel unencrypted; put a TLS proxy before it and set "
            "web.public_url (docs/security.md)",
            err=True,
        )


def _stopped(_signal: int, _frame: FrameType | None) -> None:
    # uvicorn stops gracefully, then raises the signal again for whoever listened before it.
    raise SystemExit(0)


def _forward_server_log() -> None:
    """Give the server's own messages the shape of ours."""
    import logging

    from litmine.core.log import get_logger

    log = get_logger("litmine.web.server")

    class Forward(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            tell = log.error if record.levelno >= logging.ERROR else log.warning
            extra = {"exc_info": record.exc_info} if record.exc_info else {}
            tell("server", message=record.getMessage(), **extra)

    for name in ("uvicorn", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers = [Forward(logging.WARNING)]
        logger.propagate = False
