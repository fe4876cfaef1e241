"""HTML blocks that Markdown does not end: scripts, preformatted text, comments."""

from __future__ import annotations

import re

__all__ = ["Comments", "raw_block"]

# How such a block begins, and what ends it; blank lines do not.
_RAW = (
    (r"\s*<(?:script|pre|style|textarea)\b", r"</(?:script|pre|style|textarea)>"),
    (r"\s*<\?", r"\?>"),
    (r"\s*<!\[CDATA\[", r"\]\]>"),
    (r"\s*<![A-Za-z]", r">"),
)


def raw_block(text: str) -> bool | None:
    """Tell whether a block of HTML holds nothing but raw text, and whether it ends.

    Returns
    -------
    bool or None
        None: it is an ordinary block. True: raw, and closed.
    """
    for opening, closing in _RAW:
        if re.match(opening, text, re.IGNORECASE):
            return re.search(closing, text, re.IGNORECASE) is not None
    return None


class Comments:
    """Parts HTML into what is shown and what comments hide.

    A comment may begin inside one block and end inside another; all between is hidden then,
    although Markdown reads it as ever.

    Attributes
    ----------
    since : int
        The line on which the open comment began; -1 where none is open.
    spans : list of (int, int)
        From where to where comments of several lines went, the end not included.
    """

    def __init__(self) -> None:
        self.since = -1
        self.spans: list[tuple[int, int]] = []

    @property
    def open(self) -> bool:
        """Whether what comes now is hidden."""
        return self.since >= 0

    def part(self, number: int, text: str) -> tuple[str, str]:
        """Part a line of HTML into what is shown and what is hidden."""
        shown, hidden = "", ""
        while text:
            if self.open:
                inside, closed, text = text.partition("-->")
                hidden += inside
                if not closed:
                    break
                if number > self.since:
                    self.spans.append((self.since, number + 1))
                self.since = -1
            else:
                before, opened, text = text.partition("<!--")
                shown += before
                if not opened:
                    break
                self.since = number
        return shown, hidden
