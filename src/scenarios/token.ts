import { abbreviate, decodeSchedule, encodeSchedule, type Schedule } from '../explore/index.ts';
import { defaultKconfig, type Kconfig } from '../linux/index.ts';
import { describes, isTables, mostOfAnything, type Shape, shapeBuses } from '../machine/index.ts';
import { percentDecoded, percentEncoded, UsageError } from '../util/index.ts';
import { impossible } from './asked.ts';

/** All it takes to run one execution again. */
export interface Replayable {
  readonly kernel: string;
  readonly scenario: string;
  readonly config: Kconfig;
  readonly shape: Shape;
  readonly schedule: Schedule;
  /**
   * The fingerprint of the bug it shows, or its abbreviation; null of an execution that is shown for itself,
   * which need not have come to its end.
   */
  readonly bug: string | null;
}

/** Counted up when what a token means changes. */
const version = 1;

/**
 * One execution in a line of printable characters without spaces or quotes:
 * `f1/kernel/scenario/kconfig/shape/schedule/bug`, each part percent-encoded; `-` stands for no bug.
 *
 * @param tasks the names of the tasks, by number
 */
export function encodeToken(what: Replayable, tasks: readonly string[]): string {
  const { bus, firmware, name, iommus, specifiers } = what.shape;
  const more = moreText(what.shape);
  const shape = [
    bus,
    percentEncoded(name),
    iommus
      .map((iommu) => [iommu.name, iommu.compatible, iommu.cells].map(percentEncoded).join('='))
      .join('+'),
    specifiers.map(({ iommu, args }) => [iommu, ...args].join('.')).join('+'),
    ...(firmware === undefined && more === null ? [] : [firmware ?? '']),
    ...(more === null ? [] : [more]),
  ].join(',');
  return [
    `f${version}`,
    percentEncoded(what.kernel),
    percentEncoded(what.scenario),
    kconfigText(what.config),
    shape,
    encodeSchedule(what.schedule, tasks),
    what.bug === null ? '-' : abbreviate(what.bug).slice(1),
  ].join('/');
}

/** Where the device shares a group, and in which way it is described; null where nothing is said. */
function moreText({ functions, bridge, binding }: Shape): string | null {
  const said = [
    ...(functions === undefined ? [] : [`functions=${functions}`]),
    ...(bridge === undefined ? [] : [bridge]),
    ...(binding === undefined ? [] : [binding]),
  ];
  return said.length === 0 ? null : said.join('+');
}

function readMore(text: string | undefined): Pick<Shape, 'functions' | 'bridge' | 'binding'> {
  let more: Pick<Shape, 'functions' | 'bridge' | 'binding'> = {};
  for (const said of text?.split('+') ?? []) {
    const functions = /^functions=(\d{1,2})$/.exec(said)?.[1];
    if (functions !== undefined) more = { ...more, functions: number(functions, mostOfAnything) };
    else if (said === 'pcie-to-pci') more = { ...more, bridge: said };
    else if (said === 'mmu-masters') more = { ...more, binding: said };
    else throw bad(`"${said}" is nothing that a shape has`);
  }
  return more;
}

/**
 * What a token says.
 *
 * @throws UsageError when it is no token, or one of another version
 */
export function decodeToken(token: string): Replayable {
  const [head = '', ...parts] = token.split('/');
  const found = /^f(\d+)$/.exec(head);
  if (found === null) throw bad('it does not start with "f1/"');
  if (Number(found[1]) !== version) {
    throw new UsageError(
      'cli/token-version',
      `the token has version ${found[1]}; this fwspec reads version ${version}`,
      'replay it with the fwspec that printed it',
    );
  }
  const [kernel, scenario, kconfig, shape, schedule, bug] = parts;
  if (
    !kernel ||
    !scenario ||
    !kconfig ||
    !shape ||
    schedule === undefined ||
    !bug ||
    parts.length > 6
  ) {
    throw bad(`it has ${parts.length} parts after the version instead of 6: it may have been cut`);
  }
  return {
    kernel: decodePart(kernel),
    scenario: decodePart(scenario),
    config: readKconfig(kconfig),
    shape: readShape(shape),
    schedule: decodeSchedule(schedule),
    bug: bug === '-' ? null : `#${bug}`,
  };
}

function bad(why: string): UsageError {
  return new UsageError(
    'cli/bad-token',
    `this is not a token: ${why}`,
    'copy the whole word after "fwspec replay"',
  );
}

function decodePart(value: string): string {
  return percentDecoded(value) ?? refuse(`"${value}" is not percent-encoded text`);
}

function refuse(why: string): never {
  throw bad(why);
}

function kconfigText(config: Kconfig): string {
  const changed = Object.entries(config).filter(
    // What is no yes or no is about groups, and no device of a scenario has a neighbour.
    ([name, value]) =>
      typeof value === 'boolean' && value !== defaultKconfig[name as keyof Kconfig],
  );
  if (changed.length === 0) return '-';
  return changed.map(([name, value]) => `${name}=${value === true ? 'y' : 'n'}`).join('+');
}

function readKconfig(text: string): Kconfig {
  if (text === '-') return defaultKconfig;
  const changes = text.split('+').map((pair): [string, boolean] => {
    const [name = '', value] = pair.split('=');
    if (
      typeof defaultKconfig[name as keyof Kconfig] === 'string' ||
      !Object.hasOwn(defaultKconfig, name) ||
      (value !== 'y' && value !== 'n')
    )
      throw bad(`unknown option "${pair}"`);
    return [name, value === 'y'];
  });
  return { ...defaultKconfig, ...Object.fromEntries(changes) };
}

function readShape(text: string): Shape {
  const [word, name = '', iommus = '', specifiers = '', table, more] = text.split(',');
  const bus = shapeBuses.find((known) => known === word);
  if (bus === undefined) throw bad(`unknown bus "${word}"`);
  const firmware = table === '' && more !== undefined ? undefined : table;
  if (firmware !== undefined && !isTables(firmware)) throw bad(`unknown firmware "${firmware}"`);
  const shape: Shape = {
    bus,
    name: decodePart(name),
    iommus: iommus.split('+').map((iommu) => {
      const [label = '', compatible = '', cells = ''] = iommu.split('=').map(decodePart);
      return { name: label, compatible, cells: number(cells, 16) };
    }),
    specifiers: specifiers.split('+').map((specifier) => {
      const [iommu = '', ...args] = specifier.split('.');
      return { iommu: number(iommu, 16), args: args.map((arg) => number(arg, 0xffffffff)) };
    }),
    ...(firmware === undefined ? {} : { firmware }),
    ...readMore(more),
  };
  if (shape.specifiers.some(({ iommu }) => iommu >= shape.iommus.length))
    throw bad('a specifier names no IOMMU');
  if (
    firmware !== undefined &&
    !shape.iommus.every(({ compatible }) => describes(firmware, compatible))
  )
    throw bad(`${firmware} has no node for one of the IOMMUs`);
  const why = impossible(shape);
  if (why !== null) throw bad(`there is no such device: ${why}`);
  return shape;
}

function number(text: string, most: number): number {
  const value = Number(text);
  if (!/^\d{1,10}$/.test(text) || value > most)
    throw bad(`"${text}" is not a number up to ${most}`);
  return value;
}
