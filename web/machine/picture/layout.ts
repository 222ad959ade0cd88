// Where everything is: from the inside out, so that every device has room for its name, however many there are.
// Rows of devices of one size, below them rows of what has something in it.

import type { MachineFacts } from '../facts.ts';
import { type Part, type PartKind, partsOf } from './parts.ts';
import { idsText, type Reach, reachOf } from './reach.ts';

/** A part with its place, in units that are pixels when nothing is zoomed. */
export interface Box {
  readonly kind: PartKind;
  readonly key: string;
  readonly device: number | null;
  readonly name: string;
  readonly group: number | null;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Of what is written in it; what it contains is below. */
  readonly head: number;
  /** Of the picture: the box that it is in, null for the machine. */
  readonly parent: number | null;
  /** Of the picture: behind the last box that is in it. */
  readonly end: number;
  readonly depth: number;
  /** How it reaches the IOMMU: IDs as a text, where the wire comes in or in the box itself. */
  readonly reach: Reach | null;
  readonly wired: boolean;
}

/** An edge that leads into it from the box above, or out of it, as the path of an SVG. */
export interface Wire {
  /** Of the boxes: seen when this is. */
  readonly box: number;
  readonly path: string;
}

/** A second IOMMU of a device: not in the box that the device is in. */
export interface FarEdge {
  readonly device: number;
  /** Of the boxes. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export interface Picture {
  /** What contains comes before what is in it. */
  readonly boxes: readonly Box[];
  /** By device: its box. */
  readonly boxOf: readonly number[];
  readonly wires: readonly Wire[];
  readonly far: readonly FarEdge[];
  readonly width: number;
  readonly height: number;
}

const gap = 10;
const padding = 10;
/** Above a box that a wire leads into: room for IDs. */
const dropRoom = 18;
/** Left of what is wired: the wire that its rows hang on. */
const spineRoom = 14;
/** From the left side of a box to the wire that comes in, so that there is room for IDs beside it. */
export const wireLeft = 12;
export const leafWidth = 172;
const heads: Record<PartKind, number> = {
  machine: 0,
  iommu: 48,
  outcome: 34,
  host: 28,
  group: 22,
  device: 56,
};
/** Of a device that no IOMMU has: there is less to say. */
const shortHead = 24;
const hostHeadWithDevice = 44;
/** Width by height of what is in the picture. */
const boxAspect = 1.4;
/** Of fields that are tried, of devices without an IOMMU. */
const outcomeAspects = [boxAspect, 2, 2.8, 4, 6, 10];

/**
 * @param aspect width by height that the picture is to have, nearly
 */
export function layoutOf(facts: MachineFacts, aspect = boxAspect): Picture {
  const root = measured(partsOf(facts), facts, aspect);
  const boxes: Box[] = [];
  const boxOf = facts.devices.map(() => 0);
  const wires: Wire[] = [];
  put(root, 0, 0, null, 0);
  return {
    boxes,
    boxOf,
    wires,
    far: farEdges(facts, boxes, boxOf),
    width: root.width,
    height: root.height,
  };

  function put(of: Measured, x: number, y: number, parent: number | null, depth: number): void {
    const { part, width, height, head } = of;
    const { kind, key, device, name, group, wired } = part;
    const at = boxes.length;
    const reach = reachOf(part, parent === null ? null : (boxes[parent] ?? null), facts);
    // biome-ignore format: written out, as an object that is put together of others takes ten times as long
    const placed: { -readonly [K in keyof Box]: Box[K] } = { kind, key, device, name, group, x, y, width, height, head, parent, end: 0, depth, reach, wired };
    boxes.push(placed);
    if (device !== null) boxOf[device] = at;
    for (const { item, left, top } of of.items) put(item, x + left, y + top, at, depth + 1);
    placed.end = boxes.length;
    if (wired && of.items.length > 0) wires.push({ box: at, path: wirePath(of, x, y) });
  }
}

interface Measured {
  readonly part: Part;
  readonly width: number;
  readonly height: number;
  readonly head: number;
  readonly items: readonly Placed[];
}

interface Placed {
  readonly item: Measured;
  readonly left: number;
  readonly top: number;
}

function measured(part: Part, facts: MachineFacts, aspect: number): Measured {
  if (part.kind === 'machine') return measuredMachine(part, facts, aspect);
  const head = headOf(part, facts);
  const inner = part.children.map((child) => measured(child, facts, boxAspect));
  if (inner.length === 0) {
    const width = part.kind === 'device' ? leafWidth : 2 * leafWidth;
    return { part, width, height: head, head, items: [] };
  }
  const leaves = inner.filter(({ items }) => items.length === 0);
  // Large ones first: what is in a row is about as high.
  const nests = inner.filter(({ items }) => items.length > 0).sort((a, b) => b.height - a.height);
  return packed(part, head, [...leaves, ...nests], aspect);
}

