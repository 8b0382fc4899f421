/** How long the reader has worked on this task: each sign of life counts the time since the one before, a minute at most. */

export const PAUSE = 60_000; // milliseconds without input, after which the clock stands
const KEY = "slantwise.time"; // {task, seconds} of the task last worked on, so that reloading loses none

export class Clock {
  #spent;
  #last = null; // the last sign of life; null while the page is hidden

  /** `now()`: milliseconds; a step back counts as no time. `seconds`: counted before. */
  constructor({ now, seconds = 0 }) {
    this.now = now;
    this.#spent = seconds * 1000;
    this.stir();
  }

  get #open() {
    return this.#last === null ? 0 : Math.min(PAUSE, Math.max(0, this.now() - this.#last));
  }

  /** Whole seconds so far. */
  get seconds() {
    return Math.floor((this.#spent + this.#open) / 1000);
  }

  /** The reader did something. */
  stir() {
    this.#spent += this.#open;
    this.#last = this.now();
  }

  /** The page cannot be seen any more. */
  stop() {
    this.#spent += this.#open;
    this.#last = null;
  }
}

/** The seconds spent on the task, to be asked whenever something is sent; `seconds`: what the server knows of. */
export function keepTime(task, seconds) {
  let kept = null;
  try {
    kept = JSON.parse(localStorage.getItem(KEY));
  } catch {
    // no storage, or nothing of ours: the server's figure serves
  }
  const clock = new Clock({ now: () => performance.now(), seconds: Math.max(seconds, kept?.task === task ? kept.seconds : 0) });
  const keep = () => {
    try {
      localStorage.setItem(KEY, JSON.stringify({ task, seconds: clock.seconds }));
    } catch {
      // told with the next change at the latest
    }
  };
  const seen = () => {
    if (document.visibilityState === "visible") return clock.stir();
    clock.stop();
    return keep();
  };
  seen();
  for (const name of ["keydown", "pointerdown", "pointermove", "wheel", "touchmove", "scroll"]) addEventListener(name, () => document.visibilityState === "visible" && clock.stir(), { passive: true, capture: true });
  document.addEventListener("visibilitychange", seen);
  addEventListener("pagehide", keep);
  return () => clock.seconds;
}
