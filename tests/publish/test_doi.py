"""What DOIs tell, and where published versions stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.publish.metadata.doi import published_doi, published_url_of, venue_of_doi

_LISTS = Path(__file__).parents[3] / "shared" / "data" / "lists.parquet"


@pytest.mark.parametrize(
    ("doi", "venue"),
    [
        ("10.18653/v1/2024.acl-long.123", "ACL 2024"),
        ("10.18653/v1/2023.findings-emnlp.5", "Findings of EMNLP 2023"),
        ("10.18653/v1/2023.emnlp-main.1", "EMNLP 2023"),
        ("10.18653/v1/P19-1001", "ACL 2019"),
        ("10.18653/v1/2023.sustainlp-1.5", None),
        ("10.18653/v1/W19-4828", None),
        ("10.1162/tacl_a_00716", "TACL"),
        ("10.1145/3600006.3613165", "SOSP 2023"),
        ("10.1145/3689031.3696075", "EuroSys 2025"),
        ("10.1145/3695900", None),
        ("10.52202/079017-0001", "NeurIPS 2024"),
        ("10.5555/3666122.3666499", "NeurIPS 2023"),
        ("10.1609/aaai.v38i16.29815", "AAAI 2024"),
        ("10.24963/ijcai.2024/123", "IJCAI 2024"),
        ("10.21437/Interspeech.2023-1000", "INTERSPEECH 2023"),
        ("10.14778/3611479.3611486", "PVLDB"),
        ("10.1109/HPCA51647.2021.00020", "HPCA 2021"),
        ("10.1109/ASP-DAC58780.2024.10473800", "ASP-DAC 2024"),
        ("10.1109/INFOCOMWKSHPS57453.2023.10226109", "INFOCOM 2023 Workshop"),
        ("10.1109/CVPRW63382.2024.00100", "CVPR 2024 Workshop"),
        ("10.1109/TPAMI.2023.3303431", "TPAMI"),
        ("10.1109/ACCESS.2021.3113055", "IEEE Access"),
        ("10.1109/XYZ.2021.3113055", None),
        ("10.1016/j.neucom.2023.126555", "Neurocomputing"),
        ("10.1016/j.unheard.2023.126555", None),
        ("10.1007/s11263-024-02000-1", "International Journal of Computer Vision"),
        ("10.1007/978-3-031-20044-1_14", None),
        ("10.1038/s42256-023-00626-4", "Nature Machine Intelligence"),
        ("10.48550/arXiv.2305.14314", None),
        ("not a doi", None),
        (None, None),
    ],
)
def test_venues(doi: str | None, venue: str | None) -> None:
    assert venue_of_doi(doi) == venue


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1145/3600006.3613165", "10.1145/3600006.3613165"),
        (" https://doi.org/10.1145/3600006.3613165. ", "10.1145/3600006.3613165"),
        ("doi:10.1016/S0304-3975(96)00123-4", "10.1016/s0304-3975(96)00123-4"),
        ("(see 10.1109/TC.2023.3338132)", "10.1109/tc.2023.3338132"),
        ("10.48550/arXiv.2305.14314 10.18653/v1/2024.acl-long.1", "10.18653/v1/2024.acl-long.1"),
        ("10.48550/ARXIV.2305.14314", None),
        ("10.5281/zenodo.14862410", None),
        ("10.36227/techrxiv.23589741.v1", None),
        ("10.21203/rs.3.rs-1/v1", None),
        ("10.1101/2024.01.01.573831", None),
        ("10.1/x", None),
        ("", None),
    ],
)
def test_only_published_versions_count(text: str, doi: str | None) -> None:
    assert published_doi(text) == doi


@pytest.mark.parametrize(
    ("doi", "reference", "url"),
    [
        ("10.18653/v1/2024.acl-long.1", None, "https://aclanthology.org/2024.acl-long.1"),
        ("10.18653/v1/p19-1001", None, "https://aclanthology.org/P19-1001"),
        ("10.1145/3600006.3613165", None, "https://doi.org/10.1145/3600006.3613165"),
        ("10.5555/3666122.3666499", None, "https://dl.acm.org/doi/10.5555/3666122.3666499"),
        ("10.1016/s0304-3975(96)00123-4", None, "https://doi.org/10.1016/s0304-3975(96)00123-4"),
        ("10.48550/arXiv.2305.14314", None, None),
        (None, "TMLR 2024, https://openreview.net/forum?id=abc", "https://openreview.net/forum?id=abc"),
        (None, "ICML 2023 (https://proceedings.mlr.press/v202/x.html).",
         "https://proceedings.mlr.press/v202/x.html"),
        (None, "Some Journal, doi:10.1016/j.neucom.2023.1", "https://doi.org/10.1016/j.neucom.2023.1"),
        (None, "see https://evil.example/paper and https://notopenreview.net/x", None),
        (None, "https://openreview.net.evil.example/forum", None),
        (None, "ICML 2024", None),
        (None, None, None),
    ],
)  # fmt: skip
def test_where_it_stands(doi: str | None, reference: str | None, url: str | None) -> None:
    assert published_url_of(doi, reference) == url


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_gives_a_safe_address_or_nothing(doi: str, reference: str) -> None:
    for text in (doi, f"10.1145/{doi}", f"10.1109/{doi}.2024.1"):
        url = published_url_of(text, reference)
        assert url is None or re.fullmatch(r"https?://[A-Za-z0-9.-]+/[!-~]*", url)
        assert url is None or not set('<>"|\\ ') & set(url)
        venue = venue_of_doi(text)
        assert venue is None or venue.isprintable()


@pytest.mark.shared
def test_years_agree_with_those_of_public_lists() -> None:
    """Lists often give the year of the preprint: one year of difference is theirs."""
    if not _LISTS.is_file():
        pytest.skip("needs ../shared/data/lists.parquet")
    import pyarrow.parquet as pq

    compared, near, same = 0, 0, 0
    for row in pq.read_table(_LISTS, columns=["url", "year"]).to_pylist():
        venue = venue_of_doi(row["url"])
        year = re.search(r"\b20\d\d\b", venue or "")
        if year and row["year"] == row["year"] and row["year"]:
            compared += 1
            apart = abs(int(year[0]) - int(row["year"]))
            near += apart <= 1
            same += apart == 0
    assert compared > 300
    assert near >= 0.99 * compared
    assert same >= 0.95 * compared
