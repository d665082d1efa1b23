'use strict';

/*
 * What explored.js holds, and what it comes to at the chosen scores.
 *
 * An image has objects, OBJECT numbers each: category, x, y, width, height, size (0 small, 1 medium, 2 large),
 * standing (0 to be found, 1 ignored, 2 a crowd). A side of an image is one set of detections: found has the
 * position of each object's detection or -1, unsupported the positions of objects that no detection of any category
 * and score lies well on, and detections has DETECTION numbers each: category, x, y, width, height, size, score,
 * kind, position of the object that it lies on or -1, overlap with that, and doubt: the position of an object whose
 * category it denies, -1 if it lies where nothing is labelled, -2 otherwise. Ids are JSON as the files have them.
 */
const OBJECT = 7;
const DETECTION = 11;

const RIGHT = 0;
const IGNORED = 6;
const MISSED = 7;
const FOUND = 8;
const UNCOUNTED = 9;

/** The kinds of boxes by their numbers: what the page calls them and how it draws them. */
const KINDS = [
  { name: 'right', style: 'right' },
  { name: 'wrong category', style: 'wrong' },
  { name: 'badly placed', style: 'wrong' },
  { name: 'wrong category and badly placed', style: 'wrong' },
  { name: 'duplicate', style: 'wrong' },
  { name: 'on background', style: 'wrong' },
  { name: 'on a crowd or ignored object', style: 'ignored' },
  { name: 'missed', style: 'missed' },
  { name: 'found object', style: 'found' },
  { name: 'crowd or ignored object', style: 'ignored' },
];

const data = JSON.parse(EXPLORED);
const compares = data.sides.length > 1;

/** What the user chose; the least scores of the sides decide what is right, wrong and missed. */
const choice = {
  search: '',
  category: -1,
  kind: 'any',
  size: -1,
  most: Infinity,
  sort: 'loss',
  drawsFound: true,
  least: data.sides.map(side => side.score),
};

function idText(json) {
  const id = JSON.parse(json);
  return typeof id === 'string' ? id : json;
}

function counts(score, side) {
  return score !== null && score >= choice.least[side];
}

/** Returns whether an object is found by a side's detections of the chosen scores. */
function isFound(image, side, object) {
  const at = image.sides[side].found[object];
  return at >= 0 && counts(image.sides[side].detections[at * DETECTION + 6], side);
}

function objectKind(image, side, object) {
  if (image.objects[object * OBJECT + 6] !== 0) return UNCOUNTED;
  return isFound(image, side, object) ? FOUND : MISSED;
}

/**
 * Hands on each box of one side of an image that counts at the chosen scores, objects first.
 *
 * @param use takes the box: kind, category, size, score (null for an object), position of its numbers
 *     in the image's objects or the side's detections
 */
function forEachBox(image, side, use) {
  const objects = image.objects;
  for (let at = 0, g = 0; at < objects.length; at += OBJECT, g++) {
    use(objectKind(image, side, g), objects[at], objects[at + 5], null, at);
  }
  const detections = image.sides[side].detections;
  for (let at = 0; at < detections.length; at += DETECTION) {
    const score = detections[at + 6];
    if (counts(score, side)) use(detections[at + 7], detections[at], detections[at + 5], score, at);
  }
}

/** Returns whether a box casts doubt on a label: which one, or null. Ask it of wrong detections and missed objects. */
function doubtOf(image, side, kind, at) {
  if (kind === MISSED) {
    return image.sides[side].unsupported.includes(at / OBJECT) ? 'unsupported' : null;
  }
  if (kind === RIGHT || kind >= IGNORED) return null;
  const doubted = image.sides[side].detections[at + 10];
  if (doubted === -1) return 'unlabelled';
  return doubted >= 0 && objectKind(image, side, doubted) === MISSED ? 'category' : null;
}

const isWrong = kind => kind > RIGHT && kind < IGNORED;

