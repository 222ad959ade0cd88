// Boxes as elements. Every text is a text node, escaped as on a terminal.

import { escapeText } from '../../../src/util/index.ts';
import { svg } from '../../app/dom.ts';
import type { DeviceFacts, MachineFacts } from '../facts.ts';
import type { Marks } from '../marks.ts';
import { letterOf, outcomeWord, shortened } from '../words.ts';
import { type Box, wireLeft } from './layout.ts';
import type { Detail, Title } from './scene.ts';

/** In characters of the font, by the width of a box. */
const columnsFor = (width: number, size: number): number => Math.floor(width / (size * 0.61));

/** A box: its shapes, and what is written on them, which is above all shapes. */
export interface DrawnBox {
  readonly shapes: SVGGElement;
  readonly texts: SVGGElement;
}

/** What is drawn of a box; where it is in the tree and what it is called is for the caller. */
export function drawBox(box: Box, facts: MachineFacts, marks: Marks, detail: Detail): DrawnBox {
  const { x, y, width, height, kind, device } = box;
  const of = device === null ? undefined : facts.devices[device];
  const shapes = svg('g', { class: `part ${kind}` });
  const texts = svg('g', { class: of?.outcome ?? '' });
  shapes.append(
    svg('rect', { x, y, width, height, rx: kind === 'device' ? 4 : 8, class: 'ground' }),
  );
  if (box.group !== null) colour(shapes, marks.colours.get(box.group) ?? 0, kind);
  const drawn = { shapes, texts };
  if (kind === 'device' && of !== undefined) drawDevice(drawn, box, of, marks, detail);
  else if (detail === 'all') drawField(drawn, box, of, facts, marks);
  if (detail === 'all' && box.reach?.at === 'wire') texts.append(drawReach(box, box.reach.text));
  return drawn;
}

/** Fields of groups differ in colour and, from the ninth on, in their pattern; each has its number on it. */
const colours = 8;
const patterns = 3;

function colour(g: SVGGElement, index: number, kind: Box['kind']): void {
  g.classList.add(`colour-${index % colours}`);
  const pattern = Math.floor(index / colours) % patterns;
  if (pattern === 0 || kind !== 'group') return;
  const ground = g.firstElementChild;
  const over = ground?.cloneNode() as SVGRectElement;
  over.setAttribute('class', 'pattern');
  over.setAttribute('fill', `url(#pattern-${pattern})`);
  g.append(over);
}

function drawDevice(
  drawn: DrawnBox,
  box: Box,
  of: DeviceFacts,
  marks: Marks,
  detail: Detail,
): void {
  const { x, y, width, head } = box;
  const { shapes, texts } = drawn;
  shapes.classList.add(of.outcome);
  shapes.append(svg('rect', { x, y, width: 5, height: head, rx: 2, class: 'edge' }));
  drawCount(drawn, box, of, marks, detail === 'all' ? 8 : 16);
  if (detail === 'shape') return;
  const name = escapeText(of.name);
  if (detail === 'name') {
    const large = shortened(name, columnsFor(width - 14, 19));
    texts.append(text(x + 10, y + head / 2 + 7, large, 'name large'));
    return;
  }
  const { errors, warnings } = marks.of(of);
  const room = width - 34 - (errors + warnings > 0 ? 26 : 0);
  const middle = head < 40 ? 12 : 13;
  shapes.append(svg('path', { d: shapeOf(of.outcome, x + 17, y + middle), class: 'badge' }));
  texts.append(
    text(x + 17, y + middle + 4, letterOf(of.outcome), 'letter'),
    text(x + 29, y + middle + 4, shortened(name, columnsFor(room, 11.5)), 'name'),
  );
  if (head < 40) return;
  const what = shortened(escapeText(of.what), columnsFor(width - 14, 10.5));
  texts.append(text(x + 10, y + 33, what, 'what'));
  if (of.group === null) return;
  const group = `group ${of.group}`;
  texts.append(text(x + 10, y + 49, group, 'membership'));
  if (box.reach?.at !== 'box') return;
  const columns = columnsFor(width - 14, 10.5) - group.length - 2;
  const ids = text(x + width - 6, y + 49, shortened(box.reach.text, columns), 'ids');
  ids.setAttribute('text-anchor', 'end');
  texts.append(ids);
}

