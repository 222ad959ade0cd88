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

/** What is drawn of a box; where it is and what it is called is for the caller. */
export function drawBox(box: Box, facts: MachineFacts, marks: Marks, detail: Detail): SVGGElement {
  const { x, y, width, height, kind, device } = box;
  const of = device === null ? undefined : facts.devices[device];
  const g = svg('g', { class: `part ${kind}` });
  g.append(svg('rect', { x, y, width, height, rx: kind === 'device' ? 4 : 8, class: 'ground' }));
  if (box.group !== null) colour(g, marks.colours.get(box.group) ?? 0, kind);
  if (kind === 'device' && of !== undefined) drawDevice(g, box, of, marks, detail);
  else if (detail === 'all') drawField(g, box, of, facts, marks);
  return g;
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

function drawDevice(g: SVGGElement, box: Box, of: DeviceFacts, marks: Marks, detail: Detail): void {
  const { x, y, width, head } = box;
  g.classList.add(of.outcome);
  g.append(svg('rect', { x, y, width: 5, height: head, rx: 2, class: 'edge' }));
  if (detail !== 'all') drawCount(g, box, of, marks, 16);
  if (detail === 'shape') return;
  const name = escapeText(of.name);
  if (detail === 'name') {
    g.append(
      text(x + 10, y + head / 2 + 7, shortened(name, columnsFor(width - 14, 19)), 'name large'),
    );
    return;
  }
  const { errors, warnings } = marks.of(of);
  const room = width - 34 - (errors + warnings > 0 ? 26 : 0);
  const middle = head < 40 ? 12 : 13;
  g.append(
    ...badge(x + 17, y + middle, of),
    text(x + 29, y + middle + 4, shortened(name, columnsFor(room, 11.5)), 'name'),
  );
  drawCount(g, box, of, marks, 8);
  if (head < 40) return;
  g.append(
    text(x + 10, y + 33, shortened(escapeText(of.what), columnsFor(width - 14, 10.5)), 'what'),
  );
  if (of.group === null) return;
  const group = `group ${of.group}`;
  g.append(text(x + 10, y + 49, group, 'membership'));
  if (box.reach?.at === 'box') {
    const columns = columnsFor(width - 14, 10.5) - group.length - 2;
    const ids = text(x + width - 6, y + 49, shortened(box.reach.text, columns), 'ids');
    ids.setAttribute('text-anchor', 'end');
    g.append(ids);
  }
}

/** A letter in a shape: each outcome has its own. */
function badge(cx: number, cy: number, { outcome }: DeviceFacts): SVGElement[] {
  const letter = text(cx, cy + 4, letterOf(outcome), 'letter');
  letter.setAttribute('text-anchor', 'middle');
  return [svg('path', { d: shapeOf(outcome, cx, cy), class: 'badge' }), letter];
}

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
function drawCount(g: SVGGElement, box: Box, of: DeviceFacts, marks: Marks, radius: number): void {
  const { errors, warnings } = marks.of(of);
  const count = errors + warnings;
  if (count === 0) return;
  const [cx, cy] = [box.x + box.width - radius - 4, box.y + radius + 4];
  const size = radius === 8 ? 11 : 20;
  const label = text(cx, cy + size * 0.36, String(count > 99 ? '99' : count), 'count');
  label.setAttribute('text-anchor', 'middle');
  label.style.fontSize = `${size}px`;
  const shape =
    errors > 0
      ? svg('circle', { cx, cy, r: radius, class: 'mark error' })
      : svg('path', {
          d: `M${cx} ${cy - radius}L${cx + radius * 1.1} ${cy + radius}H${cx - radius * 1.1}z`,
          class: 'mark warning',
        });
  g.append(shape, label);
}

/** What is at the top of a field besides its title. */
function drawField(
  g: SVGGElement,
  box: Box,
  of: DeviceFacts | undefined,
  facts: MachineFacts,
  marks: Marks,
): void {
  const { x, y, width } = box;
  const below = belowTitle(box, facts);
  if (below !== '')
    g.append(text(x + 10, y + 40, shortened(below, columnsFor(width - 20, 11)), 'below'));
  if (of !== undefined) drawCount(g, box, of, marks, 8);
}

/** The title of a field, above all boxes. */
export function drawTitle(
  { text: words, x, y, size }: Title,
  kind: Box['kind'] | undefined,
): SVGTextElement {
  const title = text(x, y + size * 0.36, words, `title ${kind ?? ''}`);
  title.style.fontSize = `${size}px`;
  title.style.strokeWidth = `${size / 5}px`;
  return title;
}

function belowTitle(box: Box, { document }: MachineFacts): string {
  if (box.kind !== 'iommu') return '';
  const found = document.iommus.find(({ name }) => name === box.name);
  return found === undefined ? '' : `${found.driver ?? 'no driver'}, ${found.state}`;
}

/** The IDs at the wire that leads in. */
export function drawReach({ x, y, width, reach }: Box): SVGTextElement | null {
  if (reach?.at !== 'wire') return null;
  return text(
    x + wireLeft + 5,
    y - 5,
    shortened(reach.text, columnsFor(width - wireLeft, 10.5)),
    'ids',
  );
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
    ...(box.reach === null || box.kind !== 'device' ? [] : [`IDs ${box.reach.text}`]),
    ...(of.group === null ? [] : [`group ${of.group}`]),
    ...(errors > 0 ? [`${errors} errors`] : []),
    ...(warnings > 0 ? [`${warnings} warnings`] : []),
  ].join(', ');
}
