// The documents of --json, as the contract describes them: which keys there are, and what is in them.

import { kernels } from '../../src/series/index.ts';

/** Says what is wrong with a value, by the path to it. */
export type Check = (value: unknown, path: string) => string[];

function typed(type: string, test: (value: unknown) => boolean): Check {
  return (value, path) => (test(value) ? [] : [`${path} is no ${type}: ${JSON.stringify(value)}`]);
}

const text = typed('text', (value) => typeof value === 'string');
const word = typed('text that is not empty', (value) => typeof value === 'string' && value !== '');
const flag = typed('boolean', (value) => typeof value === 'boolean');
const count = typed('whole number', (value) => Number.isInteger(value) && Number(value) >= 0);
const errno = typed('error number', (value) => Number.isInteger(value) && Number(value) < 0);

function oneOf(...values: readonly unknown[]): Check {
  return typed(`one of ${values.join(', ')}`, (value) => values.includes(value));
}

function orNull(check: Check): Check {
  return (value, path) => (value === null ? [] : check(value, path));
}

function list(check: Check): Check {
  return (value, path) =>
    Array.isArray(value)
      ? value.flatMap((item, i) => check(item, `${path}[${i}]`))
      : [`${path} is no list`];
}

/** Keys that must be there. More may be. */
function object(keys: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return [`${path} is no object`];
    const found = value as Readonly<Record<string, unknown>>;
    return Object.entries(keys).flatMap(([key, check]) =>
      Object.hasOwn(found, key)
        ? check(found[key], `${path}.${key}`)
        : [`${path}.${key} is missing`],
    );
  };
}

const kernel = oneOf(...kernels.map(({ design }) => design.name));
const kinds = oneOf(
  'null-deref',
  'use-after-free',
  'double-free',
  'leak',
  'refcount',
  'data-race',
  'lockdep',
  'lock-order',
  'deadlock',
  'warn',
  'property',
);
/** The operations of the contract, and what was added to them. */
const ops = oneOf(
  ...['read', 'write', 'lock', 'unlock', 'alloc', 'free', 'get', 'put', 'call', 'return'],
  ...['note', 'spawn', 'join'],
);

const step = object({
  task: count,
  depth: count,
  function: word,
  op: ops,
  target: text,
  value: text,
});

export const bug: Check = object({
  kind: kinds,
  id: word,
  function: word,
  object: text,
  message: word,
  preemptions: count,
  token: orNull(word),
  tasks: list(word),
  steps: list(step),
});

export const explore: Check = object({
  version: oneOf(1),
  command: oneOf('explore'),
  kernel,
  scenario: oneOf('cover-letter', 'partial-fwspec', 'two-iommus', 'bind-iort', 'bind-viot'),
  verdict: oneOf('bug', 'clean', 'incomplete'),
  complete: flag,
  bounds: object({ preemptions: orNull(count), executions: orNull(count) }),
  executions: count,
  blocked: count,
  transitions: count,
  elapsed_ms: count,
  bugs: list(bug),
});

const finding = object({
  rule: word,
  severity: oneOf('error', 'warning', 'note'),
  node: word,
  property: orNull(word),
  offset: orNull(count),
  message: word,
  help: word,
});

const device = object({
  name: word,
  path: word,
  bus: oneOf('pci', 'platform', 'amba', 'fsl-mc'),
  firmware_node: orNull(word),
  outcome: oneOf('translated', 'identity', 'direct', 'deferred', 'failed'),
  errno: orNull(errno),
  iommus: list(object({ iommu: word, ids: list(object({ id: count, mask: count })) })),
  group: orNull(count),
  domain: orNull(oneOf('DMA', 'DMA-FQ', 'identity')),
  reasons: list(word),
});

export const inspect: Check = object({
  version: oneOf(1),
  command: oneOf('inspect'),
  kernel,
  machine: object({
    firmware: oneOf('devicetree', 'acpi'),
    model: text,
    compatible: list(word),
  }),
  iommus: list(
    object({
      name: word,
      path: word,
      compatible: list(word),
      driver: orNull(word),
      state: oneOf('registered', 'disabled', 'no-driver', 'failed'),
      cells: orNull(count),
    }),
  ),
  devices: list(device),
  groups: list(object({ id: count, type: word, devices: list(word) })),
  findings: list(finding),
});

export const explain: Check = object({
  version: oneOf(1),
  command: oneOf('explain'),
  kernel,
  device,
  steps: list(
    object({
      what: word,
      text: word,
      failed: flag,
      table: orNull(word),
      file: orNull(word),
      node: orNull(word),
      property: orNull(word),
      offset: orNull(count),
      bytes: orNull(word),
    }),
  ),
});

export const check: Check = object({
  inspect,
  shapes: list(object({ devices: list(word), explore })),
});

export const replay: Check = object({
  version: oneOf(1),
  command: oneOf('replay'),
  kernel,
  scenario: word,
  bug,
});

const value: Check = (found, path) =>
  Array.isArray(found)
    ? list(word)(found, path)
    : oneOf('string', 'number', 'boolean')(found === null ? 'string' : typeof found, path);

const verifyField = oneOf('device', 'deferred', 'iommu', 'ids', 'group', 'domain', 'calls');

export const verify: Check = object({
  version: oneOf(1),
  command: oneOf('verify'),
  kernel: orNull(kernel),
  devices: count,
  agree: count,
  vacuous: flag,
  fields: list(object({ field: verifyField, compared: count, present: count, agree: count })),
  disagree: list(
    object({
      capture: word,
      device: word,
      field: verifyField,
      predicted: value,
      observed: value,
    }),
  ),
  captures: list(
    object({
      capture: word,
      release: orNull(word),
      kernel: orNull(kernel),
      devices: count,
      agree: count,
      vacuous: flag,
      error: orNull(word),
    }),
  ),
});

const item = object({ name: word, about: word });

export const lists: Readonly<Record<string, Check>> = Object.fromEntries(
  ['kernels', 'scenarios', 'rules', 'drivers'].map((name): [string, Check] => [
    name,
    object({ version: oneOf(1), command: oneOf('list'), [name]: list(item) }),
  ]),
);
