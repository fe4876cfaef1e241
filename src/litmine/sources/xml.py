"""Reading XML that strangers sent: no entities, no network, bounded size and depth."""

from __future__ import annotations

from typing import Any

from lxml import etree

from litmine.core.errors import MalformedResponse

__all__ = ["child_text", "parse_xml", "text_of"]

MAX_DEPTH = 64


def parse_xml(content: bytes, *, what: str = "answer") -> Any:
    """Parse a whole document strictly and return its root element.

    Document type declarations are refused (arXiv sends none), so no entity can be declared, let
    alone expanded; libxml2 limits the size of a text node, and a tree deeper than 64 levels is
    refused. A document that was cut anywhere is an error, never a shorter document.

    Raises
    ------
    MalformedResponse
        When `content` is not such a document.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise MalformedResponse(
            f"the {what} is not well-formed XML ({reason}); try again later"
        ) from error
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        raise MalformedResponse(f"the {what} is empty or declares a document type; not read")
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise MalformedResponse(f"the {what} is nested deeper than {MAX_DEPTH} levels")
    return root


def text_of(element: Any) -> str:
    """Return all text below `element`, markup inside it dropped; '' for None."""
    return "" if element is None else "".join(element.itertext())


def child_text(parent: Any, tag: str) -> str | None:
    """Return the text of the first child `tag` (``{namespace}name``); None when there is none."""
    child = parent.find(tag)
    return None if child is None else text_of(child)
