"""The query language."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from litmine.core.errors import InputError
from litmine.core.taxonomy import load_taxonomy
from litmine.search.syntax import FIELDS, STATES, Filter, Query, parse, year_range

TAXONOMY = load_taxonomy()


def read(text: str) -> Query:
    return parse(text, taxonomy=TAXONOMY)


def test_free_words_stay_as_typed() -> None:
    query = read("  KV cache\teviction,  on one 24 GB card ")
    assert query.free == "KV cache eviction, on one 24 GB card"
    assert query.asked == query.free == query.text
    assert query == Query(words=tuple(query.free.split()))


def test_phrases_and_exclusions() -> None:
    query = read('fast "sparse attention" kernels -training -"edge AI" “long context”')
    assert query.words == ("fast", "kernels")
    assert query.phrases == ("sparse attention", "long context")
    assert query.excluded == ("training", "edge AI")
    assert query.asked == "fast sparse attention kernels long context"
    assert query.quoted is None


def test_what_no_paper_can_hold_asks_for_nothing() -> None:
    assert read('"" "?!" "\\textbf" -"&" -!') == Query()


def test_one_text_in_quotes_may_be_a_title() -> None:
    assert read('"Attention is all you need"').quoted == "Attention is all you need"
    assert read('"Attention is all you').quoted == "Attention is all you"
    assert read('"a b" c').quoted is None
    assert read('"a b" year:2025').quoted is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("author:LeCun", Filter("author", ("LeCun",))),
        ('author:"LeCun, Yann",hinton', Filter("author", ("LeCun, Yann", "hinton"))),
        ("stage:Inference,system", Filter("stage", ("inference", "system"))),
        ("stages:inf,inference", Filter("stage", ("inference",))),
        ("-resource:mem", Filter("resource", ("memory",), negated=True)),
        ("cell:inf/mem", Filter("cell", ("inference/memory",))),
        ('technique:"KV cache"', Filter("technique", ("kv-cache",))),
        ("technique:quantisation", Filter("technique", ("quantization",))),
        ("CAT:CS.lg", Filter("cat", ("cs.LG",))),
        ("cat:astro-ph.co,cond-mat", Filter("cat", ("astro-ph.CO", "cond-mat"))),
        ("is:approved,LIST", Filter("is", ("approved", "listed"))),
        ("night:2026-07-17", Filter("night", ("2026-07-17",))),
        ("id:2401.00625v2,cs/0112017 x", Filter("id", ("2401.00625", "cs/0112017"))),
        ("year:2023,2025..", Filter("year", ("2023", "2025.."))),
        ("-year:2023-2024", Filter("year", ("2023..2024",), negated=True)),
        ("title:pruning", Filter("title", ("pruning",))),
    ],
)
def test_fields(text: str, expected: Filter) -> None:
    assert read(text).filters == (expected,)


def test_title_words_are_ranked_by_too() -> None:
    query = read('fast title:pruning,"low rank" -title:vision')
    assert query.titles == ("pruning", "low rank")
    assert query.asked == "fast pruning low rank"


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("year:2025", (2025, 2025)),
        ("year:2025..", (2025, None)),
        ("year:..2024", (None, 2024)),
        ("year:2023..2025", (2023, 2025)),
        ("year:2023–2025", (2023, 2025)),
        ("year:2022.. year:..2024 x", (2022, 2024)),
        ("x", None),
    ],
)
def test_years(text: str, years: tuple[int | None, int | None] | None) -> None:
    assert read(text).years == years
    if years:
        assert not read(text).filters


@pytest.mark.parametrize(
    ("text", "paper_id"),
    [
        ("2401.00625", "2401.00625"),
        (" arXiv:2401.00625v3 ", "2401.00625"),
        ("https://arxiv.org/abs/2401.00625v2", "2401.00625"),
        ("https://arxiv.org/pdf/2401.00625", "2401.00625"),
        ("https://arxiv.org/html/2401.00625v1#S2", "2401.00625"),
        ("https://huggingface.co/papers/2401.00625", "2401.00625"),
        ("https://doi.org/10.48550/arXiv.2401.00625", "2401.00625"),
        ("10.48550/arXiv.2401.00625", "2401.00625"),
        ("cs/0112017", "cs/0112017"),
        ("id:2401.00625", "2401.00625"),
        ("2401.00625 pruning", None),
        ("-id:2401.00625", None),
        ("https://example.org/a", None),
    ],
)
def test_a_paper_is_named_by_id_or_link(text: str, paper_id: str | None) -> None:
    assert read(text).paper_id == paper_id


@pytest.mark.parametrize(
    "text",
    [
        "FlashAttention: fast and memory-efficient exact attention",
        "LoRA:low-rank adaptation",
        "at 10:30 see https://example.org/a:b and std::vector",
        "author: lecun",
        "C:drive 4:2",
        'low-rank --flag - ! 5"',
        "x:y",
    ],
)
def test_what_is_no_field_is_text(text: str) -> None:
    query = read(text)
    assert not query.filters
    assert not query.excluded
    assert query.words == tuple(w for w in text.split() if any(map(str.isalnum, w)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("athor:lecun", "did you mean author:"),
        ("doi:10.1145/3", r"unknown field 'doi'.*Known fields: author, title"),
        ("stage:trainig", "no stage 'trainig'"),
        ("resource:memry", "did you mean memory"),
        ("cell:inference", "write it like inference/memory"),
        ("technique:quantizaton", "did you mean quantization"),
        ("is:aproved", "did you mean is:approved"),
        ("is:l", "known: approved"),
        ("night:yesterday", "write it like night:2026-07-17"),
        ("night:2026-02-30", "night:2026-07-17"),
        ("year:2026..2024", r"ends before it begins: write year:2024\.\.2026"),
        ("-year:2026-2024", r"ends before it begins: write year:2024\.\.2026"),
        ("year:..", "needs a value"),
        ("year:20232024", "write year:2025"),
        ("year:2023 year:2025", "year:2023,2025"),
        ("cat:c$", "write cat:cs.LG"),
        ("id:twelve", "not an arXiv id"),
        ("stage:,", "needs a value"),
        ('author:""', "needs a value"),
        ("x" * 10_001, "at most 10,000"),
    ],
)
def test_mistakes_are_explained_in_a_line(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        read(text)
    assert "\n" not in str(caught.value)


def test_only_categories_that_papers_have_are_taken_when_they_are_known() -> None:
    def of(text: str) -> tuple[Filter, ...]:
        return parse(text, taxonomy=TAXONOMY, categories={"cs.LG", "stat.ML"}).filters

    assert of("cat:CS.lg,stat") == (Filter("cat", ("cs.LG", "stat")),)
    with pytest.raises(InputError, match=r"did you mean cs\.LG"):
        of("cat:cs.LGG")
    with pytest.raises(InputError, match=r"no paper has the category 'hep-th'$"):
        of("cat:hep-th")


@pytest.mark.parametrize("state", STATES)
def test_every_state_can_be_asked_for(state: str) -> None:
    assert read(f"is:{state}").filters == (Filter("is", (state,)),)


PIECES = [
    *(f"{name}:" for name in FIELDS),
    *(
        "inference",
        "mem",
        "inf/mem",
        "kv-cache",
        "approved",
        "2024",
        "2023..",
        "2026-07-17",
        "cs.LG",
    ),
    *("2401.00625", "arXiv:", "cs/0112017", "https://", "pruning", "LoRA", "\u00e9", "\u4e2d"),
    *('"', "“", "-", ",", ":", " ", ".", "/", "'", "(", "unknown:"),
]


@settings(deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=12).map("".join)))
@example('-"cat:cs"')
@example('-"-a" -a"b')
@example("-(a,b)")
@example('2401.00625 ""')
@example('title:a"b c"')
def test_any_text_is_parsed_or_refused_and_the_canonical_form_says_the_same(text: str) -> None:
    try:
        query = read(text)
    except InputError as error:
        assert str(error)  # noqa: PT017 - either outcome is right
        return
    assert read(str(query)) == query
    for one in query.filters:
        assert one.field in FIELDS
        assert one.values
        if one.field == "year":
            assert all(year_range(value) for value in one.values)
