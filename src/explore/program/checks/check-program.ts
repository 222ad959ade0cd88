import { bugKinds, ModelError } from '../failure.ts';
import { Cell } from '../objects/cell.ts';
import type { Task } from '../op.ts';
import type { Program, Property, Start } from '../program.ts';
import type { World } from '../world.ts';
import { check, checkCount, checkKeys, isGenerator, nameOf } from './check.ts';
import { guarded } from './thrown.ts';

// A program comes from somebody's hands, and not always past a type checker. What is not as it must
// be says so, at once and by name: an exploration that leaves out what it does not understand would
// call it clean.

const programKeys = ['name', 'setup', 'maxTasks', 'faults', 'interprets'];
const propertyKinds = ['always', 'end', 'sometimes'];

/** @throws ModelError */
export function checkProgram(program: Program): void {
  checkKeys('a program', program, programKeys);
  const { name, setup, maxTasks, faults, interprets } = program;
  check('the name of a program', name, typeof name === 'string', 'a string');
  const where = `in program "${name}"`;
  check(`setup ${where}`, setup, typeof setup === 'function', 'a function');
  checkCount(`maxTasks ${where}`, maxTasks, 1);
  checkCount(`faults ${where}`, faults, 0);
  const isFlag = interprets === undefined || typeof interprets === 'boolean';
  check(`interprets ${where}`, interprets, isFlag, 'true or false');
}

/** @throws ModelError */
export function checkStart(start: Start, program: Program): void {
  const where = `in program "${program.name}"`;
  const what = `what setup returns ${where}`;
  if (isGenerator(start) || typeof (start as { then?: unknown } | null)?.then === 'function')
    throw new ModelError(
      `${what} must be an object, not ${nameOf(start)}: setup is a plain function`,
    );
  checkKeys(what, start, ['tasks', 'properties']);
  const { tasks, properties = [] } = start;
  check(`tasks ${where}`, tasks, Array.isArray(tasks), 'an array');
  Array.from(tasks).forEach((task, i) => {
    checkKeys(`task ${i + 1} ${where}`, task, ['name', 'body', 'spared']);
    const { name, body, spared } = task;
    check(`the name of task ${i + 1} ${where}`, name, typeof name === 'string', 'a string');
    const must = 'a generator function: *body() { ... }';
    check(`the body of task "${name}" ${where}`, body, typeof body === 'function', must);
    if (neverYields(body as () => unknown)) {
      throw new ModelError(
        `task "${String(name)}" makes no step: is a \`yield*\` missing before a call in its body?`,
      );
    }
    const isFlag = spared === undefined || typeof spared === 'boolean';
    check(`spared of task "${name}" ${where}`, spared, isFlag, 'true or false');
  });
  check(`properties ${where}`, properties, Array.isArray(properties), 'an array');
  Array.from(properties).forEach((property, i) => {
    checkProperty(property, `property ${i + 1} ${where}`);
  });
}

function checkProperty(property: Property, where: string): void {
  const common = ['kind', 'name', 'title', 'holds'];
  checkKeys(where, { ...property, watched: undefined, cells: undefined }, [
    ...common,
    'watched',
    'cells',
  ]);
  const { kind, name, holds } = property;
  const kinds = propertyKinds.map((known) => `'${known}'`).join(', ');
  check(`the kind of ${where}`, kind, propertyKinds.includes(kind), `one of ${kinds}`);
  check(`the name of ${where}`, name, typeof name === 'string', 'a string');
  const named = `${where.replace(/^property \d+/, `property "${name}"`)}`;
  checkKeys(named, property, kind === 'always' ? [...common, 'watched'] : common);
  const { title } = property;
  const isTitle = title === undefined || typeof title === 'string' || typeof title === 'function';
  check(`title of ${named}`, title, isTitle, 'a string, or a function that gives one');
  check(`holds of ${named}`, holds, typeof holds === 'function', 'a function');
  if (property.kind !== 'always') return;
  const { watched } = property;
  const must = 'the array of cells that it depends on';
  check(`watched of ${named}`, watched, Array.isArray(watched), must);
}