/** What can be asked of boxes: kind, image, side, position of the numbers. */
const QUESTIONS = {
  any: { name: 'any', holds: () => true },
  error: { name: 'any error', holds: kind => isWrong(kind) || kind === MISSED },
  right: { name: 'right detections', holds: kind => kind === RIGHT },
  wrong: { name: 'wrong detections', holds: isWrong },
  missed: { name: 'missed objects', holds: kind => kind === MISSED },
  category: { name: 'wrong category', holds: kind => kind === 1 },
  place: { name: 'badly placed', holds: kind => kind === 2 },
  both: { name: 'wrong category and badly placed', holds: kind => kind === 3 },
  duplicate: { name: 'duplicates', holds: kind => kind === 4 },
  background: { name: 'on background', holds: kind => kind === 5 },
  ignored: { name: 'crowds and ignored', holds: kind => kind === IGNORED || kind === UNCOUNTED },
  doubt: {
    name: 'labels worth a look',
    holds: (kind, image, side, at) => doubtOf(image, side, kind, at) !== null,
  },
};
if (compares) {
  const foundBy = (one, other) => (kind, image, side, at) => (kind === FOUND || kind === MISSED)
    && isFound(image, one, at / OBJECT) && !isFound(image, other, at / OBJECT);
  QUESTIONS.onlyFirst = { name: 'objects that A alone finds', holds: foundBy(0, 1) };
  QUESTIONS.onlySecond = { name: 'objects that B alone finds', holds: foundBy(1, 0) };
}

/** Returns whether the user chose boxes like this one. */
function isChosen(image, side, kind, category, size, score, at) {
  return (choice.category < 0 || category === choice.category)
    && (choice.size < 0 || size === choice.size)
    && (score === null || score <= choice.most)
    && QUESTIONS[choice.kind].holds(kind, image, side, at);
}

function choosesAll() {
  return choice.category < 0 && choice.size < 0 && choice.kind === 'any' && choice.most === Infinity;
}

/** Returns how many boxes of a side are chosen, and how many are right, wrong and missed among those of the chosen category and size. */
function summary(image, side) {
  const sum = { chosen: 0, right: 0, wrong: 0, missed: 0 };
  forEachBox(image, side, (kind, category, size, score, at) => {
    if (isChosen(image, side, kind, category, size, score, at)) sum.chosen++;
    if (choice.category >= 0 && category !== choice.category || choice.size >= 0 && size !== choice.size) return;
    if (kind === RIGHT) sum.right++;
    else if (kind === MISSED) sum.missed++;
    else if (isWrong(kind)) sum.wrong++;
  });
  return sum;
}

const ORDERS = {
  loss: { name: compares ? 'AP lost by A' : 'AP lost', key: image => -image.sides[0].loss },
  errors: { name: compares ? 'errors of A' : 'errors', key: (image, sums) => -(sums[0].wrong + sums[0].missed) },
  wrong: { name: compares ? 'wrong detections of A' : 'wrong detections', key: (image, sums) => -sums[0].wrong },
  missed: { name: compares ? 'objects that A misses' : 'missed objects', key: (image, sums) => -sums[0].missed },
  id: { name: 'id', key: () => 0 },
};
if (compares) {
  ORDERS.gain = { name: 'AP lost by A rather than B', key: image => image.sides[1].loss - image.sides[0].loss };
  ORDERS.harm = { name: 'AP lost by B rather than A', key: image => image.sides[0].loss - image.sides[1].loss };
}

function isSought(image) {
  const search = choice.search;
  return search === '' || image.file.toLowerCase().includes(search) || idText(image.id).toLowerCase().includes(search);
}

/** Returns the positions of the chosen images in the chosen order, and how many boxes are chosen. */
function chosenImages() {
  const entries = [];
  let boxes = 0;
  data.images.forEach((image, position) => {
    if (!isSought(image)) return;
    const sums = image.sides.map((_, side) => summary(image, side));
    const chosen = sums.reduce((sum, side) => sum + side.chosen, 0);
    if (chosen === 0 && !choosesAll()) return;
    boxes += chosen;
    entries.push({ position, key: ORDERS[choice.sort].key(image, sums) });
  });
  entries.sort((a, b) => a.key - b.key || a.position - b.position);
  return { positions: entries.map(entry => entry.position), boxes };
}
