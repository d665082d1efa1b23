'use strict';

// The images as cards, the chosen ones in the chosen order.

const CAPTION = 52;
const LINE = 17;

function facts(image, side) {
  const sum = summary(image, side);
  const name = compares ? `${'AB'[side]}: ` : '';
  return `${name}${sum.right} right, ${sum.wrong} wrong, ${sum.missed} missed`;
}

function lossText(image, side) {
  return `${image.sides[side].loss.toFixed(4)} AP`;
}

const gallery = new VirtualList(
  byId('gallery'),
  (cell, position) => {
    const image = data.images[position];
    const card = button(cell, undefined, () => viewer.open(position, gallery.entries, card));
    card.className = 'card';
    const pictures = element('span', card, undefined, 'pictures');
    image.sides.forEach((_, side) => smallPicture(pictures, image, side));
    const caption = element('span', card, undefined, 'caption');
    element('bdi', caption, image.file || `id ${idText(image.id)}`, 'name');
    image.sides.forEach((_, side) => {
      element('span', caption, facts(image, side), 'facts');
    });
    image.sides.forEach((_, side) => {
      element('span', caption, `${compares ? `${'AB'[side]}: ` : ''}costs ${lossText(image, side)}`, 'facts');
    });
  },
  width => {
    const sides = data.sides.length;
    const narrow = sides * (width < 500 ? 160 : 230);
    const columns = Math.max(1, Math.floor((width + 10) / (narrow + 10)));
    const cell = (width - (columns - 1) * 10) / columns;
    const height = Math.round(cell / sides * 0.75);
    byId('gallery').style.setProperty('--picture', `${height}px`);
    return { width: narrow, height: height + CAPTION + (2 * sides - 1) * LINE, gap: 10 };
  });

function showImages() {
  const { positions, boxes } = chosenImages();
  gallery.show(positions);
  return `${count(positions.length)} of ${count(data.images.length)} images`
    + (choosesAll() ? '' : `, ${count(boxes)} boxes like this`);
}
