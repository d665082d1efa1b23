'use strict';

// One image at a time, whole, with all boxes and a list of them; both sets of detections side by side.

const LABELS = 40; // more would hide the image
const STAGE_PART = 0.7; // as in the style sheet
const stacked = matchMedia('(max-width: 56rem)');

class Viewer {
  constructor() {
    this.dialog = byId('viewer');
    this.zoom = 1;
    byId('close').addEventListener('click', () => this.dialog.close());
    byId('previous').addEventListener('click', () => this.move(-1));
    byId('next').addEventListener('click', () => this.move(1));
    byId('zoomIn').addEventListener('click', () => this.setZoom(this.zoom * 1.5));
    byId('zoomOut').addEventListener('click', () => this.setZoom(this.zoom / 1.5));
    byId('fit').addEventListener('click', () => this.setZoom(1));
    this.dialog.addEventListener('close', () => {
      if (this.opener && this.opener.isConnected) this.opener.focus();
      else if (gallery.entries.includes(this.position)) gallery.focus(gallery.entries.indexOf(this.position));
    });
    this.dialog.addEventListener('keydown', event => this.key(event));
    addEventListener('resize', () => this.dialog.open && this.layOut());
    this.dialog.classList.toggle('compared', compares);
  }

  /** Opens an image of a list of positions; after it is closed, the opener gets the focus. */
  open(position, list, opener) {
    this.list = list;
    this.opener = opener;
    this.zoom = 1;
    this.show(position);
    if (!this.dialog.open) this.dialog.showModal();
    this.layOut();
    byId('next').focus();
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const actions = {
      ArrowLeft: () => this.move(-1),
      ArrowRight: () => this.move(1),
      '+': () => this.setZoom(this.zoom * 1.5),
      '=': () => this.setZoom(this.zoom * 1.5),
      '-': () => this.setZoom(this.zoom / 1.5),
      0: () => this.setZoom(1),
    };
    if (actions[event.key]) {
      event.preventDefault();
      actions[event.key]();
    }
  }

  move(by) {
    const to = this.list.indexOf(this.position) + by;
    if (to < 0 || to >= this.list.length) return;
    this.opener = null;
    this.show(this.list[to]);
    this.layOut();
  }

  show(position) {
    this.position = position;
    const image = data.images[position];
    const at = this.list.indexOf(position);
    const name = byId('viewerName');
    name.replaceChildren();
    element('bdi', name, image.file || `id ${idText(image.id)}`);
    byId('viewerPlace').textContent = `${count(at + 1)} of ${count(this.list.length)}`;
    byId('previous').disabled = at <= 0;
    byId('next').disabled = at >= this.list.length - 1;
    byId('viewerFacts').textContent = `id ${idText(image.id)}, ${image.width} x ${image.height} pixels. `
      + image.sides.map((_, side) => `${facts(image, side)}; mending it would win ${lossText(image, side)}`).join('. ') + '.';
    this.views = image.sides.map((_, side) => this.view(image, side));
    byId('views').replaceChildren(...this.views.map(view => view.element));
  }

