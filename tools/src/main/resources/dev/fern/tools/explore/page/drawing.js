'use strict';

// Elements of the page. Text from files only ever becomes text, never HTML.

const SVG = 'http://www.w3.org/2000/svg';
const byId = id => document.getElementById(id);
const count = new Intl.NumberFormat('en').format;

function element(tag, parent, text, style) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (style) made.className = style;
  if (parent) parent.append(made);
  return made;
}

function drawn(tag, parent, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent.append(made);
  return made;
}

function button(parent, text, action) {
  const made = element('button', parent, text);
  made.type = 'button';
  made.addEventListener('click', action);
  return made;
}

function options(select, entries) {
  select.replaceChildren(...entries.map(([value, name]) => new Option(name, value)));
}

/** Returns the numbers of a box: those of an object or those of a detection, which begin alike. */
function numbersOf(image, side, kind) {
  return kind >= MISSED ? image.objects : image.sides[side].detections;
}

function pointsOf(image, side, kind, at) {
  return kind >= MISSED
    ? image.points && image.points[at / OBJECT]
    : image.sides[side].points && image.sides[side].points[at / DETECTION];
}

/** Returns the outline of a box as an SVG path; empty if the box has none. */
function outline(numbers, at) {
  const x = numbers[at + 1];
  const y = numbers[at + 2];
  const width = numbers[at + 3];
  const height = numbers[at + 4];
  if (x === null || y === null || width === null || height === null) return '';
  return `M${x} ${y}h${Math.max(0, width)}v${Math.max(0, height)}h${-Math.max(0, width)}z`;
}

function drawPoints(svg, image, style, points) {
  const made = [];
  for (let i = 0; i + 1 < points.length; i += 2) {
    if (points[i] === null || points[i + 1] === null) continue;
    made.push(drawn('circle', svg, {
      class: style, cx: points[i], cy: points[i + 1], r: Math.max(image.width, image.height) / 160 + 1,
    }));
  }
  return made;
}

/** Draws a box and its keypoints; returns the elements. */
function drawBox(svg, image, side, kind, at) {
  const path = outline(numbersOf(image, side, kind), at);
  const { style } = KINDS[kind];
  const made = path === '' ? [] : [drawn('path', svg, { class: style, d: path })];
  return made.concat(drawPoints(svg, image, style, pointsOf(image, side, kind, at) || []));
}

function canvas(parent, image) {
  return drawn('svg', parent, {
    viewBox: `0 0 ${image.width || 1} ${image.height || 1}`, preserveAspectRatio: 'xMidYMid meet', 'aria-hidden': 'true',
  });
}

/** Shows an image, or says why that is not possible. */
function picture(parent, image, source) {
  const lose = reason => {
    parent.replaceChildren();
    element('p', parent, reason, 'lost');
  };
  if (!source) {
    lose(image.problem || 'There is no image.');
    return;
  }
  const img = element('img', parent);
  img.alt = '';
  img.decoding = 'async';
  img.addEventListener('error', () => lose(`The image is not there, or this browser does not know its format: ${image.file}`));
  img.src = source;
}

/** Shows a small image with the chosen boxes of one side, those of one style as a single path. */
function smallPicture(parent, image, side) {
  const box = element('span', parent, undefined, 'picture');
  picture(box, image, image.thumbnail || image.link);
  const svg = canvas(box, image);
  const paths = new Map([['found', ''], ['ignored', ''], ['right', ''], ['missed', ''], ['wrong', '']]);
  forEachBox(image, side, (kind, category, size, score, at) => {
    if (kind === FOUND && !choice.drawsFound && choice.kind === 'any') return;
    if (!isChosen(image, side, kind, category, size, score, at)) return;
    const { style } = KINDS[kind];
    paths.set(style, paths.get(style) + outline(numbersOf(image, side, kind), at));
    drawPoints(svg, image, style, pointsOf(image, side, kind, at) || []);
  });
  for (const [style, path] of paths) {
    if (path !== '') drawn('path', svg, { class: style, d: path });
  }
}

/**
 * A list of which only what can be seen is in the page: rows of equal height, each with as many cells as fit.
 */
