// What a searched model is told by, so that a stored table of verdicts is known to be of another one; and all
// that a piece of work runs, so that a worker of another version is known to be one.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { root } from './prepare.mjs';

/** The files that the scenarios and the explorer are made of, of this folder, as one short word. */
export function modelDigest(modules) {
  return digestOf(modulesFrom(modules, 'scenarios/index.js', 'explore/index.js'));
}

/** And those of everything that a piece of work can run. */
export function codeDigest(modules) {
  return digestOf(modulesFrom(modules, 'cli/pieces/thread.js', 'cli/queue/worker.js'));
}

function digestOf(texts) {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const hash = createHash('sha256').update(version);
  for (const text of texts) hash.update(text);
  return hash.digest('hex').slice(0, 16);
}

/** These modules and all that they import, each once, in the order they are met. */
function modulesFrom(folder, ...entries) {
  const met = new Set(entries.map((entry) => new URL(entry, pathToFileURL(`${folder}/`)).href));
  const texts = [];
  for (const url of met) {
    const text = readFileSync(new URL(url), 'utf8');
    texts.push(text);
    for (const [, path = ''] of text.matchAll(/ (?:from |import\()'(\.[^']+)'/g))
      met.add(new URL(path, url).href);
  }
  return texts;
}
