/** The reader's own settings, as the server sent them with the page; a change shows at once and is kept by the server. */
import { request } from "./saving.js";

const box = typeof document === "undefined" ? null : document.getElementById("endpoints");

/** {theme, font_size, …, single_keys, keys, snap, ask}: names and values are those of annotate/user_settings.py. */
export const settings = JSON.parse(box?.dataset.settings ?? "{}");

const listeners = [];
/** `listener(settings)` after every change. */
export const listenToSettings = (listener) => listeners.push(listener);

const url = () => document.querySelector("meta[name=theme]").dataset.settings;

/**
 * A Storage whose items the server keeps too, for the reader's other devices: what was last given to attributes, and the
 * guidelines as last seen. Other items stay in this browser. `recall()` takes what the server has.
 */
export function makeMemory({ user, project }, storage) {
  const names = ["values", "guide"];
  const prefix = `slantwise.${project.slug}.${user}.`;
  const url = box.dataset.memory;
  const send = (name) => request(url, { method: "PATCH", body: { [name]: JSON.parse(storage.getItem(prefix + name)) } }).catch(() => null);
  return {
    getItem: (name) => storage.getItem(names.includes(name) ? prefix + name : name),
    setItem: (name, words) => {
      const ours = names.includes(name);
      storage.setItem(ours ? prefix + name : name, words);
      if (ours) send(name);
    },
    removeItem: (name) => storage.removeItem(name),
    recall: async () => {
      const { status, json } = await request(url).catch(() => ({}));
      if (status !== 200) return;
      for (const name of names) {
        if (json[name]) storage.setItem(prefix + name, JSON.stringify(json[name]));
        else if (storage.getItem(prefix + name)) send(name);
      }
    },
  };
}

/** Ask the server again: a page that came from the cache bears older ones. */
export async function refreshSettings() {
  const { status, json } = await request(url()).catch(() => ({}));
  if (status !== 200) return;
  Object.assign(settings, json);
  for (const listener of listeners) listener(settings);
}

/** Change some; resolves to null, or to words that say why the server did not keep them (they hold on this page). */
export async function changeSettings(changes) {
  Object.assign(settings, changes);
  for (const listener of listeners) listener(settings);
  const { status, json } = await request(url(), { method: "PATCH", body: changes }).catch(() => ({}));
  return status === 200 ? null : (json?.message ?? "The server does not answer: this holds until you leave the page.");
}
