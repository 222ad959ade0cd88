export { assertClean, describeSteps, NotClean } from './assert-clean.ts';
export {
  type AsyncBug,
  type AsyncOptions,
  type AsyncOutcome,
  type AsyncTest,
  exploreAsync,
  replayAsync,
  type Turns,
} from './async.ts';
export { Cell, cmpxchg, READ_ONCE, read, update, WRITE_ONCE, write } from './cell.ts';
export type { Checkpoint } from './checkpoint.ts';
export { choose } from './choice.ts';
export { type CrossCheck, crossCheck } from './cross-check.ts';
export { sequentially } from './execution.ts';
export {
  coverFewPreemptions,
  type Estimate,
  Explorer,
  explore,
} from './explore.ts';
export { type BugKind, bugKinds, Crash, type Failure, ModelError } from './failure.ts';
export { fingerprint } from './findings.ts';
export { field, kfree, kzalloc, kzallocOrNull, Struct } from './heap.ts';
export {
  lockdep_assert_held,
  Mutex,
  mutex_lock,
  mutex_trylock,
  mutex_unlock,
  SpinLock,
  spin_lock,
  spin_unlock,
} from './lock.ts';
export type { Op, Step, Task } from './op.ts';
export type { ExploreOptions } from './options.ts';
export { type Bug, bugOf, type Outcome } from './outcome.ts';
export { Piece, type SavedPiece } from './piece.ts';
export type { Program, Property, Start, TaskSpec } from './program.ts';
export { RefCount, ref_get, ref_put, remark } from './refcount.ts';
export { type Replay, record, replay, type TraceStep } from './replay.ts';
export { type SampleOptions, sample } from './sample.ts';
export {
  abbreviate,
  type ChoiceMade,
  type Schedule,
  type Segment,
  shorten,
} from './schedule.ts';
export {
  StateGraph,
  type StateGraphBug,
  type StateGraphOptions,
  type StateGraphOutcome,
} from './state-graph.ts';
export { call, join, spawn, type TaskHandle } from './task.ts';
export { describeValue } from './text.ts';
export { type DecidingEvent, type Why, why } from './why.ts';
export type { Cost } from './witness.ts';
export { type Listener, World } from './world.ts';
