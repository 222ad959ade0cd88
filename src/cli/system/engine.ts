// What the engine is told before the model is loaded: a command is over when code for the long run would
// be ready, and what a large machine leaves behind is not worth keeping.

import { setFlagsFromString } from 'node:v8';

/**
 * Tell it. Each flag is one that this version of the engine has.
 *
 * @param searches whether the same functions run again and again, however small the machine
 */
export function tuneEngine(searches: boolean): void {
  const v8 = Number.parseInt(process.versions.v8, 10);
  if (v8 === 11) {
    // Functions are compiled with care after 4 or 15 times as much work as usual.
    const budget = searches ? 1_000_000 : 300_000;
    setFlagsFromString(`--interrupt-budget=${budget}`);
  }
  // Garbage is collected when there is as much of it as of all else.
  if (v8 === 11 || v8 === 12) setFlagsFromString('--heap-growing-percent=100');
}
