/** What the reader is doing right now: nothing here is saved. Offsets in code points. */

export class Ui {
  #listeners = [];

  selected = null; // id of the selected mark
  hovered = null; // id of the mark under the pointer
  pending = null; // {start, end, anchor: {start, end}}: words waiting for a label
  cursor = null; // {start, end}: the word cursor
  linking = null; // {from: id, type: relation type} while a link is being drawn
  candidate = null; // id of the mark that a link would point to
  fragment = null; // id of the mark that the next selection is added to
  edge = "end"; // the edge that Shift+arrows move

  /** `listener(before)` after every change; `before` holds the old values of what changed. */
  listen(listener) {
    this.#listeners.push(listener);
  }

  set(changes) {
    const before = {};
    for (const [name, value] of Object.entries(changes)) {
      if (this[name] !== value) before[name] = this[name];
      this[name] = value;
    }
    if (Object.keys(before).length) for (const listener of this.#listeners) listener(before);
  }
}
