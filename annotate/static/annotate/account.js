/** Every page: signing out with operations that the server does not have yet asks first. */
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-sign-out]") || form.dataset.sure) return;
  event.preventDefault();
  const unsent = await import("./saving.js").then(({ countUnsent }) => countUnsent(form.dataset.user)).catch(() => 0);
  const question = `${unsent} ${unsent === 1 ? "change is" : "changes are"} kept on this device and not saved yet. They are sent when you sign in here again. Sign out all the same?`;
  if (unsent && !confirm(question)) return;
  form.dataset.sure = "yes";
  form.requestSubmit();
});
