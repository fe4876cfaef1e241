"""``litmine user``."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from litmine.cli.common import Json, console, open_existing, plain, print_json, settings

if TYPE_CHECKING:
    from datetime import datetime

    from litmine.core.settings import Settings
    from litmine.review.people.accounts import Accounts, User
    from litmine.review.people.logins import ApiToken, Logins

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Accounts of the web application: add, list, roles, passwords, login links, API tokens.",
)
tokens = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="API tokens: programs send them as Authorization: Bearer lm_…",
)
app.add_typer(tokens, name="token")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the account, in any case.")]
Stdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


@app.callback()
def _group() -> None:
    """Who may log in to `litmine serve`, and what they may do there.

    \b
    reader      looks
    reviewer    decides on papers
    maintainer  settles disagreements, and manages accounts
    """


@tokens.callback()
def _tokens() -> None:
    """Tokens for programs; each acts as its account, with its role or a lesser one."""


@dataclass(frozen=True)
class _Doors:
    settings: Settings
    accounts: Accounts
    logins: Logins
    by: str


@contextmanager
def _doors() -> Iterator[_Doors]:
    from litmine.review.people.accounts import Accounts
    from litmine.review.people.logins import Logins

    loaded = settings()
    with open_existing(loaded) as store:
        yield _Doors(loaded, Accounts(store), Logins(store), whoami())


def whoami() -> str:
    """Return the name of whoever runs this, for the audit log and the local account.

    Raises
    ------
    ConfigError
        The operating system has no name for them.
    """
    from litmine.core.errors import ConfigError

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError) as error:
        raise ConfigError("the operating system does not tell your name; set LOGNAME") from error


@app.command("add")
def add(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Stands with every decision of this person.")
    ],
    role: Annotated[
        str, typer.Option(metavar="reader|reviewer|maintainer", help="What they may do.")
    ] = "reviewer",
    password_stdin: Stdin = False,
    no_password: Annotated[
        bool,
        typer.Option("--no-password", help="They log in by link or by OpenID Connect only."),
    ] = False,
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="SUB",
            help="Their subject at web.oidc_issuer, for login through OpenID Connect.",
        ),
    ] = None,
) -> None:
    """Add an account; asks for the password twice.

    \b
    Example:  litmine user add ada --role maintainer
              litmine user add bo --no-password && litmine user link bo
    """
    from litmine.core.errors import ConfigError

    with _doors() as doors:
        issuer = doors.settings.web.oidc_issuer
        if subject is not None and not issuer:
            raise ConfigError("--subject needs web.oidc_issuer to be set")
        needs_none = no_password or (subject is not None and not password_stdin)
        password = None if needs_none else _new_password(password_stdin)
        full = None if subject is None else f"{issuer} {subject}"
        user = doors.accounts.add_user(name, role, password, by=doors.by, subject=full)
    typer.echo(f"{user.name} is a {user.role}")
    if needs_none and subject is None:
        typer.echo(f"A link to log in once: litmine user link {user.name!r}")


@app.command("list")
def list_users(json_output: Json = False) -> None:
    """List the accounts."""
    with _doors() as doors:
        users = doors.accounts.all()
    if json_output:
        print_json([_facts(user) for user in users])
        return
    if not users:
        typer.echo("There are no accounts yet; litmine user add NAME makes one.")
        return
    rows = [
        (
            user.name,
            user.role,
            "disabled" if user.disabled else _facts(user)["login"],
            _day(user.created_at),
        )
        for user in users
    ]
    _show(("name", "role", "login", "since"), rows)


@app.command("role")
def role(
    name: Name,
    role: Annotated[str, typer.Argument(metavar="reader|reviewer|maintainer")],
) -> None:
    """Give an account another role; it holds from their next click on."""
    with _doors() as doors:
        user = doors.accounts.set_role(name, role, by=doors.by)
    typer.echo(f"{user.name} is a {user.role}")


@app.command("password")
def password(name: Name, password_stdin: Stdin = False) -> None:
    """Set a password; every session of the account is closed."""
    with _doors() as doors:
        user = doors.accounts.get(name)
        doors.accounts.set_password(user.name, _new_password(password_stdin), by=doors.by)
    typer.echo(f"{user.name} has a new password and has to log in again")


@app.command("disable")
def disable(name: Name) -> None:
    """Lock an account: its sessions end at once, and its tokens are refused."""
    with _doors() as doors:
        user = doors.accounts.disable(name, by=doors.by)
    typer.echo(f"{user.name} is disabled; litmine user enable undoes this")


@app.command("enable")
def enable(name: Name) -> None:
    """Unlock an account."""
    with _doors() as doors:
        user = doors.accounts.enable(name, by=doors.by)
    typer.echo(f"{user.name} can log in again")


@app.command("link")
def link(
    name: Name,
    url: Annotated[
        str | None,
        typer.Option(help="Address of the application, where it is not the one in the settings."),
    ] = None,
) -> None:
    """Print a link that logs NAME in once, within 15 minutes.

    It leads to the address in the settings. Where litmine serve was given another port or host,
    give the address that it printed.

    \b
    Example:  litmine user link bo
              litmine user link bo --url http://127.0.0.1:9000
    """
    with _doors() as doors:
        secret = doors.logins.create_link(doors.accounts.get(name), by=doors.by)
        base = (url or doors.settings.web.base_url).rstrip("/")
    typer.echo(f"{base}/login/link/{secret}")


@tokens.command("create")
def create_token(
    name: Name,
    label: Annotated[str, typer.Argument(metavar="LABEL", help="What the token is for.")],
    role: Annotated[
        str | None,
        typer.Option(
            metavar="reader|reviewer|maintainer", help="At most the account's, the default."
        ),
    ] = None,
    days: Annotated[
        int | None, typer.Option(help="The token ends after so many days. Default: never.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Make a token and print it, this once only.

    \b
    Example:  litmine user token create ada "nightly export" --role reader --days 90
    """
    with _doors() as doors:
        user = doors.accounts.get(name)
        secret, token = doors.logins.create_token(user, label, by=doors.by, role=role, days=days)
    if json_output:
        print_json({"token": secret, **_token_facts(token)})
    else:
        typer.echo(secret)


