/**
 * What the server's answer to a request means. No DOM, no network.
 *
 * Only JSON that names an operation acknowledges it: a proxy's page, or the sign-in page behind a followed redirect, is an
 * answer too, and must not lose a mark.
 */

/**
 * `answer`: {status, redirected, json} where json is null unless the body was JSON.
 * Returns one of {kind: "done", json}, "signed-out", "conflict", "missing", "gone", "bad" (each with json), or
 * {kind: "retry"}: nothing is known, ask again later.
 */
export function readAnswer({ status, redirected, json }) {
  if (redirected || json === null || typeof json !== "object") {
    return status === 401 ? { kind: "signed-out" } : { kind: "retry", status };
  }
  if (status === 200) return { kind: "done", json };
  if (status === 401) return { kind: "signed-out" };
  if (status === 404) return { kind: "gone", json };
  if (status === 409) return { kind: "conflict", json };
  if (status === 422) return { kind: "missing", json };
  if (status === 400) return { kind: "bad", json };
  return { kind: "retry", status };
}

/** The op_ids that a "done" answer settles, applied and refused: {applied, refused}; null where it is not that shape. */
export function acknowledged(json) {
  if (!Array.isArray(json.applied)) return null;
  return { applied: json.applied, refused: Array.isArray(json.refused) ? json.refused : [] };
}

/** Milliseconds to wait before attempt number `attempt` (0 first): doubling from 1 s to 30 s, spread by `chance` in [0, 1). */
export const backOff = (attempt, chance) => Math.min(30_000, 1000 * 2 ** attempt) * (0.75 + chance / 2);
