// The machines that come with the page, out of the repository.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { shipped } from '../examples/shipped.ts';
import { capturedFiles } from './captured.ts';

const root = join(import.meta.dirname, '../..');

/** Writes `examples/NAME/index.json` and the files of each, or serves them while somebody develops. */
export function examples(): Plugin {
  return {
    name: 'fwspec-examples',
    generateBundle() {
      for (const [fileName, source] of all()) this.emitFile({ type: 'asset', fileName, source });
    },
    configureServer(server) {
      const files = all();
      server.middlewares.use((request, response, next) => {
        const content = files.get(decodeURIComponent((request.url ?? '').slice(1)));
        if (content === undefined) next();
        else response.end(content);
      });
    },
  };
}

/** Every file of the examples by its place in the page. */
function all(): Map<string, Uint8Array | string> {
  const files = new Map<string, Uint8Array | string>();
  for (const { name, source } of shipped) {
    const inside =
      'folder' in source ? folderFiles(join(root, source.folder)) : capturedFiles(source.capture);
    // Names of PCI functions have colons, which not every file server can keep.
    const listed = [...inside.keys()].map((of, i) => [of, `${i}.bin`] as const);
    for (const [of, path] of listed) files.set(`examples/${name}/${path}`, inside.get(of) ?? '');
    files.set(`examples/${name}/index.json`, JSON.stringify({ name, files: listed }));
  }
  return files;
}

function folderFiles(folder: string, below = ''): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const name of readdirSync(join(folder, below)).sort()) {
    const path = below + name;
    if (statSync(join(folder, path)).isDirectory())
      for (const [of, bytes] of folderFiles(folder, `${path}/`)) files.set(of, bytes);
    else files.set(path, readFileSync(join(folder, path)));
  }
  return files;
}
