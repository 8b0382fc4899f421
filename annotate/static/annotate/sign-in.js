/** Signing in again without leaving the page, so that nothing on it is lost. */
import { byId } from "./dom.js";
import { csrfToken } from "./http.js";

/** `username`: who must sign in; `isBack()` resolves to true once the server knows this page's user again. */
export function makeSignIn({ username, isBack, onBack }) {
  const dialog = byId("sign-in");
  const { url } = dialog.dataset;
  const password = byId("sign-in-password");
  const say = (words) => (byId("sign-in-problem").textContent = words);

  const signIn = async () => {
    say("");
    await fetch(url, { credentials: "same-origin", cache: "no-store" }); // sets the CSRF cookie
    const body = new URLSearchParams({ username, password: password.value });
    const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() }, credentials: "same-origin", redirect: "manual" });
    if (answer.type !== "opaqueredirect") return say("That password is not right.");
    return finish();
  };
  const finish = async () => {
    if (!(await isBack())) return say(`Somebody else is signed in now. Sign in as ${username} to send these changes.`);
    password.value = "";
    dialog.close();
    return onBack();
  };
  const attempt = (work) => work().catch(() => say("The server does not answer. Your changes are kept here; try again."));

  byId("sign-in-confirm").addEventListener("click", () => attempt(signIn));
  byId("sign-in-form").addEventListener("submit", (event) => {
    if (event.submitter?.value === "" && !password.value) return;
    event.preventDefault();
    attempt(signIn);
  });
  password.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    attempt(signIn);
  });
  // Signed in meanwhile in another tab.
  addEventListener("focus", () => dialog.open && isBack().then((back) => back && finish(), () => {}));

  return { open: () => dialog.open || dialog.showModal() };
}
