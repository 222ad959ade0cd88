import { parentPort } from 'node:worker_threads';
import { type Interruption, type SearchRequest, search } from './search.ts';
import type { FromThread, ToThread } from './threads.ts';

// A thread that runs one search after the other and reports how far it is.

const interruption: Interruption = { requested: false };
const send = (message: FromThread): void => parentPort?.postMessage(message);

async function run(request: SearchRequest): Promise<void> {
  try {
    const exploration = await search(request, interruption, (text) =>
      send({ kind: 'progress', text }),
    );
    send({ kind: 'done', exploration });
  } catch (error) {
    send({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
}

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'stop') interruption.requested = true;
  else void run(message.request);
});
