// Pointers and wheels: one finger or the mouse drags, two fingers or the wheel zoom.

export interface Gestures {
  readonly drag: (dx: number, dy: number) => void;
  readonly zoom: (factor: number, at: Point) => void;
  /** Down and up at one place. */
  readonly tap: (target: EventTarget | null, at: Point) => void;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** In pixels: farther is a drag. */
const tapDistance = 4;

export function listenForGestures(element: SVGElement, gestures: Gestures): void {
  const down = new Map<number, Point>();
  let travelled = 0;
  let target: EventTarget | null = null;
  const place = (event: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    if (down.size === 0) [travelled, target] = [0, event.target];
    down.set(event.pointerId, place(event));
  });
  element.addEventListener('pointermove', (event) => {
    const from = down.get(event.pointerId);
    if (from === undefined) return;
    const to = place(event);
    const others = [...down].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    const [other] = others;
    down.set(event.pointerId, to);
    travelled += Math.hypot(to.x - from.x, to.y - from.y);
    // Not before: the click on a box would go to the picture.
    if (travelled >= tapDistance && !element.hasPointerCapture(event.pointerId))
      element.setPointerCapture(event.pointerId);
    if (other === undefined) {
      if (travelled >= tapDistance) gestures.drag(to.x - from.x, to.y - from.y);
      return;
    }
    const middle = { x: (to.x + other.x) / 2, y: (to.y + other.y) / 2 };
    const before = Math.hypot(from.x - other.x, from.y - other.y);
    const after = Math.hypot(to.x - other.x, to.y - other.y);
    if (before > 0 && after > 0) gestures.zoom(after / before, middle);
    gestures.drag((to.x - from.x) / 2, (to.y - from.y) / 2);
  });
  const up = (event: PointerEvent): void => {
    if (!down.delete(event.pointerId)) return;
    if (event.type === 'pointerup' && travelled < tapDistance) gestures.tap(target, place(event));
  };
  element.addEventListener('pointerup', up);
  element.addEventListener('pointercancel', up);
  element.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 16 : 1;
      gestures.zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.002)), place(event));
    },
    { passive: false },
  );
}
