import type { Bug } from '../../explore/index.ts';
import { escapeText } from '../../util/index.ts';
import { edgesOf } from '../lanes/edges.ts';
import { type Deciding, withPair } from '../lanes/pair.ts';
import { type RowOptions, stepText, textOf } from '../lanes/rows.ts';
import { type ReplayNeeds, replayOf } from '../text/command.ts';

/** An event of the Chrome trace event format, as far as it is used here. Times are microseconds. */
export interface TraceEvent {
  /** Metadata, begin and end of a call, a complete slice, start and end of a flow. */
  readonly ph: 'M' | 'B' | 'E' | 'X' | 's' | 'f';
  readonly pid: number;
  readonly tid: number;
  readonly name?: string;
  readonly cat?: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly id?: number;
  /** A flow ends at the slice around it. */
  readonly bp?: 'e';
  readonly args?: Readonly<Record<string, string | number>>;
}

export interface TraceDocument {
  readonly traceEvents: readonly TraceEvent[];
  readonly displayTimeUnit: 'ns';
  readonly otherData: Readonly<Record<string, string>>;
}

export interface TraceOptions extends Pick<RowOptions, 'value' | 'lineOf' | 'paths'>, ReplayNeeds {
  readonly title: string;
  readonly token: string | null;
  /** What the bug hangs on. */
  readonly why?: Deciding | null;
}

/**
 * A witness as a trace that ui.perfetto.dev and chrome://tracing open: a thread per task, a slice per
 * call and per access, a flow per dependence. Each step of the witness takes one microsecond.
 */
export function bugTrace(
  whole: Bug,
  { title, token, why = null, ...rest }: TraceOptions,
): TraceDocument {
  const { bug, pair } = withPair(whole, why);
  const options = { ...rest, pair };
  const { message, tasks, steps, at } = bug;
  const events = tasks.flatMap((name, task) => named(task, name));
  events.unshift({ ph: 'M', pid, tid: 0, name: 'process_name', args: { name: escapeText(title) } });
  const flows = new Map<number, { readonly id: number; readonly ends: boolean }[]>();
  edgesOf(steps, tasks).forEach(({ from, to }, i) => {
    flows.set(from, [...(flows.get(from) ?? []), { id: i + 1, ends: false }]);
    flows.set(to, [...(flows.get(to) ?? []), { id: i + 1, ends: true }]);
  });
  /** By task, how many calls are open. */
  const open = tasks.map(() => 0);
  const close = (task: number, depth: number, ts: number): void => {
    for (let n = open[task] ?? 0; n > depth; n--) events.push({ ph: 'E', pid, tid: task + 1, ts });
    open[task] = Math.min(open[task] ?? 0, depth);
  };
  let number = 0;
  steps.forEach((step, ts) => {
    const { task, op, depth } = step;
    if (op !== 'call') number++;
    const tid = task + 1;
    if (op === 'call') {
      close(task, depth, ts);
      const name = escapeText(step.function);
      events.push({ ph: 'B', pid, tid, cat: 'call', name, ts });
      open[task] = (open[task] ?? 0) + 1;
      return;
    }
    if (op === 'return') {
      close(task, depth + 1, ts + 1);
      if ((open[task] ?? 0) <= depth) return;
      events.push({ ph: 'E', pid, tid, ts: ts + 1, args: { returns: textOf(step, options) } });
      open[task] = depth;
      return;
    }
    const failing = ts === at;
    const decides = pair?.indexOf(ts) ?? -1;
    events.push({
      ph: 'X',
      pid,
      tid,
      cat: failing ? 'bug' : decides >= 0 ? 'decides' : op,
      name: stepText(bug, ts, options),
      ts,
      dur: 1,
      args: {
        step: number,
        op,
        target: escapeText(step.target),
        value: textOf(step, options),
        function: escapeText(step.function),
        ...(failing ? { bug: escapeText(message) } : {}),
        ...(decides >= 0 ? { decides: decides === 0 ? 'first' : 'second' } : {}),
      },
    });
    for (const { id, ends } of flows.get(ts) ?? []) {
      const flow = { pid, tid, cat: 'order', name: 'happens before', id, ts };
      events.push(ends ? { ph: 'f', bp: 'e', ...flow } : { ph: 's', ...flow });
    }
  });
  tasks.forEach((_, task) => {
    close(task, 0, steps.length);
  });
  return {
    traceEvents: events,
    displayTimeUnit: 'ns',
    otherData: {
      bug: escapeText(message),
      ...(why === null ? {} : { why: escapeText(why.text) }),
      ...(token === null ? {} : { replay: replayOf(token, rest) }),
    },
  };
}

const pid = 1;

function named(task: number, name: string): TraceEvent[] {
  const event = { ph: 'M', pid, tid: task + 1 } as const;
  return [
    { ...event, name: 'thread_name', args: { name: escapeText(name) } },
    { ...event, name: 'thread_sort_index', args: { sort_index: task } },
  ];
}
