import type { Position } from '../../explore/index.ts';
import { lanes } from '../lanes/lanes.ts';
import { replayOf } from '../text/command.ts';
import { defaultWidth, plain } from '../text/style.ts';
import { hanging, words } from '../text/wrap.ts';
import type { ExploreTextOptions } from './explore.ts';
import { type StepDocument, stepsJson } from './explore-json.ts';

/** The document of an execution that is shown for itself, whatever comes of it. */
export interface ExecutionDocument {
  readonly version: 1;
  readonly command: 'replay';
  readonly bug: null;
  readonly execution: {
    /** No task can go on. */
    readonly over: boolean;
    readonly preemptions: number;
    readonly token: string;
    readonly tasks: readonly {
      readonly name: string;
      readonly status: Position['tasks'][number]['status'];
      /** What it waits for. */
      readonly waits_for: string | null;
    }[];
    readonly steps: readonly StepDocument[];
    /** What has gone wrong, and, as hints, what could in another order. */
    readonly failures: readonly {
      readonly kind: string;
      readonly id: string;
      readonly message: string;
      readonly hint: boolean;
    }[];
  };
}

export function executionJson(position: Position, token: string, of: object): ExecutionDocument {
  const { isOver, preemptions, tasks, steps, failures } = position;
  return {
    version: 1,
    command: 'replay',
    ...of,
    bug: null,
    execution: {
      over: isOver,
      preemptions,
      token,
      tasks: tasks.map(({ name, status, waitsFor }) => ({
        name,
        status,
        waits_for: waitsFor?.what ?? null,
      })),
      steps: stepsJson(steps),
      failures: failures.map(({ kind, id, message, isHint }) => ({
        kind,
        id,
        message,
        hint: isHint,
      })),
    },
  };
}

/** An execution in lanes, and how it stands at its end. */
export function executionText(
  position: Position,
  token: string,
  options: ExploreTextOptions = {},
): string[] {
  const { style = plain, width = defaultWidth } = options;
  const { steps, failures } = position;
  const tasks = position.tasks.map(({ name }) => name);
  const kind = failures.find(({ isHint }) => !isHint)?.kind ?? 'property';
  const drawn = lanes({ kind, tasks, steps, at: null }, { ...options, style, width });
  // What is not shown are calls.
  const shown = steps.every(({ op }) => op === 'call') ? ['nothing has happened yet'] : drawn;
  const wrong = failures.filter(({ isHint }) => !isHint);
  const hints = failures.length - wrong.length;
  return [
    ...shown,
    '',
    ...wrong.flatMap(({ kind: of, message }) =>
      hanging(words(`${of}: ${message}`), '', 2, width).map((line) => style('red', line)),
    ),
    ...standing(position, width),
    ...(hints === 0
      ? []
      : [`${hints} ${hints === 1 ? 'hint' : 'hints'} that another order could go wrong (--json)`]),
    '',
    `replay: ${replayOf(token, options)}`,
  ];
}

/** Whether it is over, and where its tasks are if not. */
function standing({ isOver, tasks, failures }: Position, width: number): string[] {
  if (!isOver) {
    const each = tasks.map(({ name, status, waitsFor }) => {
      const [short = name] = name.split('  ');
      return `${short} ${status}${waitsFor === null ? '' : ` for ${waitsFor.what}`}`;
    });
    return hanging(words(`not over: ${each.join(', ')}`), '', 2, width);
  }
  return failures.every(({ isHint }) => isHint) ? ['nothing goes wrong'] : [];
}