  view(image, side) {
    const view = { element: document.createElement('section'), image, texts: new Set() };
    view.element.className = 'view';
    const name = compares ? `${'AB'[side]}: ${data.sides[side].name}` : 'Boxes';
    view.element.setAttribute('aria-label', name);
    if (compares) element('h3', view.element, name);
    const parts = element('div', view.element, undefined, 'parts');
    view.stage = element('div', parts, undefined, 'stage');
    view.stage.tabIndex = 0;
    view.stage.setAttribute('role', 'group');
    view.stage.setAttribute('aria-label', `The image with its boxes${compares ? `, ${'AB'[side]}` : ''}`);
    view.figure = element('figure', view.stage);
    picture(view.figure, image, image.link);
    const svg = canvas(view.figure, image);
    const list = element('ul', parts, undefined, 'boxes');
    list.setAttribute('aria-label', `Boxes${compares ? ` of ${'AB'[side]}` : ''}`);
    const boxes = [];
    forEachBox(image, side, (kind, category, size, score, at) => boxes.push({ kind, category, size, score, at }));
    boxes.sort((a, b) => rank(a.kind) - rank(b.kind) || b.score - a.score);
    // The last drawn lies above the others, and errors come first in the list.
    for (const box of [...boxes].reverse()) {
      if (box.kind === FOUND && !choice.drawsFound) continue;
      box.elements = drawBox(svg, image, side, box.kind, box.at);
    }
    boxes.forEach((box, number) => this.entry(view, svg, list, box, side, number));
    withMasks(this.position, loaded => drawMasks(svg, loaded, side, boxes));
    if (boxes.length === 0) element('li', list, 'No boxes at these scores.');
    view.stage.addEventListener('scroll', () => this.follow(view));
    view.stage.addEventListener('wheel', event => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.setZoom(this.zoom * (event.deltaY < 0 ? 1.2 : 1 / 1.2));
    }, { passive: false });
    return view;
  }

  /** Adds a box to the list; pointer or press mark it in the image. */
  entry(view, svg, list, box, side, number) {
    const { image } = view;
    const item = element('li', list, undefined, KINDS[box.kind].style);
    const press = button(item, undefined, () => {
      const pressed = press.getAttribute('aria-pressed') !== 'true';
      press.setAttribute('aria-pressed', pressed);
      mark(pressed);
    });
    press.setAttribute('aria-pressed', 'false');
    element('b', press, KINDS[box.kind].name);
    const label = data.categories[box.category] + (box.score === null ? '' : ` ${box.score.toFixed(2)}`);
    element('bdi', press, ` ${label}`);
    const detail = this.detail(image, side, box);
    if (detail) element('span', press, ` ${detail}`, 'note');
    const elements = box.elements || [];
    const outlined = elements.length > 0 && elements[0].tagName === 'path';
    const showsText = number < LABELS && (isWrong(box.kind) || box.kind === MISSED);
    let text = null;
    const mark = marked => {
      elements.forEach(drawing => drawing.classList.toggle('marked', marked));
      if (marked) svg.append(...elements);
      if (text) {
        text.remove();
        view.texts.delete(text);
      }
      text = outlined && (marked || showsText) ? this.text(view, svg, box, side, label) : null;
    };
    mark(false);
    const unmark = () => mark(press.getAttribute('aria-pressed') === 'true');
    press.addEventListener('pointerenter', () => mark(true));
    press.addEventListener('pointerleave', unmark);
    press.addEventListener('focus', () => mark(true));
    press.addEventListener('blur', unmark);
  }

  detail(image, side, box) {
    if (box.kind >= MISSED) {
      const doubt = doubtOf(image, side, box.kind, box.at);
      return doubt ? DOUBTS[doubt] : '';
    }
    const numbers = image.sides[side].detections;
    const object = numbers[box.at + 8];
    const on = object < 0 ? '' : `${data.overlap} ${numbers[box.at + 9].toFixed(2)} with `
      + data.categories[image.objects[object * OBJECT]];
    const doubt = doubtOf(image, side, box.kind, box.at);
    return [on, doubt ? DOUBTS[doubt] : ''].filter(part => part !== '').join('; ');
  }

  text(view, svg, box, side, label) {
    const numbers = numbersOf(view.image, side, box.kind);
    const text = drawn('text', svg, { class: KINDS[box.kind].style, x: Math.max(0, numbers[box.at + 1]) });
    text.textContent = label;
    text.dataset.base = box.kind < MISSED ? numbers[box.at + 2] : numbers[box.at + 2] + numbers[box.at + 4];
    view.texts.add(text);
    this.place(view, text);
    return text;
  }

  /** Gives a label the size of the page's letters, however large the image is shown; detections have theirs above, objects at the foot. */
  place(view, text) {
    const size = 13 * view.image.width / Math.max(1, view.figure.clientWidth);
    text.setAttribute('font-size', size || 1);
    text.setAttribute('y', Math.max(size, Number(text.dataset.base) - size * 0.3));
  }

  setZoom(zoom) {
    this.zoom = Math.min(16, Math.max(1, zoom));
    this.layOut();
  }

  /** Sets the size of the images so that they fit, times the zoom; what is in the middle stays there. */
  layOut() {
    for (const view of this.views) {
      const { stage, image, figure } = view;
      const x = (stage.scrollLeft + stage.clientWidth / 2) / Math.max(1, figure.clientWidth);
      const y = (stage.scrollTop + stage.clientHeight / 2) / Math.max(1, figure.clientHeight);
      // Below each other, the stages are as high as their images, up to a part of the window.
      const room = stacked.matches ? innerHeight * STAGE_PART : stage.clientHeight;
      const scale = this.zoom * Math.min(stage.clientWidth / (image.width || 1), room / (image.height || 1));
      if (image.link) {
        figure.style.width = `${Math.floor(image.width * scale)}px`;
        figure.style.height = `${Math.floor(image.height * scale)}px`;
      }
      stage.scrollTo(x * figure.clientWidth - stage.clientWidth / 2, y * figure.clientHeight - stage.clientHeight / 2);
      view.texts.forEach(text => this.place(view, text));
    }
  }

  /** Scrolls the other view to where one was scrolled. */
  follow(from) {
    for (const view of this.views) {
      if (view !== from) view.stage.scrollTo(from.stage.scrollLeft, from.stage.scrollTop);
    }
  }
}

/** Returns where a kind stands in the list: errors, then the right ones, then objects that were found. */
function rank(kind) {
  return isWrong(kind) ? 0 : [MISSED, RIGHT, FOUND, IGNORED, UNCOUNTED].indexOf(kind) + 1;
}

const viewer = new Viewer();
