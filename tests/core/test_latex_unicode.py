"""LaTeX as one line of Unicode: what lists, feeds and window titles show."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litmine.core.latex import plain, to_unicode

_TITLES = Path(__file__).parents[3] / "shared" / "data" / "papers.parquet"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("A$^2$-LLM and E^2-LLM and B^{12}", "A²-LLM and E²-LLM and B¹²"),
        ("$O(n^{k+1})$ and $x_{ij}$ and PM$_{2.5}$", "O(nᵏ⁺¹) and xᵢⱼ and PM₂.₅"),
        ("$\\ell_{1,\\infty}$ and $q^\\pi$-values", "ℓ_(1,∞) and q^π-values"),
        ("RLV$^\\varepsilon$R", "RLV^(ε)R"),
        ("$C^*$-algebras at 360$^\\circ$", "C*-algebras at 360°"),
        ("$\\frac{a+b}{2n}$, $\\frac{1}{t^2}$, $\\frac12$", "(a+b)/(2n), 1/t², 1/2"),
        ("$\\sqrt{T}$, $\\sqrt{2T}$, $\\sqrt[3]{n}$, $\\sqrt[$", "√T, √(2T), ³√n, √["),
        ("$\\mathbb{R}^d$, $\\mathcal{O}(n)$, $\\mathfrak{g}$", "ℝᵈ, 𝒪(n), 𝔤"),
        ("$\\mathbb{D}$ynamic $\\mathcal{EL}$", "Dynamic EL"),
        ("$\\mathbf{Y}$ and \\textbf{Bold} and \\texttt{a--b}", "Y and Bold and a--b"),
        ("$k$-means and $k-$means and $n-1$", "k-means and k-means and n−1"),
        ("$A \\neq B$, $A\\neq B$, $\\alpha x$", "A ≠ B, A≠B, αx"),
        ("$n\\log\\log n$", "n log log n"),
        ("5$\\times$2 and $ k $-NN and 3$\\times$3D", "5×2 and k-NN and 3×3D"),
        ("$\\tilde{O}\\!\\left(T\\right)$", "Õ(T)"),
        ("$\\text{Transformer}^2$", "Transformer²"),
        ("Schr\\\"odinger, \\'{\\i}, {\\L}ojasiewicz", "Schrödinger, í, Łojasiewicz"),
        ("B\\d{h}a\\b{d}", "Bḥaḏ"),
        ("360{\\deg} of {\\Omega}", "360° of Ω"),
        ("time$\\unicode{x2013}$space", "time–space"),
        ("GPT~4 in ~5 s, 8~GB", "GPT 4 in ~5 s, 8 GB"),
        ("One -- two---three, Vision--Language, ``so''", "One – two—three, Vision–Language, “so”"),
        ("run with --fast, a -> b, x--", "run with --fast, a -> b, x--"),
        ("\\href{https://x.example}{here}\\footnote{no}", "here"),
        ("\\mytool{Lean} and \\method", "Lean and method"),
        ("Skip \\n, $0.42 each, No $$$, \\$100", "Skip \\n, $0.42 each, No $$$, $100"),
        ("from $5 to $10, in $200k", "from $5 to $10, in $200k"),
        ("$a^{}$ and $b_$", "a^ and b_"),
        ("two\\\\lines\n here", "two lines here"),
        ("", ""),
        (None, ""),
    ],
)  # fmt: skip
def test_reads_as_meant(source: str | None, shown: str) -> None:
    assert to_unicode(source) == unicodedata.normalize("NFC", shown)
    assert plain(source) == to_unicode(source)


_PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            ["$", "$$", "\\", "{", "}", "^", "_", "~", "--", " ", "-", "\\frac", "\\sqrt",
             "\\mathbb{", "\\mathcal O", "\\text{", "\\textbf{", "\\unicode{x202e}",
             "\\unicode{x0}",
             "\\unicode{x110000}", "\\unicode{", "\\log", "\\alpha ", "\\hat", "\\'", "\\c", "\\(",
             "\\)", "\\footnote[", "]", "\\href", "\\ensuremath{", "\\textsuperscript{", "\x00",
             "\u202e", "\ud800", "x", "\u0301"]
        ),
        st.text(max_size=4),
    ),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(_PIECES)
def test_one_line_of_visible_characters(source: str) -> None:
    shown = to_unicode(source)
    assert shown == " ".join(shown.split())
    bad = {"Cc", "Cs", "Co"}
    assert not [c for c in shown if unicodedata.category(c) in bad or c in "\u202e\u2028"]


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_characters="\\$^_{}~`-", categories=("L", "N", "P", "S"))))
def test_text_without_latex_is_left_alone(source: str) -> None:
    assert to_unicode(source) == source


@settings(max_examples=300, deadline=None)
@given(_PIECES)
def test_what_is_shown_is_shown_again_as_it_is(source: str) -> None:
    shown = to_unicode(source)
    if not set("\\$^_{}~`-") & set(shown):
        assert to_unicode(shown) == shown


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "piece", ["\\(", "\\[", "$", "$a ", "{", "_", "``", "\\footnote[", "\\frac", "$\\sqrt[", "\\'"]
)
def test_hostile_texts_take_no_longer_than_long_ones(piece: str) -> None:
    assert to_unicode(piece * 20_000) is not None


@pytest.mark.shared
def test_real_titles_keep_no_latex() -> None:
    if not _TITLES.is_file():
        pytest.skip("needs ../shared/data/papers.parquet")
    import pyarrow.parquet as pq

    titles = pq.read_table(_TITLES, columns=["title"])["title"].to_pylist()
    written = [title for title in titles if title and ("$" in title or "\\" in title)]
    shown = [to_unicode(title) for title in written]
    assert len(written) > 2000
    # A dollar is left where it is money, a backslash where it is not LaTeX.
    assert sum("\\" in title for title in shown) <= 3
    assert sum("$" in title for title in shown) <= 0.006 * len(written)
    assert not [title for title in shown if "{" in title.replace("{±1", "")]
