"""A plot as it stands on a page: picture, what it says in words, and its numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

__all__ = ["Figure", "percent", "sentences", "table"]

_NOTHING = Markup("")


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot and what goes with it.

    Attributes
    ----------
    ident : str
        Unique on the page: the figure's own anchor, and the beginning of the ids within it.
    title : str
        What is shown.
    svg : Markup
        One picture or several.
    caption : str
        What the plot says, computed from its numbers, and what must be known to read it.
    table : Markup
        The same numbers.
    """

    ident: str
    title: str
    svg: Markup
    caption: str
    table: Markup

    def html(self, level: int = 2) -> Markup:
        """Give the whole figure, with a heading of some level."""
        return Markup(
            '<section class="figure" id="{}" aria-labelledby="{}-title">'
            '<h{} class="figure-title" id="{}-title">{}</h{}>'
            '<figure><div class="figure-body">{}</div><figcaption>{}</figcaption></figure>'
            '<details class="figure-numbers"><summary>The numbers<span class="hush"> of: {}</span>'
            '</summary><div class="scroll" tabindex="0" role="region" aria-label="{}, as a table">'
            "{}</div></details></section>"
        ).format(
            self.ident,
            self.ident,
            level,
            self.ident,
            self.title,
            level,
            self.svg,
            self.caption,
            self.title,
            self.title,
            self.table,
        )


def percent(part: float, whole: float) -> str:
    """Write a share; what is more than nothing never looks like nothing.

    Examples
    --------
    >>> percent(1, 8), percent(1, 3000), percent(0, 9), percent(0, 0)
    ('12.5%', '<0.1%', '0%', '–')
    """
    if not whole:
        return "–"
    share = 100 * part / whole
    if not part:
        return "0%"
    return f"{share:.1f}%" if share >= 0.1 else "<0.1%"


def sentences(*parts: str) -> str:
    """Join those that say something."""
    return " ".join(part for part in parts if part)


def table(
    caption: str, head: Sequence[str], rows: Sequence[tuple[str, Sequence[int | str]]]
) -> Markup:
    """Make a table of numbers; the first of `head` stands above the names of the rows."""
    top = _NOTHING.join(Markup('<th scope="col">{}</th>').format(name) for name in head)
    body = _NOTHING.join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            name,
            _NOTHING.join(
                Markup("<td>{}</td>").format(f"{cell:,}" if isinstance(cell, int) else cell)
                for cell in cells
            ),
        )
        for name, cells in rows
    )
    return Markup(
        '<table class="numbers"><caption class="hush">{}</caption><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table>"
    ).format(caption, top, body)
