"""BibTeX, RIS and CSL-JSON, each read back by a reader that somebody else wrote."""

from __future__ import annotations

import json
import re
import warnings
from datetime import date
from typing import Any

import bibtexparser
import jsonschema
import pytest
import rispy
from bibtexparser import middlewares
from hypothesis import given
from pylatexenc.latex2text import LatexNodes2Text

from litmine.core.taxonomy import load_taxonomy
from litmine.publish.entry import in_order
from litmine.publish.formats.bibtex import render_bibtex
from litmine.publish.formats.citation import citation, citations, key_of
from litmine.publish.formats.csl import render_csl
from litmine.publish.formats.ris import render_ris
from tests.support.entries import any_entry, any_list, entry, readable

TAXONOMY = load_taxonomy()


def parsed(text: str) -> list[Any]:
    """Read BibTeX with the names split; nothing may be left over."""
    library = bibtexparser.parse_string(
        text, append_middleware=[middlewares.SeparateCoAuthors(), middlewares.SplitNameParts()]
    )
    assert library.failed_blocks == []
    assert library.blocks == library.entries
    return list(library.entries)


def untexed(text: str) -> str:
    return " ".join(LatexNodes2Text(keep_braced_groups=False).latex_to_text(text).split())


def test_a_preprint_in_bibtex():
    (found,) = parsed(render_bibtex([entry(title="GPTQ: 4-bit & beyond")], TAXONOMY))
    assert found.key == "lovelace2024gptq-2401.00001"
    assert found.entry_type == "misc"
    fields = {name: field.value for name, field in found.fields_dict.items()}
    author = fields.pop("author")
    assert fields == {
        "title": r"{GPTQ}: 4-bit \& beyond",
        "year": "2024",
        "month": "jan",
        "eprint": "2401.00001",
        "archivePrefix": "arXiv",
        "primaryClass": "cs.LG",
        "url": "https://arxiv.org/abs/2401.00001",
        "keywords": "Quantization, Inference / Memory",
    }
    assert [(n.first, n.von, n.last) for n in author] == [
        (["Ada"], [], ["Lovelace"]),
        (["Ludwig"], ["van"], ["Beethoven"]),
    ]


@pytest.mark.parametrize(
    ("venue", "kind", "container", "year"),
    [
        ("ICML 2026", "inproceedings", ("booktitle", "ICML 2026"), 2026),
        ("EuroSys 2025", "inproceedings", ("booktitle", "EuroSys 2025"), 2025),
        ("USENIX ATC 2025", "inproceedings", ("booktitle", "USENIX ATC 2025"), 2025),
        ("Findings of ACL 2024", "inproceedings", ("booktitle", "Findings of ACL 2024"), 2024),
        ("NeurIPS 2025 Workshop", "inproceedings", ("booktitle", "NeurIPS 2025 Workshop"), 2025),
        ("TMLR", "article", ("journal", "TMLR"), 2024),
        ("IEEE Access 2025", "article", ("journal", "IEEE Access"), 2025),
        ("JMLR 2025", "article", ("journal", "JMLR"), 2025),
        ("arXiv", "misc", None, 2024),
    ],
)
def test_where_it_was_published(venue, kind, container, year):
    one = entry(venue=venue, doi="10.1145/1234.5678")
    (found,) = parsed(render_bibtex([one], TAXONOMY))
    fields = {name: field.value for name, field in found.fields_dict.items()}
    assert found.entry_type == kind
    assert fields["doi"] == "10.1145/1234.5678"
    assert fields["year"] == str(year)
    told = {name: untexed(fields[name]) for name in ("booktitle", "journal") if name in fields}
    assert told == ({container[0]: container[1]} if container else {})
    (ris,) = rispy.loads(render_ris([one], TAXONOMY))
    (csl,) = json.loads(render_csl([one], TAXONOMY))
    assert ris.get("secondary_title") == csl.get("container-title") == (container or ("", None))[1]
    assert ris["year"] == str(year) == str(csl["issued"]["date-parts"][0][0])
    assert (ris["type_of_reference"], csl["type"]) == {
        "misc": ("UNPB", "article"),
        "inproceedings": ("CPAPER", "paper-conference"),
        "article": ("JOUR", "article-journal"),
    }[kind]


@pytest.mark.parametrize(
    "doi", ["10.48550/arXiv.2401.00001", "no doi", "10.1145/x{y", "10.1/x", ""]
)
def test_a_doi_that_is_none_of_a_published_version_is_left_out(doi):
    assert "doi" not in parsed(render_bibtex([entry(doi=doi)], TAXONOMY))[0].fields_dict


