import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock, PAUSE } from "../../annotate/static/annotate/clock.js";

/** A clock and a hand to turn time with, in seconds. */
const make = (seconds = 0) => {
  let time = 5_000_000;
  const clock = new Clock({ now: () => time, seconds });
  return { clock, pass: (gone) => (time += gone * 1000) };
};

test("time runs from one sign of life to the next", () => {
  const { clock, pass } = make(30);
  pass(10);
  assert.equal(clock.seconds, 40);
  clock.stir();
  pass(59);
  clock.stir();
  assert.equal(clock.seconds, 99);
});

test("after a minute without one the clock stands, and goes on from there", () => {
  const { clock, pass } = make();
  pass(3600);
  assert.equal(clock.seconds, PAUSE / 1000);
  clock.stir();
  pass(5);
  assert.equal(clock.seconds, 65);
});

test("a hidden page stops it at once; being seen again starts it", () => {
  const { clock, pass } = make();
  pass(7);
  clock.stop();
  pass(30);
  assert.equal(clock.seconds, 7);
  clock.stir();
  pass(2);
  assert.equal(clock.seconds, 9);
});

test("it never goes back, whatever happens in whatever order", () => {
  const { clock, pass } = make(12);
  let last = clock.seconds;
  for (let i = 0; i < 500; i += 1) {
    pass((i * 37) % 91);
    if (i % 7 === 0) clock.stop();
    else if (i % 3) clock.stir();
    assert.ok(clock.seconds >= last && Number.isInteger(clock.seconds));
    last = clock.seconds;
  }
});

test("a clock that is set back takes nothing away", () => {
  const { clock, pass } = make();
  pass(-500);
  assert.equal(clock.seconds, 0);
  clock.stir();
  pass(4);
  assert.equal(clock.seconds, 4);
});
