"""The taxonomy holds what codebook and survey name, and the loader refuses bad files."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.core.errors import ConfigError, InputError
from litmine.core.resources import corpus_dir
from litmine.core.taxonomy import (
    METRIC_FAMILIES,
    Benchmark,
    Metric,
    Resource,
    Stage,
    Taxonomy,
    Technique,
    load_taxonomy,
)

CODEBOOK_TECHNIQUES = [
    "efficient-attention",
    "sequence-model",
    "mixture-of-experts",
    "small-model",
    "parallelism",
    "mixed-precision",
    "training-memory",
    "data-selection",
    "data-augmentation",
    "training-objective",
    "peft",
    "full-tuning",
    "pruning",
    "quantization",
    "distillation",
    "low-rank",
    "prompt-compression",
    "kv-cache",
    "speculative-decoding",
    "early-exit",
    "efficient-reasoning",
    "routing",
    "caching",
    "serving",
    "offloading",
    "kernel",
    "edge",
    "collaborative",
    "accelerator",
    "library",
    "measurement",
    "survey",
    "other",
]

CODEBOOK_METRICS = [
    "flops",
    "training_time",
    "latency",
    "throughput",
    "speedup",
    "parameters",
    "model_size",
    "memory",
    "energy",
    "carbon",
    "cost",
    "communication",
    "compression_ratio",
    "tokens",
    "data",
]

SMALL = "\n".join(
    ['[meta]\nversion = "1"\nsurvey = "2401.00625"']
    + [
        f'[[stage]]\nid = "s{i}"\nname = "Stage {i}"\nkey = "{i}"\ndefinition = "d"'
        for i in range(5)
    ]
    + [
        f'[[resource]]\nid = "r{i}"\nname = "Res {i}"\nkey = "k{i}"\ndefinition = "d"'
        for i in range(5)
    ]
    + [
        '[[technique]]\nid = "t"\nname = "T"\nhome_stages = ["s0"]\nhome_resources = ["r0"]\n'
        'definition = "d"\naliases = ["tee"]',
        '[[metric]]\nid = "m"\nname = "M"\nfamily = "memory"\nunit = "gigabyte"\nunits = ["GB"]\n'
        'direction = "lower"\ndefinition = "d"',
        '[[benchmark]]\nid = "b"\nname = "B"\ndefinition = "d"\nmeasures = "m"\nstages = ["s1"]\n'
        'resources = ["r1"]\nyear = 2020',
    ]
)


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return load_taxonomy()


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "taxonomy.toml"
    path.write_text(text, encoding="utf-8")
    return path


# --- the shipped file -----------------------------------------------------------------------


def test_axes_and_cells_stand_in_a_fixed_order(taxonomy: Taxonomy) -> None:
    stages = ["architecture", "pretraining", "finetuning", "inference", "system"]
    resources = ["computation", "memory", "energy", "cost", "network"]
    assert [s.id for s in taxonomy.stages] == stages
    assert [r.id for r in taxonomy.resources] == resources
    assert taxonomy.cells == tuple(f"{s}/{r}" for s in stages for r in resources)
    assert [s.key for s in taxonomy.stages] == list("12345")


def test_every_technique_of_the_codebook_is_there_and_no_other(taxonomy: Taxonomy) -> None:
    assert [t.id for t in taxonomy.techniques] == CODEBOOK_TECHNIQUES


def test_every_metric_of_the_claims_has_exactly_one_entry(taxonomy: Taxonomy) -> None:
    named = [m.codebook_metric for m in taxonomy.metrics if m.codebook_metric]
    assert sorted(named) == sorted(CODEBOOK_METRICS)


def test_metrics_cover_every_family_of_the_survey(taxonomy: Taxonomy) -> None:
    assert {m.family for m in taxonomy.metrics} == set(METRIC_FAMILIES)
    without_label = {m.id for m in taxonomy.metrics if m.codebook_metric is None}
    assert without_label == {"loyalty", "robustness", "pareto-optimality"}


def test_benchmarks_of_the_survey(taxonomy: Taxonomy) -> None:
    assert [b.name for b in taxonomy.benchmarks] == [
        "Dynaboard",
        "EfficientQA",
        "SustaiNLP 2020",
        "ELUE",
        "VLUE",
        "Long Range Arena",
        "Efficiency-aware MS MARCO",
    ]
    assert all(b.url is None or b.url.startswith("https://") for b in taxonomy.benchmarks)


def test_definitions_are_short_sentences(taxonomy: Taxonomy) -> None:
    entries: tuple[Stage | Resource | Technique | Metric | Benchmark, ...] = (
        *taxonomy.stages,
        *taxonomy.resources,
        *taxonomy.techniques,
        *taxonomy.metrics,
        *taxonomy.benchmarks,
    )
    for entry in entries:
        assert entry.definition.endswith("."), entry.id
        assert 8 <= len(entry.definition.split()) <= 60, entry.id


def test_loading_twice_gives_the_same_object(taxonomy: Taxonomy) -> None:
    assert load_taxonomy() is taxonomy
    assert load_taxonomy(corpus_dir() / "taxonomy.toml") is taxonomy


def test_entries_cannot_be_changed(taxonomy: Taxonomy) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        taxonomy.stages[0].id = "other"  # type: ignore[misc]


# --- looking up -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("peft", "peft"),
        ("LoRA", "peft"),
        ("Key-value cache reduction", "kv-cache"),
        ("kv cache", "kv-cache"),
        ("MoE", "mixture-of-experts"),
        ("spec", "speculative-decoding"),
    ],
)
def test_technique_by_id_name_alias_or_beginning(taxonomy: Taxonomy, text: str, found: str) -> None:
    assert taxonomy.technique(text).id == found


def test_an_alias_may_not_be_shortened(taxonomy: Taxonomy) -> None:
    with pytest.raises(InputError, match="did you mean quantization"):
        taxonomy.technique("quantis")


def test_unknown_technique_names_near_matches(taxonomy: Taxonomy) -> None:
    with pytest.raises(InputError, match="did you mean pruning"):
        taxonomy.technique("prunning")


def test_hopeless_name_lists_what_there_is(taxonomy: Taxonomy) -> None:
    with pytest.raises(InputError, match="known: architecture, pretraining"):
        taxonomy.stage("zzzz")
    with pytest.raises(InputError):
        taxonomy.stage("")


def test_ambiguous_beginning_is_refused(taxonomy: Taxonomy) -> None:
    with pytest.raises(InputError, match="computation or cost"):
        taxonomy.resource("co")


def test_metric_by_the_name_of_the_claims(taxonomy: Taxonomy) -> None:
    assert taxonomy.metric("memory").id == "peak-memory"
    assert taxonomy.metric("training_time").id == "training-time"
    assert taxonomy.benchmark("ELUE").year == 2021


def test_home_stage(taxonomy: Taxonomy) -> None:
    home = taxonomy.home_stage("quantization")
    assert home is not None
    assert home.id == "inference"
    assert taxonomy.home_stage("survey") is None


def test_cells_are_parsed_shortened_sorted_and_once(taxonomy: Taxonomy) -> None:
    given_cells = ["system/network", "inf/mem", "Inference / Memory", "Pre-training/Financial cost"]
    assert taxonomy.parse_cells(given_cells) == (
        "pretraining/cost",
        "inference/memory",
        "system/network",
    )
    assert taxonomy.parse_cells([]) == ()


@pytest.mark.parametrize("text", ["inference", "inf/co", "/memory", "inference/", "inf/mem/x", ""])
def test_bad_cells_are_refused(taxonomy: Taxonomy, text: str) -> None:
    with pytest.raises(InputError):
        taxonomy.parse_cells([text])


def test_a_single_text_is_not_a_list_of_cells(taxonomy: Taxonomy) -> None:
    with pytest.raises(InputError, match="single text"):
        taxonomy.parse_cells("inf/mem")


@given(st.data())
def test_any_set_of_cells_survives_parsing(data: st.DataObject) -> None:
    taxonomy = load_taxonomy()
    cells = data.draw(st.lists(st.sampled_from(taxonomy.cells)))
    assert set(taxonomy.parse_cells(cells)) == set(cells)
    assert list(taxonomy.parse_cells(cells)) == sorted(set(cells), key=taxonomy.cells.index)


@given(st.text())
def test_any_text_is_a_technique_or_an_input_error(text: str) -> None:
    taxonomy = load_taxonomy()
    try:
        found = taxonomy.technique(text)
    except InputError:
        return
    assert found in taxonomy.techniques


# --- refusing bad files ---------------------------------------------------------------------


def test_the_small_file_of_these_tests_is_good(tmp_path: Path) -> None:
    taxonomy = load_taxonomy(_write(tmp_path, SMALL))
    assert taxonomy.technique("tee").id == "t"
    assert taxonomy.benchmarks[0].url is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "s1"', 'id = "s2"', "stage 's2': the id stands twice"),
        ('id = "s1"', 'id = "S 1"', "stage 'S 1': an id is lower-case"),
        ('key = "1"', 'key = "k0"', "share the key 'k0'"),
        (
            'home_stages = ["s0"]',
            'home_stages = ["nowhere"]',
            "technique 't' names the unknown stage",
        ),
        ('home_stages = ["s0"]', 'home_stages = "s0"', "'home_stages' must be a list of texts"),
        ('home_stages = ["s0"]', 'home_stages = ["s0", "s0"]', "names something twice"),
        ('home_resources = ["r0"]', 'home_resources = ["s0"]', "unknown resource 's0'"),
        ('resources = ["r1"]', 'resources = ["r9"]', "benchmark 'b' names the unknown resource"),
        ('family = "memory"', 'family = "space"', "metric 'm' names the unknown family"),
        ('direction = "lower"', 'direction = "down"', "metric 'm' names the unknown direction"),
        ("year = 2020", 'year = "2020"', "benchmark 'b': 'year' must be a whole number"),
        ('name = "M"', 'name = " "', "metric 'm': 'name' must be a text"),
        ('name = "M"', 'title = "M"', "metric 'm': unknown field 'title'"),
        ('unit = "gigabyte"\n', "", "metric 'm': field 'unit' is missing"),
        ('survey = "2401.00625"', "", r"\[meta\] needs"),
        ("[[benchmark]]", "[[benchmarks]]", "unknown section 'benchmarks'"),
        ("[meta]", "[meta", "not valid TOML"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in SMALL
    with pytest.raises(ConfigError, match=message):
        load_taxonomy(_write(tmp_path, SMALL.replace(old, new, 1)))


def test_a_sixth_stage_is_refused(tmp_path: Path) -> None:
    more = '\n[[stage]]\nid = "s9"\nname = "Stage 9"\nkey = "9"\ndefinition = "d"'
    with pytest.raises(ConfigError, match="exactly 5 stages, found 6"):
        load_taxonomy(_write(tmp_path, SMALL + more))


def test_two_techniques_may_not_share_an_alias(tmp_path: Path) -> None:
    more = (
        '\n[[technique]]\nid = "u"\nname = "U"\nhome_stages = []\nhome_resources = []\n'
        'definition = "d"\naliases = ["Tee"]'
    )
    with pytest.raises(ConfigError, match="'u' and 't' share the name 'tee'"):
        load_taxonomy(_write(tmp_path, SMALL + more))


def test_a_section_that_is_not_a_list_of_tables(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"write the metric entries as \[\[metric\]\]"):
        load_taxonomy(_write(tmp_path, SMALL.replace("[[metric]]", "[metric]")))


def test_a_missing_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read the taxonomy"):
        load_taxonomy(tmp_path / "none.toml")
