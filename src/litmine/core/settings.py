"""Settings: environment over file over default, and where each value came from.

Environment variables are ``LITMINE_`` + the setting, sections joined by two underscores:
``LITMINE_DATA_DIR``, ``LITMINE_ARXIV__CONTACT``; a list is written ``cs.CL,cs.LG``. The file is
``litmine.toml`` in the working folder, else ``config.toml`` in the user's configuration folder, or
what ``LITMINE_CONFIG`` names.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import BaseModel, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from litmine.core.errors import ConfigError
from litmine.core.sections import (
    ArxivSettings,
    LogSettings,
    ModelSettings,
    QueueSettings,
    ReviewSettings,
    ScheduleSettings,
    WebSettings,
)
from litmine.core.sections_outward import MailSettings, PublishSettings, WebhookSettings

__all__ = ["SettingOrigin", "Settings", "load_settings", "origins"]

#: Variables with the prefix that are not settings.
_OTHER_VARIABLES = {"LITMINE_CONFIG", "LITMINE_RESOURCES"}
_PREFIX = "LITMINE_"
_SECTIONS = (
    "arxiv",
    "models",
    "queue",
    "review",
    "web",
    "publish",
    "mail",
    "webhook",
    "schedule",
    "log",
)


class Settings(BaseSettings):
    """Everything that can be set. `litmine config show` prints it with its origins."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("litmine", appauthor=False)),
        description="database, index cache and outputs",
    )
    database_url: str = Field(
        default="", description="empty: SQLite in data_dir; or postgresql+psycopg://…"
    )
    output_dir: Path | None = Field(
        default=None, description="paper lists and reports; empty: data_dir/out"
    )
    arxiv: ArxivSettings = ArxivSettings()
    models: ModelSettings = ModelSettings()
    queue: QueueSettings = QueueSettings()
    review: ReviewSettings = ReviewSettings()
    web: WebSettings = WebSettings()
    publish: PublishSettings = PublishSettings()
    mail: MailSettings = MailSettings()
    webhook: WebhookSettings = WebhookSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    log: LogSettings = LogSettings()

    @field_validator("data_dir", "output_dir", mode="before")
    @classmethod
    def _folder(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str):
            return value
        if not value.strip():
            if info.field_name == "output_dir":
                return None
            raise ValueError("name a folder, or leave the setting out")
        return Path(value).expanduser()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # The environment wins over what load_settings read from the file and passed to __init__.
        return env_settings, init_settings

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'litmine.db'}"

    @property
    def outputs(self) -> Path:
        """Folder of paper lists and reports."""
        return self.output_dir or self.data_dir / "out"

    @property
    def cache_dir(self) -> Path:
        """Folder of what can be rebuilt (the FAISS index)."""
        return self.data_dir / "cache"


@dataclass(frozen=True, slots=True)
class SettingOrigin:
    """One setting: dotted key, value in force, where it came from, what it is."""

    key: str
    value: Any
    origin: str
    description: str


def config_file() -> Path | None:
    """Return the configuration file in force, or None.

    Raises
    ------
    ConfigError
        When ``LITMINE_CONFIG`` names a file that does not exist.
    """
    named = os.environ.get("LITMINE_CONFIG")
    if named:
        path = Path(named)
        if not path.is_file():
            raise ConfigError(f"LITMINE_CONFIG names {named}, which is not a file")
        return path
    for path in (
        Path("litmine.toml"),
        Path(platformdirs.user_config_dir("litmine", appauthor=False)) / "config.toml",
    ):
        if path.is_file():
            return path
    return None


def _read_file(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        with open(path, "rb") as stream:
            return tomllib.load(stream)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}") from error


def load_settings() -> Settings:
    """Read the settings in force.

    Raises
    ------
    ConfigError
        When a value is wrong or a name unknown; the message says which, and from where.
    """
    path = config_file()
    _reject_unknown_variables()
    values = _read_file(path)
    for name in values.keys() - Settings.model_fields.keys():
        raise ConfigError(_unknown(name, str(path)))  # some names mean things to pydantic
    try:
        return Settings(**values)
    except ValidationError as error:
        raise ConfigError(_explain(error, path)) from error


def origins(settings: Settings) -> list[SettingOrigin]:
    """List every setting with its value and origin (environment, file or default)."""
    path = config_file()
    from_file = dict(_leaves(_read_file(path)))
    from_env = dict(_leaves(EnvSettingsSource(Settings)()))
    rows = []
    for key, value, description in _fields(settings):
        if key in from_env:
            origin = f"environment {_variable(key)}"
        elif key in from_file:
            origin = f"file {path}"
        else:
            origin = "default"
        rows.append(SettingOrigin(key, value, origin, description))
    return rows


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _fields(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any, str]]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _fields(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value, field.description or ""


def _reject_unknown_variables() -> None:
    # A misspelt variable would otherwise be ignored without a word.
    known = {_variable(k) for k, _, _ in _fields(Settings.model_construct())} | _OTHER_VARIABLES
    sections = {_variable(section) for section in _SECTIONS}
    for name in sorted(os.environ):
        if name.upper() in sections:
            first = next(v for v in sorted(known) if v.startswith(f"{name.upper()}__"))
            raise ConfigError(
                f"environment variable {name} names a section; set its parts, such as {first}"
            )
        if name.upper().startswith(_PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ConfigError(f"environment variable {name} is not a setting of litmine{hint}")


def _variable(key: str) -> str:
    return f"{_PREFIX}{key.replace('.', '__').upper()}"


def _where(key: str, path: Path | None) -> str:
    if _variable(key) in {name.upper() for name in os.environ}:
        return f"environment variable {_variable(key)}"
    # A section as a whole is wrong when its parts, from wherever, do not go together.
    return f"{path} or the environment" if path else "the environment"


def _explain(error: ValidationError, path: Path | None) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return _unknown(key, _where(key, path))
    return f"setting {key}: {first['msg'].removeprefix('Value error, ')} (in {_where(key, path)})"


def _unknown(key: str, where: str) -> str:
    keys = [k for k, _, _ in _fields(Settings.model_construct())]
    near = difflib.get_close_matches(key, keys, n=1)
    hint = f"; did you mean {near[0]}?" if near else "; see litmine config show"
    return f"setting {key} is unknown (in {where}){hint}"
