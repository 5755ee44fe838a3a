/** Elements from names, attributes and children. Text becomes text nodes only, so nothing that is told can be markup. */

const SVG = 'http://www.w3.org/2000/svg';

/** Strings among the children become text; what is `undefined`, `null` or `false` is left out. */
export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? '' : readable(String(value)));
  }
  for (const child of children.flat(9)) {
    if (child === undefined || child === null || child === false) continue;
    node.append(child instanceof Node ? child : readable(String(child)));
  }
  return node;
}

/** Control characters and marks that turn the direction of writing are shown as what they are: nothing to read. */
export function readable(text) {
  return text.replace(/[^\P{C}\n\t]/gu, '\ufffd');
}

/** A name from outside: whatever direction it is written in, what stands beside it keeps its place. */
export function named(text) {
  return el('bdi', {}, text);
}

/**
 * A table with its heading; scrolled sideways where it is too wide.
 * @param head titles of the columns; one that begins with "<" is aligned to the left
 */
export function table(caption, head, rows) {
  const isLeft = head.map((title) => title.startsWith('<'));
  const titles = head.map((title, at) =>
    el('th', { scope: 'col', class: isLeft[at] && 'left' }, title.replace('<', '')),
  );
  const body = rows.map(([first, ...others]) =>
    el(
      'tr',
      {},
      el('th', { scope: 'row' }, first),
      others.map((cell, at) => el('td', { class: isLeft[at + 1] && 'left' }, cell)),
    ),
  );
  return el(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    el('table', {}, el('caption', {}, caption), el('thead', {}, el('tr', {}, titles)), el('tbody', {}, body)),
  );
}

/** Folded; `name` keeps it open when the section is drawn anew. */
export function folded(name, title, ...children) {
  return el('details', { 'data-keep': name }, el('summary', {}, title), ...children);
}

/** Draws a section anew where what it shows has changed, and leaves open, focused and scrolled what was. */
export function draw(id, shown, build) {
  const section = document.getElementById(id);
  const state = JSON.stringify(shown);
  if (section.shown === state) return;
  const first = section.shown === undefined;
  section.shown = state;
  const open = new Set([...section.querySelectorAll('details[open]')].map((one) => one.dataset.keep));
  const places = [...section.querySelectorAll('.scroll')].map((one) => one.scrollLeft);
  const inside = section.contains(document.activeElement) ? document.activeElement : undefined;
  const focusedAt = inside && focusables(section).indexOf(inside);
  const focusedIn = inside?.closest('[data-keep]')?.dataset.keep;
  const parts = build();
  section.replaceChildren(...parts);
  if (section.closest('#board')) section.hidden = parts.length === 0;
  for (const one of section.querySelectorAll('details'))
    if (open.has(one.dataset.keep)) {
      one.open = true;
      // Its own event comes later; what is drawn late would make the page jump.
      one.dispatchEvent(new Event('toggle'));
    }
  section.querySelectorAll('.scroll').forEach((one, at) => {
    one.scrollLeft = places[at] ?? 0;
  });
  if (first || !inside) return;
  const same = focusedIn && section.querySelector(`[data-keep="${CSS.escape(focusedIn)}"] > summary`);
  (same || focusables(section)[focusedAt] || section).focus({ preventScroll: true });
}

function focusables(section) {
  return [...section.querySelectorAll('summary, button, a, [tabindex]')];
}
