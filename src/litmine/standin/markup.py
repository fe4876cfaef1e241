"""Small helpers to build XML the way arXiv lays it out."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

__all__ = ["add", "lines_of", "to_bytes", "xml_safe"]

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_safe(text: str) -> str:
    """Return `text` with the characters that XML 1.0 cannot carry as spaces."""
    return _NOT_XML.sub(" ", text)


def add(parent: Any, tag: str, text: str | None = None, **attributes: str) -> Any:
    """Append a child element, with `text` escaped as XML demands."""
    child = etree.SubElement(parent, tag, {k: xml_safe(v) for k, v in attributes.items()})
    if text is not None:
        child.text = xml_safe(text)
    return child


def lines_of(text: str, width: int = 76, indent: str = "  ") -> str:
    """Wrap `text` as arXiv does: at single spaces only, so that nothing but whitespace changes."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    lines.append(line)
    return f"\n{indent}".join(lines)


def to_bytes(root: Any) -> bytes:
    """Serialise a document as UTF-8 with its declaration."""
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))
