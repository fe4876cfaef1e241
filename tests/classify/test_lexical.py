"""The word table applied by hand equals scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.classify.lexical import learn_table, lexical_text, sklearn_vectoriser
from tests.support.tiny_models import WORDS, invented_labels

TEXTS = [lexical_text(r["title"], r["abstract"]) for r in invented_labels(60)]


@pytest.fixture(scope="module")
def both():  # type: ignore[no-untyped-def]
    return (
        learn_table(TEXTS, min_df=2, max_df=0.9),
        sklearn_vectoriser(min_df=2, max_df=0.9).fit(TEXTS),
    )


@given(
    st.lists(
        st.one_of(
            st.sampled_from(WORDS), st.text(max_size=6), st.sampled_from(["KV-cache", "naïve", "ﬁ"])
        ),
        max_size=40,
    )
)
def test_rows_equal_those_of_scikit_learn(both, words) -> None:  # type: ignore[no-untyped-def]
    table, vectoriser = both
    text = " ".join(words)
    ours = table.matrix([text]).toarray()
    np.testing.assert_allclose(ours, vectoriser.transform([text]).toarray(), atol=1e-12)


def test_whole_matrix_equals_scikit_learn(both) -> None:  # type: ignore[no-untyped-def]
    table, vectoriser = both
    difference = table.matrix(TEXTS) - vectoriser.transform(TEXTS)
    assert abs(difference).max() < 1e-12
    assert table.matrix([]).shape == (0, len(table.terms))
