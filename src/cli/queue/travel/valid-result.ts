// Whether what comes out of a queue is a result. Who has put it there is somebody else: it must neither
// end the program that shows it nor tell a terminal anything.

import * as v from 'valibot';
import { bugKinds } from '../../../explore/index.ts';
import { escapeText } from '../../../util/index.ts';
import { type Piece, pathOf } from '../../pieces/piece.ts';

/** From firmware or a path: whoever shows it escapes it. */
const hostile = v.pipe(v.string(), v.maxLength(1_000_000));

/** Shown as it is. */
const text = v.pipe(
  hostile,
  v.check((value) => escapeText(value) === value),
);
const number = v.pipe(v.number(), v.finite());
const count = v.pipe(number, v.integer(), v.minValue(0));
const few = v.pipe(count, v.maxValue(10_000));
const texts = v.array(text);

const schedule = v.array(
  v.strictObject({
    task: text,
    until: text,
    nth: count,
    choices: v.optional(v.array(v.strictObject({ at: text, nth: count, way: few }))),
  }),
);

const step = v.strictObject({
  task: few,
  depth: few,
  function: text,
  op: text,
  target: text,
  value: text,
  place: v.optional(text),
  event: v.pipe(number, v.integer(), v.minValue(-1)),
});

const bug = v.pipe(
  v.strictObject({
    kind: v.picklist(bugKinds),
    id: text,
    function: text,
    object: text,
    message: text,
    title: text,
    preemptions: count,
    switches: count,
    events: count,
    minimal: v.boolean(),
    classes: count,
    tasks: texts,
    schedule,
    steps: v.array(step),
    at: v.nullable(count),
  }),
  v.check(
    ({ tasks, steps, at }) =>
      (at === null || at < steps.length) && steps.every(({ task }) => task < tasks.length),
  ),
);

const access = v.strictObject({ task: text, function: text, access: text, cell: text });

const cause = v.strictObject({
  id: text,
  title: text,
  sites: texts,
  preemptions: count,
  pair: v.nullable(v.tuple([access, access])),
  witnesses: v.array(bug),
});

const outcome = v.strictObject({
  program: text,
  verdict: v.picklist(['bug', 'clean', 'incomplete']),
  complete: v.boolean(),
  bounds: v.strictObject({ preemptions: v.nullable(count), executions: v.nullable(count) }),
  worlds: v.nullable(v.picklist(['kept', 'fresh'])),
  ignored: v.array(v.picklist(bugKinds)),
  executions: count,
  blocked: count,
  transitions: count,
  bugs: v.array(bug),
  causes: v.array(cause),
  outcomes: v.array(
    v.strictObject({
      kinds: v.array(v.picklist(bugKinds)),
      abandoned: v.optional(v.literal(true)),
      classes: count,
    }),
  ),
  histogram: v.nullable(v.array(count)),
});

const event = v.strictObject({
  task: text,
  function: text,
  op: text,
  object: text,
  event: count,
});

const why = v.strictObject({
  kind: v.picklist(['order', 'unordered', 'always']),
  first: v.nullable(event),
  second: v.nullable(event),
  text,
  passing: v.nullable(schedule),
});

const exploration = v.pipe(
  v.strictObject({
    kernel: v.nullable(text),
    scenario: text,
    shape: v.optional(v.nullable(text)),
    tasks: few,
    outcome,
    elapsed_ms: count,
    tokens: v.array(v.nullable(text)),
    whys: v.array(v.nullable(why)),
    causeTokens: v.array(v.array(v.nullable(text))),
    crossCheck: v.nullable(v.strictObject({ states: count, differences: texts })),
  }),
  v.check(
    ({ outcome: { bugs, causes }, tokens, whys, causeTokens }) =>
      tokens.length === bugs.length &&
      whys.length === bugs.length &&
      causeTokens.length === causes.length &&
      causes.every(
        ({ sites, witnesses }, i) =>
          sites.length === witnesses.length && causeTokens[i]?.length === witnesses.length,
      ),
  ),
);

