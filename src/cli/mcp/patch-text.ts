import { UsageError } from '../../util/index.ts';

// A patch of a stranger is compiled, never run; but a preprocessor reads whatever it is told to, and what it
// has read can come out again in a message. So what a patch adds may not name files of others.

/** Directives that have nothing else read. */
const harmless = /^#\s*(?:(?:define|undef|if|ifdef|ifndef|elif|else|endif|error|warning)\b|$)/;

/** A header by its name, no more than two folders up, as drivers have their neighbours. */
const header =
  /^#\s*include\s*(?:"(?:\.\.\/){0,2}(?:\w[\w.+-]*\/)*\w[\w.+-]*\.h"|<(?:\w[\w.+-]*\/)*\w[\w.+-]*\.h>)\s*(?:\/[/*].*)?$/;

/** What asks about files, or reads them, wherever it stands. */
const asking = /__has_(?:include|embed)|\b_Pragma\b|\.\s*inc(?:bin|lude)\b/;

/**
 * What is wrong with a diff that a stranger wants to be compiled.
 *
 * @param name of the patch, for the message
 * @throws UsageError where it has files read that are none of the kernel's headers
 */
export function checkPatch(name: string, diff: string): void {
  if (/^GIT binary patch\s*$/m.test(diff)) throw refused(name, 'it is binary');
  for (const { text, isAdded } of linesOf(diff))
    if (isAdded) {
      const wrong = wrongIn(text);
      if (wrong !== null) throw refused(name, `it has "${wrong.trim().slice(0, 80)}"`);
    }
}

function wrongIn(line: string): string | null {
  if (asking.test(line)) return line;
  // A directive begins a line, or stands behind a comment that ends there.
  for (let at = 0; ; ) {
    const rest = line.slice(at).trim();
    if (/^(?:%:|\?\?=)/.test(rest)) return rest;
    if (rest.startsWith('#') && !harmless.test(rest) && !header.test(rest)) return rest;
    const end = line.indexOf('*/', at);
    if (end < 0) return null;
    at = end + 2;
  }
}

/** The lines of the files as they are with the patch, those that go on put together. */
function linesOf(diff: string): { readonly text: string; readonly isAdded: boolean }[] {
  const lines: { text: string; isAdded: boolean }[] = [];
  let goesOn = false;
  for (const written of diff.split('\n')) {
    if (written.startsWith('-')) continue;
    const line = written.replace(/\r$/, '').slice(1);
    const isAdded = written.startsWith('+');
    const before = lines.at(-1);
    const [, begin = line] = /^(.*)\\\s*$/.exec(line) ?? [];
    if (goesOn && before !== undefined) {
      before.text += begin;
      before.isAdded ||= isAdded;
    } else lines.push({ text: begin, isAdded });
    goesOn = begin !== line;
  }
  return lines;
}

function refused(name: string, why: string): UsageError {
  return new UsageError(
    'cli/patch-refused',
    `the patch "${name}" is not compiled here: ${why}`,
    'a patch from a client may include headers of the kernel by their names, and ask for no other files',
  );
}
