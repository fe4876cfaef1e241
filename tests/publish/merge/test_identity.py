"""The same paper under all its names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.core.plain import escape_markdown
from litmine.publish.merge.identity import dois_in, ids_in, keys_of, squeeze


@pytest.mark.parametrize(
    "text",
    [
        "https://arxiv.org/abs/2401.00625",
        "http://www.arxiv.org/pdf/2401.00625v12.pdf#page=3",
        "https://export.arxiv.org/html/2401.00625v1?x=2401",
        "[t](<https://arxiv.org/abs/2401.00625>)",
        "arXiv:2401.00625v2 [cs.CL]",
        "https://huggingface.co/papers/2401.00625",
        "https://ar5iv.labs.arxiv.org/html/2401.00625",
        "https://doi.org/10.48550/arXiv.2401.00625",
        "https://www.alphaxiv.org/abs/2401.00625",
        "| 2401.00625 |",
        "https://arxiv.org/abs/2401\\.00625",
        "https%3A%2F%2Farxiv.org%2Fabs%2F2401.00625",
    ],
)
def test_new_ids(text: str) -> None:
    assert ids_in(text) == ("2401.00625",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://arxiv.org/abs/cs/0112017", ("cs/0112017",)),
        ("https://arxiv.org/pdf/cs.CL/0112017v3", ("cs/0112017",)),
        ("https://arxiv.org/abs/hep-th%2F9901001", ("hep-th/9901001",)),
        ("https://arxiv.org/abs/0704.0001 and 1412.9999", ("0704.0001", "1412.9999")),
        ("physics/0112017 is not math-ph/0112017", ("physics/0112017", "math-ph/0112017")),
    ],
)
def test_old_ids(text: str, found: tuple[str, ...]) -> None:
    assert ids_in(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "on 2024.0110 we met",
        "2012.1234",
        "version 12401.00625",
        "2401.006251",
        "docs/0112017",
        "https://doi.org/10.1109/2401.00625",
        "pi is 1415.92653",
        "",
    ],
)
def test_other_numbers_are_no_ids(text: str) -> None:
    assert ids_in(text) == ()


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("https://doi.org/10.1145/3600006.3613165", "10.1145/3600006.3613165"),
        ("https://dl.acm.org/doi/abs/10.1145/3600006.3613165?x=a:b", "10.1145/3600006.3613165"),
        ("(https://dl.acm.org/doi/pdf/10.1145/3600006.3613165).", "10.1145/3600006.3613165"),
        ("[x](https://doi.org/10.1016/S0004-3702(02)00128-7)", "10.1016/s0004-3702(02)00128-7"),
        ("https://x.example/10.1007/s10994-023-06345-8.pdf", "10.1007/s10994-023-06345-8"),
        ("https://doi.org/10.1109%2FTPAMI.2024.1", "10.1109/tpami.2024.1"),
        ("https://aclanthology.org/2022.emnlp-main.804/", "10.18653/v1/2022.emnlp-main.804"),
        ("https://aclanthology.org/2023.findings-acl.936.pdf", "10.18653/v1/2023.findings-acl.936"),
        ("https://www.aclweb.org/anthology/P19-1355", "10.18653/v1/p19-1355"),
        ("https://aclanthology.org/P19-1355v2.pdf", "10.18653/v1/p19-1355"),
    ],
)  # fmt: skip
def test_dois(text: str, doi: str) -> None:
    assert dois_in(text) == (doi,)
    assert dois_in("https://doi.org/10.48550/arXiv.2401.00625") == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KV-Cache Compression", "kv cache  compression"),
        ("Attention & Memory", "Attention and memory."),
        ("Größe", "Gro\u0308ße"),
        ("$O(n \\log n)$ Attention", "O(n log n) attention"),
        ("\\textit{LoRA}: Low-Rank", "LoRA: low rank"),
        ("A \\| B \\*star\\*", "A | B *star*"),
        ("<b>Fast</b> Models<br>", "Fast Models"),
        ("AT&amp;T", "AT&T"),
        ("ﬁne tuning", "fine tuning"),
        ("“Quoted” — Title", '"Quoted" - title'),
    ],
)
def test_the_same_titles(one: str, other: str) -> None:
    assert squeeze(one) == squeeze(other) != ""


@given(st.text(max_size=40))
def test_a_title_is_the_same_once_it_is_escaped_for_markdown(title: str) -> None:
    plain = "".join(c for c in title if c not in "$\\^{}&<>")  # LaTeX and tags mean something
    assert squeeze(escape_markdown(plain)) == squeeze(plain)


def test_other_titles() -> None:
    assert squeeze("GPT-3") != squeeze("GPT-4")
    assert squeeze("日本語") == "日本語"


def test_labels_are_no_titles() -> None:
    keys = keys_of("[paper](https://a.example) **ICML** [A Title of its Own](https://b.example)")
    assert keys.titles == {squeeze("A Title of its Own")}
    assert keys_of("x", ("LoRA",)).titles == {"lora"}
