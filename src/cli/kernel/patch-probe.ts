import { register } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

// Loads a patch where it can do no harm, to see whether that comes to an end and leaves the world as
// it was.

/** What everything rests on, by name. */
const builtins: readonly (readonly [name: string, of: object])[] = [
  ['globalThis', globalThis],
  ...[Object, Function, Array, Map, Set, WeakMap, WeakSet, Promise, Iterator_()].flatMap(both),
  ...[String, Number, Boolean, BigInt, Symbol, RegExp, Error, Int32Array, Uint8Array].flatMap(both),
  ...([JSON, Math, Reflect, Atomics] as const).map((of) => [String(of), of] as const),
];

type Class = abstract new (...values: never[]) => unknown;

/** Generators are of no class that has a name. */
function Iterator_(): Class {
  return Object.getPrototypeOf(function* () {}).constructor as Class;
}

function both(of: unknown): (readonly [string, object])[] {
  const { name, prototype } = of as { readonly name: string; readonly prototype: object };
  return [
    [name, of as object],
    [`${name}.prototype`, prototype],
  ];
}

/** What there is, by name: values of properties and what gets them. */
function snapshot(): Map<string, unknown> {
  const seen = new Map<string, unknown>();
  for (const [name, of] of builtins)
    for (const key of Reflect.ownKeys(of)) {
      const { value, get } = Object.getOwnPropertyDescriptor(of, key) as PropertyDescriptor;
      seen.set(`${name}.${String(key)}`, get ?? value);
    }
  return seen;
}

/** The first that is another one; null when all is as it was. */
function changed(before: ReadonlyMap<string, unknown>): string | null {
  const now = snapshot();
  for (const [name, value] of now) if (!Object.is(before.get(name), value)) return name;
  for (const name of before.keys()) if (!now.has(name)) return name;
  return null;
}

/** What keeps a program from its end. */
const lasting = [
  'Timeout',
  'Immediate',
  'TCPServerWrap',
  'TCPSocketWrap',
  'ProcessWrap',
  'PipeWrap',
];

async function probe(): Promise<string | null> {
  const { hooks, url } = workerData as { readonly hooks: string; readonly url: string };
  register(hooks);
  process.exit = () => {
    throw new Error('it ends the program');
  };
  process.abort = process.exit;
  const before = snapshot();
  try {
    await import(url);
  } catch (error) {
    return firstLine(error);
  }
  const what = changed(before);
  if (what !== null) return `it changes ${what}`;
  const running = process.getActiveResourcesInfo().find((one) => lasting.includes(one));
  return running === undefined ? null : `it leaves something running (${running})`;
}

function firstLine(error: unknown): string {
  try {
    const text = error instanceof Error ? error.message : String(error);
    return text.split('\n', 1)[0] || 'it throws';
  } catch {
    return 'it throws something that cannot be looked at';
  }
}

parentPort?.postMessage({ wrong: await probe() });
