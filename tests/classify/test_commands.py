"""``litmine train``, ``classify`` and ``evaluate`` on invented papers and a tiny encoder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from litmine.classify.labelled import LabelledPaper
from litmine.classify.library_files import facts_bytes, vectors_bytes
from litmine.classify.metrics import average_precision
from litmine.cli import app
from litmine.core.errors import ArtefactMismatch, InputError
from litmine.core.taxonomy import load_taxonomy
from litmine.encode import load_encoder
from litmine.encode.export import export_encoder
from tests.support.tiny_models import invented_labels, write_tiny_bert

LABELS = invented_labels(160)
TRAIN, DEV = LABELS[:100], LABELS[100:]
runner = CliRunner()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with models/, corpus/ and labelled papers, as an installation has them."""
    home = tmp_path_factory.mktemp("home")
    export_encoder(
        write_tiny_bert(home / "bert"), home / "models/encoder", name="tiny", max_tokens=64
    )
    encoder = load_encoder(str(home / "models/encoder"))
    frame = pd.DataFrame(
        {
            "arxiv_id": [r["id"] for r in LABELS],
            "title": [r["title"] for r in LABELS],
            "abstract": [r["abstract"] for r in LABELS],
            "categories": "cs.CL cs.AI",
            "published": [f"2026-06-{1 + i % 19:02d}" for i in range(len(LABELS))],
        }
    )
    frame.to_parquet(home / "papers.parquet")
    for name, labels in (("train", TRAIN), ("dev", DEV)):
        lines = [
            {k: v for k, v in r.items() if k not in ("title", "abstract")}
            | {"night": "2026-06-30" if name == "dev" else f"2026-06-{10 + i % 8}"}
            for i, r in enumerate(labels)
        ]
        (home / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    papers = [
        LabelledPaper(
            id=r["id"],
            title=r["title"],
            date=None,
            relevant=r["relevant"],
            cells=tuple(r.get("cells", ())),
            technique=tuple(r.get("technique", ())),
            split="train",
        )
        for r in TRAIN
    ]
    vectors = encoder.encode([f"{r['title']}\n{r['abstract']}" for r in TRAIN])
    corpus = home / "corpus"
    corpus.mkdir()
    (corpus / "library.jsonl").write_bytes(facts_bytes(papers))
    (corpus / "library_vectors.npz").write_bytes(
        vectors_bytes(
            [p.id for p in papers], vectors, np.zeros(len(papers), bool), encoder.encoder_id
        )
    )
    from litmine.core.resources import corpus_dir

    shutil.copy(corpus_dir() / "taxonomy.toml", corpus)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LITMINE_RESOURCES", str(home))
        result = runner.invoke(
            app,
            [
                *("train", "--labels", str(home / "train.jsonl")),
                *("--papers", str(home / "papers.parquet")),
                *("--output", str(home / "models/classifier")),
            ],
            catch_exceptions=False,
        )
    assert result.exit_code == 0, result.output
    assert (home / "models/classifier/manifest.json").is_file()
    return home


@pytest.fixture(autouse=True)
def installed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITMINE_RESOURCES", str(home))


def _write(path: Path, records: list[dict[str, object]]) -> Path:
    lines = [json.dumps({k: r[k] for k in ("id", "title", "abstract")}) for r in records]
    path.write_text("\n\n".join(lines) + "\n")
    return path


def test_classify_writes_one_line_per_paper_in_order(tmp_path: Path) -> None:
    source = _write(tmp_path / "in.jsonl", DEV)
    output = tmp_path / "out.jsonl"
    result = runner.invoke(
        app, ["classify", str(source), "--output", str(output)], catch_exceptions=False
    )
    assert result.exit_code == 0
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert [line["id"] for line in lines] == [r["id"] for r in DEV]
    first = lines[0]
    assert list(first)[:5] == ["id", "relevance", "cells", "technique", "neighbours"]
    assert tuple(first["cells"]) == load_taxonomy().cells
    assert set(first["neighbours"][0]) == {"id", "title", "similarity", "cells"}
    truth = np.array([bool(r["relevant"]) for r in DEV])
    assert average_precision(truth, np.array([line["relevance"] for line in lines])) > 0.95


def test_classify_repeats_itself_and_reads_standard_input(tmp_path: Path) -> None:
    source = _write(tmp_path / "in.jsonl", DEV[:5])
    output = tmp_path / "out.jsonl"
    runner.invoke(app, ["classify", str(source), "-o", str(output)], catch_exceptions=False)
    result = runner.invoke(app, ["classify", "-"], input=source.read_text(), catch_exceptions=False)
    assert result.stdout == output.read_text()


def test_a_versioned_paper_of_the_library_is_not_its_own_neighbour(tmp_path: Path) -> None:
    record = {**TRAIN[0], "id": TRAIN[0]["id"] + "v2"}
    output = tmp_path / "out.jsonl"
    source = _write(tmp_path / "in.jsonl", [record])
    runner.invoke(app, ["classify", str(source), "-o", str(output)], catch_exceptions=False)
    line = json.loads(output.read_text())
    assert line["id"] == record["id"]
    assert TRAIN[0]["id"] not in {n["id"] for n in line["neighbours"]}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"id": "2501.1", "title": "t"}', "'abstract' is missing"),
        ('{"id": "2501.1", "title": " ", "abstract": ""}', "title and abstract are empty"),
        ('{"id": 7, "title": "t", "abstract": "a"}', "'id' must be a string"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(tmp_path: Path, line: str, what: str) -> None:
    source = _write(tmp_path / "in.jsonl", DEV[:1])
    source.write_text(source.read_text() + line + "\n")
    output = tmp_path / "out.jsonl"
    output.write_text("kept")
    with pytest.raises(InputError, match=rf"in\.jsonl:2: {what}") as caught:
        runner.invoke(app, ["classify", str(source), "-o", str(output)], catch_exceptions=False)
    assert "\n" not in str(caught.value)
    assert output.read_text() == "kept"


def test_an_empty_file_gives_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").touch()
    output = tmp_path / "out.jsonl"
    result = runner.invoke(
        app, ["classify", str(tmp_path / "in.jsonl"), "-o", str(output)], catch_exceptions=False
    )
    assert result.exit_code == 0
    assert output.read_text() == ""


def test_a_missing_file_and_a_foreign_encoder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        runner.invoke(app, ["classify", str(tmp_path / "no.jsonl")], catch_exceptions=False)
    export_encoder(
        write_tiny_bert(tmp_path / "b", seed=5), tmp_path / "e", name="other", max_tokens=64
    )
    source = _write(tmp_path / "in.jsonl", DEV[:1])
    with pytest.raises(ArtefactMismatch, match="needs vectors of encoder"):
        runner.invoke(
            app,
            ["classify", str(source), "--encoder", str(tmp_path / "e")],
            catch_exceptions=False,
        )


def test_evaluate_tells_every_figure_for_every_system(home: Path) -> None:
    arguments = ["--labels", str(home / "dev.jsonl"), "--train", str(home / "train.jsonl")]
    arguments += ["--papers", str(home / "papers.parquet"), "--draws", "20"]
    result = runner.invoke(app, ["evaluate", *arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["papers"] == len(DEV)
    assert list(report["systems"]) == [
        "litmine",
        "TF-IDF + LinearSVC",
        "TF-IDF + logistic",
        "words alone",
    ]
    own = report["systems"]["litmine"]
    assert own["average_precision"]["value"] > 0.9
    for figure in own.values():
        assert figure["low"] <= figure["high"]
    table = runner.invoke(app, ["evaluate", *arguments], catch_exceptions=False)
    assert "average prec." in table.stdout
    assert "\N{HORIZONTAL ELLIPSIS}" not in table.stdout, "a column was cut"
    assert max(map(len, table.stdout.splitlines())) <= 80
    with pytest.raises(InputError, match="holds no paper of 2020-01-01"):
        runner.invoke(
            app, ["evaluate", *arguments, "--night", "2020-01-01"], catch_exceptions=False
        )


def test_a_report_tells_everything_and_keeps_its_vectors(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    arguments = ["--labels", str(home / "dev.jsonl"), "--train", str(home / "train.jsonl")]
    arguments += ["--papers", str(home / "papers.parquet"), "--draws", "20", "--no-texts"]
    arguments += ["--report", str(folder), "--base", str(home / "models/encoder"), "--json"]
    result = runner.invoke(app, ["evaluate", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    figures = json.loads((folder / "figures.json").read_text())
    assert json.loads(result.stdout) == figures
    text = (folder / "report.md").read_text()
    for name in figures["plots"]:
        assert f"](plots/{name}.svg)" in text
        assert (folder / "plots" / f"{name}.svg").read_bytes().startswith(b"<?xml")
    drawn = {path.stem for path in (folder / "plots").iterdir()}
    assert drawn == set(figures["plots"])
    assert figures["model_labels"] == figures["training_labels"] == len(TRAIN)
    assert "The model itself was trained on" not in text
    systems = figures["evaluation"]["systems"]
    # The same training, the same fusion: the refitted model is the one that is measured.
    for key in ("average_precision", "cell_micro_f1", "technique_accuracy"):
        refitted = figures["ablations"]["systems"]["all three"][key]["value"]
        assert refitted == pytest.approx(systems["litmine"][key]["value"], abs=0.02)
    assert figures["folds"]["pooled"]["relevant"] > 10
    assert figures["folds"]["windows"][0]["first"] < figures["folds"]["windows"][-1]["first"]
    assert figures["night_folds"]["pooled"]["relevant"] > 10
    assert "Later nights of the training labels" in text
    curve = figures["learning_curve"]
    assert curve["sizes"] == [len(TRAIN)]
    assert "words alone" in curve["curves"]
    errors = (folder / "errors.md").read_text()
    assert not any(record["abstract"] in errors for record in DEV)
    assert len(list((folder / "cache").iterdir())) == 1, "one file per encoder"


@pytest.mark.parametrize("train", ["train", "dev"])
def test_a_paper_that_was_trained_on_is_refused(home: Path, train: str) -> None:
    """Also when the labels given for the comparators are not those the classifier has seen."""
    arguments = ["--labels", str(home / "train.jsonl"), "--train", str(home / f"{train}.jsonl")]
    arguments += ["--papers", str(home / "papers.parquet")]
    with pytest.raises(InputError, match="trained on"):
        runner.invoke(app, ["evaluate", *arguments], catch_exceptions=False)
