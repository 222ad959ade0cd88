import { parentPort, workerData } from 'node:worker_threads';
import { jsonText } from '../../util/index.ts';
import { checkLine, type Options } from '../arguments/checked.ts';
import { readLine } from '../arguments/line.ts';
import { load } from '../commands/index.ts';
import { showLife } from '../kernel/watch.ts';
import { answering, type Console, styleFor } from '../output/console.ts';
import { failureOf } from '../output/message.ts';
import type { Interruption } from '../search/request.ts';
import type { CommandData, FromCommand } from './run-apart.ts';

// The thread of a command with a patch.

const { argv, command, colors, width, life } = workerData as CommandData;
const send = (message: FromCommand): void => parentPort?.postMessage(message);

const line = (text = ''): void => send({ kind: 'line', text });
const json = (document: unknown): void => line(jsonText(document));
const consoleFor = (options: Options): Console => ({
  style: styleFor(colors),
  width,
  line,
  json,
  answer: answering(options, { line, json }),
  note: (text) => send({ kind: 'note', text }),
  progress: (text) => send({ kind: 'progress', text }),
});

const interruption: Interruption = { requested: false, alive: showLife(life) };

parentPort?.on('message', () => {
  interruption.requested = true;
  interruption.onRequest?.();
});

try {
  const { run } = await load[command]();
  const options = checkLine(readLine(argv));
  send({ kind: 'done', code: await run(options, consoleFor(options), interruption) });
} catch (error) {
  send({ kind: 'failed', text: failureOf(error) });
}
