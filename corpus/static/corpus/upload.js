/* The upload page: shows the chosen files, takes dropped ones, sends once. Without it the plain file input does. */

const MIB = 1024 * 1024;

export function inWords(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let size = bytes / 1024;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** What is wrong with a choice of files before a byte is sent, or "". */
export function problemWith(files, { mostBytes, mostFiles }) {
  if (files.length > mostFiles) return `${files.length} files are more than ${mostFiles} at once. Put them into a zip.`;
  const large = files.find((file) => file.size > mostBytes);
  if (large) return `${large.name} is ${inWords(large.size)}; at most ${Math.round(mostBytes / MIB)} MiB are taken. Split it.`;
  const empty = files.find((file) => file.size === 0);
  return empty ? `${empty.name} is empty.` : "";
}

function show(form) {
  const input = form.querySelector("[data-files]");
  const list = form.querySelector("[data-chosen]");
  const note = form.querySelector("[data-files-note]");
  const files = [...input.files];
  list.replaceChildren(
    ...files.map((file, index) => {
      const row = document.createElement("li");
      const name = document.createElement("span");
      name.className = "chosen-files__name";
      name.textContent = file.name;
      const size = document.createElement("span");
      size.className = "chosen-files__size";
      size.textContent = inWords(file.size);
      const out = document.createElement("button");
      out.type = "button";
      out.dataset.leaveOut = index;
      out.className = "chosen-files__out";
      out.textContent = "Leave out";
      out.setAttribute("aria-label", `Leave out ${file.name}`);
      row.append(name, size, out);
      return row;
    }),
  );
  list.hidden = files.length === 0;
  const problem = problemWith(files, { mostBytes: Number(input.dataset.mostBytes), mostFiles: Number(input.dataset.mostFiles) });
  input.setCustomValidity(problem);
  const total = files.reduce((sum, file) => sum + file.size, 0);
  note.textContent = problem || (files.length > 1 ? `${files.length} files, ${inWords(total)}` : "");
  note.dataset.tone = problem ? "bad" : "";
}

function choose(input, files) {
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  input.files = transfer.files;
  show(input.form);
}

function start() {
  const input = document.querySelector("[data-files]");
  if (!input) return;
  const { form } = input;
  const place = form.querySelector("[data-drop]");
  place.dataset.ready = "";
  input.addEventListener("change", () => show(form));
  form.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-leave-out]");
    if (!button) return;
    const index = Number(button.dataset.leaveOut);
    choose(input, [...input.files].filter((_, at) => at !== index));
    (form.querySelector(`[data-leave-out="${Math.max(index - 1, 0)}"]`) ?? input).focus();
  });
  for (const kind of ["dragenter", "dragover"]) {
    place.addEventListener(kind, (event) => {
      event.preventDefault();
      place.dataset.over = "";
    });
  }
  place.addEventListener("dragleave", (event) => {
    if (!place.contains(event.relatedTarget)) delete place.dataset.over;
  });
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    delete place.dataset.over;
    if (event.dataTransfer.files.length) choose(input, [...input.files, ...event.dataTransfer.files]);
  });
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent !== undefined) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "";
    const button = form.querySelector("[type=submit]");
    button.value = "Uploading …";
    button.setAttribute("aria-disabled", "true");
  });
  // The browser's own Back brings the page as it was left.
  addEventListener("pageshow", () => {
    delete form.dataset.sent;
    const button = form.querySelector("[type=submit]");
    button.value = button.dataset.words;
    button.removeAttribute("aria-disabled");
    show(form);
  });
}

if (typeof document !== "undefined") start();