def test_names_that_would_be_read_otherwise_are_held_together():
    authors = ("Gemini Team", "Lost and Found Lab", "Mausam", "others", "Robert W. Heath Jr.",
               "Luc Van Gool", "Santiago Ramón y Cajal", "and")  # fmt: skip
    (found,) = parsed(render_bibtex([entry(authors=authors)], TAXONOMY))
    names = found.fields_dict["author"].value
    assert [untexed(" ".join(name.last)) for name in names] == [
        "Gemini Team", "Lost and Found Lab", "Mausam", "others", "Heath", "Van Gool",
        "Ramón y Cajal", "and",
    ]  # fmt: skip
    assert [name.first for name in names] == [[], [], [], [], ["Robert", "W."], ["Luc"],
                                              ["Santiago"], []]  # fmt: skip
    assert names[4].jr == ["Jr."]


def test_ten_thousand_authors_and_none():
    crowd = tuple(f"Given{n} Family{n}" for n in range(10_000))
    many, nobody = (
        entry(authors=crowd),
        entry("2401.00002", authors=(), categories=(), approval=None),
    )
    texts = [render([many, nobody], TAXONOMY) for render in (render_bibtex, render_ris, render_csl)]
    first, second = parsed(texts[0])
    assert len(first.fields_dict["author"].value) == 10_000
    assert "author" not in second.fields_dict
    assert second.key == "anon2024title-2401.00002"
    assert [len(one.get("authors", ())) for one in rispy.loads(texts[1])] == [10_000, 0]
    assert [len(one.get("author", ())) for one in json.loads(texts[2])] == [10_000, 0]


# ---- Keys ----


@given(any_list())
def test_keys_are_unique_and_of_the_paper_alone(entries):
    keys = [one.key for one in citations(entries, TAXONOMY)]
    assert len(set(keys)) == len(keys)
    assert keys == [key_of(one) for one in in_order(entries)]
    for key in keys:
        assert re.fullmatch(r"[a-z0-9]+-[a-z0-9.-]+", key)


def test_a_key_stays_when_dates_categories_or_venues_come():
    before = entry(title="Mamba: state spaces", published=None, venue=None)
    after = entry(title="Mamba: state spaces", published=date(2023, 12, 31), venue="ICML 2026")
    assert key_of(before) == key_of(after) == "lovelace2024mamba-2401.00001"


@pytest.mark.parametrize(
    ("title", "author", "key"),
    [
        ("Attention Is All You Need", "Ashish Vaswani", "vaswani2024attention"),
        ("On the Opportunities", "Bartłomiej Żółć", "zolc2024opportunities"),
        ("A 4-bit $\\alpha$-thing", "Marten van der Meulen", "meulen20244bit"),
        ("漢字", "漢字", "anon2024"),
        ("Ærø", "Jürgen Groß", "gross2024aero"),
    ],
)
def test_keys_read_well(title, author, key):
    assert key_of(entry(title=title, authors=(author,))) == f"{key}-2401.00001"


def test_old_ids_make_keys_too():
    assert key_of(entry("hep-th/9901001")) == "lovelace1999title-hep-th.9901001"
    assert key_of(entry("cs/0112017")) == "lovelace2001title-cs.0112017"


# ---- Whatever the texts hold ----


@given(any_list())
def test_bibtex_holds_any_text(entries):
    found = parsed(render_bibtex(entries, TAXONOMY, abstracts=True))
    wanted = citations(entries, TAXONOMY)
    assert [one.key for one in found] == [one.key for one in wanted]
    for read, one in zip(found, wanted, strict=True):
        names = read.fields_dict["author"].value if "author" in read.fields_dict else []
        assert len(names) == len(one.names)
        for name, author in zip(names, one.names, strict=True):
            assert bool(name.first) == bool(author.given)
            assert len(name.jr) == bool(author.suffix)
        assert read.fields_dict["eprint"].value == one.arxiv_id
        assert read.fields_dict["url"].value == one.url
        assert read.fields_dict["title"].value


@given(any_entry(readable))
def test_bibtex_gives_back_what_can_be_read(one):
    (read,) = parsed(render_bibtex([one], TAXONOMY, abstracts=True))
    told = citation(one, TAXONOMY)
    assert untexed(read.fields_dict["title"].value) == told.title
    if told.abstract:
        assert untexed(read.fields_dict["abstract"].value) == told.abstract
    names = read.fields_dict["author"].value if told.names else []
    for name, author in zip(names, told.names, strict=True):
        last = " ".join([*name.von, *name.last])
        assert untexed(last) == (author.literal or f"{author.particle} {author.family}".strip())
        assert untexed(" ".join(name.first)) == author.given


