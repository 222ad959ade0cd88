import { explore } from './explore.ts';
import type { Program } from './program/program.ts';
import type { ExploreOptions } from './search/options.ts';
import type { Bug, Outcome } from './witness/outcome.ts';
import { why } from './witness/why/why.ts';

/** Thrown when an exploration found a bug, or could not look at everything. */
export class NotClean extends Error {
  override readonly name = 'NotClean';
  readonly outcome: Outcome;

  constructor(outcome: Outcome, message: string) {
    super(message);
    this.outcome = outcome;
  }
}

/**
 * Explore a program and throw unless every execution is right, for use in any test runner. The
 * message shows the easiest execution that goes wrong, step by step, and how to run it again.
 *
 * ```ts
 * it('counts every visitor', () => {
 *   assertClean(visitors);
 * });
 * ```
 *
 * @throws NotClean
 */
export function assertClean(program: Program, options: ExploreOptions = {}): Outcome {
  const outcome = explore(program, options);
  const { verdict, executions, bugs } = outcome;
  if (verdict === 'clean') return outcome;
  const [bug] = bugs;
  if (bug === undefined)
    throw new NotClean(
      outcome,
      `${program.name}: no bug in ${executions} executions, but there are more`,
    );
  const lines = [
    `${program.name}: ${bug.kind}: ${bug.message}${othersThan(bug, bugs)}`,
    '',
    ...describeSteps(bug),
    '',
    why(program, bug).text,
    `again: replay(program, ${JSON.stringify(bug.schedule)})`,
  ];
  throw new NotClean(outcome, lines.join('\n'));
}

/** How much else was found: bugs and data races apart. */
function othersThan(bug: Bug, bugs: readonly Bug[]): string {
  const others = bugs.filter((other) => other !== bug);
  const races = others.filter(({ kind }) => kind === 'data-race').length;
  const counts = [
    [others.length - races, 'other bug'],
    [races, 'data race'],
  ] as const;
  return counts
    .filter(([count]) => count > 0)
    .map(([count, noun]) => `, and ${count} ${noun}${count === 1 ? '' : 's'}`)
    .join('');
}

/** The steps of a bug's witness, one line each, the one that goes wrong marked. */
export function describeSteps({ steps, tasks, at }: Bug): string[] {
  const width = Math.max(0, ...tasks.map((name) => name.length));
  return steps.map(({ task, depth, op, target, value }, i) => {
    const name = (tasks[task] ?? '').padEnd(width);
    const result = value === '' ? '' : ` ${op === 'write' ? '=' : '->'} ${value}`;
    const mark = i === at ? '   <-- here' : '';
    return `  ${name}  ${'  '.repeat(depth)}${op} ${target}${result}${mark}`.trimEnd();
  });
}
