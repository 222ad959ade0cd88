import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inPackage } from '../../system/package.ts';
import { version } from '../../system/version.ts';

/** Which fwspec it is: pieces are done by the very same one only. */
export interface Identity {
  readonly version: string;
  /** Of the modules of the model and the explorer. */
  readonly model: string;
  /** Of all that a piece runs, the readers of firmware and the linter among it. */
  readonly code: string;
}

export function ownIdentity(): Identity {
  const digest = (name: string): string => readFileSync(inPackage(`dist/${name}`), 'utf8').trim();
  return { version: version(), model: digest('model-digest'), code: digest('code-digest') };
}

export function identityText({ version, model, code }: Identity): string {
  return `fwspec ${version} (model ${model.slice(0, 8)}, code ${code.slice(0, 8)})`;
}

/** A patch as others know it: its file is not sent. */
export interface PatchName {
  /** What the kernel is called after. */
  readonly file: string;
  readonly digest: string;
}

/** Where pieces of one fwspec wait, those with a patch apart from others. */
export function queueName(identity: Identity, patch: PatchName | null): string {
  const of = digestOf(canonical(identity)).slice(0, 16);
  return patch === null
    ? `pieces-${of}`
    : `pieces-${of}-${digestOf(canonical(patch)).slice(0, 16)}`;
}

/** What a piece is called: everything that its result depends on, in short. */
export function pieceId(identity: Identity, travelling: unknown): string {
  return digestOf(canonical({ identity, travelling }));
}

export function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** JSON with the fields of each object in one order. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : field,
  );
}
