// Which cells would be stored. Cells are switched singly, or by whole axes: switching a stage on
// gives it the resources that are on; switching it off empties its row and leaves the resources on.
// An axis that is on without cells waits for the other one.

export class Selection {
  constructor(names, cells, technique) {
    this.names = names;
    this.suggested = { cells: [...cells], technique: [...technique] };
    this.reset();
  }

  reset() {
    this.cells = new Set(this.suggested.cells);
    this.technique = [...this.suggested.technique];
    this.stages = new Set([...this.cells].map((cell) => cell.split("/")[0]));
    this.resources = new Set([...this.cells].map((cell) => cell.split("/")[1]));
  }

  /** The chosen cells in the taxonomy's order. */
  list() {
    const all = this.names.stages.flatMap((s) => this.names.resources.map((r) => `${s.id}/${r.id}`));
    return all.filter((cell) => this.cells.has(cell));
  }

  asSuggested() {
    const same = (a, b) => a.length === b.length && a.every((one) => b.includes(one));
    return (
      same(this.list(), this.suggested.cells) && same(this.technique, this.suggested.technique)
    );
  }

  toggleCell(cell) {
    const [stage, resource] = cell.split("/");
    if (this.cells.delete(cell)) {
      if (!this.#any((s) => s === stage)) this.stages.delete(stage);
      if (!this.#any((_, r) => r === resource)) this.resources.delete(resource);
      return false;
    }
    this.cells.add(cell);
    this.stages.add(stage);
    this.resources.add(resource);
    return true;
  }

  toggleStage(stage) {
    if (this.stages.delete(stage)) {
      for (const cell of this.cells) if (cell.startsWith(`${stage}/`)) this.cells.delete(cell);
      return false;
    }
    this.stages.add(stage);
    for (const resource of this.resources) this.cells.add(`${stage}/${resource}`);
    return true;
  }

  toggleResource(resource) {
    if (this.resources.delete(resource)) {
      for (const cell of this.cells) if (cell.endsWith(`/${resource}`)) this.cells.delete(cell);
      return false;
    }
    this.resources.add(resource);
    for (const stage of this.stages) this.cells.add(`${stage}/${resource}`);
    return true;
  }

  #any(test) {
    return [...this.cells].some((cell) => test(...cell.split("/")));
  }
}
