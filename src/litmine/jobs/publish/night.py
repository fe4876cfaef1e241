"""What a night publishes: the lists, the companion site, a suggestion to a hand-kept list.

The lists come first and must succeed. Site and suggestion are for others to look at, and links are
others' own: when one of these fails, the night goes on and warns, and the next night tries again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from litmine.core.errors import LitmineError
from litmine.core.log import get_logger
from litmine.jobs.context import RunContext
from litmine.jobs.progress import SilentProgress
from litmine.jobs.publish.outputs import write_lists
from litmine.store.queue import queue_counts

__all__ = ["Published", "publish_night"]

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Published:
    """What changed: files of the lists, files of the site, papers suggested; and in words."""

    files: tuple[str, ...]
    site: int
    suggested: int
    summary: str

    @property
    def changed(self) -> int:
        """How much changed in all."""
        return len(self.files) + self.site + self.suggested


def publish_night(context: RunContext) -> Published:
    """Bring everything that is published into step with the approvals.

    Raises
    ------
    ConfigError
        The folder of the lists cannot be written.
    """
    publish = context.settings.publish
    files = tuple(str(path) for path in write_lists(context))
    said = [f"{len(files)} files changed in {context.settings.outputs}"]
    site = suggested = 0
    if publish.site:
        site = _try(context, "site", lambda: _site(context, said))
    repository = publish.git
    if repository is not None:
        suggested = _try(context, "suggestion", lambda: _suggest(context, repository, said))
    if publish.check_links:
        _try(context, "links", lambda: _links(context, said))
    return Published(files, site, suggested, "; ".join(said))


def _try(context: RunContext, what: str, work: Callable[[], int]) -> int:
    try:
        return work()
    except LitmineError as error:
        _log.warning("not_published", what=what, problem=str(error))
        context.warnings.append(f"{what}: {error}")
        return 0


def _site(context: RunContext, said: list[str]) -> int:
    from litmine.jobs.publish.build_site import build_site, site_folder

    with context.store.read() as connection:
        approved = queue_counts(connection).get("approved", 0)
    # A site of nothing helps nobody, but one that stands follows what is taken back.
    if not (approved or context.settings.publish.library or site_folder(context).is_dir()):
        return 0
    report = build_site(context)
    said.append(f"site {len(report.written)} pages and files written of {report.files}")
    return len(report.written) + len(report.removed)


def _suggest(context: RunContext, repository: Path, said: list[str]) -> int:
    from litmine.jobs.publish.suggest import Wish, suggest

    outcome = suggest(context, Wish(repository))
    said.append(f"{len(outcome.added)} papers suggested to {outcome.path}")
    context.warnings += [f"suggestion: {note}" for note in outcome.notes]
    return len(outcome.added)


def _links(context: RunContext, said: list[str]) -> int:
    from litmine.jobs.publish.check_links import check_links
    from litmine.publish.links.probe import Limits

    # A night has other things to do: five minutes, and the next night goes on from there.
    quiet = replace(context, progress=SilentProgress())
    report = check_links(quiet, limits=Limits(total=300.0))
    said.append(f"links: {report.summary}")
    broken = len(report.of("broken"))
    if broken:
        context.warnings.append(f"{broken} links of the list are broken; litmine links show")
    return 0
