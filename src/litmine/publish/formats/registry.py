"""Every format that the list can be had in: name, ending, media type and writer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from litmine.core.errors import InputError
from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import ListEntry

__all__ = ["FORMATS", "Format", "format_of"]

Entries = Sequence[ListEntry]


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    Attributes
    ----------
    name : str
        As commands and addresses call it.
    ending : str
        Of file names, without the dot.
    label : str
        For people.
    write : callable
        Takes entries, taxonomy and whether abstracts are wanted; gives the bytes of the file, the
        same for the same entries.
    """

    name: str
    ending: str
    media_type: str
    label: str
    write: Callable[[Entries, Taxonomy, bool], bytes]


def format_of(name: str) -> Format:
    """Find a format by its name or the ending of a file.

    Raises
    ------
    InputError
        There is none.
    """
    wanted = name.strip().lower().lstrip(".")
    for one in FORMATS.values():
        if wanted in (one.name, one.ending):
            return one
    raise InputError(f"{name[:40]!r} is no format; use one of {', '.join(FORMATS)}")


# Each writer is imported when it is called: a command that lists formats loads none.


def _bibtex(entries: Entries, taxonomy: Taxonomy, abstracts: bool) -> bytes:
    from litmine.publish.formats.bibtex import render_bibtex

    return render_bibtex(entries, taxonomy, abstracts=abstracts).encode()


def _ris(entries: Entries, taxonomy: Taxonomy, abstracts: bool) -> bytes:
    from litmine.publish.formats.ris import render_ris

    return render_ris(entries, taxonomy, abstracts=abstracts).encode()


def _csl(entries: Entries, taxonomy: Taxonomy, abstracts: bool) -> bytes:
    from litmine.publish.formats.csl import render_csl

    return render_csl(entries, taxonomy, abstracts=abstracts).encode()


def _csv(entries: Entries, taxonomy: Taxonomy, abstracts: bool) -> bytes:
    from litmine.publish.formats.tables import render_table

    return render_table(entries, taxonomy, abstracts=abstracts).encode()


def _json_lines(entries: Entries, taxonomy: Taxonomy, abstracts: bool) -> bytes:
    from litmine.publish.formats.tables import render_json_lines

    return render_json_lines(entries, taxonomy, abstracts=abstracts).encode()


def _parquet(entries: Entries, taxonomy: Taxonomy, abstracts: bool) -> bytes:
    from litmine.publish.formats.parquet import render_parquet

    return render_parquet(entries, taxonomy, abstracts=abstracts)


def _atom(entries: Entries, taxonomy: Taxonomy, abstracts: bool) -> bytes:
    from dataclasses import replace

    from litmine.publish.formats.atom import atom
    from litmine.publish.formats.feeds import list_feed

    told = entries if abstracts else [replace(entry, abstract="") for entry in entries]
    return atom(list_feed(told, taxonomy, limit=None))


def _markdown(entries: Entries, taxonomy: Taxonomy, abstracts: bool) -> bytes:
    from litmine.publish.formats.markdown import render_markdown

    return render_markdown(entries, taxonomy).encode()


FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("bibtex", "bib", "application/x-bibtex", "BibTeX", _bibtex),
        Format("ris", "ris", "application/x-research-info-systems", "RIS", _ris),
        Format("csl", "json", "application/vnd.citationstyles.csl+json", "CSL-JSON", _csl),
        Format("csv", "csv", "text/csv", "CSV", _csv),
        Format("jsonl", "jsonl", "application/x-ndjson", "JSON Lines", _json_lines),
        Format("parquet", "parquet", "application/vnd.apache.parquet", "Parquet", _parquet),
        Format("atom", "atom", "application/atom+xml", "Atom", _atom),
        Format("markdown", "md", "text/markdown", "Markdown", _markdown),
    )
}
