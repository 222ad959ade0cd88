import { existsSync } from 'node:fs';

/** The folder of the package: this code is in one of a few files that are bundled somewhere in it. */
const folder = nearestWithManifest(new URL('.', import.meta.url));

function nearestWithManifest(start: URL): URL {
  const above = new URL('..', start);
  if (existsSync(new URL('package.json', start)) || above.href === start.href) return start;
  return nearestWithManifest(above);
}

/** Where a file of the package is. */
export function inPackage(path: string): URL {
  return new URL(path, folder);
}
