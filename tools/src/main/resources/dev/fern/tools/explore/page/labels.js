'use strict';

// The labels that detections of the chosen scores speak against, the surest first, and their export.

const DOUBTS = {
  category: 'another category?',
  unlabelled: 'not labelled?',
  unsupported: 'no object there?',
};

const STORE = ['fern-explore', data.annotations, ...data.sides.map(side => side.name), EXPLORED.length].join('|');

const labels = {
  doubt: 'all',
  side: 0,
  ticked: new Set(storedTicks()),
};

function storedTicks() {
  try {
    return JSON.parse(localStorage.getItem(STORE) || '[]');
  } catch {
    return []; // a browser may keep nothing for pages from disk
  }
}

function storeTicks() {
  try {
    localStorage.setItem(STORE, JSON.stringify([...labels.ticked]));
  } catch {
    // the ticks then last as long as the page
  }
  byId('ticked').textContent = `${count(labels.ticked.size)} ticked`;
}

/** Returns all doubts of the images, categories and sizes that are chosen. */
function doubtsOf(side) {
  const found = [];
  data.images.forEach((image, position) => {
    if (!isSought(image)) return;
    forEachBox(image, side, (kind, category, size, score, at) => {
      const doubt = isWrong(kind) || kind === MISSED ? doubtOf(image, side, kind, at) : null;
      if (doubt === null || labels.doubt !== 'all' && labels.doubt !== doubt) return;
      if (choice.category >= 0 && category !== choice.category || choice.size >= 0 && size !== choice.size) return;
      if (score !== null && score > choice.most) return;
      found.push({ position, side, doubt, kind, at, category, score, key: `${side} ${position} ${doubt} ${at}` });
    });
  });
  return found.sort((a, b) => (b.score === null ? -Infinity : b.score) - (a.score === null ? -Infinity : a.score)
    || a.position - b.position || a.at - b.at);
}

/** Returns what a list for others says of a doubt; ids are JSON as the annotations have them. */
function record(doubt) {
  const image = data.images[doubt.position];
  const numbers = image.sides[doubt.side].detections;
  const object = doubt.doubt === 'unsupported' ? doubt.at / OBJECT : doubt.doubt === 'category' ? numbers[doubt.at + 10] : -1;
  const box = doubt.doubt === 'unsupported' ? image.objects.slice(doubt.at + 1, doubt.at + 5) : numbers.slice(doubt.at + 1, doubt.at + 5);
  return {
    image_id: image.id,
    file_name: image.file,
    doubt: DOUBTS[doubt.doubt],
    annotation_id: object < 0 ? null : image.ids[object],
    label: object < 0 ? null : data.categories[image.objects[object * OBJECT]],
    detected: doubt.doubt === 'unsupported' ? null : data.categories[doubt.category],
    score: doubt.score,
    bbox: box,
    detections: data.sides[doubt.side].name,
  };
}

const doubts = new VirtualList(
  byId('doubts'),
  (cell, doubt) => {
    const row = element('div', cell, undefined, 'doubt');
    const entry = record(doubt);
    const label = element('label', row);
    const tick = element('input', label);
    tick.type = 'checkbox';
    tick.checked = labels.ticked.has(doubt.key);
    tick.setAttribute('aria-label', `Tick ${entry.file_name}: ${entry.doubt}`);
    tick.addEventListener('change', () => {
      if (tick.checked) labels.ticked.add(doubt.key);
      else labels.ticked.delete(doubt.key);
      storeTicks();
    });
    const image = data.images[doubt.position];
    const small = element('span', row, undefined, 'picture');
    picture(small, image, image.thumbnail || image.link);
    drawBox(canvas(small, image), image, doubt.side, doubt.kind, doubt.at);
    const open = button(row, undefined, () => {
      viewer.open(doubt.position, [...new Set(doubts.entries.map(other => other.position))], open);
    });
    open.className = 'open';
    const says = [
      entry.label === null ? 'no label' : `label ${entry.label}`,
      entry.detected === null ? 'no detection' : `detection ${entry.detected} ${doubt.score.toFixed(2)}`,
    ];
    element('span', open, `${entry.doubt} ${says.join(', ')}`);
    element('bdi', element('span', open, undefined, 'note'), entry.file_name || `id ${idText(image.id)}`);
  },
  width => ({ width, height: width < 500 ? 88 : 64, gap: 0 }));

function showLabels() {
  doubts.show(doubtsOf(labels.side));
  storeTicks();
  return `${count(doubts.entries.length)} labels worth a look`;
}

/** Returns what is exported: the ticked ones of all or, where none is ticked, all that are listed. */
function exported() {
  if (labels.ticked.size === 0) return doubts.entries;
  const chosen = { doubt: labels.doubt, category: choice.category, size: choice.size, most: choice.most, search: choice.search };
  Object.assign(choice, { category: -1, size: -1, most: Infinity, search: '' });
  labels.doubt = 'all';
  const all = data.sides.flatMap((_, side) => doubtsOf(side)).filter(doubt => labels.ticked.has(doubt.key));
  labels.doubt = chosen.doubt;
  Object.assign(choice, { category: chosen.category, size: chosen.size, most: chosen.most, search: chosen.search });
  return all;
}

/** Quotes a cell, and keeps spreadsheets from taking a text for a formula. */
function csvCell(value) {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csv(entries) {
  const head = ['image_id', 'file_name', 'doubt', 'annotation_id', 'label', 'detected', 'score', 'x', 'y', 'width', 'height', 'detections'];
  const rows = entries.map(record).map(entry => [
    idText(entry.image_id), entry.file_name, entry.doubt, entry.annotation_id === null ? null : idText(entry.annotation_id),
    entry.label, entry.detected, entry.score, ...entry.bbox, entry.detections,
  ]);
  return [head, ...rows].map(row => row.map(csvCell).join(',') + '\r\n').join('');
}

function json(entries) {
  const lines = entries.map(record).map(entry => {
    const fields = Object.entries(entry).map(([name, value]) => {
      const isId = name === 'image_id' || name === 'annotation_id';
      return `${JSON.stringify(name)}: ${isId && value !== null ? value : JSON.stringify(value)}`;
    });
    return `{${fields.join(', ')}}`;
  });
  return `[\n${lines.join(',\n')}\n]\n`;
}

function save(name, type, text) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

byId('saveCsv').addEventListener('click', () => save('labels.csv', 'text/csv', csv(exported())));
byId('saveJson').addEventListener('click', () => save('labels.json', 'application/json', json(exported())));
byId('tickAll').addEventListener('click', () => {
  doubts.entries.forEach(doubt => labels.ticked.add(doubt.key));
  showLabels();
});
byId('tickNone').addEventListener('click', () => {
  labels.ticked.clear();
  showLabels();
});
