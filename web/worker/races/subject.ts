// What is explored: a scenario on a kernel, and the shape of a device.
import type { Bug, Program, Schedule } from '../../../src/explore/index.ts';
import { defaultKconfig, type Kconfig } from '../../../src/linux/index.ts';
import { isTokenLinux } from '../../../src/linux-c/index.ts';
import { isTokenC } from '../../../src/llvm/index.ts';
import { type Shape, shapeText } from '../../../src/machine/index.ts';
import {
  builtinShape,
  decodeToken,
  encodeToken,
  programOf,
  type Replayable,
  type Scenario,
  scenarioOf,
  unexcused,
  unfit,
  unusual,
} from '../../../src/scenarios/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { UsageError } from '../../../src/util/index.ts';

/** What somebody asks for; plain data. */
export interface AskedRace {
  readonly scenario: string;
  readonly kernel: string;
  /** The driver of the IOMMU, where the device is a built-in one; null for the usual one. */
  readonly driver: string | null;
  /** A device of a machine, and how that kernel is built for it. */
  readonly device: DeviceShape | null;
}

export interface DeviceShape {
  readonly name: string;
  readonly shape: Shape;
  readonly config: Kconfig;
}

/** The same, ready to be run. */
export class Subject {
  readonly scenario: Scenario;
  readonly kernel: string;
  readonly config: Kconfig;
  readonly shape: Shape;
  readonly program: Program;

  /** @throws UsageError where there is no such thing */
  constructor(scenario: Scenario, kernel: string, config: Kconfig, shape: Shape, asked = scenario) {
    this.scenario = scenario;
    this.kernel = kernel;
    this.config = config;
    this.shape = shape;
    this.program = programOf(asked, designOf(kernel), config, shape);
  }

  static asked({ scenario: name, kernel, driver, device }: AskedRace): Subject {
    const scenario = scenarioOf(name);
    const shape = device?.shape ?? builtinShape(scenario, driver);
    const reason = unfit(scenario, shape);
    if (reason !== null) {
      const what = device?.name ?? driver ?? 'the device';
      throw new UsageError('cli/unfit', `${name} does not fit ${what}: ${reason}`);
    }
    return new Subject(scenario, kernel, device?.config ?? defaultKconfig, shape);
  }

  /** What a token is of. */
  static of({ scenario: name, kernel, config, shape }: Replayable): Subject {
    const scenario = scenarioOf(name);
    return new Subject(scenario, kernel, config, shape, unexcused(scenario));
  }

  /** `cover-letter, kernel v6.7-rc1` */
  get title(): string {
    return `${this.scenario.name}, kernel ${this.kernel}`;
  }

  /** The device in words. */
  get device(): string {
    return unusual(this.shape, this.scenario) ?? shapeText(this.shape);
  }

  token(schedule: Schedule, tasks: readonly string[], bug: string | null): string {
    const { kernel, config, shape, scenario } = this;
    return encodeToken({ kernel, scenario: scenario.name, config, shape, schedule, bug }, tasks);
  }

  /** Null where the bug has no execution to show. */
  tokenOf({ schedule, tasks, steps, id }: Bug): string | null {
    return steps.length === 0 ? null : this.token(schedule, tasks, id);
  }
}

/** The subject of the last token: most questions are about the same one. */
let last: { readonly key: string; readonly subject: Subject } | null = null;

/** What a token says, ready to be run. @throws UsageError with what the terminal says of a bad one */
export function replayable(token: string): {
  readonly subject: Subject;
  readonly what: Replayable;
} {
  if (isTokenC(token) || isTokenLinux(token))
    throw new UsageError(
      'web/no-compiler',
      'this token is of code in C, which has to be compiled, and a page has no compiler',
      'fwspec replay TOKEN in a terminal',
    );
  const what = decodeToken(token);
  const key = token.split('/').slice(0, 5).join('/');
  if (last?.key !== key) last = { key, subject: Subject.of(what) };
  return { subject: last.subject, what };
}
