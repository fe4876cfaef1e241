"""Where models and corpus lie: at the top of a checkout, inside the package in a wheel."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from litmine.core.errors import ConfigError

__all__ = ["corpus_dir", "models_dir", "resource_root"]


@cache
def _root(override: str | None) -> Path:
    if override:
        candidates = [Path(override)]
    else:
        package = Path(__file__).resolve().parent.parent
        candidates = [package / "_data", package.parent.parent]
    for candidate in candidates:
        if (candidate / "corpus" / "taxonomy.toml").is_file():
            return candidate
    places = " nor ".join(str(c) for c in candidates)
    raise ConfigError(
        f"no corpus/taxonomy.toml in {places}: reinstall litmine "
        "or set LITMINE_RESOURCES to a checkout"
    )


def resource_root() -> Path:
    """Return the folder that holds ``models/`` and ``corpus/``.

    ``LITMINE_RESOURCES`` overrides it.

    Raises
    ------
    ConfigError
        When neither the package nor the checkout holds them.
    """
    return _root(os.environ.get("LITMINE_RESOURCES"))


def corpus_dir() -> Path:
    """Folder of the taxonomy, the labelled library and the sample night."""
    return resource_root() / "corpus"


def models_dir() -> Path:
    """Folder of the shipped encoder and classifier."""
    return resource_root() / "models"
