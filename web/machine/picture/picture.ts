// The machine as a picture: what is seen of it is in the document, the rest is not.

import { svg } from '../../app/dom.ts';
import type { MachineFacts } from '../facts.ts';
import type { Marks } from '../marks.ts';
import {
  type Area,
  type Camera,
  fitted,
  moved,
  overlap,
  type Size,
  seen,
  showing,
  zoomed,
} from './camera.ts';
import { type DrawnBox, drawBox, drawTitle, labelOf } from './draw.ts';
import { drawFar } from './far.ts';
import { listenForGestures } from './gestures.ts';
import { boxAfter, siblings } from './keys.ts';
import { type Box, layoutOf, type Picture } from './layout.ts';
import { patterns } from './patterns.ts';
import { type Detail, detailAt, readableScale, sceneOf } from './scene.ts';

export interface PictureOptions {
  /** A device was chosen, or none is any more. */
  readonly onSelect: (device: number | null) => void;
  /** The picture is left by its keyboard. */
  readonly onLeave: () => void;
}

/** So much of the window around it is drawn, too. */
const around = 0.5;
/** What is zoomed by more than this is drawn anew at once; by less, when it is at rest. */
const sameScale = 1.25;
const restTime = 100;
/** More hits than these are not kept when they are too small to be seen. */
const mostKept = 300;
const step = 1.3;
/** It is laid out anew where its window is wider or narrower by this factor. */
const otherShape = 1.5;

interface Drawn extends DrawnBox {
  readonly label: string;
  readonly detail: Detail;
}

export class PictureView {
  readonly element: SVGSVGElement;
  readonly #facts: MachineFacts;
  readonly #marks: Marks;
  readonly #options: PictureOptions;
  /** Laid out for its window. */
  #picture: Picture = { boxes: [], boxOf: [], wires: [], far: [], width: 0, height: 0 };
  /** By the box that they are in. */
  #wires: ReadonlyMap<number, string> = new Map();
  #camera: Camera = { x: 0, y: 0, scale: 1 };
  #window: Size = { width: 0, height: 0 };
  /** Width by height that it is laid out for. */
  #aspect = 0;
  /** It has been laid out anew: what is drawn is not where it was. */
  #isStale = false;
  /** What is drawn, and at which scale. */
  #area: Area = { x: 0, y: 0, width: 0, height: 0 };
  #scale = 0;
  /** Nobody has moved it: it stays as large as its window. */
  #isFitted = true;
  #focus = 1;
  #selected: number | null = null;
  #hits: ReadonlySet<number> | null = null;
  #changed: ReadonlySet<number> = new Set();
  #frame = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;
  readonly #world = svg('g', { class: 'world' });
  readonly #boxes = svg('g');
  readonly #small = svg('g', { class: 'small' });
  /** What is written: not inside of what it is written on, which has a name of its own. */
  readonly #texts = svg('g', { class: 'texts', 'aria-hidden': 'true' });
  readonly #far = svg('g', { class: 'far' });
  readonly #titles = svg('g', { class: 'titles', 'aria-hidden': 'true' });
  readonly #drawn = new Map<number, Drawn>();
  readonly #resized: ResizeObserver;