/** Of fields the order tells something. Those that no IOMMU has may be wide, below the others. */
function measuredMachine(part: Part, facts: MachineFacts, aspect: number): Measured {
  const [iommus, outcomes] = [true, false].map((behind) =>
    part.children.filter(({ kind }) => (kind === 'iommu') === behind),
  ) as [Part[], Part[]];
  const behind = iommus.map((field) => measured(field, facts, boxAspect));
  const tried = outcomeAspects.map((wide) => {
    const others = outcomes.map((field) => measured(field, facts, wide));
    return packed(part, 0, [...behind, ...others], aspect);
  });
  const sizeOf = ({ width, height }: Measured): number => Math.max(width / aspect, height);
  return tried.reduce((a, b) => (sizeOf(b) < sizeOf(a) ? b : a));
}

function headOf({ kind, device }: Part, { devices }: MachineFacts): number {
  if (kind === 'host' && device !== null) return hostHeadWithDevice;
  if (kind !== 'device' || device === null) return heads[kind];
  return devices[device]?.group == null ? shortHead : heads.device;
}

/** Widths that are tried, by that of a rectangle of the same area. */
const widths = [0.85, 1, 1.2, 1.45];

/** In rows of the width that comes nearest to what is wanted. */
function packed(part: Part, head: number, inner: readonly Measured[], aspect: number): Measured {
  const above = part.wired ? dropRoom : 0;
  let [area, widest] = [0, 0];
  for (const { width, height } of inner) {
    area += (width + gap) * (height + above + gap);
    widest = Math.max(widest, width);
  }
  let best: Measured | null = null;
  let least = Number.POSITIVE_INFINITY;
  let tried = -1;
  for (const factor of widths) {
    const room = Math.max(widest, factor * Math.sqrt(area * aspect));
    if (room === tried) continue;
    tried = room;
    const rows = inRows(part, head, inner, room);
    const size = Math.max(rows.width / aspect, rows.height);
    if (best !== null && size >= least) continue;
    [best, least] = [rows, size];
  }
  return best as Measured;
}

/** In rows; where no wire has to reach each, low ones below one another beside a high one. */
function inRows(part: Part, head: number, inner: readonly Measured[], room: number): Measured {
  const above = part.wired ? dropRoom : 0;
  const left = padding + (part.wired ? spineRoom : 0);
  const top = head + (head === 0 ? padding : gap);
  const items: Placed[] = [];
  let [rowTop, rowHeight] = [top, 0];
  let [column, columnWidth, columnTop] = [left, 0, top];
  let right = 0;
  for (const item of inner) {
    const height = item.height + above;
    const fits = columnTop + height <= rowTop + rowHeight && item.width <= columnWidth;
    if (part.wired || !fits || columnTop === rowTop) {
      if (columnWidth > 0) column += columnWidth + gap;
      columnTop = rowTop;
      columnWidth = item.width;
      if (column > left && column + item.width > left + room) {
        rowTop += rowHeight + gap;
        [rowHeight, column, columnTop] = [0, left, rowTop];
      }
    }
    items.push({ item, left: column, top: columnTop + above });
    columnTop += height + gap;
    rowHeight = Math.max(rowHeight, columnTop - gap - rowTop);
    right = Math.max(right, column + item.width);
  }
  const least = part.kind === 'device' || part.kind === 'group' ? leafWidth : 2 * leafWidth;
  const width = Math.max(least, right + padding);
  return { part, width, height: rowTop + rowHeight + padding, head, items };
}

/** Down the left side, along each row, and down to each box of it. */
function wirePath({ items, head }: Measured, x: number, y: number): string {
  const spine = x + wireLeft;
  const rows = new Map<number, number>();
  let drops = '';
  for (const { item, left, top } of items) {
    const at = x + left + wireLeft;
    const trunk = y + top - dropRoom;
    rows.set(trunk, Math.max(rows.get(trunk) ?? 0, at));
    // A group's wire goes on inside.
    drops += `M${at} ${trunk}V${y + top + (item.part.kind === 'group' ? item.head : 0)}`;
  }
  const trunks = [...rows].map(([at, last]) => `M${spine} ${at}H${last}`).join('');
  const from = y + head;
  return `M${spine} ${from}V${[...rows.keys()].at(-1) ?? from}${trunks}${drops}`;
}

function farEdges(facts: MachineFacts, boxes: readonly Box[], boxOf: readonly number[]): FarEdge[] {
  const fields = new Map(
    boxes.flatMap((box, i): [string, number][] => (box.kind === 'iommu' ? [[box.name, i]] : [])),
  );
  return facts.devices.flatMap(({ iommus }, device) =>
    iommus.slice(1).flatMap((second): FarEdge[] => {
      const to = fields.get(second.iommu);
      const from = boxOf[device];
      if (to === undefined || from === undefined) return [];
      return [{ device, from, to, text: idsText(second.ids) }];
    }),
  );
}
