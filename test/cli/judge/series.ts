// A small tree, and patches to it in all the forms in which people have them.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export function folder(): string {
  return mkdtempSync(join(tmpdir(), 'fwspec-judge-'));
}

/** Files in a folder of their own. */
export function treeOf(files: Readonly<Record<string, string>>): string {
  const tree = folder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    writeFileSync(join(tree, name), text);
  }
  return tree;
}

/** All that is in a folder: names, contents and when they were written. */
export function listing(of: string): string[] {
  return readdirSync(of, { recursive: true })
    .map(String)
    .sort()
    .map((name) => {
      const found = statSync(join(of, name));
      const text = found.isFile() ? readFileSync(join(of, name), 'latin1') : '';
      return `${name} ${found.mtimeMs} ${found.mode} ${text}`;
    });
}

export const counter = 'int count;\n\nvoid up(void)\n{\n\tlock();\n\tcount++;\n\tunlock();\n}\n';

/** A patch of one line of `counter`. */
export function change(from: string, to: string, file = 'lib/count.c'): string {
  return `diff --git a/${file} b/${file}
--- a/${file}
+++ b/${file}
@@ -3,6 +3,6 @@ int count;
 void up(void)
 {
 \tlock();
-\t${from}
+\t${to}
 \tunlock();
 }
`;
}

export interface Posted {
  readonly subject: string;
  readonly diff: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** A mail as git format-patch writes it. */
export function mail({ subject, diff, headers = [], body }: Posted): string {
  const lines = [
    'From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001',
    'From: A Writer <writer@example.org>',
    'Date: Fri, 2 Jan 2026 10:00:00 +0100',
    `Subject: ${subject}`,
    ...headers,
    '',
  ];
  const text = body ?? `Why.\n\nSigned-off-by: A Writer <writer@example.org>\n---\n${diff}`;
  return `${lines.join('\n')}\n${text}-- \n2.39.5\n\n`;
}