@given(any_list())
def test_ris_gives_back_every_text(entries):
    text = render_ris(entries, TAXONOMY, abstracts=True)
    assert all(
        re.fullmatch(r"[A-Z][A-Z0-9]  - [^\r\n]*", line) or not line for line in text.split("\r\n")
    )
    found = rispy.loads(text)
    for read, one in zip(found, citations(entries, TAXONOMY), strict=True):
        assert read["id"] == one.key
        assert read["title"] == one.title
        assert read.get("authors", []) == [name.inverted for name in one.names]
        assert read["year"] == str(one.year)
        assert read.get("doi", "") == one.doi
        assert read.get("secondary_title", "") == one.container
        assert read.get("keywords", []) == list(one.keywords)
        assert read.get("abstract", "") == one.abstract
        assert read["urls"] == [one.url.replace(";", "%3B")]


_TEXT = {"type": "string", "minLength": 1}
_OF_NAMES = ("family", "given", "non-dropping-particle", "suffix", "literal")
_OF_ITEMS = (
    "id", "title", "container-title", "genre", "publisher", "number", "URL", "source", "note",
    "keyword", "abstract",
)  # fmt: skip
_NAME = {
    "type": "object",
    "properties": dict.fromkeys(_OF_NAMES, _TEXT),
    "additionalProperties": False,
    "oneOf": [{"required": ["literal"], "maxProperties": 1}, {"required": ["family"]}],
}
#: What the schema of CSL-JSON allows, less what litmine has no use for.
_ITEM = {
    "type": "object",
    "required": ["id", "type", "title", "issued", "URL"],
    "properties": {
        **dict.fromkeys(_OF_ITEMS, _TEXT),
        "type": {"enum": ["article", "article-journal", "paper-conference"]},
        "DOI": {"type": "string", "pattern": r"^10\.\d{4,9}/\S+$"},
        "author": {"type": "array", "minItems": 1, "items": _NAME},
        "issued": {
            "type": "object",
            "required": ["date-parts"],
            "additionalProperties": False,
            "properties": {
                "date-parts": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 1,
                    "items": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 3,
                        "prefixItems": [
                            {"type": "integer", "minimum": 1991},
                            {"type": "integer", "minimum": 1, "maximum": 12},
                            {"type": "integer", "minimum": 1, "maximum": 31},
                        ],
                    },
                }
            },
        },
    },
    "additionalProperties": False,
}
_CHECK = jsonschema.Draft202012Validator({"type": "array", "items": _ITEM})


@given(any_list())
def test_csl_json_is_as_its_schema_wants_and_gives_back_every_text(entries):
    items = json.loads(render_csl(entries, TAXONOMY, abstracts=True))
    _CHECK.validate(items)
    for item, one in zip(items, citations(entries, TAXONOMY), strict=True):
        assert (item["id"], item["title"]) == (one.key, one.title)
        assert item.get("abstract", "") == one.abstract
        assert len(item.get("author", [])) == len(one.names)


def cited(items: list[dict[str, Any]]) -> list[str]:
    """The bibliography that citeproc makes of some items."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells of fields that its style does not use
        from citeproc import (
            Citation,
            CitationItem,
            CitationStylesBibliography,
            CitationStylesStyle,
            formatter,
        )
        from citeproc.source.json import CiteProcJSON

        source = CiteProcJSON(items)
        style = CitationStylesStyle("harvard-cite-them-right", validate=False)
        made = CitationStylesBibliography(style, source, formatter.plain)
        for item in items:
            made.register(Citation([CitationItem(item["id"])]))
        made.sort()
        return [str(line) for line in made.bibliography()]


def test_citeproc_reads_csl_json():
    entries = [
        entry(title="A wide title", authors=("Robert W. Heath Jr.", "Ludwig van Beethoven")),
        entry("2401.00002", "Found", venue="ICML 2026", authors=("Gemini Team",)),
        entry("2401.00003", "Kept", venue="TMLR", authors=("Mausam",), doi="10.1145/1234.5678"),
    ]
    lines = cited(json.loads(render_csl(entries, TAXONOMY)))
    assert len(lines) == 3
    text = "\n".join(lines)
    for words in ("Heath", "van Beethoven", "Gemini Team", "(2026)", "ICML 2026", "TMLR", "Mausam"):
        assert words in text


@pytest.mark.parametrize("render", [render_bibtex, render_ris, render_csl])
def test_the_same_papers_give_the_same_text_and_one_more_changes_no_other(render):
    papers = [entry(f"2401.{n:05}", f"Title {n}") for n in range(20)]
    text = render(papers[1:], TAXONOMY)
    assert render(papers[:0:-1], TAXONOMY) == text
    more = render(papers, TAXONOMY).splitlines()
    gone = iter(more)
    assert all(line in gone for line in text.splitlines())


def test_an_empty_list():
    assert render_bibtex([], TAXONOMY) == render_ris([], TAXONOMY) == ""
    assert json.loads(render_csl([], TAXONOMY)) == []