/** A cell that a property watches; those of other executions are no good. */
export function checkWatched(cell: unknown, property: string, world: World): void {
  const where = `what property "${property}" watches`;
  check(where, cell, cell instanceof Cell, 'cells');
  if ((cell as Cell<unknown>).world !== world) throw foreign(where, cell as Cell<unknown>);
}

/** A property only looks: what it changed would be what others, and tasks, find. */
export function checkUnchanged(cell: Cell<unknown>, before: unknown): void {
  if (Object.is(cell.value, before)) return;
  throw new ModelError(`a property changes ${cell.text}: properties may only look`);
}

/** The error for what was made by another execution, or by another program. */
export function foreign(where: string, { text }: { readonly text: string }): ModelError {
  return new ModelError(
    `${where}: ${text} belongs to another execution. ` +
      'Setup must make everything anew, with the world that it is given.',
  );
}

/** What a task starts with must be a generator. */
export function checkBody(body: Task<unknown>, what: string): void {
  if (isGenerator(body)) return;
  const hint =
    typeof body === 'function' ? 'call it' : 'write function*, or *body() { ... }, and no async';
  throw new ModelError(`${what} must give a generator, not ${nameOf(body)}: ${hint}`);
}

/** One generator cannot be two tasks: what it does for the one, it does not do for the other. */
export function checkOwnBodies(
  tasks: readonly { readonly name: string; readonly body: unknown }[],
): void {
  const bodies = new Set<unknown>();
  for (const task of tasks) {
    if (bodies.has(task.body))
      throw new ModelError(`task "${task.name}" is given the generator of another task`);
    bodies.add(task.body);
  }
}

/** Whether a property holds; a string says in which way it does not. */
export function ask({ name, kind, holds }: Property, world: World): boolean | string {
  const answer: unknown = guarded(() => `property "${name}"`, holds);
  if (world.stepsAnnounced !== world.stepsMade) {
    throw new ModelError(
      `property "${name}" makes a step: it is asked between steps. Look at cell.value instead`,
    );
  }
  if (typeof answer === 'boolean' || (typeof answer === 'string' && kind !== 'sometimes'))
    return answer;
  const must = kind === 'sometimes' ? 'true or false' : 'true, false or a string';
  throw new ModelError(`property "${name}" must say ${must}, not ${nameOf(answer)}`);
}

/** @throws ModelError when there is an option that is not known, or not what it must be */
export function checkOptions(
  who: string,
  options: unknown,
  counts: Readonly<Record<string, number>>,
  others: readonly string[] = [],
): void {
  const where = `the options of ${who}`;
  checkKeys(where, options, [...Object.keys(counts), ...others]);
  for (const [name, least] of Object.entries(counts))
    checkCount(`${name} in ${where}`, options[name], least);
  const { ignore } = options;
  for (const name of ['histogram', 'causes']) {
    const flag = options[name];
    const isFlag = flag === undefined || typeof flag === 'boolean';
    check(`${name} in ${where}`, flag, isFlag, 'true or false');
  }
  if (ignore === undefined) return;
  check(`ignore in ${where}`, ignore, Array.isArray(ignore), 'an array of kinds of bugs');
  for (const kind of ignore as unknown[]) {
    const known = (bugKinds as readonly unknown[]).includes(kind);
    check(`a kind in ignore, in ${where},`, kind, known, `one of ${bugKinds.join(', ')}`);
  }
}

/** A generator function without a `yield` cannot make a step: what it calls is made and dropped. */
function neverYields(body: () => unknown): boolean {
  if (body.constructor.name !== 'GeneratorFunction') return false;
  const text = Function.prototype.toString.call(body);
  return !/\byield\b/.test(text) && /\{[\s\S]*\(/.test(text);
}
