/** Requests to our own server: JSON in, JSON out, the CSRF token read afresh for each. */

/** The token of the cookie, which signing in anew replaces; the page's own where the cookie cannot be read. */
export function csrfToken() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return cookie ? decodeURIComponent(cookie.slice("csrftoken=".length)) : (document.querySelector("meta[name=csrf-token]")?.content ?? "");
}

/** {status, redirected, json}; json is null unless the answer is JSON. Throws TypeError where the network fails. */
export async function request(url, { method = "GET", body } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  const response = await fetch(url, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: "same-origin",
    cache: "no-store",
    signal: AbortSignal.timeout(20_000),
  });
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  return { status: response.status, redirected: response.redirected, json: isJson ? await response.json().catch(() => null) : null };
}
