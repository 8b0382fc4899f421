/**
 * Drives a Store from Python: one JSON command a line on stdin, one answer a line on stdout.
 *
 * {begin: STATE, prefix} starts anew; {call: [method, …arguments]} makes an operation; {settle: [op_id], revision};
 * {adopt: STATE, reload} takes the server's state, as a new page (reload) or as the page after a conflict.
 */
import { createInterface } from "node:readline";
import { Store } from "../../annotate/static/annotate/store.js";

let store;
let made;
let dropped;
let count = 0;
let prefix = "";
const makeId = () => `${prefix}-0000-4000-8000-${(count += 1).toString(16).padStart(12, "0")}`;
const start = (state) => new Store(state, { onPerform: (operation) => (made = operation), makeId });

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  made = null;
  dropped = [];
  if (command.begin) {
    ({ prefix } = command);
    store = start(command.begin);
  } else if (command.call) {
    const [method, ...given] = command.call;
    store[method](...given);
  } else if (command.settle) {
    store.settle(command.settle, command.revision);
  } else if (command.reload) {
    const { pending } = store;
    store = start(command.adopt);
    dropped = store.adopt(command.adopt, pending);
  } else {
    dropped = store.adopt(command.adopt);
  }
  const rows = Object.fromEntries(Object.entries(store.rows).map(([kind, map]) => [kind, Object.fromEntries(map)]));
  const { pending, revision } = store;
  process.stdout.write(`${JSON.stringify({ made, rows, dropped, pending, revision })}\n`);
}
