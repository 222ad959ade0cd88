import { parentPort, workerData } from 'node:worker_threads';
import { ModelError, Piece, type Program } from '../../explore/index.ts';
import { type Life, showLife } from '../kernel/watch.ts';
import { type Interruption, programOfRequest, type SearchRequest } from '../search/request.ts';
import type { FromThread, ToThread } from './messages.ts';
import { perform } from './perform.ts';
import type { Work } from './piece.ts';

type PieceMessage = Extract<ToThread, { kind: 'piece' }>;

// A thread that does one piece of work after the other, or explores parts of a search ahead of time.

const interruption: Interruption = { requested: false };
const send = (message: FromThread): void => parentPort?.postMessage(message);

async function run(piece: Work): Promise<void> {
  const progress = (text: string): void => send({ kind: 'progress', text });
  try {
    send({ kind: 'done', result: await perform(piece, interruption, progress) });
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  const isOfModel = error instanceof ModelError;
  const message = error instanceof Error ? error.message : String(error);
  send({ kind: 'failed', message, isOfModel });
}

// Whoever waits for this thread sees by this that it does not hang.
if (workerData instanceof Int32Array) interruption.alive = showLife(workerData as Life);

let searched = '';
let program: Program | null = null;

/** The program of a request; it is the same for piece after piece. */
async function programFor(request: SearchRequest): Promise<Program> {
  const text = JSON.stringify(request);
  if (program === null || text !== searched) program = await programOfRequest(request);
  searched = text;
  return program;
}

/** How many executions a piece makes before messages are looked at. */
const slice = 16;

/** The number of the piece being explored, and whether it is asked for. */
let current = 0;
let wanted = false;

async function explorePiece({ request, number, piece }: PieceMessage): Promise<void> {
  current = number;
  wanted = false;
  try {
    const { ignore, histogram } = request;
    const opened = new Piece(await programFor(request), piece, { ignore, histogram });
    while (current === number && !wanted && !opened.run(slice))
      await new Promise((resolve) => setImmediate(resolve));
    if (current === number) send({ kind: 'piece', number, piece: opened.save() });
  } catch (error) {
    fail(error);
  }
}

async function prepare(request: SearchRequest): Promise<void> {
  try {
    await programFor(request);
    send({ kind: 'prepared' });
  } catch (error) {
    fail(error);
  }
}

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'stop') interruption.requested = true;
  else if (message.kind === 'prepare') void prepare(message.request);
  else if (message.kind === 'piece') void explorePiece(message);
  else if (message.kind === 'do') void run(message.piece);
  else if (message.number === current) wanted = true;
});
