"""Names of authors, split for bibliographies."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from litmine.core.latex import to_unicode
from litmine.core.plain import clean
from litmine.publish.formats.names import Name, split_name
from tests.support.entries import HOSTILE, hostile, readable


@pytest.mark.parametrize(
    ("shown", "inverted"),
    [
        ("Ada Lovelace", "Lovelace, Ada"),
        ("Robert W. Heath Jr.", "Heath, Robert W., Jr."),
        ("George N. Phillips, Jr.", "Phillips, George N., Jr."),
        ("Alfred O. Hero III", "Hero, Alfred O., III"),
        ("Ludwig van Beethoven", "van Beethoven, Ludwig"),
        ("Jan-Willem van de Meent", "van de Meent, Jan-Willem"),
        ("Wouter B. Verschoof-van der Vaart", "Verschoof-van der Vaart, Wouter B."),
        ("Pedro Porto Buarque de Gusmão", "de Gusmão, Pedro Porto Buarque"),
        ("Luc Van Gool", "Van Gool, Luc"),
        ("Jan Van den Stock", "Van den Stock, Jan"),
        ("Juan Pablo De la Cruz Weinstein", "De la Cruz Weinstein, Juan Pablo"),
        ("Oskar Van Der Wal", "Van Der Wal, Oskar"),
        ("Éric De La Clergerie", "De La Clergerie, Éric"),
        ("Christopher De Sa", "De Sa, Christopher"),
        ("Teven Le Scao", "Le Scao, Teven"),
        ("Loubna Ben Allal", "Ben Allal, Loubna"),
        ("Jonathan St. Onge", "St. Onge, Jonathan"),
        ("Santiago Ramón y Cajal", "Ramón y Cajal, Santiago"),
        # Middle names, not particles.
        ("Kiet Van Nguyen", "Nguyen, Kiet Van"),
        ("Thach Le Nguyen", "Nguyen, Thach Le"),
        ("Xue Bin Peng", "Peng, Xue Bin"),
        ("Richard Yi Da Xu", "Xu, Richard Yi Da"),
        ("Di Jin", "Jin, Di"),
        ("Quoc V. Le", "Le, Quoc V."),
        ("yuhuai Wu", "Wu, yuhuai"),
        ("Rogério Luís de C. Costa", "Costa, Rogério Luís de C."),
        ("Maria de Lourdes M. Silva", "Silva, Maria de Lourdes M."),
        ("Lovelace, Ada", "Lovelace, Ada"),
        ("van Beethoven, Ludwig", "van Beethoven, Ludwig"),
        # TeX, affiliations, nicknames, titles.
        (r"Jos\'e C. Pr\'incipe", "Príncipe, José C."),
        (r"S{\l}awomir Sta\'nczak", "Stańczak, Sławomir"),
        ("Mimoun Mohamed (QARMA, I2M)", "Mohamed, Mimoun"),
        ("Xuan Jiang (Frank)", "Jiang, Xuan"),
        ("Megha Anand (Centre for Astronomy, India", "Anand, Megha"),
        ("Ada Lovelace (A (nested) one)", "Lovelace, Ada"),
        ("Grace Hopper, PhD", "Hopper, Grace"),
        # One word, and organisations.
        ("Mausam", "Mausam"),
        ("OpenAI", "OpenAI"),
        ("Gemini Team", "Gemini Team"),
        ("Team OLMo", "Team OLMo"),
        ("01. AI", "01. AI"),
        ("The CMS ECAL Collaboration", "The CMS ECAL Collaboration"),
        ("LG AI Research", "LG AI Research"),
        ("Alzheimer's Disease Neuroimaging Initiative",) * 2,
        ("National University of Singapore",) * 2,
        ("and", "and"),
        # Persons all the same.
        ("The Anh Han", "Han, The Anh"),
        ("Mark Core", "Core, Mark"),
        ("Evan G. Center", "Center, Evan G."),
        ("Core Francisco Park", "Park, Core Francisco"),
    ],
)
def test_splitting(shown, inverted):
    assert split_name(shown).inverted == inverted


@pytest.mark.parametrize("empty", ["", " ", "\x00", "()", ",;", "\u202e", "(QARMA)."])
def test_what_names_nobody(empty):
    found = split_name(empty)
    assert found is None or found.literal == "(QARMA)."


@given(readable)
def test_no_word_is_lost_or_made_up(text):
    found = split_name(text)
    words = sorted(re.findall(r"\w+", clean(to_unicode(text))))
    told = (
        ""
        if found is None
        else " ".join((found.literal, found.given, found.particle, found.family, found.suffix))
    )
    assert sorted(re.findall(r"\w+", told)) == words


@given(hostile)
def test_any_text_is_a_name_or_none(text):
    found = split_name(text)
    if found is None:
        return
    assert bool(found.literal) != bool(found.family)
    assert found.literal == "" or found == Name(literal=found.literal)
    assert clean(found.inverted) == found.inverted


@pytest.mark.parametrize("part", ["Van ", "de ", "()", "(", ", PhD", "a,", "Jr. ", "y ", "\\'"])
def test_a_name_without_end_is_taken_as_it_is(part):
    found = split_name(f"Ada {part * 20_000}")
    assert found is not None
    assert found.literal.startswith("Ada")


def test_a_hostile_name_is_one_line():
    found = split_name(HOSTILE)
    assert found is not None
    assert clean(found.inverted) == found.inverted
