// Whether plain data that somebody hands in is what it must be. Each test gives where it is not: a path
// such as `.nodes[3].task`, or null when all fits.

export type Fits = (value: unknown) => string | null;

function test(passes: (value: unknown) => boolean): Fits {
  return (value) => (passes(value) ? null : '');
}

export const text: Fits = test((value) => typeof value === 'string');
export const flag: Fits = test((value) => typeof value === 'boolean');

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): Fits {
  return test(
    (value) =>
      Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
  );
}

export function oneOf(values: readonly unknown[]): Fits {
  return test((value) => values.includes(value));
}

export function orNull(fits: Fits): Fits {
  return (value) => (value === null ? null : fits(value));
}

/** A list in which `cycle` comes again and again, whole each time. */
export function list(...cycle: readonly Fits[]): Fits {
  return (value) => {
    if (!Array.isArray(value) || value.length % cycle.length !== 0) return '';
    for (let i = 0; i < value.length; i++) {
      const where = (cycle[i % cycle.length] as Fits)(value[i]);
      if (where !== null) return `[${i}]${where}`;
    }
    return null;
  };
}

/** An object with these fields and no others. */
export function fields(shape: Readonly<Record<string, Fits>>): Fits {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return '';
    for (const name of Object.keys(value)) if (!Object.hasOwn(shape, name)) return `.${name}`;
    for (const [name, fits] of Object.entries(shape)) {
      const where = fits((value as Readonly<Record<string, unknown>>)[name]);
      if (where !== null) return `.${name}${where}`;
    }
    return null;
  };
}
