/** Small makers: elements, icons, words, ids. */

const SVG = "http://www.w3.org/2000/svg";

/** `make("button.tool", {type: "button", dataset: {act: "delete"}, "aria-label": "Delete"}, child, …)`. */
export function make(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "dataset") Object.assign(element.dataset, value);
    else if (key in element && !key.startsWith("aria")) element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export const byId = (id) => document.getElementById(id);

/** Words of a mark, short enough for a sentence. */
export function shorten(words, length = 48) {
  const flat = words.replaceAll(/\s+/g, " ");
  return flat.length > length ? `${flat.slice(0, length - 1).trimEnd()}…` : flat;
}

/** Say something to a screen reader. The same words twice in a row are said twice. */
export function say(words) {
  const live = byId("live");
  live.textContent = live.textContent === words ? `${words}\u00a0` : words;
}

/** A version 4 UUID from 16 random bytes, also on a plain-http host, where `crypto.randomUUID` is missing. */
export function uuid(random = (bytes) => crypto.getRandomValues(bytes)) {
  const bytes = random(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/**
 * What the op_ids of one gesture have in common: their last 12 digits. Two gestures share them by chance once in 2^48, a
 * task has a few hundred; the other 74 random bits keep the ids apart.
 */
export const gestureOf = (id) => id.slice(24);
