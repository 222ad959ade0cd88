import { parentPort } from 'node:worker_threads';
import { ModelError } from '../../explore/index.ts';
import { FormatError } from '../../util/index.ts';
import { compileLinux } from '../input/linux-tree.ts';
import type { Interruption } from '../search/request.ts';
import { type Ran, type RunRequest, run } from './run.ts';
import { scenarioNamed } from './scenarios.ts';
import type { FromJudgeThread, ToJudgeThread } from './threads.ts';

// A thread that explores one scenario after the other, of files that have been compiled already.

const interruption: Interruption = { requested: false };
const send = (message: FromJudgeThread): void => parentPort?.postMessage(message);

async function ran({ tree, build, overlay, manner, ...asked }: RunRequest): Promise<Ran> {
  const scenario = scenarioNamed(asked.scenario, asked.driver);
  const { modules } = await compileLinux(tree, scenario.files, { ...build, overlay });
  return await run(scenario, modules, manner, interruption, (text) =>
    send({ kind: 'progress', text }),
  );
}

parentPort?.on('message', (message: ToJudgeThread) => {
  if (message.kind === 'stop') {
    interruption.requested = true;
    return;
  }
  ran(message.request).then(
    (result) => send({ kind: 'done', result }),
    (error: unknown) => {
      const text = error instanceof FormatError ? error.line : (error as Error).message;
      const isOfModel = error instanceof ModelError || error instanceof FormatError;
      send({ kind: 'failed', message: text, isOfModel });
    },
  );
});
