"""Titles as TeX: always balanced, read by another reader, and never a command of theirs."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db
from pylatexenc.latexwalker import LatexWalker

from litmine.core.latex import to_unicode
from litmine.publish.formats.tex import author_to_tex, to_tex

_TITLES = Path(__file__).parents[3] / "shared" / "data" / "papers.parquet"


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("QLoRA: Tuning of LLMs on GPUs", "{QLoRA}: Tuning of {LLMs} on {GPUs}"),
        ("GPT-4 and T5 in 3D", "{GPT}-4 and {T5} in {3D}"),
        ("A Bayesian View of Q-Learning", "A {Bayesian} View of {Q}-Learning"),
        ("$O(n^2)$ in $k$-means", "{$O(n^2)$} in {$k$}-means"),
        ("A$^2$-LLM, E^2VPT", "{A}{$^2$}-{LLM}, {E}{$^{2}$}{VPT}"),
        ("50% & #1 a_b {x}", r"50\% \& \#1 a\_b {x}"),
        ('Schr\\"odinger bridge, naïve', r"{Schr{\"o}dinger} bridge, na{\"\i}ve"),
        ("Hán Dān Xuě", r"H{\'a}n D{\={a}}n Xu{\v{e}}"),
        ("\\textsc{rfPG} and \\emph{lean}", r"{{\textsc{rfPG}}} and {\emph{lean}}"),
        ("α-Stable 10× for ≤1 µs", r"{\ensuremath{\alpha}}-Stable 10{\texttimes} for "
                                   r"{\ensuremath{\leq}}1 {\textmu}s"),
        ("Σ² and H₂O", r"{{\ensuremath{\Sigma}}{$^{2}$}} and {H{$_{2}$}O}"),
        ('"Why?" she asked. "No!"', "``Why?'' she asked. ``No!''"),
        ("one – two — three…", r"one -- two --- three{\dots}"),
        ("why?`x", "why?{}`x"),
        ("{\\Omega}-QVLA", r"{{\ensuremath{\Omega}}}-{QVLA}"),
        ("\\input{/etc/passwd} and \\write18{x}", "/etc/passwd and {write}18{x}"),
        ("$\\input{secret}$ here", "{secret} here"),
        ("$x^^5cinput$", "{x{\\textasciicircum}({$^{5}$})cinput}"),
        ("$\\{0, 1\\}$", r"{$\lbrace 0, 1\rbrace$}"),
        ("$100\\%$ and $5%$", r"{$100\%$} and {$5\%$}"),
        ("$π \\le α$", r"{$\pi \le \alpha$}"),
        ("$a^b^c$", "{a{$^{bc}$}}"),
        ("$\\left(x$", "{(x}"),
        ("$\\sqrt[$ or $\\sqrt[3]{n}$", r"{{\ensuremath{\sqrt{}}}[} or {$\sqrt[3]{n}$}"),
        ("a } b { c", "a b { c}"),
        ("~100x less, Fig.~3", r"{\textasciitilde}100x less, Fig.~3"),
        ("漢字", "漢字"),
        ("", ""),
    ],
)  # fmt: skip
def test_written_as_meant(title: str, written: str) -> None:
    assert to_tex(title) == written


def test_a_title_in_sentence_case_keeps_its_capitals() -> None:
    title = "Linking named entities in the works of Ada with small models: Under one roof"
    assert to_tex(title) == (
        "Linking named entities in the works of {Ada} with small models: Under one roof"
    )


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Erdős", r"Erd{\H{o}}s"),
        ('M\\"uller', r"M{\"u}ller"),
        ("Research and Development", "{Research and Development}"),
        ("Smith, Jr.", "{Smith, Jr.}"),
        ("Fernando", "Fernando"),
    ],
)
def test_names(name: str, written: str) -> None:
    assert author_to_tex(name) == written


_PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            ["$", "$$", "\\", "{", "}", "^", "^^", "_", "~", "\\{", "\\}", "\\frac", "\\sqrt[",
             "\\mathbb{", "\\text{", "\\textbf{", "\\emph", "\\input{x}", "\\log", "\\'",
             "\\alpha ",
             "\\(", "\\)", "\\left", "\\right", "%", "&", "#", "LLM", "E^2", "é", "α", "²", "²₃",
             "\\textsuperscript{", "\x00", "\u202e", "\u0301", '"', "``", "''", "?", "`", "漢", "ạ",
             "\\unicode{x7b}", "Bayesian ", "a ", "ﬁ", "：", "x_1", "\\\\", "𝒪", "\\ensuremath{"]
        ),
        st.text(max_size=4),
    ),
    max_size=30,
).map("".join)  # fmt: skip


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0


@settings(max_examples=600, deadline=None)
@given(_PIECES)
def test_balanced_one_line_and_no_command_of_theirs(title: str) -> None:
    for written in (to_tex(title), author_to_tex(title)):
        assert _balanced(written)
        assert written.isprintable() or not written.isascii()
        assert "\n" not in written
        assert "\\input" not in written
        assert "^^" not in written
        assert not re.search(r"(?<!\\)(?:\\\\)*[%#&]", written)
        assert written.count("$") % 2 == written.count("\\$") % 2
        LatexWalker(written, tolerant_parsing=False).get_latex_nodes()


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec="latin-1", categories=("L", "N", "P", "Zs")), max_size=30))
def test_another_reader_gets_the_text_back(title: str) -> None:
    assert _letters(_reader().latex_to_text(to_tex(title))) == _letters(to_unicode(title))


@settings(max_examples=300, deadline=None)
@given(st.from_regex(r"[A-Za-z0-9 ,.:;()/+*=-]{0,60}", fullmatch=True))
def test_plain_titles_only_gain_braces(title: str) -> None:
    assert to_tex(title).replace("{", "").replace("}", "") == " ".join(title.split())


@pytest.mark.shared
def test_real_titles_are_read_by_another_reader() -> None:
    if not _TITLES.is_file():
        pytest.skip("needs ../shared/data/papers.parquet")
    import pyarrow.parquet as pq

    titles = [t for t in pq.read_table(_TITLES, columns=["title"])["title"].to_pylist() if t]
    special = [t for t in titles if not t.isascii() or set("\\$^_{}~&%#") & set(t)]
    assert len(special) > 2500
    reader, different = _reader(), []
    for title in special:
        written = to_tex(title)
        assert _balanced(written), title
        LatexWalker(written, tolerant_parsing=False).get_latex_nodes()
        if _letters(reader.latex_to_text(written)) != _letters(to_unicode(title)):
            different.append(title)
    assert len(different) <= 5, different


def _reader() -> LatexNodes2Text:
    context = get_default_latex_context_db()
    # It knows no typewriter letters and no operators of amsmath.
    macros = [MacroTextSpec(name, "%s") for name in ("texttt", "mathtt", "operatorname", "boxed")]
    context.add_context_category("ours", macros=macros, prepend=True)
    return LatexNodes2Text(math_mode="text", latex_context=context)


def _letters(text: str) -> str:
    """Only what carries the words: letters and digits without their accents."""
    # The reader's circumflex and its two Greek letters are others of the same look.
    flat = unicodedata.normalize("NFKD", text.translate(str.maketrans("ϵϕˆ˜", "εφ  ")))
    return "".join(c for c in flat if c.isalnum()).casefold()
