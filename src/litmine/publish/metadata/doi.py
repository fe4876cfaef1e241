"""What a DOI tells: whether it names a published version, where that stands, at which venue.

A DOI is opaque by its standard, but the big publishers of this field put the venue into it. Only
forms that leave no doubt are read. Registrations of preprints, data and code (arXiv's own
10.48550, Zenodo, TechRxiv and the like) are no published version.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from litmine.core.plain import clean
from litmine.publish.metadata.doi_names import (
    ACL_LETTERS,
    ACL_VENUES,
    ACM_PROCEEDINGS,
    ELSEVIER,
    IEEE_JOURNALS,
    NATURE,
    NEURIPS_VOLUMES,
    SPRINGER_JOURNALS,
)

__all__ = ["published_doi", "published_url_of", "venue_of_doi"]

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>{}\\^`|\x00-\x1f]+")
# Preprint servers, archives of data and code, and what is made up for tests.
_NOT_PUBLISHED = re.compile(
    r"10\.(?:48550|5281|36227|21203|1101|64898|20944|2139|31234|31219|31235|26434|6084|13140|17605"
    r"|57967|57702|70675|33774|22541|32388|7910|17632|18112)/"
    r"|10\.1000/",
    re.IGNORECASE,
)
_YEAR = r"((?:19|20)\d\d)"
# Where the pages of papers stand; an address in a journal reference counts only there.
_HOSTS = re.compile(
    r"(?:^|\.)(?:aclanthology\.org|openreview\.net|proceedings\.mlr\.press|jmlr\.org|usenix\.org"
    r"|proceedings\.neurips\.cc|papers\.nips\.cc|papers\.neurips\.cc|openaccess\.thecvf\.com"
    r"|proceedings\.mlsys\.org|mlsys\.org|ojs\.aaai\.org|aaai\.org|ijcai\.org|ecva\.net"
    r"|dl\.acm\.org|ieeexplore\.ieee\.org|link\.springer\.com|sciencedirect\.com|doi\.org"
    r"|isca-archive\.org|isca-speech\.org|vldb\.org|nature\.com|mdpi\.com|jair\.org)$",
    re.IGNORECASE,
)
_WITH_WORKSHOPS = frozenset({"cvpr", "iccv", "wacv", "ipdps", "icassp", "icdm", "icdcs"})
_URL = re.compile(r"https?://[^\s<>\"',;]+")


def published_doi(text: str | None) -> str | None:
    """Return the first DOI of a text that names a published version, in small letters.

    Parameters
    ----------
    text : str or None
        As authors fill in arXiv's field: bare, as an address, several of them.

    Examples
    --------
    >>> published_doi("https://doi.org/10.1145/3600006.3613165")
    '10.1145/3600006.3613165'
    >>> published_doi("10.48550/arXiv.2305.14314") is None
    True
    """
    for found in _DOI.finditer(clean(text or "")):
        doi = found[0].rstrip(".,;:'").lower()
        while doi.endswith(")") and doi.count(")") > doi.count("("):
            doi = doi[:-1].rstrip(".,;:'")
        if not _NOT_PUBLISHED.match(doi):
            return doi
    return None


def published_url_of(doi: str | None, journal_ref: str | None = None) -> str | None:
    """Return where the published version stands, or None if that is not known.

    Parameters
    ----------
    doi, journal_ref : str or None
        As arXiv gives them. An address in the journal reference counts if its host publishes
        papers.

    Examples
    --------
    >>> published_url_of("10.18653/v1/2024.acl-long.1")
    'https://aclanthology.org/2024.acl-long.1'
    """
    known = published_doi(doi) or published_doi(journal_ref)
    if known is not None:
        anthology = re.fullmatch(r"10\.18653/v1/([a-z0-9.-]+)", known)
        if anthology:
            paper = anthology[1]
            # Old numbers have a capital: P19-1001.
            return f"https://aclanthology.org/{paper if paper[0].isdigit() else paper.upper()}"
        # The ACM's library gives numbers under 10.5555 that no resolver knows.
        site = "https://dl.acm.org/doi/" if known.startswith("10.5555/") else "https://doi.org/"
        return site + quote(known, safe="/:;().-_~")
    for found in _URL.finditer(clean(journal_ref or "")):
        url = found[0].rstrip(".)")
        if _HOSTS.search(urlsplit(url).hostname or ""):
            return quote(url, safe="/:?=&%#~+,;@-._")
    return None


def venue_of_doi(doi: str | None) -> str | None:
    """Return the venue that a DOI tells, with its year where it tells one.

    Examples
    --------
    >>> venue_of_doi("10.1109/HPCA51647.2021.00020")
    'HPCA 2021'
    >>> venue_of_doi("10.1145/3689031.3696075")
    'EuroSys 2025'
    """
    known = published_doi(doi)
    if known is None:
        return None
    for pattern, name in _FORMS:
        found = pattern.match(known)
        if found:
            return name(found)
    return None


def _acl(found: re.Match[str]) -> str | None:
    year, volume = found[1], found[2]
    name = ACL_VENUES.get(volume.split("-")[0])
    if volume.startswith("findings-"):
        name = ACL_VENUES.get(volume.removeprefix("findings-"))
        return f"Findings of {name} {year}" if name else None
    return f"{name} {year}" if name else None


def _acl_old(found: re.Match[str]) -> str | None:
    name = ACL_LETTERS.get(found[1])
    year = int(found[2])
    return f"{name} {year + (1900 if year > 60 else 2000)}" if name else None


def _ieee(found: re.Match[str]) -> str:
    """Read "ASP-DAC58780.2024", "ISCA59077.2024", "INFOCOMWKSHPS57453.2023", "CVPRW63382.2024"."""
    name = re.sub(r"(?:wkshps|workshops)$", "w", found[1])
    workshop = name.endswith("w") and (name != found[1] or name[:-1] in _WITH_WORKSHOPS)
    return (
        f"{name.removesuffix('w').upper()} {found[2]} Workshop"
        if workshop
        else (f"{name.upper()} {found[2]}")
    )


def _aaai(found: re.Match[str]) -> str:
    return f"AAAI {int(found[1]) + 1986}"  # volume 38 is of 2024


def _named(table: Mapping[str, str]) -> Callable[[re.Match[str]], str | None]:
    return lambda found: table.get(found[1])


# The year in the DOI of a journal's article is that of its acceptance, often one before that of its
# issue: it is left out.
_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...] = (
    (re.compile(rf"10\.18653/v1/{_YEAR}\.([a-z0-9-]+)\."), _acl),
    (re.compile(r"10\.18653/v1/([a-z])(\d\d)-\d+$"), _acl_old),
    (re.compile(r"10\.1162/tacl_a_"), lambda _: "TACL"),
    (re.compile(r"10\.1162/coli_a_"), lambda _: "Computational Linguistics"),
    (re.compile(r"10\.1162/neco_a_"), lambda _: "Neural Computation"),
    (re.compile(r"10\.1145/(\d{7})\.\d{7}$"), _named(ACM_PROCEEDINGS)),
    (re.compile(r"10\.5555/(\d{7})\.\d{7}$"), _named(ACM_PROCEEDINGS)),
    (re.compile(r"10\.52202/(\d{6})-"), _named(NEURIPS_VOLUMES)),
    (re.compile(r"10\.1609/aaai\.v(\d\d)i"), _aaai),
    (re.compile(rf"10\.24963/ijcai\.{_YEAR}/"), lambda found: f"IJCAI {found[1]}"),
    (re.compile(rf"10\.21437/interspeech\.{_YEAR}-"), lambda found: f"INTERSPEECH {found[1]}"),
    (re.compile(r"10\.14778/\d+\.\d+$"), lambda _: "PVLDB"),
    (re.compile(rf"10\.1109/([a-z]+)\.{_YEAR}\.\d{{7}}$"), _named(IEEE_JOURNALS)),
    (
        re.compile(
            rf"10\.1109/([a-z]{{2,8}}(?:wkshps|workshops|-[a-z]{{2,5}})?)\d{{4,6}}\.{_YEAR}\."
        ),
        _ieee,
    ),
    (re.compile(rf"10\.1016/j\.([a-z]+)\.{_YEAR}\."), _named(ELSEVIER)),
    (re.compile(r"10\.1007/(s\d{5})-"), _named(SPRINGER_JOURNALS)),
    (re.compile(r"10\.1038/(s\d{5})-"), _named(NATURE)),
    (re.compile(r"10\.1613/jair\."), lambda _: "JAIR"),
    (re.compile(r"10\.1561/2200000"), lambda _: "Foundations and Trends in Machine Learning"),
)
