'use strict';

// Sends each image once, with the model's own least score; slider and categories only choose what is shown.

const SVG = 'http://www.w3.org/2000/svg';
const byId = id => document.getElementById(id);
const hidden = new Set(); // names of the categories that are not shown
const results = []; // {name, url, answer, article}
let models = [];
let stream = null;

function element(tag, text, parent) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

function color(category) {
  return `hsl(${(category * 137.508) % 360} 85% 45%)`;
}

function headers() {
  const token = byId('token').value;
  return token ? { Authorization: `Bearer ${token}` } : {};
}

function tell(text, isFault) {
  byId('status').textContent = text;
  byId('status').classList.toggle('fault', Boolean(isFault));
}

async function readModels() {
  const answer = await fetch('models', { headers: headers() });
  byId('tokenRow').hidden = answer.status !== 401 && !byId('token').value;
  if (answer.status === 401) {
    tell('This server asks for a token.');
    return;
  }
  models = await answer.json();
  const select = byId('model');
  select.replaceChildren(...models.map(m => new Option(m.name, m.name)));
  byId('modelRow').hidden = models.length < 2;
  showCategories();
  tell('');
}

function chosenModel() {
  return models.find(m => m.name === byId('model').value) || models[0];
}

function showThreshold() {
  byId('thresholdValue').value = Number(byId('threshold').value).toFixed(2);
}

function showCategories() {
  const model = chosenModel();
  byId('threshold').min = model.score_threshold; // which may raise what is chosen
  showThreshold();
  const list = byId('classList');
  list.replaceChildren();
  for (const category of model.categories) {
    const label = element('label', undefined, list);
    const box = element('input', undefined, label);
    box.type = 'checkbox';
    box.checked = !hidden.has(category.name);
    box.addEventListener('change', () => {
      if (box.checked) hidden.delete(category.name); else hidden.add(category.name);
      results.forEach(show);
    });
    label.append(category.name);
  }
  byId('classes').hidden = model.categories.length < 2;
}

async function detect(name, blob) {
  if (models.length === 0) await readModels();
  const model = chosenModel();
  if (!model) return;
  const result = { name, blob, url: URL.createObjectURL(blob), article: document.createElement('article') };
  byId('results').prepend(result.article);
  element('h2', name, result.article);
  const wait = element('p', 'Looking …', result.article);
  try {
    const answer = await fetch(
      `predictions/${encodeURIComponent(model.name)}?score_threshold=${model.score_threshold}`,
      { method: 'POST', body: blob, headers: headers() });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.message);
    result.answer = body;
    results.push(result);
    layOut(result);
    show(result);
  } catch (fault) {
    wait.textContent = fault.message;
    wait.className = 'fault';
    tell(`${name}: ${fault.message}`, true);
  }
}

function layOut(result) {
  result.article.replaceChildren();
  element('h2', result.name, result.article);
  const layout = element('div', undefined, result.article);
  layout.className = 'layout';
  const figure = element('figure', undefined, layout);
  const image = element('img', undefined, figure);
  image.src = result.url;
  image.alt = '';
  result.image = image;
  result.svg = document.createElementNS(SVG, 'svg');
  result.svg.setAttribute('viewBox', `0 0 ${result.answer.width} ${result.answer.height}`);
  result.svg.setAttribute('preserveAspectRatio', 'none');
  result.svg.setAttribute('aria-hidden', 'true');
  figure.append(result.svg);
  const side = element('div', undefined, layout);
  const scroll = element('div', undefined, side);
  scroll.className = 'scroll';
  scroll.tabIndex = 0;
  scroll.setAttribute('role', 'region');
  scroll.setAttribute('aria-label', `Objects in ${result.name}`);
  const table = element('table', undefined, scroll);
  const head = element('tr', undefined, element('thead', undefined, table));
  for (const title of ['Category', 'Score', 'x', 'y', 'Width', 'Height']) {
    element('th', title, head).scope = 'col';
  }
  result.rows = element('tbody', undefined, table);
  const copy = element('button', 'Copy JSON', side);
  copy.type = 'button';
  copy.addEventListener('click', async () => {
    const shown = { ...result.answer, detections: visible(result) };
    try {
      await navigator.clipboard.writeText(JSON.stringify(shown, null, 2));
      tell(`Copied ${shown.detections.length} objects of ${result.name}.`);
    } catch (fault) {
      tell('The browser does not let this page copy.', true);
    }
  });
}

function visible(result) {
  const least = Number(byId('threshold').value);
  return result.answer.detections.filter(d => d.score >= least && !hidden.has(d.category));
}

function show(result) {
  const shown = visible(result);
  const boxes = [];
  result.rows.replaceChildren();
  for (const detection of shown) {
    const [x, y, width, height] = detection.bbox;
    const box = document.createElementNS(SVG, 'rect');
    box.setAttribute('x', x);
    box.setAttribute('y', y);
    box.setAttribute('width', width);
    box.setAttribute('height', height);
    box.setAttribute('stroke', color(detection.category_id));
    boxes.push(box);
    const row = element('tr', undefined, result.rows);
    const name = element('td', undefined, row);
    const swatch = element('span', undefined, name);
    swatch.className = 'swatch';
    swatch.style.background = color(detection.category_id);
    name.append(detection.category);
    element('td', detection.score.toFixed(2), row);
    for (const number of detection.bbox) element('td', number.toFixed(0), row);
    row.addEventListener('mouseenter', () => box.classList.add('marked'));
    row.addEventListener('mouseleave', () => box.classList.remove('marked'));
  }
  result.svg.replaceChildren(...boxes);
  const text = shown.length === 1 ? '1 object' : `${shown.length} objects`;
  result.image.alt = `${result.name}, with ${text}`;
  tell(`${result.name}: ${text}`);
}

function takeFiles(files) {
  for (const file of files) detect(file.name, file);
}

async function switchCameraOn() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  } catch (fault) {
    tell('There is no camera that this page may use. Browsers lend it to pages by https, or of this machine.', true);
    return;
  }
  byId('video').srcObject = stream;
  byId('video').play();
  byId('viewfinder').hidden = false;
  byId('shoot').focus();
}

function switchCameraOff() {
  stream.getTracks().forEach(track => track.stop());
  byId('viewfinder').hidden = true;
  byId('camera').focus();
}

function shoot() {
  const video = byId('video');
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d').drawImage(video, 0, 0);
  canvas.toBlob(blob => detect(`Picture ${new Date().toLocaleTimeString()}`, blob), 'image/jpeg', 0.92);
}

byId('choose').addEventListener('click', () => byId('files').click());
byId('files').addEventListener('change', event => {
  takeFiles(event.target.files);
  event.target.value = '';
});
byId('camera').addEventListener('click', switchCameraOn);
byId('shoot').addEventListener('click', shoot);
byId('stop').addEventListener('click', switchCameraOff);
byId('threshold').addEventListener('input', () => {
  showThreshold();
  results.forEach(show);
});
byId('model').addEventListener('change', showCategories);
byId('token').addEventListener('change', readModels);
for (const name of ['dragenter', 'dragover']) {
  document.addEventListener(name, event => {
    event.preventDefault();
    byId('drop').classList.add('over');
  });
}
for (const name of ['dragleave', 'drop']) {
  document.addEventListener(name, event => {
    event.preventDefault();
    byId('drop').classList.remove('over');
  });
}
document.addEventListener('drop', event => takeFiles(event.dataTransfer.files));
document.addEventListener('paste', event => takeFiles(event.clipboardData.files));
readModels().catch(fault => tell(fault.message, true));
