'use strict';

// Connects the controls with what is shown.

const tabs = { images: byId('imagesTab'), labels: byId('labelsTab') };
let tab = 'images';

function update() {
  byId('status').textContent = tab === 'images' ? showImages() : showLabels();
}

function showTab(name) {
  tab = name;
  for (const [other, control] of Object.entries(tabs)) {
    control.setAttribute('aria-selected', other === name);
    control.tabIndex = other === name ? 0 : -1;
    byId(`${other}Panel`).hidden = other !== name;
  }
  update();
}

/** Returns the least and highest of all scores, 0 and 1 at any rate. */
function scoreRange() {
  let low = 0;
  let high = 1;
  for (const image of data.images) {
    for (const side of image.sides) {
      for (let at = 6; at < side.detections.length; at += DETECTION) {
        const score = side.detections[at];
        if (score !== null && score < low) low = score;
        if (score !== null && score > high) high = score;
      }
    }
  }
  return { low, high };
}

function setUpAbout() {
  const about = byId('about');
  element('dt', about, 'Annotations');
  element('bdi', element('dd', about), data.annotations);
  data.sides.forEach((side, index) => {
    element('dt', about, compares ? `Detections ${'AB'[index]}` : 'Detections');
    const entry = element('dd', about);
    element('bdi', entry, side.name);
    entry.append(side.ap < 0 ? ', no object to find' : `, AP ${side.ap.toFixed(3)} at ${data.overlap} ${data.iou}`);
  });
}

function setUpThresholds({ low, high }) {
  data.sides.forEach((side, index) => {
    const row = element('p', byId('thresholds'));
    const label = element('label', row, compares ? `Least score of ${'AB'[index]} ` : 'Least score ');
    const range = element('input', row);
    range.type = 'range';
    range.step = 'any';
    range.min = low;
    range.max = high;
    range.value = side.score;
    range.id = `least${index}`;
    label.htmlFor = range.id;
    const value = element('output', label, side.score.toFixed(3));
    range.addEventListener('input', () => {
      choice.least[index] = Number(range.value);
      value.textContent = choice.least[index].toFixed(3);
      update();
    });
  });
  const most = byId('most');
  most.min = low;
  most.max = high;
  most.value = high;
  byId('mostValue').textContent = high.toFixed(3);
  most.addEventListener('input', () => {
    choice.most = Number(most.value) >= high ? Infinity : Number(most.value);
    byId('mostValue').textContent = Number(most.value).toFixed(3);
    update();
  });
}

function setUpFilters() {
  options(byId('category'), [[-1, 'all'], ...data.categories.map((name, index) => [index, name])]);
  options(byId('kind'), Object.entries(QUESTIONS).map(([value, question]) => [value, question.name]));
  options(byId('size'), [[-1, 'all'], [0, 'small, below 32 x 32'], [1, 'medium'], [2, 'large, from 96 x 96']]);
  options(byId('sort'), Object.entries(ORDERS).map(([value, order]) => [value, order.name]));
  byId('found').checked = choice.drawsFound;
  const chosen = (id, set) => byId(id).addEventListener('change', () => {
    set(byId(id));
    update();
  });
  chosen('category', select => { choice.category = Number(select.value); });
  chosen('kind', select => { choice.kind = select.value; });
  chosen('size', select => { choice.size = Number(select.value); });
  chosen('sort', select => { choice.sort = select.value; });
  chosen('found', box => { choice.drawsFound = box.checked; });
  byId('search').addEventListener('input', () => {
    choice.search = byId('search').value.trim().toLowerCase();
    update();
  });
  const form = document.querySelector('#filters form');
  form.addEventListener('submit', event => event.preventDefault());
  form.addEventListener('reset', event => {
    event.preventDefault();
    Object.assign(choice, { search: '', category: -1, kind: 'any', size: -1, most: Infinity, sort: 'loss', drawsFound: true });
    byId('search').value = '';
    byId('category').value = -1;
    byId('kind').value = 'any';
    byId('size').value = -1;
    byId('sort').value = 'loss';
    byId('found').checked = true;
    byId('most').value = byId('most').max;
    byId('mostValue').textContent = Number(byId('most').max).toFixed(3);
    data.sides.forEach((side, index) => {
      choice.least[index] = side.score;
      byId(`least${index}`).value = side.score;
      byId(`least${index}`).previousSibling.querySelector('output').textContent = side.score.toFixed(3);
    });
    update();
  });
  for (const [style, text] of [['right', 'right detection'], ['wrong', 'wrong detection'], ['missed', 'missed object'], ['found', 'found object']]) {
    const entry = element('li', byId('legend'));
    element('span', entry, undefined, `swatch ${style}`);
    entry.append(text);
  }
}

function setUpLabels() {
  options(byId('doubt'), [['all', 'all'], ...Object.entries(DOUBTS)]);
  byId('doubt').addEventListener('change', () => {
    labels.doubt = byId('doubt').value;
    update();
  });
  options(byId('side'), data.sides.map((side, index) => [index, 'AB'[index]]));
  byId('sideChoice').hidden = !compares;
  byId('side').addEventListener('change', () => {
    labels.side = Number(byId('side').value);
    update();
  });
}

function setUpKeys() {
  for (const [name, control] of Object.entries(tabs)) {
    control.addEventListener('click', () => showTab(name));
    control.addEventListener('keydown', event => {
      if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
      const other = name === 'images' ? 'labels' : 'images';
      showTab(other);
      tabs[other].focus();
    });
  }
  addEventListener('keydown', event => {
    if (event.key !== '/' || byId('viewer').open || event.target.matches('input[type=search]')) return;
    event.preventDefault();
    byId('filters').open = true;
    byId('search').focus();
  });
}

setUpAbout();
setUpThresholds(scoreRange());
setUpFilters();
setUpLabels();
setUpKeys();
if (stacked.matches) byId('filters').open = false;
update();
document.documentElement.dataset.readyMillis = performance.now().toFixed(0);
