"""What counts as the name of a paper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.index.names import coined, joined, title_name
from litmine.index.terms import LONGEST_TERM


@pytest.mark.parametrize(
    "written", ["FlashPond", "Flash Pond", "flash-pond", "FLASHPOND", r"\textsc{FlashPond}"]
)
def test_names_are_one_however_they_are_written(written):
    assert joined(written) == "flashpond"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Heron: wading through shallow caches", "heron"),
        ("Heron-2 - wading further", "heron2"),
        ("Heron – wading", "heron"),
        ("Heron—wading", "heron"),
        ("H$_2$O: what to keep", "h2o"),
        (r"$\texttt{HERON}$: wading", "heron"),
        ("Less is More: fewer birds", "lessismore"),
        ("Low-rank wading at 10:30", ""),
        ("Heron:", ""),
        (": wading", ""),
        ("", ""),
        ("A title that goes on and on before anybody would take it for a name of anything: x", ""),
    ],
)
def test_a_title_begins_with_a_name_before_a_colon_or_a_dash(title, name):
    assert title_name(title) == name


@pytest.mark.parametrize(
    ("abstract", "names"),
    [
        ("We present HeronQ, a cache.", {"heronq"}),
        ("On top of it we build a new vHeron.", {"vheron"}),
        (r"A method called \textbf{HeRoN} wades.", {"heron"}),
        ("Additive wading of birds (AWB) is better.", {"awb"}),
        ("The bird, dubbed Heron-2, is proposed.", {"heron2"}),
        ("We propose to wade, and present results. Birds (few of them) wade.", set()),
        ("HeronQ wades.", set()),
        ("A (Mixture-of-Herons) is called Heron.", set()),
    ],
)
def test_an_abstract_coins_what_it_introduces_or_has_in_brackets(abstract, names):
    assert coined(abstract) == names


@given(st.text(max_size=300))
def test_any_text_is_taken(text):
    for name in (joined(text), title_name(text), *coined(text)):
        assert len(name) <= LONGEST_TERM
        assert " " not in name
