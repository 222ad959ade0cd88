// Runs AML: terms one after the other, and methods when they are called (ACPI 6.5, 5.5.2). What it
// cannot know it does not guess. Where a condition is not known both ways are followed, each in
// doubt: what is stored there is no longer known, what is declared is not known to exist.

import { AmlReader, Malformed, type Span } from '../grammar/reader.ts';
import { readTerm, type Term } from '../grammar/term.ts';
import { type Around, nothingAround } from '../tree/around.ts';
import type { AmlNode, Code, Method } from '../tree/node.ts';
import {
  type Doubt,
  Failure,
  GivenUp,
  integerOf,
  isCertain,
  isSame,
  type Place,
  since,
  Unknown,
  type Value,
  type Width,
} from '../tree/value.ts';
import { declarations, declare } from './declare.ts';
import { Evaluation } from './evaluate.ts';
import { Calls, type Context, type Flow, frameOf, type Gap, type Settling } from './frame.ts';
import { Named } from './places.ts';

/** Blocks and terms in each other, through calls too. Real tables stay below 100. */
const MAX_DEPTH = 600;

/** Steps of one evaluation, or a tenth of all steps; most need a few hundred. */
const MAX_STEPS = 100_000;
const MAX_GAPS = 100;

/** Passes through a loop in which only elements of buffers and packages change. */
const MAX_PASSES = 8;

export class Machine {
  readonly root: AmlNode;
  readonly width: Width;
  readonly gaps: Gap[] = [];
  /** Since when it is not certain that the code that runs does run. */
  doubt: Doubt | null = null;
  /** Why an object that is not there may be there all the same. */
  unseen: Unknown | null = null;
  around: Around = nothingAround;
  /** Why nothing that code reads is known any more. */
  #lost: Unknown | null = null;
  /** Since when the evaluation may have ended with an error. */
  #failed: Doubt | null = null;
  /** Loops that are run until nothing that is older than they are stops being known. */
  readonly #settling: Settling[] = [];
  #age = 0;
  /** How often something changed that calls have in common. */
  changes = 0;
  /** The age of the oldest object that was read and may not exist. */
  #oldest = 0;
  readonly #calls = new Calls();
  #depth = 0;
  #steps = 0;
  #budget: number; // of steps in all
  readonly #most: number; // of one evaluation

  constructor(root: AmlNode, width: Width, budget: number) {
    this.root = root;
    this.width = width;
    this.#budget = budget;
    this.#most = Math.min(MAX_STEPS, budget / 10);
  }

