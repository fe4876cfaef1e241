"""Plots: counted rightly, drawn to scale, said in words, and fit for strict pages."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from litmine.core.taxonomy import load_taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.site import plots
from litmine.publish.site.figure import percent
from litmine.publish.site.plot_counts import Span, counts, longest_span
from litmine.publish.site.plot_shares import difference
from litmine.publish.site.plot_svg import bars, nice_steps
from tests.support.site import invented

TAXONOMY = load_taxonomy()
PLOTS = (
    plots.by_month,
    plots.by_stage,
    plots.by_resource,
    plots.shares_of_cells,
    plots.growth_of_techniques,
)


def _paper(day: date, number: int = 1, cell: str = "inference/memory", technique: str = "pruning"):
    return ListEntry(f"2401.{number:05d}", "A title", day, technique=(technique,), cells=(cell,))


def _tree(figure: plots.Figure) -> etree._Element:
    return etree.fromstring(str(figure.html()).replace("&ndash;", "–"))


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize("papers", [0, 1, 60], ids="{} papers".format)
def test_figures_are_well_formed_and_strict(plot, papers: int) -> None:
    entries = invented(papers)
    tree = _tree(plot(entries))
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert not tree.xpath("//@style | //script | //*[starts-with(name(@*), 'on')]")
    for picture in tree.xpath("//svg[not(ancestor::svg)]"):
        hidden = picture.get("aria-hidden") or picture.xpath("ancestor::*/@aria-hidden")
        if not hidden:
            assert picture.get("role") == "img"
            for name in picture.get("aria-labelledby").split():
                assert tree.xpath(f"string(//*[@id='{name}'])")
    assert tree.xpath("//figcaption")
    assert tree.xpath("//details//table//th[@scope='col']")
    assert str(plot(entries).html()) == str(plot(entries[::-1]).html())


def test_names_are_text() -> None:
    figure = plots.by_month(invented(3), title="<b>& of 'all'")
    assert "<b>" not in figure.html()
    assert "&lt;b&gt;" in figure.html()


@given(st.lists(st.dates(date(2023, 1, 1), date(2026, 7, 14)), max_size=40))
def test_every_paper_is_counted_once_in_its_month(days: list[date]) -> None:
    entries = [_paper(day, n) for n, day in enumerate(days)]
    span = longest_span(entries, None, 1000)
    seen = counts(entries, span, ["inference"], lambda entry: entry.stages)["inference"]
    assert sum(seen) == len(days)
    for start, count in zip(span.starts, seen, strict=True):
        assert count == sum((d.year, d.month) == (start.year, start.month) for d in days)


def test_what_comes_after_the_last_day_is_not_counted() -> None:
    entries = [_paper(date(2026, 7, 8), 1), _paper(date(2026, 7, 9), 2)]
    span = longest_span(entries, date(2026, 7, 8), 36)
    assert sum(counts(entries, span, [""], lambda _: ("",))[""]) == 1


def test_a_month_that_is_not_over_is_open_and_claims_nothing() -> None:
    entries = [_paper(date(2026, 5, 1) + timedelta(days=n), n) for n in range(64)]
    figure = plots.by_month(entries)
    assert "until the 3rd" in figure.caption
    assert "until the 3rd" in figure.table
    assert "61 papers from May 2026 to Jun 2026" in figure.caption
    over = plots.by_month(entries, until=date(2026, 7, 31))
    assert "64 papers from May 2026 to Jul 2026" in over.caption
    assert "until the" not in over.caption
    assert _classed(figure, "open")
    assert not _classed(over, "open")


def _classed(figure: plots.Figure, kind: str) -> str:
    return " ".join(re.findall(rf'<path class="col s1 {kind}"[^>]*>', figure.svg))


def test_bars_begin_at_zero_and_share_a_scale() -> None:
    assert bars([5, 0, 10], 10, 100) == "M0.1 100V50h.8V100zM2.1 100V0h.8V100z"
    entries = [_paper(date(2026, 6, 3), n) for n in range(90)]
    entries += [_paper(date(2026, 6, 3), 100 + n, "system/energy") for n in range(10)]
    figure = plots.by_stage(entries, until=date(2026, 6, 30))
    heights = [
        96 - float(y) for y in re.findall(r'class="col s\d" d="M0.1 96V([\d.]+)h', figure.svg)
    ]
    assert heights == [pytest.approx(96 * 0.9, abs=0.1), pytest.approx(96 * 0.1, abs=0.1)]
    assert "Inference leads: 90.0% of the 100 papers" in figure.caption


@given(st.floats(0, 1e7))
def test_axes_are_round_and_hold_the_largest_value(most: float) -> None:
    steps = nice_steps(most)
    assert steps[0] == 0
    assert steps[-1] >= most
    assert 2 <= len(steps) <= 7
    assert steps[-1] <= max(1, 2 * most)


def test_growth_tells_chance_from_change() -> None:
    day = date(2026, 6, 30)
    entries = [_paper(day - timedelta(days=1000))]
    for back, kinds in (
        (0, {"quantization": 90, "pruning": 52}),
        (365, {"quantization": 30, "pruning": 50}),
    ):
        for kind, count in kinds.items():
            for n in range(count):
                when = day - timedelta(days=back + n % 300)
                entries.append(_paper(when, len(entries), technique=kind))
    figure = plots.growth_of_techniques(entries, until=day)
    assert "Growing: Quantization (37.5% to 63.4%)" in figure.caption
    assert "Shrinking: Pruning (62.5% to 36.6%)" in figure.caption
    assert figure.svg.index("Quantization") < figure.svg.index("Pruning")
    same = plots.growth_of_techniques(
        [e for e in entries if e.technique == ("pruning",)], until=day
    )
    assert "No technique's share changed by more than chance" in same.caption


def test_the_interval_of_a_difference_is_newcombes() -> None:
    # The examples (a), (e) and (h) of the paper, table II, method 10.
    for given_, expected in (
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((10, 10, 0, 10), (0.6075, 1.0)),
    ):
        assert difference(*given_) == pytest.approx(expected, abs=6e-5)


def test_shares_never_hide_what_is_there() -> None:
    assert (percent(1, 5000), percent(1, 3), percent(7, 7)) == ("<0.1%", "33.3%", "100.0%")


def test_a_year_is_twelve_complete_months() -> None:
    span = Span.ending(date(2026, 7, 8), 36)
    assert span.between(span.last_year()) == "Jul 2025 to Jun 2026"
    assert span.between(span.last_year(1)) == "Jul 2024 to Jun 2025"
    over = Span.ending(date(2026, 6, 30), 36)
    assert over.between(over.last_year()) == "Jul 2025 to Jun 2026"
