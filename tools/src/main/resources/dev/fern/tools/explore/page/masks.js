'use strict';

// Masks of the image that is looked at: each image's are a script of its own, loaded when it is needed.

const MASK_COLUMNS = 400; // more would make the page heavy

/** By the position of the image; the scripts put them here. */
const masks = new Map();

function withMasks(position, use) {
  if (!data.masks) return;
  if (masks.has(position)) {
    use(masks.get(position));
    return;
  }
  const script = element('script', document.head);
  script.addEventListener('load', () => use(masks.get(position)));
  script.src = `masks/${String(position).padStart(6, '0')}.js`;
}

/**
 * Unpacks COCO's runs: five bits to a character from the lowest, the sixth for more to come, 48 added; from the
 * fourth run on the difference to the run before the last one.
 */
function unpackedRuns(text) {
  const runs = [];
  let at = 0;
  while (at < text.length) {
    let run = 0;
    let shift = 0;
    let bits;
    do {
      bits = text.charCodeAt(at++) - 48;
      run |= (bits & 0x1f) << shift;
      shift += 5;
    } while (bits & 0x20 && at < text.length);
    if (bits & 0x10) run |= -1 << shift;
    runs.push(runs.length > 2 ? run + runs[runs.length - 2] : run);
  }
  return runs;
}

/** Returns a mask as an SVG path of upright strips, each as wide as some columns of which the first is drawn. */
function maskPath([height, width, text]) {
  const step = Math.ceil(Math.max(width, height) / MASK_COLUMNS);
  let path = '';
  let start = 0;
  unpackedRuns(text).forEach((run, i) => {
    const end = Math.min(start + run, height * width);
    for (let x = Math.floor(start / height); i % 2 === 1 && x * height < end; x++) {
      if (x % step !== 0) continue;
      const top = Math.max(0, start - x * height);
      path += `M${x} ${top}h${step}v${Math.min(height, end - x * height) - top}h${-step}z`;
    }
    start = end;
  });
  return path;
}

/** Draws the masks of boxes below all that is drawn already. */
function drawMasks(svg, loaded, side, boxes) {
  for (const box of boxes) {
    const mask = box.kind >= MISSED ? loaded.objects[box.at / OBJECT] : loaded.sides[side][box.at / DETECTION];
    if (!mask || box.kind === FOUND) continue; // of an object that was found, the detection's mask is there
    svg.prepend(drawn('path', svg, { class: `mask ${KINDS[box.kind].style}`, d: maskPath(mask) }));
  }
}