const position = v.pipe(count, v.minValue(1));
const edit = v.strictObject({
  file: hostile,
  line: position,
  column: position,
  endLine: position,
  endColumn: position,
  text: hostile,
});

const finding = {
  rule: text,
  severity: v.picklist(['error', 'warning', 'note']),
  node: hostile,
  property: v.nullable(hostile),
  offset: v.nullable(number),
  line: v.optional(count),
  column: v.optional(count),
  message: hostile,
  help: hostile,
  nodes: v.optional(v.array(hostile)),
  devices: v.optional(v.array(hostile)),
  fix: v.optional(v.array(edit)),
  kills: v.optional(
    v.strictObject({
      how: v.picklist(['hang', 'panic', 'read-outside', 'write-outside']),
      kernels: v.tuple([text, text]),
    }),
  ),
};

const context = v.pipe(
  v.strictObject({
    of: hostile,
    field: v.nullable(hostile),
    start: count,
    values: v.pipe(v.array(number), v.maxLength(10_000)),
    unit: v.picklist([1, 4]),
    marked: v.tuple([count, count]),
    isCut: v.boolean(),
  }),
  v.check(({ marked: [from, to], values }) => from <= to && to <= values.length),
);

const lintResult = v.strictObject({
  linted: v.nullable(
    v.strictObject({
      file: hostile,
      error: v.nullable(text),
      findings: v.array(
        v.strictObject({
          ...finding,
          file: hostile,
          page: text,
          context: v.optional(context),
        }),
      ),
    }),
  ),
  notes: v.array(hostile),
});

const value = v.nullable(v.union([hostile, number, v.boolean(), v.array(hostile)]));
const field = v.picklist(['device', 'deferred', 'iommu', 'ids', 'group', 'domain', 'calls']);
const row = { device: hostile, field, predicted: value, observed: value };
const returned = v.nullable(v.union([text, number]));

const raced = v.strictObject({
  device: hostile,
  rows: v.array(v.strictObject(row)),
  title: text,
  cause: text,
  witness: v.nullable(
    v.strictObject({
      scenario: text,
      preemptions: count,
      token: text,
      bug,
      order: v.array(
        v.strictObject({
          function: text,
          returned,
          witness: v.boolean(),
          time: v.nullable(number),
        }),
      ),
    }),
  ),
});

const verifiedCapture = v.strictObject({
  capture: hostile,
  release: v.nullable(hostile),
  kernel: v.nullable(text),
  partial: v.boolean(),
  verification: v.strictObject({
    devices: count,
    agree: count,
    disagree: v.array(v.strictObject(row)),
    aside: v.array(
      v.strictObject({ ...row, why: v.picklist(['done by hand', 'lost by the tracer']) }),
    ),
    vacuous: v.boolean(),
    fields: v.array(
      v.strictObject({ field, compared: count, present: count, agree: count, aside: count }),
    ),
    givenUp: v.array(hostile),
    findings: v.optional(v.array(v.strictObject({ ...finding, file: v.optional(hostile) }))),
  }),
  races: v.strictObject({
    raced: v.array(raced),
    sought: v.array(v.strictObject({ device: hostile, executions: count, complete: v.boolean() })),
  }),
  error: v.nullable(text),
});

/**
 * Whether it is the result of such a piece.
 *
 * @param sources what of this machine may be changed by what mends something
 */
export function isResultOf(piece: Piece, result: unknown, sources: readonly string[]): boolean {
  switch (piece.kind) {
    case 'search': {
      const { scenario, kernel } = piece.request;
      return v.is(exploration, result) && result.scenario === scenario && result.kernel === kernel;
    }
    case 'lint':
      return (
        v.is(lintResult, result) &&
        (result.linted?.file ?? pathOf(piece)) === pathOf(piece) &&
        (result.linted?.findings ?? [])
          .flatMap(({ fix = [] }) => fix)
          .every(({ file }) => sources.includes(file))
      );
    default:
      return v.is(verifiedCapture, result) && result.capture === piece.path;
  }
}
