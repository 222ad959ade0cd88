export { assertClean, describeSteps, NotClean } from './assert-clean.ts';
export { assertCleanAsync, NotCleanAsync } from './async/assert-clean-async.ts';
export {
  type AsyncBug,
  type AsyncOptions,
  type AsyncOutcome,
  exploreAsync,
  replayAsync,
} from './async/explore-async.ts';
export type { AsyncTest, Turns } from './async/run.ts';
export { type CrossCheck, crossCheck } from './cross-check.ts';
export { sequentially } from './execution/execution.ts';
export {
  coverFewPreemptions,
  type Estimate,
  Explorer,
  explore,
} from './explore.ts';
export {
  Abandoned,
  type BugKind,
  bugKinds,
  Crash,
  type Failure,
  ModelError,
  TooManySteps,
} from './program/failure.ts';
export {
  Cell,
  cmpxchg,
  READ_ONCE,
  read,
  until,
  untilInTime,
  update,
  WRITE_ONCE,
  write,
} from './program/objects/cell.ts';
export { choose } from './program/objects/choice.ts';
export { field, kfree, kzalloc, kzallocOrNull, Struct } from './program/objects/heap.ts';
export {
  lockdep_assert_held,
  lockdep_is_held,
  Mutex,
  might_lock,
  mutex_lock,
  mutex_lock_in_time,
  mutex_trylock,
  mutex_unlock,
  SpinLock,
  spin_lock,
  spin_unlock,
} from './program/objects/lock.ts';
export { addTo, append, assign, look, madeFor, setIn } from './program/objects/plain.ts';
export { Pointing } from './program/objects/pointing.ts';
export { RefCount, ref_get, ref_put, remark } from './program/objects/refcount.ts';
export { type Sight, spin } from './program/objects/spin.ts';
export type { Op, Step, Task } from './program/op.ts';
export type { Program, Property, Start, TaskSpec } from './program/program.ts';
export { call, join, spawn, type TaskHandle } from './program/spawn.ts';
export { describeValue } from './program/text.ts';
export { type Listener, World } from './program/world.ts';
export type { Checkpoint } from './search/checkpoint.ts';
export type { ExploreOptions } from './search/options.ts';
export { Piece, type SavedPiece } from './search/piece.ts';
export { type SampleOptions, Sampler, sample } from './search/sample.ts';
export {
  StateGraph,
  type StateGraphBug,
  type StateGraphOptions,
  type StateGraphOutcome,
} from './search/state-graph.ts';
export type { Cost } from './witness/cheapest/witness.ts';
export { fingerprint } from './witness/findings.ts';
export { type Bug, bugMeant, bugOf, type Outcome } from './witness/outcome.ts';
export {
  type NextStep,
  Play,
  type PlayFailure,
  type PlayTask,
  type Position,
  type Stretch,
  stretches,
} from './witness/play/play.ts';
export type { Replay, TraceStep } from './witness/replay/recorder.ts';
export { record, replay } from './witness/replay/replay.ts';
export {
  abbreviate,
  type ChoiceMade,
  type Schedule,
  type Segment,
  shorten,
} from './witness/replay/schedule.ts';
export { decodeSchedule, encodeSchedule } from './witness/replay/schedule-text.ts';
export { type Observed, observe } from './witness/state/observe.ts';
export {
  type Held,
  type LockState,
  notYet,
  type StateChange,
  StateCursor,
  type StateObject,
  type StatePlace,
  type States,
  stateRanks,
} from './witness/state/states.ts';
export { type Cause, type CauseAccess, causesOf, withCauses } from './witness/why/causes.ts';
export { type Twin, twinOf } from './witness/why/twin.ts';
export { type DecidingEvent, type Why, why } from './witness/why/why.ts';
