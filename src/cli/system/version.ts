import { readFileSync } from 'node:fs';
import { inPackage } from './package.ts';

/** The version of the package. */
export function version(): string {
  const manifest = JSON.parse(readFileSync(inPackage('package.json'), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
