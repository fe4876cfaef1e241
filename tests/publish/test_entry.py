"""Addresses that stand in the list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from litmine.publish.entry import safe_url
from tests.support.entries import hostile

RULE = etree.RelaxNG(
    etree.fromstring(
        '<element name="a" xmlns="http://relaxng.org/ns/structure/1.0" '
        'datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">'
        '<data type="anyURI"/></element>'
    )
)


@pytest.mark.parametrize(
    ("given_url", "kept"),
    [
        ("https://arxiv.org/abs/2401.00001v2", "https://arxiv.org/abs/2401.00001v2"),
        ("https://a.org/x_(y)[z]|`*`", "https://a.org/x_%28y%29%5Bz%5D%7C%60%2A%60"),
        ("https://a.org/100%?q=%20%zz#a#b", "https://a.org/100%25?q=%20%25zz#a%23b"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
        ("https://exämple.org/ü", "https://xn--exmple-cua.org/%C3%BC"),
        ("https://arxiv.org@evil.example/", ""),
        ("https://a:port/", ""),
        ("javascript:alert(1)", ""),
        ("https:///x", ""),
        ("https://a b.org/", "https://ab.org/"),
    ],
)
def test_addresses(given_url, kept):
    assert safe_url(given_url) == kept


@given(st.sampled_from(["", "https://", "https://a.org/", "https://a.org/?q=%"]), hostile)
def test_an_address_is_valid_or_none(start, text):
    found = safe_url(start + text)
    if found:
        element = etree.Element("a")
        element.text = found
        assert RULE.validate(element)
        assert found.isascii()
        assert not set(found) & set(" ()<>\"'`|\\{}^*")
        assert safe_url(found) == found
