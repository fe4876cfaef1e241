"""Reading labelled screening sets: ASReview's conventions, and files that are not what they say."""

from __future__ import annotations

import csv
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litmine.core.errors import InputError
from litmine.review.simulation.screening import read_screening

ROWS = (
    ("Cheap caches", "A cache, with a comma.", 1),
    ("Plain birds", "", 0),
    ("Cheap caches", "A cache, with a comma.", 1),
    ("Slow fish; fast fish", "Water\nand more water.", 0),
)


def table(delimiter=",", names=("title", "abstract", "included"), rows=ROWS):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(names)
    writer.writerows(rows)
    return out.getvalue()


def written(tmp_path, text, name="set.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
    return path


def check(found):
    assert found.titles == tuple(t for t, _, _ in ROWS)
    assert found.abstracts == tuple(a for _, a, _ in ROWS)
    assert found.included.tolist() == [1, 0, 1, 0]
    assert found.unlabelled == 0


@pytest.mark.parametrize("delimiter", list(",;\t|"))
@pytest.mark.parametrize("name", ["set.csv", "set.TSV", "set.tab"])
def test_the_delimiter_is_found_out_and_duplicates_stay(tmp_path, delimiter, name):
    check(read_screening(written(tmp_path, table(delimiter), name)))


@pytest.mark.parametrize(
    "label",
    ["included", "label_included", "final_included", "label", " Included ", "asreview_label"],
)
def test_the_label_has_the_names_that_asreview_knows(tmp_path, label):
    check(read_screening(written(tmp_path, table(names=("Title", "ABSTRACT", label)))))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path, encoding):
    rows = (("Éléphants", "Größe", 1), *ROWS)
    found = read_screening(written(tmp_path, table(rows=rows), encoding=encoding))
    assert (found.titles[0], found.abstracts[0]) == ("Éléphants", "Größe")


@pytest.mark.parametrize(
    ("yes", "no"), [("1.0", "0.0"), ("yes", "no"), ("TRUE", "False"), ("y", "n")]
)
def test_labels_in_other_words_and_none(tmp_path, yes, no):
    rows = [
        ("a", "b", yes),
        ("c", "d", no),
        ("e", "f", yes),
        ("g", "h", no),
        ("i", "j", ""),
        ("k", "l", "-1"),
    ]
    found = read_screening(written(tmp_path, table(rows=rows)))
    assert found.included.tolist() == [1, 0, 1, 0]
    assert found.unlabelled == 2
    assert found.texts[0] == "a b"


RIS = """TY  - JOUR
TI  - {title}
AB  - {abstract}
N1  - {note}
ER  -

"""


def test_ris_with_asreviews_notes(tmp_path):
    notes = [
        "ASReview_relevant",
        "<p>ASReview_irrelevant</p>",
        "ASReview_relevant",
        "ASReview_irrelevant",
        "ASReview_not_seen",
        "else",
    ]
    text = "".join(
        RIS.format(title=f"Title {i}", abstract=f"Abstract {i}", note=note)
        for i, note in enumerate(notes)
    )
    found = read_screening(written(tmp_path, text, "set.ris"))
    assert found.titles == tuple(f"Title {i}" for i in range(4))
    assert found.abstracts[1] == "Abstract 1"
    assert found.included.tolist() == [1, 0, 1, 0]
    assert found.unlabelled == 2


def test_parquet_with_missing_values(tmp_path):
    path = tmp_path / "set.parquet"
    columns = {
        "record_id": [1, 2, 3, 4, 5],
        "title": ["a", None, "c", "d", "e"],
        "abstract": [None, "b", "c", "d", "e"],
        "label_included": [1, 0, 0, 1, None],
    }
    pq.write_table(pa.table(columns), path)
    found = read_screening(path)
    assert found.titles == ("a", "", "c", "d")
    assert found.abstracts == ("", "b", "c", "d")
    assert (found.included.dtype, found.unlabelled) == (np.int8, 1)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("set.xlsx", "", "extension"),
        ("set.csv", "", "no records"),
        ("set.csv", "title,abstract,included\n", "no records"),
        ("set.csv", "title,included\na,1\n", "no column 'abstract'"),
        ("set.csv", "title,abstract\na,b\n", "no column 'included'"),
        ("set.csv", "abstract,included\na,1\n", "no column 'title'"),
        ("set.csv", table(rows=[("a", "b", 2)]), "label of record 1 is '2'"),
        ("set.csv", table(rows=[("a", "b", 1), ("c", "d", "maybe")]), "record 2 is 'maybe'"),
        ("set.csv", table(rows=[("a", "b", 0)] * 3), "0 included"),
        ("set.csv", table(rows=[("a", "b", 0)] * 3 + [("a", "b", 1)]), "1 included"),
        ("set.csv", table(rows=[("a", "b", 1)] * 3), "0 excluded"),
        ("set.csv", table(rows=[("a", "", 1), ("b", "", 0)] * 2), "an abstract"),
        ("set.csv", "title,abstract,included\na,b, c,1\n", "4 values under 3 columns"),
        ("set.ris", "", "no records"),
        ("set.ris", RIS.format(title="a", abstract="b", note="c"), "no column 'included'"),
        ("set.parquet", "no parquet", "not a Parquet file"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(tmp_path, name, text, said):
    with pytest.raises(InputError, match=said) as told:
        read_screening(written(tmp_path, text, name))
    assert "\n" not in str(told.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_screening(tmp_path / "none.csv")


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)


@settings(deadline=None)
@given(
    rows=st.lists(st.tuples(CELL, CELL, st.sampled_from(["0", "1"])), min_size=4, max_size=12),
    delimiter=st.sampled_from(",;\t|"),
)
def test_what_is_written_is_read(tmp_path_factory, rows, delimiter):
    rows = [("a", "b", "1"), ("c", "d", "0"), ("e", "f", "1"), ("g", "h", "0"), *rows]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(("title", "abstract", "included"))
    writer.writerows(rows)
    path = written(tmp_path_factory.mktemp("set"), out.getvalue())
    found = read_screening(path)
    assert found.titles == tuple(t.strip() for t, _, _ in rows)
    assert found.abstracts == tuple(a.strip() for _, a, _ in rows)
    assert found.included.tolist() == [int(y) for _, _, y in rows]


@settings(deadline=None)
@given(raw=st.binary(max_size=300), suffix=st.sampled_from([".csv", ".ris", ".parquet"]))
def test_any_bytes_are_a_set_or_an_input_error(tmp_path_factory, raw, suffix):
    path = written(tmp_path_factory.mktemp("set"), raw, f"set{suffix}")
    with pytest.raises(InputError):
        read_screening(path)
