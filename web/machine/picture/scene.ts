// What of the picture is drawn: what is in the window, and large enough to say something.

import type { DeviceOutcome } from '../../../src/machine/index.ts';
import { escapeText } from '../../../src/util/index.ts';
import type { MachineFacts } from '../facts.ts';
import { shortened } from '../words.ts';
import { type Area, overlap } from './camera.ts';
import type { Box, Picture } from './layout.ts';

/** How much is written in the box of a device: nothing, its name in large letters, or all. */
export type Detail = 'shape' | 'name' | 'all';

/** Below this scale the names of devices cannot be read. */
const nameScale = 0.4;
/** From here on all that is in a box can. */
export const readableScale = 0.62;
/** In pixels of the window: what is lower is drawn with others, as one shape. */
const lowest = 9;
const smallestText = 11;
/** Of a letter of the font, by its size. */
const letter = 0.61;

/** What is written at the top of a field. */
export interface Title {
  readonly text: string;
  readonly x: number;
  /** Of its middle. */
  readonly y: number;
  /** Of the letters, in units of the picture. */
  readonly size: number;
}

export interface Scene {
  readonly detail: Detail;
  /** Boxes that are drawn one by one, what contains before what is in it. */
  readonly boxes: readonly number[];
  /** By outcome: the many that are too small, as one path each. */
  readonly small: ReadonlyMap<DeviceOutcome, string>;
  readonly titles: ReadonlyMap<number, Title>;
}

export function detailAt(scale: number): Detail {
  return scale < nameScale ? 'shape' : scale < readableScale ? 'name' : 'all';
}

/**
 * @param kept boxes that are drawn however small they are, wherever they are
 */
export function sceneOf(
  { boxes }: Picture,
  facts: MachineFacts,
  area: Area,
  scale: number,
  kept: ReadonlySet<number>,
): Scene {
  const drawn: number[] = [];
  const small = new Map<DeviceOutcome, string>();
  let i = 0;
  while (i < boxes.length) {
    const box = boxes[i];
    if (box === undefined) break;
    const inside = overlap(box, area);
    if (kept.has(i)) drawn.push(i);
    else if (inside && box.kind === 'device' && box.height * scale < lowest) {
      const outcome = facts.devices[box.device ?? -1]?.outcome ?? 'direct';
      const { x, y, width, height } = box;
      small.set(outcome, `${small.get(outcome) ?? ''}M${x} ${y}h${width}v${height}h${-width}z`);
    } else if (inside) drawn.push(i);
    // What is in a box that is not seen is not seen either; kept ones are looked for below.
    i = inside ? i + 1 : box.end;
  }
  for (const keep of kept) if (!drawn.includes(keep) && keep < boxes.length) drawn.push(keep);
  return {
    detail: detailAt(scale),
    boxes: drawn,
    small,
    titles: titlesOf(drawn, boxes, facts, scale),
  };
}

/** Of fields: as large as they have to be, unless one is in the way of that of a larger field. */
function titlesOf(
  drawn: readonly number[],
  boxes: readonly Box[],
  facts: MachineFacts,
  scale: number,
): Map<number, Title> {
  const titles = new Map<number, Title>();
  const taken: Area[] = [];
  for (const i of drawn) {
    const box = boxes[i];
    if (box === undefined || box.kind === 'device' || box.kind === 'machine') continue;
    const usual = box.kind === 'iommu' || box.kind === 'outcome' ? 15 : 12;
    const size = Math.max(usual, smallestText / scale);
    const left = box.kind === 'group' ? 20 : 8;
    const columns = Math.floor((box.width - left - 6) / (letter * size));
    const head = box.kind === 'iommu' && size === usual ? 24 : Math.max(box.head, size * 1.3);
    const text = fitting(box, facts, columns);
    if (text === null || head > box.height) continue;
    const area = { x: box.x + left, y: box.y, width: text.length * letter * size, height: head };
    if (size > usual && taken.some((other) => overlap(other, area))) continue;
    taken.push(area);
    titles.set(i, { text, x: area.x, y: box.y + head / 2, size });
  }
  return titles;
}

/** Of a group where there is little room, its number. */
function fitting(box: Box, facts: MachineFacts, columns: number): string | null {
  const text = titleOf(box, facts);
  if (text.length <= columns) return text;
  const number = String(box.group);
  if (box.kind === 'group') return number.length <= columns ? number : null;
  return columns < 5 ? null : shortened(text, columns);
}

function titleOf({ kind, name, group, device }: Box, facts: MachineFacts): string {
  const text = escapeText(name);
  if (kind === 'iommu') return text;
  if (kind === 'outcome') return outcomeTitles[name as DeviceOutcome] ?? text;
  if (kind === 'group') return `group ${group}`;
  const host = device === null ? undefined : facts.devices[device];
  return host === undefined ? text : `${text}  ${escapeText(host.name)}`;
}

const outcomeTitles: Readonly<Record<DeviceOutcome, string>> = {
  translated: 'Translated, by an IOMMU that is not known',
  identity: 'Passed through, by an IOMMU that is not known',
  direct: 'No IOMMU in the way',
  deferred: 'Waiting: deferred',
  failed: 'Failed',
  absent: 'Not there',
};
