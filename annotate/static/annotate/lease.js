/** Keeps the task ours while its page is open: a renewal every third of the lease, only while the page is seen. */

const LEAST = 20_000;
const MOST = 10 * 60_000;

/** Milliseconds until the next renewal of a lease that ends at `expires` (ISO), now being `now`. */
export const renewalIn = (expires, now) => Math.max(LEAST, Math.min(MOST, (Date.parse(expires) - now) / 3));

/** `renew()` posts and resolves to the new end of the lease (ISO) or null. */
export function keepLease({ expires, renew }) {
  if (!expires) return;
  let end = expires;
  let timer;
  const plan = () => {
    clearTimeout(timer);
    timer = setTimeout(run, renewalIn(end, Date.now()));
  };
  const run = async () => {
    if (document.visibilityState === "visible") end = (await renew().catch(() => null)) ?? end;
    plan();
  };
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && Date.parse(end) - Date.now() < MOST && run());
  plan();
}
