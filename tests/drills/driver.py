"""One nightly run in a process of its own that can be told to die at a given commit.

Usage: driver.py DATA_DIR OAI_URL RSS_URL API_URL SINCE KILL_AT

KILL_AT n > 0: SIGKILL itself just before the n-th commit; 0: live. Light models stand in for the
shipped ones, so that a drill of many runs spends its time in litmine, not in matrices;
DRILL_MODELS=shipped takes the shipped ones.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import date
from pathlib import Path

from sqlalchemy import event

from litmine.core.settings import Settings, load_settings
from litmine.jobs.nightly import Models, load_models, run_nightly
from litmine.store import open_store

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.support.light import HashEncoder, KeywordClassifier


def light_models(_settings: Settings) -> Models:
    """Give models that cost nothing."""
    return Models(HashEncoder(), KeywordClassifier())  # type: ignore[arg-type]


def main() -> int:
    folder, oai, rss, api, since, kill_at = sys.argv[1:]
    data = Path(folder)
    base = load_settings()
    settings = base.model_copy(
        update={
            "data_dir": data,
            "output_dir": data / "out",
            "arxiv": base.arxiv.model_copy(
                update={"oai_url": oai, "rss_url": rss, "api_url": api, "min_gap_seconds": 0.0}
            ),
        }
    )
    commits = 0

    def before_commit(_connection: object) -> None:
        nonlocal commits
        commits += 1
        if commits == int(kill_at):
            os.kill(os.getpid(), signal.SIGKILL)

    with open_store(settings.database) as store:
        event.listen(store.engine, "commit", before_commit)
        report = run_nightly(
            settings,
            since=date.fromisoformat(since),
            store=store,
            models=load_models if os.environ.get("DRILL_MODELS") == "shipped" else light_models,
        )
    sys.stdout.write(f"{commits} {int(report.changed)}\n")
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
