// The documents of --json against their schemas in docs/reference/schemas.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { root } from '../fwspec.ts';

const folder = join(root, 'docs/reference/schemas');

/** The names of the schemas, without what several have in them. */
export const schemas: readonly string[] = readdirSync(folder)
  .map((file) => file.replace('.schema.json', ''))
  .filter((name) => name !== 'common');

const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  strictRequired: false,
  strictTypes: false,
});
for (const name of ['common', ...schemas])
  ajv.addSchema(JSON.parse(readFileSync(join(folder, `${name}.schema.json`), 'utf8')));

/** What is wrong with a document, by the path to it. */
export function wrongIn(name: string, document: unknown): string[] {
  const validate = ajv.getSchema(`${name}.schema.json`);
  if (validate === undefined) throw new Error(`there is no schema ${name}`);
  if (validate(document) === true) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message = '' }) => `${instancePath || 'the document'} ${message}`,
  );
}
