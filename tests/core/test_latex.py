"""LaTeX in titles: what authors write reads well, and nothing they write becomes a tag."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from litmine.core.latex import atoms, latex, math_spans, plain

_TAGS = re.compile(r"</?(?:sub|sup|em|strong|code|i)>")


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("Plain words", "Plain words"),
        ("$O(n^2)$ attention", "<i>O</i>(<i>n</i><sup>2</sup>) attention"),
        ("$k$NN-LM", "<i>k</i>NN-LM"),
        ("2$\\times$ faster", "2× faster"),
        ("$\\mathcal{O}(\\log n)$", "O(log <i>n</i>)"),
        ("W$_{16}$A$^{4}$", "W<sub>16</sub>A<sup>4</sup>"),
        ("$x_{i_j}$", "<i>x</i><sub><i>i</i><sub><i>j</i></sub></sub>"),
        ("\\emph{Lean} models", "<em>Lean</em> models"),
        ("\\textbf{a \\emph{b}}", "<strong>a <em>b</em></strong>"),
        ("Erd\\H{o}s and Poincar\\'e", "Erdős and Poincaré"),
        ('na\\"{i}ve', "naïve"),
        ('na\\"\\i ve', "naïve"),
        ("50\\% at \\$2", "50% at $2"),
        ("costs $5 and $10 a month", "costs $5 and $10 a month"),
        ("from $5-$10", "from $5-$10"),
        ("{BERT} and {GPT}", "BERT and GPT"),
        ("snake_case stays", "snake_case stays"),
        ("\\unknown{x} \\method", "x \\method"),
        ("$\\frac{1}{2}$", "1/2"),
        ("\\(a<b\\)", "<i>a</i>&lt;<i>b</i>"),
        ("$\\text{if } n$", "if  <i>n</i>"),
        ("an open $ dollar", "an open $ dollar"),
        ("$^*$", "<sup>*</sup>"),
        ("$a_$", "<i>a</i>_"),
        ("~100 and 1{,}000", "~100 and 1,000"),
        ("", ""),
        (None, ""),
    ],
)
def test_reads_as_meant(source: str | None, shown: str) -> None:
    assert str(latex(source)) == shown


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "$<img src=x onerror=alert(1)>$",
        "\\emph{</em><b>}",
        "\\text{<svg/onload=alert(1)>}",
        "$\\mathrm{</title><script>}$",
        "\\'{<}",
        '"><input autofocus onfocus=alert(1)>',
        "&lt;script&gt;",
    ],
)
def test_no_tag_of_theirs(attack: str) -> None:
    for source in (attack, Markup(attack)):  # noqa: S704 - even that is only text
        left = _TAGS.sub("", latex(source))
        assert "<" not in left
        assert ">" not in left
        assert '"' not in left


_PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "$",
                "\\",
                "{",
                "}",
                "^",
                "_",
                "<",
                ">",
                "&",
                '"',
                "'",
                "\\emph",
                "\\text",
                "\\frac",
                "\\(",
                "\\)",
                "\\[",
                "\\]",
                "\\'",
                "$$",
                "\\textbf{",
                "</i>",
                "<script>",
                " ",
                "~",
            ]
        ),
        st.text(max_size=4),
    ),
    max_size=40,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(_PIECES)
def test_only_our_tags_and_rightly_nested(source: str) -> None:
    shown = latex(source)
    open_tags: list[str] = []
    for tag in re.findall(r"<[^>]*>", shown):
        assert _TAGS.fullmatch(tag), tag
        if tag.startswith("</"):
            assert open_tags.pop() == tag[2:-1]
        else:
            open_tags.append(tag[1:-1])
    assert not open_tags
    left = _TAGS.sub("", shown)
    assert not set("<>\"'") & set(left)
    assert not re.search(r"&(?!amp;|lt;|gt;|#34;|#39;)", left)
    plain(source)


@settings(max_examples=200, deadline=None)
@given(_PIECES, st.lists(st.integers(0, 60), max_size=6))
def test_cuts_never_fall_into_a_formula(source: str, places: list[int]) -> None:
    places = [min(place, len(source)) for place in places]
    for place in atoms(source, places):
        assert not any(start < place < end for start, end in math_spans(source))


def test_deep_nesting_is_read_to_a_depth() -> None:
    assert "x" in plain("\\emph{" * 500 + "x" + "}" * 500)
    assert plain("$" + "^{" * 400 + "x" + "}" * 400 + "$")
