import { type Task, update } from '../../../explore/index.ts';
import {
  big,
  MemoryState,
  Pointer,
  type Scalar,
  type Thread,
  Variable,
} from '../../../llvm/index.ts';
import type { ByName } from '../../by-hand.ts';
import type { Structs } from '../../structs.ts';

/** What is known of a kobject besides its bytes. */
interface State {
  readonly count: number;
  readonly parent: Scalar;
  readonly ktype: Scalar;
  readonly text: string;
}

function state(count: number, parent: Scalar, ktype: Scalar): State {
  return { count, parent, ktype, text: `${count}` };
}

/** A count that was 0 already is never right again, and what it is of never released. */
const saturated = Number.POSITIVE_INFINITY;

/** What `lib/refcount.c` warns of. */
const none = 'WARN(): a kobject has no references left';

/** Whoever made it otherwise holds it. */
const held = state(1, 0n, 0n);

/**
 * kobjects: counted, with a parent that they hold, and what to do when nobody holds them. Those that stay for
 * ever, as devices, drivers and buses do here, are not counted: so taking and dropping keeps nobody apart.
 */
export function kobjects(structs: Structs): ByName {
  const stateOf = (thread: Thread, kobj: Scalar): Task<MemoryState<State>> =>
    thread.memory.thingAt(kobj, (owner, names) => new MemoryState<State>(owner, names, held));
  const isCounted = (kobj: Scalar): boolean =>
    kobj instanceof Pointer && !(kobj.memory instanceof Variable);

  function* get(thread: Thread, kobj: Scalar): Task<Scalar> {
    if (!isCounted(kobj)) return kobj;
    const before = yield* update(yield* stateOf(thread, kobj), ({ count, parent, ktype }) =>
      state(count < 1 ? saturated : count + 1, parent, ktype),
    );
    if (before.count < 1) thread.memory.report('refcount', 'kobject', none);
    return kobj;
  }

  function* put(thread: Thread, kobj: Scalar): Task<Scalar> {
    if (!isCounted(kobj)) return 0;
    const before = yield* update(yield* stateOf(thread, kobj), ({ count, parent, ktype }) =>
      state(count < 1 ? saturated : count - 1, parent, ktype),
    );
    if (before.count < 1) thread.memory.report('refcount', 'kobject', none);
    if (before.count === 1) yield* release(thread, kobj, before);
    return 0;
  }

  function* release(thread: Thread, kobj: Scalar, { parent, ktype }: State): Task {
    if (ktype instanceof Pointer) {
      const run = yield* structs.load(thread, ktype, 'kobj_type', 'release');
      if (big(run) !== 0n) yield* thread.call(run, [kobj]);
    } else yield* thread.memory.free(kobj);
    yield* put(thread, parent);
  }

  function* add(thread: Thread, kobj: Scalar, ktype: Scalar, parent: Scalar): Task<Scalar> {
    yield* get(thread, parent);
    yield* update(yield* stateOf(thread, kobj), () => state(1, parent, ktype));
    return 0;
  }

  function* create(thread: Thread, _name: Scalar, parent: Scalar): Task<Scalar> {
    const kobj = yield* structs.allocate(thread, 'kobject');
    if (big(kobj) !== 0n) yield* add(thread, kobj, 0n, parent);
    return kobj;
  }

  return {
    kobject_get: get as ByName[string],
    kobject_put: put as ByName[string],
    kobject_init_and_add: add as ByName[string],
    kobject_create_and_add: create as ByName[string],
    *kset_create_and_add(thread) {
      return yield* structs.allocate(thread, 'kset');
    },
  };
}