class VirtualList {
  /**
   * @param list the ul element
   * @param fill puts the content of an entry into its li element
   * @param measure returns width, height and gap of a cell for the width of the list; in pixels
   */
  constructor(list, fill, measure) {
    this.list = list;
    this.fill = fill;
    this.measure = measure;
    this.entries = [];
    this.cells = new Map();
    this.current = 0;
    let waits = false;
    const later = () => {
      if (waits) return;
      waits = true;
      requestAnimationFrame(() => {
        waits = false;
        this.render();
      });
    };
    addEventListener('scroll', later, { passive: true });
    addEventListener('resize', later);
    list.addEventListener('keydown', event => this.key(event));
    list.addEventListener('focusin', event => {
      const cell = event.target.closest('li');
      if (cell) this.setCurrent(Number(cell.dataset.position));
    });
  }

  show(entries) {
    this.entries = entries;
    this.current = Math.min(this.current, Math.max(0, entries.length - 1));
    this.cells.forEach(cell => cell.remove());
    this.cells.clear();
    this.render();
  }

  render() {
    const width = this.list.clientWidth;
    if (width === 0) return; // not shown
    const size = this.measure(width);
    this.columns = Math.max(1, Math.floor((width + size.gap) / (size.width + size.gap)));
    const cellWidth = (width - (this.columns - 1) * size.gap) / this.columns;
    const step = size.height + size.gap;
    this.step = step;
    const rows = Math.ceil(this.entries.length / this.columns);
    this.list.style.height = `${Math.max(0, rows * step - size.gap)}px`;
    const top = -this.list.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / step) - 1) * this.columns;
    const last = Math.min(this.entries.length, (Math.floor((top + innerHeight) / step) + 2) * this.columns);
    const focused = document.activeElement.closest ? document.activeElement.closest('li') : null;
    for (const [position, cell] of this.cells) {
      if ((position < first || position >= last) && cell !== focused) {
        cell.remove();
        this.cells.delete(position);
      }
    }
    for (let position = first; position < last; position++) {
      if (!this.cells.has(position)) this.add(position);
    }
    for (const [position, cell] of this.cells) {
      const style = cell.style;
      style.width = `${cellWidth}px`;
      style.height = `${size.height}px`;
      style.left = `${position % this.columns * (cellWidth + size.gap)}px`;
      style.top = `${Math.floor(position / this.columns) * step}px`;
    }
    this.setCurrent(this.current < first || this.current >= last ? first : this.current);
  }

  /** Adds a cell where it belongs among the others, so that reading and tabbing follow the order. */
  add(position) {
    const cell = document.createElement('li');
    cell.dataset.position = position;
    cell.setAttribute('aria-posinset', position + 1);
    cell.setAttribute('aria-setsize', this.entries.length);
    let next = null;
    for (const [other, candidate] of this.cells) {
      if (other > position && (next === null || other < Number(next.dataset.position))) next = candidate;
    }
    this.list.insertBefore(cell, next);
    this.cells.set(position, cell);
    this.fill(cell, this.entries[position]);
  }

  /** Makes one cell the one that the tab key leads to. */
  setCurrent(position) {
    this.current = position;
    for (const [other, cell] of this.cells) {
      for (const control of cell.querySelectorAll('button, input')) control.tabIndex = other === position ? 0 : -1;
    }
  }

  /** Scrolls to an entry and puts the focus on it. */
  focus(position) {
    const top = Math.floor(position / this.columns) * this.step;
    const list = this.list.getBoundingClientRect().top;
    if (list + top < 0) scrollBy(0, list + top - 8);
    else if (list + top + this.step > innerHeight) scrollBy(0, list + top + this.step - innerHeight + 8);
    this.render();
    const cell = this.cells.get(position);
    if (cell) cell.querySelector('button').focus({ preventScroll: true });
  }

  key(event) {
    const moves = {
      ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns, Home: -Infinity, End: Infinity,
    };
    const cell = event.target.closest('li');
    if (!(event.key in moves) || !cell || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const to = Number(cell.dataset.position) + moves[event.key];
    const kept = Math.abs(moves[event.key]) === Infinity ? Math.max(0, Math.min(this.entries.length - 1, to)) : to;
    if (kept >= 0 && kept < this.entries.length) this.focus(kept);
  }
}