/** Each outcome has a shape of its own, with a letter in it. */
export function shapeOf(outcome: DeviceFacts['outcome'], x: number, y: number): string {
  switch (outcome) {
    case 'translated':
      return `M${x - 8} ${y - 8}h16v9q0 5 -8 8q-8 -3 -8 -8z`;
    case 'identity':
      return `M${x - 8} ${y}a8 8 0 1 0 16 0a8 8 0 1 0 -16 0z`;
    case 'direct':
      return `M${x - 8} ${y - 7}h11l5 7l-5 7h-11z`;
    case 'deferred':
      return `M${x - 8} ${y - 8}h16v16h-16z`;
    case 'failed':
      return `M${x} ${y - 9}l9 9l-9 9l-9 -9z`;
    case 'absent':
      return `M${x - 5} ${y - 8}h10l4 8l-4 8h-10l-4 -8z`;
  }
}

/** How many findings are about it, errors first: in the corner. */
function drawCount(
  { shapes, texts }: DrawnBox,
  box: Box,
  of: DeviceFacts,
  marks: Marks,
  radius: number,
): void {
  const { errors, warnings } = marks.of(of);
  const count = errors + warnings;
  if (count === 0) return;
  const [cx, cy] = [box.x + box.width - radius - 4, box.y + Math.min(radius + 4, box.head / 2)];
  const size = radius === 8 ? 11 : 20;
  const label = text(cx, cy + size * 0.36, String(count > 99 ? '99' : count), 'count');
  label.style.fontSize = `${size}px`;
  const wide = radius * 1.1;
  const triangle = `M${cx} ${cy - radius}L${cx + wide} ${cy + radius}H${cx - wide}z`;
  shapes.append(
    errors > 0
      ? svg('circle', { cx, cy, r: radius, class: 'mark error' })
      : svg('path', { d: triangle, class: 'mark warning' }),
  );
  texts.append(label);
}

/** What is at the top of a field besides its title. */
function drawField(
  drawn: DrawnBox,
  box: Box,
  of: DeviceFacts | undefined,
  facts: MachineFacts,
  marks: Marks,
): void {
  const { x, y, width } = box;
  const below = shortened(belowTitle(box, facts), columnsFor(width - 20, 11));
  if (below !== '') drawn.texts.append(text(x + 10, y + 40, below, 'below'));
  if (of !== undefined) drawCount(drawn, box, of, marks, 8);
}

/** The title of a field, above all boxes. */
export function drawTitle(
  { text: words, x, y, size }: Title,
  kind: Box['kind'] | undefined,
): SVGTextElement {
  const title = text(x, y + size * 0.36, words, `title ${kind ?? ''}`);
  title.style.fontSize = `${size}px`;
  title.style.strokeWidth = `${size / 3.5}px`;
  return title;
}

function belowTitle(box: Box, { document }: MachineFacts): string {
  if (box.kind !== 'iommu') return '';
  const found = document.iommus.find(({ name }) => name === box.name);
  return found === undefined ? '' : `${found.driver ?? 'no driver'}, ${found.state}`;
}

/** The IDs at the wire that leads in. */
function drawReach({ x, y, width }: Box, ids: string): SVGTextElement {
  return text(x + wireLeft + 5, y - 5, shortened(ids, columnsFor(width - wireLeft, 10.5)), 'ids');
}

function text(x: number, y: number, content: string, name: string): SVGTextElement {
  return svg('text', { x, y, class: name }, content);
}

/** What it is called for those who do not see it. */
export function labelOf(box: Box, facts: MachineFacts, marks: Marks): string {
  const of = box.device === null ? undefined : facts.devices[box.device];
  if (of === undefined) return escapeText(box.name || box.kind);
  const { errors, warnings } = marks.of(of);
  const ids = of.iommus.map(({ iommu }) => `behind ${escapeText(iommu)}`);
  return [
    escapeText(of.name),
    outcomeWord(of.outcome),
    ...ids,
    ...(box.kind === 'device' && box.reach?.text ? [`IDs ${box.reach.text}`] : []),
    ...(of.group === null ? [] : [`group ${of.group}`]),
    ...(errors > 0 ? [`${errors} errors`] : []),
    ...(warnings > 0 ? [`${warnings} warnings`] : []),
  ].join(', ');
}