  constructor(facts: MachineFacts, marks: Marks, options: PictureOptions) {
    this.#facts = facts;
    this.#marks = marks;
    this.#options = options;
    // Of itself it would be a stop of the tab key, as it listens for the focus.
    this.element = svg('svg', { class: 'machine-picture', tabindex: -1 });
    this.#world.append(this.#boxes, this.#small, this.#texts, this.#far, this.#titles);
    this.element.append(patterns(), this.#world);
    listenForGestures(this.element, {
      drag: (dx, dy) => this.#go(moved(this.#camera, dx, dy, this.#picture, this.#window)),
      zoom: (factor, at) => this.zoom(factor, at),
      tap: (target) => this.#tapped(target),
    });
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.element.addEventListener('focusin', (event) => {
      const at = boxAt(event.target);
      if (at !== null && at !== this.#focus) this.#focus = at;
    });
    this.#resized = new ResizeObserver(() => this.#resize());
    this.#resized.observe(this.element);
  }

  destroy(): void {
    this.#resized.disconnect();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#rest);
  }

  /** All of the machine. */
  fit(): void {
    this.#isFitted = true;
    this.#camera = fitted(this.#picture, this.#window);
    this.#draw();
  }

  zoom(factor: number, at = { x: this.#window.width / 2, y: this.#window.height / 2 }): void {
    this.#go(zoomed(this.#camera, factor, at, this.#picture, this.#window));
  }

  /** Mark a device as the chosen one, and show it. */
  select(device: number | null): void {
    if (device === this.#selected) return;
    this.#selected = device;
    if (device !== null) this.show(device);
    this.#mark();
  }

  /** Bring a device into view. */
  show(device: number): void {
    const box = this.#picture.boxOf[device];
    if (box === undefined) return;
    this.#focus = box;
    this.#reveal(box);
  }

  /** Leave only these as they are; null for all. */
  highlight(devices: readonly number[] | null): void {
    this.#hits = devices === null ? null : new Set(devices);
    this.#redraw();
  }

  /** Mark devices that another kernel makes something else of. */
  change(devices: ReadonlySet<number>): void {
    this.#changed = devices;
    this.#mark();
  }

  #go(camera: Camera): void {
    this.#isFitted = false;
    this.#camera = camera;
    this.#draw();
  }

  #resize(): void {
    const { width, height } = this.element.getBoundingClientRect();
    if (width === 0 || height === 0) return;
    const isFirst = this.#window.width === 0;
    this.#window = { width, height };
    const aspect = Math.min(2.5, Math.max(0.5, width / height));
    const by = aspect / this.#aspect;
    const isAnew = isFirst || by > otherShape || by < 1 / otherShape;
    if (isAnew) this.#layOut(aspect);
    // Where nothing is chosen that could be shown again, all of it is.
    if (this.#isFitted || (isAnew && this.#selected === null)) {
      this.#isFitted = true;
      this.#camera = fitted(this.#picture, this.#window);
    }
    if (this.#selected !== null && (isFirst || (isAnew && !this.#isFitted)))
      this.show(this.#selected);
    this.#redraw();
  }

  #layOut(aspect: number): void {
    const focused = this.#picture.boxes[this.#focus]?.device ?? null;
    this.#aspect = aspect;
    this.#isStale = true;
    this.#picture = layoutOf(this.#facts, aspect);
    if (focused !== null) this.#focus = this.#picture.boxOf[focused] ?? 1;
    this.#wires = new Map(this.#picture.wires.map(({ box, path }) => [box, path]));
    if (this.#picture.boxes.length < 2) return;
    this.element.setAttribute('role', 'tree');
    this.element.setAttribute('aria-label', 'The machine: arrows lead from box to box');
  }

  #reveal(box: number): void {
    const area = this.#picture.boxes[box];
    if (area === undefined || this.#window.width === 0) return;
    // Of what contains others, its head.
    const head = { x: area.x, y: area.y, width: area.width, height: Math.max(area.head, 24) };
    this.#go(showing(this.#camera, head, this.#picture, this.#window, readableScale * 1.3));
  }

  /** In the next frame: move what is there; draw more of it where that is not enough. */
  #draw(): void {
    if (this.#frame !== 0 || this.#window.width === 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const { x, y, scale } = this.#camera;
      this.#world.setAttribute('transform', `translate(${x} ${y}) scale(${scale})`);
      const by = scale / this.#scale;
      const isFar =
        by > sameScale || by < 1 / sameScale || detailAt(scale) !== detailAt(this.#scale);
      const view = seen(this.#camera, this.#window);
      if (isFar || !contains(this.#area, view)) this.#fill();
      else if (scale !== this.#scale) {
        clearTimeout(this.#rest);
        this.#rest = setTimeout(() => this.#redraw(), restTime);
      }
    });
  }

  #redraw(): void {
    this.#scale = 0;
    this.#draw();
  }

  #fill(): void {
    const { scale } = this.#camera;
    this.#area = seen(this.#camera, this.#window, around);
    this.#scale = scale;
    const hadFocus = this.element.contains(document.activeElement);
    const scene = sceneOf(this.#picture, this.#facts, this.#area, scale, this.#kept());
    const wanted = new Set(scene.boxes);
    for (const [i, drawn] of this.#drawn)
      if (this.#isStale || !wanted.has(i) || drawn.detail !== scene.detail) this.#remove(i, drawn);
    this.#isStale = false;
    let next = this.#boxes.firstChild;
    for (const i of scene.boxes) {
      if (i === 0) continue;
      const { shapes, texts } = this.#drawn.get(i) ?? this.#add(i, scene.detail);
      if (shapes === next) next = shapes.nextSibling;
      else this.#boxes.insertBefore(shapes, next);
      if (texts.hasChildNodes() && texts.parentNode === null) this.#texts.append(texts);
    }
    this.#small.replaceChildren(
      ...[...scene.small].map(([outcome, d]) => svg('path', { d, class: `ground ${outcome}` })),
    );
    this.#titles.replaceChildren(
      ...[...scene.titles].map(([i, title]) => drawTitle(title, this.#picture.boxes[i]?.kind)),
    );
    this.#small.classList.toggle('dimmed', this.#hits !== null);
    this.#mark();
    if (hadFocus) this.#drawn.get(this.#focus)?.shapes.focus({ preventScroll: true });
  }

  /** What is there whatever is seen: what has the focus, what is chosen, what was found. */
  #kept(): ReadonlySet<number> {
    const { boxOf } = this.#picture;
    const kept = new Set([this.#focus]);
    const devices = [...(this.#hits ?? [])].slice(0, mostKept);
    if (this.#selected !== null) devices.push(this.#selected);
    for (const device of devices) kept.add(boxOf[device] ?? 0);
    kept.delete(0);
    return kept;
  }

  #remove(i: number, { shapes, texts }: Drawn): void {
    shapes.remove();
    texts.remove();
    this.#drawn.delete(i);
  }

  #add(i: number, detail: Detail): Drawn {
    const box = this.#picture.boxes[i] as Box;
    const label = labelOf(box, this.#facts, this.#marks);
    const drawn = { ...drawBox(box, this.#facts, this.#marks, detail), detail, label };
    this.#drawn.set(i, drawn);
    const { shapes } = drawn;
    const attributes = { 'data-box': i, role: 'treeitem', 'aria-level': box.depth, tabindex: -1 };
    for (const [name, value] of Object.entries(attributes)) shapes.setAttribute(name, `${value}`);
    shapes.prepend(svg('title', {}, label));
    const wire = this.#wires.get(i);
    if (wire !== undefined) shapes.append(svg('path', { d: wire, class: 'wire' }));
    return drawn;
  }

  /** What is chosen, found, or in the same group as what is chosen. */
  #mark(): void {
    const { boxes } = this.#picture;
    const { devices } = this.#facts;
    const chosen = this.#selected === null ? undefined : devices[this.#selected];
    for (const [i, { shapes, texts, label }] of this.#drawn) {
      const device = boxes[i]?.device ?? null;
      const group = device === null ? null : (devices[device]?.group ?? null);
      const isChosen = device !== null && device === this.#selected;
      const { classList } = shapes;
      const isChanged = device !== null && this.#changed.has(device);
      classList.toggle('selected', isChosen);
      classList.toggle('changed', isChanged);
      shapes.setAttribute('aria-label', isChanged ? `${label}, changes` : label);
      classList.toggle('mate', !isChosen && group !== null && group === chosen?.group);
      const isDimmed = this.#isDimmed(i);
      for (const one of [shapes, texts]) one.classList.toggle('dimmed', isDimmed);
      if (boxes[i]?.kind === 'device') shapes.setAttribute('aria-selected', String(isChosen));
      shapes.setAttribute('tabindex', i === this.#focus ? '0' : '-1');
    }
    const focused = this.#drawn.get(this.#focus)?.shapes;
    const beside = siblings(boxes, this.#focus);
    focused?.setAttribute('aria-setsize', String(beside.length));
    focused?.setAttribute('aria-posinset', String(beside.indexOf(this.#focus) + 1));
    this.#far.replaceChildren(...drawFar(this.#picture, this.#selected, detailAt(this.#scale)));
  }

  /** Fields stay: they are what devices are in. */
  #isDimmed(i: number): boolean {
    const box = this.#picture.boxes[i];
    if (this.#hits === null || box?.kind !== 'device' || box.device === null) return false;
    return !this.#hits.has(box.device);
  }

  #tapped(target: EventTarget | null): void {
    const at = boxAt(target);
    const device = at === null ? null : (this.#picture.boxes[at]?.device ?? null);
    if (at !== null) this.#setFocus(at);
    if (device !== null) this.#options.onSelect(device);
  }

  #setFocus(at: number): void {
    this.#focus = at;
    this.#mark();
    this.#drawn.get(at)?.shapes.focus({ preventScroll: true });
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!this.#obey(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  #obey(key: string): boolean {
    switch (key) {
      case '+':
      case '=':
        this.zoom(step);
        return true;
      case '-':
        this.zoom(1 / step);
        return true;
      case '0':
        this.fit();
        return true;
      case 'Enter':
      case ' ': {
        const device = this.#picture.boxes[this.#focus]?.device ?? null;
        if (device !== null) this.#options.onSelect(device);
        return true;
      }
      case 'Escape':
        if (this.#selected !== null) this.#options.onSelect(null);
        else this.#options.onLeave();
        return true;
      default: {
        const next = boxAfter(this.#picture.boxes, this.#focus, key);
        if (next === null) return key.startsWith('Arrow');
        this.#focus = next;
        this.#reveal(next);
        // It may not be in the document yet.
        this.#fill();
        this.#setFocus(next);
        return true;
      }
    }
  }
}

function boxAt(target: EventTarget | null): number | null {
  const element = target instanceof Element ? target.closest<SVGElement>('[data-box]') : null;
  const box = element?.dataset.box;
  return box === undefined ? null : Number(box);
}

function contains(outer: Area, inner: Area): boolean {
  return (
    overlap(outer, inner) &&
    outer.x <= inner.x &&
    outer.y <= inner.y &&
    outer.x + outer.width >= inner.x + inner.width &&
    outer.y + outer.height >= inner.y + inner.height
  );
}
