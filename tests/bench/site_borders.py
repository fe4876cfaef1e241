"""Where the site's search would best be cut into shards, for `litmine.publish.site.search_borders`.

    python -m tests.bench.site_borders DATA_DIR

Prints borders that cut the words of all approved papers of a database into pieces of equal size.
"""

from __future__ import annotations

import sys
import textwrap
from collections import Counter
from pathlib import Path

from litmine.core.taxonomy import load_taxonomy
from litmine.jobs.approved import approved_entries
from litmine.publish.site.search_words import words_of
from litmine.store import open_store

#: Bytes of a term's line, and of one posting.
_LINE, _POSTING = 9, 1.8
_PIECES = 1_150  # words that fill several pieces have no border within: some 800 remain


def main() -> None:
    """Print the table."""
    taxonomy = load_taxonomy()
    weight: Counter[str] = Counter()
    database = f"sqlite:///{Path(sys.argv[1]) / 'litmine.db'}"
    with open_store(database, migrate=False) as store, store.read() as connection:
        entries = approved_entries(connection)
    for entry in entries:
        weight.update(dict.fromkeys(words_of(entry, taxonomy).levels, _POSTING))
    piece = (sum(weight.values()) + _LINE * len(weight)) / _PIECES
    borders: list[str] = []
    filled, before = 0.0, ""
    for term in sorted(weight):
        if filled >= piece:
            # As short as it can be and still come after the word before.
            border = next(term[:n] for n in range(1, len(term) + 1) if term[:n] > before)
            if border.isascii() and " " not in border:
                borders.append(border)
                filled = 0.0
        filled += weight[term] + _LINE
        before = term
    print("\n".join(textwrap.wrap(" ".join(borders), 98)))
    print(len(borders), file=sys.stderr)


if __name__ == "__main__":
    main()
