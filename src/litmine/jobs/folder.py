"""What goes wrong in an output folder is said in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from litmine.core.errors import ConfigError

__all__ = ["writing_into"]


@contextmanager
def writing_into(directory: Path) -> Iterator[None]:
    """Turn an OSError of the block into a line that names the folder and what to do.

    Raises
    ------
    ConfigError
        The folder cannot be made, read or written.
    """
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"{directory} cannot be written ({error.strerror or error}): "
            "make room or mend its permissions, or name another folder (output_dir)"
        ) from error
