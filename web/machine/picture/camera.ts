// Which part of the picture is seen, and how large.

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Area extends Size {
  readonly x: number;
  readonly y: number;
}

/** A point of the picture is at `x + scale * point` of the window. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** Of a picture that is not larger than its window. */
const largestFit = 1.25;
const most = 4;
/** Around what is brought into view. */
const margin = 24;

/** All of it, in the middle. */
export function fitted(picture: Size, window: Size): Camera {
  const scale = scaleToFit(picture, window);
  return {
    x: (window.width - picture.width * scale) / 2,
    y: (window.height - picture.height * scale) / 2,
    scale,
  };
}

function scaleToFit({ width, height }: Size, window: Size): number {
  if (width <= 0 || height <= 0) return 1;
  return Math.max(0.001, Math.min(largestFit, window.width / width, window.height / height));
}

/** Closer, or from farther away, with one point of the window where it was. */
export function zoomed(
  { x, y, scale }: Camera,
  factor: number,
  at: { readonly x: number; readonly y: number },
  picture: Size,
  window: Size,
): Camera {
  const least = scaleToFit(picture, window) / 2;
  const next = Math.min(most, Math.max(least, scale * factor));
  const by = next / scale;
  return { x: at.x - (at.x - x) * by, y: at.y - (at.y - y) * by, scale: next };
}

/** Moved by so much of the window; something of the picture stays in it. */
export function moved(camera: Camera, dx: number, dy: number, picture: Size, window: Size): Camera {
  const keep = (at: number, size: number, room: number): number =>
    Math.min(room * 0.8, Math.max(room * 0.2 - size, at));
  return {
    x: keep(camera.x + dx, picture.width * camera.scale, window.width),
    y: keep(camera.y + dy, picture.height * camera.scale, window.height),
    scale: camera.scale,
  };
}

/** The part of the picture that is in the window, and so much of the window more on each side. */
export function seen({ x, y, scale }: Camera, { width, height }: Size, more = 0): Area {
  return {
    x: (-x - more * width) / scale,
    y: (-y - more * height) / scale,
    width: (width * (1 + 2 * more)) / scale,
    height: (height * (1 + 2 * more)) / scale,
  };
}

/** Moved no farther than needed for an area to be seen, and closer where it could not be read. */
export function showing(
  camera: Camera,
  area: Area,
  picture: Size,
  window: Size,
  readable: number,
): Camera {
  const closest = Math.min(window.width / (area.width + 20), window.height / (area.height + 20));
  if (camera.scale < readable * 0.9) {
    const scale = Math.max(camera.scale, Math.min(readable, Math.max(closest, readable * 0.6)));
    return centred(area, picture, window, scale);
  }
  const shift = (from: number, size: number, room: number): number => {
    const [start, end] = [from, from + size];
    if (size > room - 2 * margin) return margin - start;
    return start < margin ? margin - start : end > room - margin ? room - margin - end : 0;
  };
  const { x, y, scale } = camera;
  return {
    x: x + shift(x + area.x * scale, area.width * scale, window.width),
    y: y + shift(y + area.y * scale, area.height * scale, window.height),
    scale,
  };
}

/** In the middle, but for what is near the border of the picture: there is nothing beyond. */
function centred(area: Area, picture: Size, window: Size, scale: number): Camera {
  const along = (from: number, size: number, whole: number, room: number): number => {
    const middle = Math.max((room - size * scale) / 2, margin) - from * scale;
    const least = room - whole * scale;
    return least > 0 ? least / 2 : Math.min(0, Math.max(least, middle));
  };
  return {
    x: along(area.x, area.width, picture.width, window.width),
    y: along(area.y, area.height, picture.height, window.height),
    scale,
  };
}

export function overlap(a: Area, b: Area): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
