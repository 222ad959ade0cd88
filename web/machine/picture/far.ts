// Edges to a second IOMMU: across the picture, from the device to the field of that IOMMU.

import { svg } from '../../app/dom.ts';
import type { FarEdge, Picture } from './layout.ts';
import type { Detail } from './scene.ts';

/** Of more, only those of the chosen device are drawn. */
const mostAtOnce = 40;

export function drawFar(
  { boxes, far }: Picture,
  selected: number | null,
  detail: Detail,
): SVGGElement[] {
  const shown = far.length <= mostAtOnce ? far : far.filter(({ device }) => device === selected);
  return shown.flatMap((edge) => drawEdge(edge, boxes, edge.device === selected, detail));
}

function drawEdge(
  { from, to, text }: FarEdge,
  boxes: Picture['boxes'],
  isSelected: boolean,
  detail: Detail,
): SVGGElement[] {
  const [a, b] = [boxes[from], boxes[to]];
  if (a === undefined || b === undefined) return [];
  const [x, y] = [a.x + a.width, a.y + a.head / 2];
  const [toX, toY] = [b.x + b.width / 2, b.y + (b.y > y ? 0 : b.head)];
  const bend = Math.max(30, Math.abs(toY - y) / 3);
  const d = `M${x} ${y}C${x + bend} ${y} ${toX} ${toY + (b.y > y ? -bend : bend)} ${toX} ${toY}`;
  const g = svg('g', { class: isSelected ? 'edge selected' : 'edge' }, svg('path', { d }));
  if (detail === 'all') g.append(svg('text', { x: x + 4, y: y - 4, class: 'ids' }, text));
  return [g];
}
