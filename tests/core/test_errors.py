"""One error tree: every door can translate every error."""

from __future__ import annotations

import re

import pytest

from litmine.core import errors
from litmine.core.errors import LitmineError, RateLimited


def subclasses(cls):
    found = {cls}
    for child in cls.__subclasses__():
        found |= subclasses(child)
    return found


# The client's own (it could not reach the server, or not read its answer) stand with the client.
TREE = sorted(
    (cls for cls in subclasses(LitmineError) if cls.__module__ == errors.__name__),
    key=lambda cls: cls.__name__,
)
LINE = re.compile(r"^ {4}(?P<branch>[│ ├└─]*)(?P<name>\w+) +(?P<code>\d+) +(?P<status>\d+) ", re.M)
DRAWN = {found["name"]: found for found in LINE.finditer(errors.__doc__ or "")}


def test_the_diagram_shows_the_classes_and_no_others():
    assert set(DRAWN) == {cls.__name__ for cls in TREE}


@pytest.mark.parametrize("cls", TREE, ids=lambda cls: cls.__name__)
def test_diagram_and_class_agree(cls):
    drawn = DRAWN[cls.__name__]
    assert (cls.exit_code, cls.http_status) == (int(drawn["code"]), int(drawn["status"]))
    assert len(drawn["branch"]) // 4 == len(cls.__mro__) - len(LitmineError.__mro__)


@pytest.mark.parametrize("cls", TREE, ids=lambda cls: cls.__name__)
def test_every_error_is_exported_explained_and_carries_usable_codes(cls):
    assert cls.__name__ in errors.__all__
    assert cls.__doc__
    assert 1 <= cls.exit_code < 64  # higher codes mean other things to shells and systemd
    assert 400 <= cls.http_status < 600
    assert str(cls("what to do")) == "what to do"


def test_rate_limited_says_how_long():
    assert RateLimited("wait", retry_after=7.5).retry_after == 7.5
    assert RateLimited("wait").retry_after is None


def test_an_error_that_stands_elsewhere_is_a_kind_of_one_that_is_drawn():
    """Whatever a module adds for its own callers, a door translates it as its parent."""
    import litmine.client
    import litmine.publish.merge
    import litmine.publish.suggest.github  # noqa: F401

    elsewhere = {cls for cls in subclasses(LitmineError) if cls.__module__ != errors.__name__}
    assert {cls.__module__ for cls in elsewhere} >= {
        "litmine.client.errors",
        "litmine.publish.merge.merger",
    }
    for cls in elsewhere:
        if cls.__module__ == "litmine.client.errors":  # no door: whoever calls it reads them
            continue
        assert any(parent in TREE and parent is not LitmineError for parent in cls.__mro__), cls
        assert not {"exit_code", "http_status"} & set(vars(cls)), cls