@tokens.command("list")
def list_tokens(name: Name, json_output: Json = False) -> None:
    """List the tokens of an account."""
    with _doors() as doors:
        found = doors.logins.tokens(doors.accounts.get(name).id)
    if json_output:
        print_json([_token_facts(token) for token in found])
        return
    rows = [
        (
            str(token.id),
            token.name,
            token.role,
            _day(token.created_at),
            _day(token.used_at) or "never",
            "revoked" if token.revoked_at else _day(token.expires_at) or "never",
        )
        for token in found
    ]
    _show(("id", "label", "role", "made", "last used", "ends"), rows)


@tokens.command("revoke")
def revoke_token(
    name: Name, number: Annotated[int, typer.Argument(metavar="ID", help="From token list.")]
) -> None:
    """Revoke a token; it is refused from now on."""
    with _doors() as doors:
        doors.logins.revoke_token(doors.accounts.get(name), number, by=doors.by)
    typer.echo(f"token {number} is revoked")


def _new_password(from_stdin: bool) -> str:
    from litmine.core.errors import InputError

    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise InputError("no terminal to ask at: give --password-stdin")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise InputError("the two passwords differ; nothing was changed")
    return first


def _facts(user: User) -> dict[str, Any]:
    ways = [way for way, has in (("password", user.password_hash), ("openid", user.subject)) if has]
    return {
        "name": user.name,
        "role": user.role,
        "disabled": user.disabled,
        "login": " ".join(ways) or "link",
        "created_at": user.created_at.isoformat(),
    }


def _token_facts(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role,
        "created_at": token.created_at.isoformat(),
        "expires_at": token.expires_at and token.expires_at.isoformat(),
        "used_at": token.used_at and token.used_at.isoformat(),
        "revoked_at": token.revoked_at and token.revoked_at.isoformat(),
    }


def _show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    console().print(table)


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else ""
