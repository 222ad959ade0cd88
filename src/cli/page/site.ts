// Every file that `fwspec page` serves, read before anybody asks: no request leads to a path.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../../util/index.ts';
import { inPackage } from '../system/package.ts';
import type { Shown } from './shown.ts';

/** A file, and what a browser is told that it is. */
export interface Served {
  readonly type: string;
  readonly content: Uint8Array;
}

/** Files by their path from the page. */
export type Site = ReadonlyMap<string, Served>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
};

/** The page, and what it is to show; null for nothing. */
export function siteWith(shown: Shown | null): Site {
  const folder = fileURLToPath(inPackage('dist/page'));
  if (!existsSync(join(folder, 'index.html')))
    throw new UsageError('cli/no-page', 'the page is not built', 'npm run page builds it');
  const site = new Map<string, Served>();
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!statSync(join(folder, path)).isFile()) continue;
    add(site, path.replaceAll('\\', '/'), readFileSync(join(folder, path)));
  }
  if (shown !== null) {
    const files = [...shown.keys()].map((name, i): [string, string] => [name, `${i}.bin`]);
    for (const [name, path] of files)
      add(site, `given/${path}`, shown.get(name) ?? new Uint8Array());
    add(site, 'given/index.json', Buffer.from(JSON.stringify({ name: 'given', files })));
    add(site, 'index.html', marked(site.get('index.html')?.content ?? new Uint8Array()));
  }
  const start = site.get('index.html');
  if (start !== undefined) site.set('', start);
  return site;
}

/** The page looks for this before it asks for a machine. */
function marked(html: Uint8Array): Uint8Array {
  const text = Buffer.from(html).toString('utf8');
  return Buffer.from(
    text.replace('</title>', '</title>\n    <meta name="fwspec-given" content="yes" />'),
  );
}

function add(site: Map<string, Served>, path: string, content: Uint8Array): void {
  site.set(path, { type: types[extname(path)] ?? 'application/octet-stream', content });
}
