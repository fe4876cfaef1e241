"""Venues are read only where the authors' words leave no doubt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.core.paper import Paper
from litmine.publish.entry import ListEntry
from litmine.publish.metadata.venue import is_conference, venue_of


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
        ("Accepted for publication at the ECCV 2024 workshop FashionAI", "ECCV 2024 Workshop"),
        ("accepted at NAACL 2015, camera ready version, 11 pages", "NAACL 2015"),
        ("Accepted to LREC-COLING 2024", "COLING 2024"),
        ("Published in ALVR 2020, a workshop in ACL 2020", "ACL 2020 Workshop"),
        ("ACL-IJCNLP 2021 main conference. The first three authors contribute equally", "ACL 2021"),
        ("Proceedings of the 16th Annotation Workshop within LREC2022", "LREC 2022 Workshop"),
        ("Accepted at AAAI 2026 Spring Symposium - Some Theory", "AAAI 2026 Symposium"),
        (
            "Published in the IEEE 2017 International Conference (ICASSP 2017), 5-9 March 2017",
            "ICASSP 2017",
        ),
        ("Accepted for IEEE RA-L 2025", "IEEE RA-L 2025"),
        ("Accepted to TACL 2025", "TACL"),
        (
            "Accepted by IEEE Transactions on Mobile Computing",
            "IEEE Transactions on Mobile Computing",
        ),
        ("Accepted at ICLR 2025 (Tiny Papers)", "ICLR 2025 Tiny Papers"),
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
        "Submitted to ACM Conference on Fairness, Accountability, and Transparency (FAccT) 2025",
        "Submitted to IEEE Journal of Oceanic Engineering",
        "Accepted at VISIGRAPP 2024, 8 pages",
        "In Proceedings ICLP 2024, arXiv:2502.08453",
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
        ("J. Mach. Learn. Res. 25 (2024) 1-40", "JMLR"),
        ("J. Chem. Phys. 115, 1626 (2001)", "J. Chem. Phys. 2001"),
        (
            "Software: Practice and Experience 51 (8), 2021",
            "Software: Practice and Experience 2021",
        ),
        ("2025 IEEE International Conference on Robotics and Automation (ICRA)", "ICRA 2025"),
        (
            "Proceedings of the 62nd Annual Meeting of the Association for Computational"
            " Linguistics (Volume 1: Long Papers), pages 1-10, 2024",
            "ACL 2024",
        ),
        (
            "In Proceedings of the 2023 Conference on Empirical Methods in Natural Language"
            " Processing",
            "EMNLP 2023",
        ),
        (
            "Findings of the Association for Computational Linguistics: NAACL 2025",
            "Findings of NAACL 2025",
        ),
        (
            "Proceedings of the AAAI Conference on Artificial Intelligence, 38(16), 2024",
            "AAAI 2024",
        ),
        ("ACM Comput. Surv. 55, 6, Article 109 (2023)", "ACM Computing Surveys 2023"),
        ("Proceedings of the Unheard-of Meeting, 2023", None),
        ("In: Lecture Notes in Computer Science, vol 13803. Springer", None),
        ("https://proceedings.mlr.press/v202/x.html", None),
        ("arXiv:2301.00001", None),
        ("12345", None),
        ("", None),
    ],
)
def test_journal_references(reference: str, expected: str | None) -> None:
    assert venue_of(reference, None) == expected


@pytest.mark.parametrize(
    ("reference", "doi", "comments", "expected"),
    [
        ("ICML 2024", "10.1145/3600006.3613165", None, "ICML 2024"),
        ("Proc. of the symposium, 2023", "10.1145/3600006.3613165", None, "SOSP 2023"),
        ("IEEE Trans. Comput. 73 (2024)", "10.1109/TC.2023.3338132", None,
         "IEEE Transactions on Computers"),
        (None, "10.1109/HPCA51647.2021.00020", "Accepted at ICML 2026", "HPCA 2021"),
        (None, "10.48550/arXiv.2305.14314", "Accepted at ICML 2026", "ICML 2026"),
        ("A New Journal 3 (2024)", "10.9999/unknown", None, "A New Journal 2024"),
    ],
)  # fmt: skip
def test_a_doi_goes_between(
    reference: str | None, doi: str, comments: str | None, expected: str
) -> None:
    assert venue_of(reference, comments, doi) == expected


@pytest.mark.parametrize(
    "venue", ["ICML 2026", "ACM MM 2024", "INTERSPEECH 2024", "Findings of ACL 2024",
              "NeurIPS 2025 Workshop", "3DV 2025", "ICMLA 2022", "Hot Chips 2024"],
)  # fmt: skip
def test_conferences(venue: str) -> None:
    assert is_conference(venue)


@pytest.mark.parametrize(
    "venue", ["TMLR", "IEEE Access 2024", "J. Chem. Phys. 2001", "PVLDB", "TPDS 2023", "JACM", ""]
)
def test_journals(venue: str) -> None:
    assert not is_conference(venue)


def test_the_journal_reference_outranks_the_comments() -> None:
    assert venue_of("Some Journal 5 (2024)", "Accepted at ICML 2026") == "Some Journal 2024"
    assert venue_of("submitted", "Accepted at ICML 2026") == "ICML 2026"


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_text_gives_a_short_line_or_nothing(reference: str, comments: str) -> None:
    venue = venue_of(reference, comments)
    assert venue is None or (0 < len(venue) <= 80 and len(venue.splitlines()) == 1)


def test_an_entry_takes_its_venue_from_the_paper() -> None:
    paper = Paper("2401.00001", "Title", "Invented.", comments="Accepted at ICML 2026")
    entry = ListEntry.from_paper(paper, ["inference/memory"], ["pruning"])
    assert (entry.venue, entry.cells, entry.technique) == (
        "ICML 2026",
        ("inference/memory",),
        ("pruning",),
    )
