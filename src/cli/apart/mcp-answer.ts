import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { isTokenLinux } from '../../linux-c/index.ts';
import { isTokenC } from '../../llvm/index.ts';
import { plain } from '../../report/index.ts';
import { escapeText, jsonPieces, present, UsageError } from '../../util/index.ts';
import { checkLine } from '../arguments/checked.ts';
import { readLine } from '../arguments/line.ts';
import { load } from '../commands/index.ts';
import { pciIdsPlaces } from '../input/pci-ids.ts';
import { readPatches } from '../judge/patches.ts';
import { storeThere } from '../linux/store.ts';
import { treeAt } from '../linux/tree.ts';
import { bounds } from '../mcp/asked.ts';
import type { FromAnswer, Order, Said, ToAnswer } from '../mcp/messages.ts';
import { checkPatch } from '../mcp/patch-text.ts';
import type { Console } from '../output/console.ts';
import { failureOf } from '../output/message.ts';
import type { Interruption } from '../search/request.ts';
import { confineTo } from '../system/confined.ts';
import { tuneEngine } from '../system/engine.ts';
import { readBytes } from '../system/io.ts';

// The process that answers one question of a client of the server, and reads nothing but what that may see.

/** How often somebody is told how far a search is, in milliseconds. */
const progress_ms = 500;

const interruption: Interruption = { requested: false };

/** Where the question has its files, once it is there. */
let folder: string | null = null;

const send = (message: FromAnswer, then = (): void => {}): void => {
  process.send?.(message, then);
};

process.on('message', (message: ToAnswer) => {
  if (message.kind === 'stop') {
    interruption.requested = true;
    interruption.onRequest?.();
    return;
  }
  folder = message.order.work;
  answer(message.order).then(
    (said) => send({ kind: 'said', said }, leave),
    (error: unknown) => send({ kind: 'failed', text: failureOf(error) }, leave),
  );
});
// Nobody waits for the answer any more, nor takes away what is left of it.
process.on('disconnect', () => {
  if (folder !== null) rmSync(folder, { recursive: true, force: true });
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    leave();
  }
});

function leave(): void {
  process.exit();
}

async function answer({ asked, folders, linux, work }: Order): Promise<Said> {
  const { tool, operands } = asked;
  tuneEngine(tool !== 'list');
  const [token = ''] = operands;
  const isOfTree = asked.ofTree || (tool === 'replay' && isTokenLinux(token));
  const ofTree = isOfTree && linux !== null ? placesOf(linux, work) : [];
  confineTo([...folders, ...pciIdsPlaces]);
  if (tool === 'replay') checkToken(token);
  const patched = patchFiles(asked.patches, join(work, 'patches'));
  if (isOfTree) {
    if (linux === null)
      throw new UsageError(
        'cli/no-tree',
        'this server has no tree of Linux: it was started without --linux',
      );
    // A machine is beside the tree; nothing else of a client is read with it but patches, which lie in the work.
    if (tool === 'explore') confineTo([...ofTree, ...folders, ...pciIdsPlaces]);
    else {
      confineTo(ofTree);
      process.chdir(work);
      checkPatches(patched, linux, work);
    }
  }
  const argv = [
    tool,
    ...asked.options,
    ...(isOfTree ? [`--linux=${linux}`] : []),
    ...(tool === 'replay' ? patched.map((path) => `--patched=${path}`) : []),
    '--',
    ...(tool === 'judge' ? patched : operands),
  ];
  const { run } = await load[tool]();
  const { console, said } = collecting();
  const options = checkLine(readLine(argv));
  for (const remark of options.remarks) console.note(remark);
  await run(options, console, interruption);
  return said();
}

/** What is read to compile C of a tree. */
function placesOf(linux: string, work: string): string[] {
  return [work, linux, treeAt(linux).source, storeThere()];
}

/** As git has taken them apart, whatever they were packed in. */
function checkPatches(paths: readonly string[], linux: string, work: string): void {
  if (paths.length === 0) return;
  const folder = join(work, 'looked-at');
  mkdirSync(folder);
  for (const { name, diff } of readPatches(paths, treeAt(linux).source, folder).patches)
    checkPatch(name, Buffer.from(diff).toString('latin1'));
}

/** A token of a program in C names files and what a compiler is told, which can be anything. */
function checkToken(token: string): void {
  if (!isTokenC(token)) return;
  throw new UsageError(
    'cli/refused',
    'this token is of a program in C: it would have a compiler run on files that it names',
    'fwspec replay, on the command line, takes it',
  );
}

/** Patches in files of our own, by their paths from where the command runs. */
function patchFiles(patches: Order['asked']['patches'], folder: string): string[] {
  return patches.map((patch, i) => {
    const name = 'path' in patch ? plainName(patch.path) : `${i + 1}.patch`;
    const bytes = 'path' in patch ? readBytes(patch.path) : Buffer.from(patch.text, 'utf8');
    const path = join(folder, String(i + 1), name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    return relative(dirname(folder), path);
  });
}

function plainName(path: string): string {
  return basename(path).replace(/[^\w.-]|^[.-]/g, '_');
}

/** A console that keeps what a command says, in both ways. */
function collecting() {
  const lines: string[] = [];
  const notes: string[] = [];
  let document: string | null = null;
  let told = Number.NEGATIVE_INFINITY;
  const line = (text = ''): void => {
    lines.push(escapeText(text));
  };
  const json = (value: unknown): void => {
    let text = '';
    for (const piece of jsonPieces(value)) {
      text += piece;
      if (text.length > bounds.answer)
        throw new UsageError(
          'cli/too-long',
          `the answer has more than ${bounds.answer} characters`,
          'ask for less: one device, without all or full',
        );
    }
    document = JSON.stringify(JSON.parse(text), safe);
  };
  const console: Console = {
    style: plain,
    width: 80,
    line,
    json,
    answer: (result) => {
      json(result.document());
      for (const text of result.lines()) line(text);
    },
    note: (text) => {
      notes.push(escapeText(text));
    },
    progress: (text) => {
      const now = performance.now();
      if (text === null || now - told < progress_ms) return;
      told = now;
      send({ kind: 'progress', text: escapeText(text) });
    },
  };
  const said = (): Said => ({
    document: present(document, 'a document'),
    ...shortened(lines),
    notes,
  });
  return { console, said };
}

/** Texts as a terminal has them: nobody knows where a client shows them. */
function safe(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? escapeText(value) : value;
}

/** The first screen. */
function shortened(lines: readonly string[]): Pick<Said, 'lines'> {
  const left = lines.length - bounds.lines;
  if (left <= 0) return { lines };
  const more = `${left} more lines are left out here: the document has everything`;
  return { lines: [...lines.slice(0, bounds.lines), '', more] };
}
