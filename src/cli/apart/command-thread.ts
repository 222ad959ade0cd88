import { parentPort, workerData } from 'node:worker_threads';
import { jsonText } from '../../util/index.ts';
import { checkLine } from '../arguments/checked.ts';
import { readLine } from '../arguments/line.ts';
import { load } from '../commands/index.ts';
import { showLife } from '../kernel/watch.ts';
import { type Console, styleFor } from '../output/console.ts';
import { failureOf } from '../output/message.ts';
import type { Interruption } from '../search/request.ts';
import type { CommandData, FromCommand } from './run-apart.ts';

// The thread of a command with a patch.

const { argv, command, colors, width, life } = workerData as CommandData;
const send = (message: FromCommand): void => parentPort?.postMessage(message);

const console: Console = {
  style: styleFor(colors),
  width,
  line: (text = '') => send({ kind: 'line', text }),
  json: (document) => send({ kind: 'line', text: jsonText(document) }),
  note: (text) => send({ kind: 'note', text }),
  progress: (text) => send({ kind: 'progress', text }),
};

const interruption: Interruption = { requested: false, alive: showLife(life) };

parentPort?.on('message', () => {
  interruption.requested = true;
  interruption.onRequest?.();
});

try {
  const { run } = await load[command]();
  const options = checkLine(readLine(argv));
  send({ kind: 'done', code: await run(options, console, interruption) });
} catch (error) {
  send({ kind: 'failed', text: failureOf(error) });
}