  /** Run a table's terms; one that fails does not keep the next from running. */
  load(code: Code, span: Span, scope: AmlNode): void {
    const outer = { doubt: this.doubt, failed: this.#failed };
    this.#steps = 0;
    this.#run(span, {
      frame: frameOf('table', this.doubt, [], this.nextAge()),
      scope,
      code,
      loop: null,
    });
    this.doubt = outer.doubt;
    this.#failed = outer.failed;
  }

  /** What an object gives when the system asks for it, in a doubt that is no matter to it. */
  evaluate(node: AmlNode, args: Value[] = [], doubt: Doubt | null = null): Value | Failure {
    const { content, born } = node;
    if (content.kind === 'data' && isCertain(born, doubt)) return content.value;
    this.#steps = 0;
    this.#depth = 0;
    this.#failed = null;
    this.doubt = doubt;
    try {
      const value = this.valueAt(node, args);
      return this.#failed === null ? value : (this.#failed as Doubt).why;
    } catch (error) {
      if (error instanceof Failure) return error;
      if (error instanceof GivenUp) return new Unknown(error.message);
      throw error;
    } finally {
      this.doubt = null;
      this.#failed = null;
    }
  }

  /** The value of an object; methods are called, and what is no data is its own value. */
  valueAt(node: AmlNode, args: Value[]): Value {
    const { content } = node;
    if (node.born !== null) this.#oldest = Math.min(this.#oldest, node.age);
    const why = isCertain(node.born, this.doubt) ? null : (node.born?.why ?? null);
    if (content.kind === 'method') {
      const value = this.#call(node, content, args);
      return why ?? value;
    }
    return why ?? this.read(new Named(node, this.width));
  }

  /** What a place holds, as far as that is known. */
  read(place: Place): Value {
    if (!(place instanceof Named)) return place.read();
    const { born, content } = place.node;
    if (born !== null) this.#oldest = Math.min(this.#oldest, place.node.age);
    if (!isCertain(born, this.doubt)) return born?.why;
    if (this.#lost !== null && content.kind === 'data') return this.#lost;
    return place.read();
  }

  /** A store to somewhere that is not known. */
  lose(why: Unknown): void {
    this.changes++;
    this.#lost ??= why;
  }

  /** Something that is not read, or not done. */
  gap({ table }: Code, offset: number, message: string): void {
    if (this.gaps.length < MAX_GAPS) this.gaps.push({ table, offset, message });
  }

  /** Count work, so that it ends; what is written down counts for no evaluation. */
  work(amount: number, steps: number = amount): void {
    this.#steps += steps;
    this.#budget -= amount;
    if (this.#steps > this.#most) throw this.giveUp('code that takes too long');
    if (this.#budget < 0) throw this.giveUp('too much code in all');
  }

  /** Do something that may need the same again, so that it ends. */
  deeper<T>(work: () => T): T {
    if (this.#depth >= MAX_DEPTH) throw this.giveUp('code that is nested too deeply');
    this.#depth++;
    try {
      return work();
    } finally {
      this.#depth--;
    }
  }

  /** From here on, nothing that could have been stored is known. */
  giveUp(why: string): GivenUp {
    this.changes++;
    this.#lost ??= new Unknown(why);
    return new GivenUp(why);
  }

  /** What is in a place when it may or may not have been stored to. */
  poison(place: Place, old: Value): Unknown {
    for (const loop of old instanceof Unknown ? [] : this.#settling) {
      if (place.age === null) loop.strange = true;
      else if (place.age <= loop.age) loop.changed = true;
    }
    return this.doubt?.why ?? new Unknown('code');
  }

  /** A number for what begins now, larger than all before. */
  nextAge(): number {
    this.#age++;
    return this.#age;
  }

  #call(node: AmlNode, method: Method, args: Value[]): Value {
    this.work(1);
    if (typeof method.body === 'function') return method.body(args);
    const again = this.#calls.again(node, args, this.changes);
    if (again !== null) return again.result;
    const start = { changes: this.changes, oldest: this.#oldest, failed: this.#failed };
    const age = this.nextAge();
    this.#oldest = age;
    const result = this.#enter(node, method.arity, method.body, args);
    const same = start.changes === this.changes && start.failed === this.#failed;
    if (same && this.#oldest === age) this.#calls.keep(node, args, result);
    this.#oldest = Math.min(this.#oldest, start.oldest);
    return result;
  }

  #enter(
    node: AmlNode,
    arity: number,
    { code, span }: { readonly code: Code; readonly span: Span },
    args: Value[],
  ): Value {
    const frame = frameOf('method', this.doubt, args.slice(0, arity), this.nextAge());
    const outer = this.doubt;
    try {
      const flow = this.#run(span, { frame, scope: node, code, loop: null });
      if (flow !== 'return') frame.results.push(undefined);
    } finally {
      for (const { name, parent } of frame.created.reverse()) parent?.children.delete(name);
      this.doubt = since(outer, this.#failed);
    }
    const [first, ...others] = frame.results;
    if (others.every((other) => isSame(first, other))) return first;
    return frame.results.find((one) => one instanceof Unknown) ?? frame.why ?? new Unknown('code');
  }

  /** Terms up to the end of the span, or until one of them leaves it. */
  #run(span: Span, context: Context): Flow {
    return this.deeper(() => {
      const reader = new AmlReader(context.code.bytes, span);
      while (!reader.done) {
        const flow = this.#next(reader, context);
        if (flow !== 'next') return flow;
      }
      return 'next';
    });
  }

  #next(reader: AmlReader, context: Context): Flow {
    if (context.frame.kind === 'method') return this.#step(reader, context);
    if (context.loop === null) this.#steps = 0;
    const { doubt } = this;
    const { offset } = reader;
    const failed = this.#failed;
    try {
      const flow = this.#step(reader, context);
      // A table goes on behind a return.
      if (this.#failed === failed) return context.loop === null ? 'next' : flow;
    } catch (error) {
      if (error instanceof Malformed) this.#skip(reader, context, error);
      else if (error instanceof GivenUp) this.#end(reader, context, error, offset);
      else if (!(error instanceof Failure)) throw error;
    }
    this.#failed = failed;
    this.doubt = doubt;
    return 'next';
  }

  #end(reader: AmlReader, { code, scope }: Context, error: GivenUp, offset: number): void {
    const what = reader.offset === offset ? `the rest of ${scope.path}` : 'a term';
    this.gap(code, offset, `${what} is left out: ${error.message}`);
    if (reader.offset === offset) reader.offset = reader.end;
  }

  #skip(reader: AmlReader, { code, scope }: Context, error: Malformed): void {
    const what = error.resume === null ? `the rest of ${scope.path}` : 'a term';
    this.gap(code, error.offset, `${what} cannot be read, as ${error.message}`);
    reader.offset = error.resume ?? reader.end;
  }

  #step(reader: AmlReader, context: Context): Flow {
    this.work(1);
    const term = this.#read(reader, context);
    const { name } = term.opcode;
    switch (name) {
      case 'If':
        return this.#if(term, reader, context);
      case 'While':
        return this.#while(term, context);
      case 'Return':
        context.frame.results.push(new Evaluation(this, context).value(term.term(0)));
        return 'return';
      case 'Break':
        return 'break';
      case 'Continue':
        return 'continue';
      case 'Else': // of an If that was not read
        return 'next';
      default:
        return this.#effect(term, context);
    }
  }

  #effect(term: Term, context: Context): Flow {
    const run = new Evaluation(this, context);
    if (!declarations.has(term.opcode.name)) {
      run.value(term);
      return 'next';
    }
    const inside = declare(run, term);
    if (inside === null) return 'next';
    return this.#run(inside.span, { ...context, scope: inside.scope });
  }

  #read(reader: AmlReader, { scope, frame }: Context): Term {
    const { offset } = reader;
    try {
      return readTerm(reader, (name) => {
        const found = scope.find(name)?.content;
        return found?.kind === 'method' ? found.arity : 0;
      });
    } catch (error) {
      if (!(error instanceof Malformed) || frame.kind === 'table') throw error;
      throw this.giveUp(`code at ${offset.toString(16)} that cannot be read`);
    }
  }

  #truth(term: Term, context: Context): boolean | Unknown {
    const value = integerOf(new Evaluation(this, context).value(term), this.width);
    return value instanceof Unknown ? value : value !== 0n;
  }

  #if(term: Term, reader: AmlReader, context: Context): Flow {
    const otherwise = reader.peek() === 0xa1 ? this.#read(reader, context).span(0) : null;
    const is = this.#truth(term.term(0), context);
    if (is === true) return this.#run(term.span(1), context);
    if (is === false) return otherwise === null ? 'next' : this.#run(otherwise, context);
    const outer = this.doubt;
    const one = this.#perhaps(term.span(1), context, is);
    const other = otherwise === null ? 'next' : this.#perhaps(otherwise, context, is);
    this.doubt = outer;
    if (one === 'return' || other === 'return') context.frame.why ??= is;
    if (one === other && one !== 'next') return one;
    if (one !== other) this.#leave([one, other], context, is);
    this.doubt = this.#sinceAll(outer, context);
    return 'next';
  }

  /** Run what may not run. */
  #perhaps(span: Span, context: Context, why: Unknown): Flow {
    const outer = this.doubt;
    this.doubt = { outer, why };
    try {
      return this.#run(span, context);
    } catch (error) {
      if (!(error instanceof Failure || error instanceof GivenUp)) throw error;
      this.#failed ??= { outer, why };
      return 'next';
    } finally {
      this.doubt = outer;
    }
  }

  /** What follows may not run any more. */
  #leave(flows: readonly Flow[], { frame, loop }: Context, why: Unknown): void {
    const since = { outer: this.doubt, why };
    if (flows.includes('return')) frame.left ??= since;
    if (loop !== null && flows.some((flow) => flow === 'break' || flow === 'continue')) {
      loop.left ??= since;
    }
  }

  #sinceAll(doubt: Doubt | null, { frame, loop }: Context): Doubt | null {
    if (frame.left !== null) frame.left = since(doubt, frame.left);
    const left = frame.left ?? doubt;
    if (loop !== null && loop.left !== null) loop.left = since(left, loop.left);
    return since(loop?.left ?? left, this.#failed);
  }

  #while(term: Term, context: Context): Flow {
    const outer = this.doubt;
    const inside = { ...context, loop: { left: null as Doubt | null } };
    let is = this.#truth(term.term(0), context);
    while (is === true && inside.loop.left === null) {
      this.work(1);
      const flow = this.#run(term.span(1), inside);
      if (flow === 'return') return flow;
      is = flow === 'break' ? false : this.#truth(term.term(0), context);
    }
    const why = is instanceof Unknown ? is : inside.loop.left?.why;
    if (is !== false && why !== undefined) this.#settle(term, inside, why);
    this.doubt = this.#sinceAll(outer, context);
    return 'next';
  }

  /** Run a loop of which it is not known how often it runs, until nothing changes any more. */
  #settle(term: Term, context: Context, why: Unknown): void {
    const outer = this.doubt;
    const loop = { age: this.#age, changed: true, strange: false };
    this.#settling.push(loop);
    try {
      for (let pass = 0; loop.changed || loop.strange; pass++) {
        // Values that are made in the loop stop being known in each pass, and others are not told apart.
        if (!loop.changed && pass >= MAX_PASSES) break;
        loop.changed = false;
        loop.strange = false;
        this.work(1);
        const flow = this.#perhaps(term.span(1), context, why);
        if (flow === 'return') this.#leave([flow], context, why);
        this.doubt = { outer, why };
        this.#truth(term.term(0), context);
        this.doubt = outer;
      }
    } finally {
      this.#settling.pop();
    }
    context.frame.why ??= why;
  }
}
