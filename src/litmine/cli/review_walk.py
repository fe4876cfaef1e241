"""Going through the queue one paper at a time, by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from litmine.cli.common import console, plain, split

if TYPE_CHECKING:
    from litmine.core.settings import Settings
    from litmine.review import Outcome, ReviewDesk, ReviewItem
    from litmine.store import Store
    from litmine.store.decisions import Decision

__all__ = ["publish", "said", "show_item", "walk"]

_KEYS = "a approve  e edit cells  x reject  l later  u undo  o open link  n next  q quit"
_HELP = """a  approve with the suggested cells and technique
e  approve with other cells: stage/resource, short forms such as inf/mem, sys/comp
x  reject for good        l  put aside for later      n  next, undecided
u  take back the last decision                       o  open the arXiv page
q  end (Ctrl-D too); nothing that was decided is lost
Each key is followed by Enter."""
_DONE = {"approve": "approved", "reject": "rejected", "later": "put aside"}


def walk(loaded: Settings, store: Store, reviewer: str) -> None:
    """Show the most probable paper, ask for a key, act on it; until the queue or the user ends."""
    from litmine.core.errors import Forbidden, InputError, NotFound, Stale
    from litmine.review import ReviewDesk

    desk = ReviewDesk(store, reviewer, double=loaded.review.double)
    out = console()
    skipped: set[str] = set()
    standing = 0
    message = ""
    try:
        while True:
            seen = skipped | desk.answered()
            items = [i for i in desk.waiting() if i.paper.arxiv_id not in seen]
            if not items:
                if message:
                    out.print(message, markup=False)
                out.print("no more papers" if skipped else "the queue is empty", markup=False)
                break
            item = items[0]
            out.rule(f"{len(items)} to go")
            show_item(item)
            # What the last key did stands under the paper, where the eye is.
            answer = _ask(f"\n{message or _KEYS}\n> ")
            message = ""
            if answer in {None, "q"}:
                break
            paper = item.paper.arxiv_id
            try:
                if answer == "n":
                    skipped.add(paper)
                elif answer == "u":
                    taken_back = desk.undo()
                    skipped.discard(taken_back.arxiv_id)
                    standing -= 1
                    message = said(taken_back)
                elif answer == "o":
                    typer.launch(item.paper.url)
                    message = item.paper.url
                elif answer == "?":
                    message = _HELP
                else:
                    outcome = _act(desk, answer, item)
                    if outcome is None:
                        message = f"{answer!r} is no key here; ? explains them: {_KEYS}"
                    else:
                        standing += 1
                        message = said(outcome)
            except (Forbidden, InputError, NotFound, Stale) as error:
                message = f"not done: {error}"
    except KeyboardInterrupt:
        out.print()  # every decision is stored already; Ctrl-C only ends the walk
    finally:
        publish(loaded, store)
        count = f"{standing} decision{'' if abs(standing) == 1 else 's'}"
        out.print(f"{count} in this sitting; lists in {loaded.outputs}", markup=False)


def _ask(prompt: str) -> str | None:
    """Read one answer; None at the end of the input."""
    try:
        return input(prompt).strip()
    except EOFError:
        typer.echo()
        return None


def _act(desk: ReviewDesk, key: str | None, item: ReviewItem) -> Outcome | None:
    from litmine.core.errors import InputError
    from litmine.core.taxonomy import load_taxonomy

    paper = item.paper.arxiv_id
    if key == "a":
        if not item.prediction.assigned:
            raise InputError("no cell is sure enough to be suggested; press e and name the cells")
        return desk.approve(paper)
    if key == "e":
        suggested = ", ".join(item.prediction.assigned) or "none"
        cells = split(_ask(f"cells (suggested: {suggested}; empty: go back): ") or "")
        if not cells:
            raise InputError("no cells given, nothing changed")
        load_taxonomy().parse_cells(cells)  # tell of a wrong cell before asking for more
        technique = split(_ask("technique (empty: as suggested): ") or "")
        return desk.approve(paper, cells, technique or None)
    if key == "x":
        return desk.reject(paper)
    if key == "l":
        return desk.later(paper)
    return None


def said(outcome: Outcome) -> str:
    """Tell what came of a decision in a few words."""
    paper = outcome.arxiv_id
    if outcome.undone is not None:
        return f"took back: {outcome.undone.action} of {paper}"
    if outcome.withdrawn is not None:
        return f"took back: your opinion on {paper}"
    if outcome.decision is not None:
        return said_of(outcome.decision)
    if outcome.state == "disputed":
        return f"{paper} is disputed now: the other reviewer is of another opinion"
    return f"your opinion on {paper} is in; it waits for a second one"


def said_of(decision: Decision) -> str:
    """Tell a decision in a few words."""
    cells = f" as {', '.join(decision.cells)}" if decision.cells else ""
    return f"{_DONE[decision.action]}: {decision.arxiv_id}{cells}"


def publish(loaded: Settings, store: Store) -> None:
    """Bring the lists up to date with the decisions."""
    from litmine.jobs.context import RunContext
    from litmine.jobs.publish.outputs import write_lists

    write_lists(RunContext(loaded, store))


def show_item(item: ReviewItem) -> None:
    """Print a paper, what the model suggests and the labelled papers nearest to it."""
    out = console()
    paper, prediction = item.paper, item.prediction
    out.print(plain(paper.title), style="bold", markup=False)
    authors = ", ".join(paper.authors[:4]) + (" and others" if len(paper.authors) > 4 else "")
    version = f"v{paper.version}, " if paper.version else ""
    out.print(
        plain(f"{authors} | {paper.published or ''} | {version}{' '.join(paper.categories)}"),
        style="dim",
        markup=False,
    )
    out.print(paper.url, style="dim", markup=False)
    out.print()
    out.print(plain(paper.abstract), markup=False)
    _show_reasons(item)
    if prediction.neighbours:
        out.print("\nnearest labelled papers:", markup=False)
    for neighbour in prediction.neighbours:
        known = ", ".join(neighbour["cells"]) or "not relevant"
        out.print(
            f"  {neighbour['similarity']:.2f}  {plain(neighbour['title'])}  [{known}]",
            markup=False,
        )
    out.print()
    cells = ", ".join(f"{c} {prediction.cells[c]:.2f}" for c in prediction.assigned)
    if not cells:
        likely = max(prediction.cells, key=lambda cell: prediction.cells[cell])
        cells = f"none sure enough (most probable: {likely} {prediction.cells[likely]:.2f})"
    out.print(f"relevance {prediction.relevance:.2f}   cells {cells}", markup=False)
    out.print(f"technique {', '.join(prediction.technique) or 'none'}", markup=False)
    if item.decision:
        out.print(
            f"decided: {said_of(item.decision)} by {plain(item.decision.reviewer)}", markup=False
        )
    for opinion in item.opinions:
        cells = f" as {', '.join(opinion.cells)}" if opinion.cells else ""
        comment = f": {plain(opinion.comment)}" if opinion.comment else ""
        out.print(
            f"opinion: {opinion.action}{cells} by {plain(opinion.reviewer)}{comment}", markup=False
        )
    unseen = item.opinions_given - len(item.opinions)
    if unseen:
        out.print("one opinion is in already; you see it once yours is too", markup=False)


def _show_reasons(item: ReviewItem) -> None:
    """Print the sentence and the words that moved the relevance most, where they are known."""
    reasons = item.reasons
    if reasons is None:
        return
    out = console()
    out.print()
    if reasons.sentence:
        sentence = " ".join(plain(reasons.sentence).split())
        out.print(f"most telling: {sentence}", markup=False)
    for name, words in (("for", reasons.words_for), ("against", reasons.words_against)):
        if words:
            out.print(f"words {name} it: {plain(', '.join(words))}", markup=False)
