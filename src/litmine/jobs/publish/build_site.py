"""From the database to the folder of the companion site."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from litmine.core.resources import corpus_dir
from litmine.core.taxonomy import load_taxonomy
from litmine.jobs.approved import approved_entries, library_entries
from litmine.jobs.context import RunContext
from litmine.jobs.folder import writing_into
from litmine.publish.site.beside import second_process
from litmine.publish.site.build import made_beside, site_files, site_fingerprint
from litmine.publish.site.folder import SiteReport, update_folder
from litmine.publish.site.model import Collection, SiteSettings
from litmine.store import open_store
from litmine.store.schema import queue
from litmine.store.vectors import encoders_of, get_vectors

__all__ = ["build_site", "site_folder"]


def site_folder(context: RunContext) -> Path:
    """Return where the site is built when nobody names a folder."""
    return context.settings.outputs / "site"


def build_site(
    context: RunContext,
    folder: Path | None = None,
    *,
    library: bool | None = None,
    replace: bool = False,
    beside: bool = False,
) -> SiteReport:
    """Bring the companion site into step with the approvals.

    Parameters
    ----------
    folder : Path, optional
        By default that of `site_folder`.
    library : bool, optional
        Whether labelled papers are shown too; by default as the settings say.
    replace : bool
        Overwrite files of the same names that litmine did not write.
    beside : bool
        Let a second process make half of the files. Only for processes without other threads.

    Returns
    -------
    SiteReport
        What was written and removed. The bytes are those of a build from nothing.

    Raises
    ------
    ConfigError
        The folder cannot be written, or holds files of somebody else where the site's would stand.
    LeaseHeld
        Another process is building the same site.
    """
    publish = context.settings.publish
    shown = publish.library if library is None else library
    settings = SiteSettings(title=publish.title, url=publish.site_url, library=shown)
    taxonomy = load_taxonomy()
    cache = context.settings.cache_dir / "related.npz"
    engine = context.store.engine
    address = engine.url.render_as_string(hide_password=False)
    if beside:
        engine.dispose()  # no connection must be open in two processes
    with second_process(lambda: _related(address, shown, cache), worth=beside) as neighbours:
        with context.store.read() as connection:
            entries = approved_entries(connection)
            if shown:
                entries += library_entries(connection)
        related = {str(one): tuple(near) for one, near in neighbours().items()}
    collection = Collection.of(entries, taxonomy, related)
    files = site_files(collection, settings)
    common = site_fingerprint(settings, (corpus_dir() / "taxonomy.toml").read_bytes())
    target = folder or site_folder(context)
    context.progress.start("site", len(files))
    with writing_into(target):
        report = update_folder(
            target,
            files,
            common,
            replace=replace,
            tick=lambda: context.progress.advance(),
            beside=made_beside if beside else None,
        )
    context.progress.finish(
        f"site: {report.files} files, {len(report.written)} written, "
        f"{len(report.removed)} removed, in {target}"
    )
    return report


def _related(address: str, library: bool, cache: Path) -> dict[str, tuple[str, ...]]:
    """Find related papers by the vectors of the encoder that has read most of them.

    Over a connection of its own, since it may run in a second process.
    """
    with open_store(address, migrate=False) as store, store.read() as connection:
        ids = set(connection.execute(select(queue.c.arxiv_id).where(queue.c.state == "approved"))
                  .scalars())  # fmt: skip
        if library:
            ids |= {entry.arxiv_id for entry in library_entries(connection)}
        chosen = sorted(ids)
        counts = encoders_of(connection, chosen)
        if not counts:
            return {}
        encoder_id = max(counts, key=lambda name: (counts[name], name))
        present, matrix = get_vectors(connection, encoder_id, chosen)
    # Only here: without vectors, NumPy is not needed.
    from litmine.publish.site.related import load_neighbours, nearest, save_neighbours

    before = load_neighbours(cache, encoder_id)
    found = nearest(present, matrix, before)
    if before is None or found.ids != before.ids or (found.vectors != before.vectors).any():
        with writing_into(cache.parent):
            save_neighbours(cache, encoder_id, found)
    return found.by_id()
