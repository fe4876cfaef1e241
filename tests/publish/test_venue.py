"""Venues are read only where the authors' words leave no doubt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.core.paper import Paper
from litmine.publish.entry import ListEntry
from litmine.publish.venue import venue_of


@pytest.mark.parametrize(
    ("comments", "expected"),
    [
        ("Accepted at ICML 2026", "ICML 2026"),
        ("NeurIPS 2025", "NeurIPS 2025"),
        ("NIPS 2017", "NeurIPS 2017"),
        ("NeurIPS'25 spotlight", "NeurIPS 2025"),
        ("Accepted at ASPLOS '26", "ASPLOS 2026"),
        ("EMNLP-2023 main", "EMNLP 2023"),
        ("22 pages, ACL 2024 Findings", "Findings of ACL 2024"),
        ("Findings of the ACL 2024", "Findings of ACL 2024"),
        ("ICLR 2025 (Oral). Code: https://code.example/acl2024", "ICLR 2025"),
        ("Efficient Systems Workshop @ NeurIPS 2025", "NeurIPS 2025 Workshop"),
        ("Accepted to TMLR", "TMLR"),
        ("Accepted by the International Conference on Learning Representations 2025", "ICLR 2025"),
        ("9 pages; presented at 2024 MLSys", "MLSys 2024"),
        ("To appear at DATE 2025", "DATE 2025"),
        ("Code at https://code.example. Accepted to COLM 2025", "COLM 2025"),
    ],
)
def test_acceptance_is_read(comments: str, expected: str) -> None:
    assert venue_of(None, comments) == expected


@pytest.mark.parametrize(
    "comments",
    [
        None,
        "",
        "10 pages, 3 figures",
        "Submitted to ICLR 2027",
        "Under review at ICML 2026",
        "Preprint. NeurIPS 2025 style",
        "rejected from ACL 2024",
        "Winner of the NeurIPS 2023 challenge",
        "text overlap with our ICML 2020 paper",
        "Extended version of our EMNLP 2023 paper",
        "accepted ICLR",
        "We discuss TMLR",
        "Experiments on an FPGA, 2025 edition",
        "Updated DATE: 2025",
        "We use ICML data of 2019 and 2020",
        "tested with NeurIPSish 2025",
        "https://openreview.example/ICLR/2025",
    ],
)
def test_anything_less_is_not(comments: str | None) -> None:
    assert venue_of(None, comments) is None


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("41st International Conference on Machine Learning, PMLR 235:1-20, 2024", "ICML 2024"),
        ("Advances in Neural Information Processing Systems 36 (2023)", "NeurIPS 2023"),
        ("Transactions on Machine Learning Research, 2025", "TMLR"),
        ("IEEE Access 12 (2024) 1234-1240", "IEEE Access 2024"),
        ("Some Journal, vol. 3, no. 2, pp. 1-9, 2022", "Some Journal 2022"),
        ("arXiv:2301.00001", None),
        ("12345", None),
        ("", None),
    ],
)
def test_journal_references(reference: str, expected: str | None) -> None:
    assert venue_of(reference, None) == expected


def test_the_journal_reference_outranks_the_comments() -> None:
    assert venue_of("Some Journal 5 (2024)", "Accepted at ICML 2026") == "Some Journal 2024"
    assert venue_of("submitted", "Accepted at ICML 2026") == "ICML 2026"


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_text_gives_a_short_line_or_nothing(reference: str, comments: str) -> None:
    venue = venue_of(reference, comments)
    assert venue is None or (0 < len(venue) <= 70 and len(venue.splitlines()) == 1)


def test_an_entry_takes_its_venue_from_the_paper() -> None:
    paper = Paper("2401.00001", "Title", "Invented.", comments="Accepted at ICML 2026")
    entry = ListEntry.from_paper(paper, ["inference/memory"], ["pruning"])
    assert (entry.venue, entry.cells, entry.technique) == (
        "ICML 2026",
        ("inference/memory",),
        ("pruning",),
    )
