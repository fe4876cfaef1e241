"""Settings that read a stand-in arXiv."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from litmine.core.settings import Settings, load_settings
from litmine.standin import StandinServer

#: The night of corpus/sample_night.jsonl.
NIGHT = date(2026, 7, 14)


def settings_for(server: StandinServer, folder: Path, **arxiv: Any) -> Settings:
    """Settings that read `server` and keep everything in `folder`."""
    base = load_settings()
    return base.model_copy(
        update={
            "data_dir": folder,
            "output_dir": folder / "out",
            "arxiv": base.arxiv.model_copy(
                update={
                    "oai_url": server.oai_url,
                    "rss_url": server.rss_url,
                    "api_url": server.api_url,
                    "min_gap_seconds": 0.0,
                    "max_attempts": 4,
                    "read_timeout_seconds": 5.0,
                    **arxiv,
                }
            ),
        }
    )
