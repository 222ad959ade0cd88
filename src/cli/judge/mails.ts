import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../util/index.ts';
import { namesIn } from '../system/io.ts';
import { gitIn } from './git.ts';
import { type Headers, headersOf, type Place, placeOf } from './headers.ts';

/** A mail that may hold a patch. */
export interface Mail {
  /** As the mail has them, encoded words and all. */
  readonly headers: Headers;
  /** As a person reads it. */
  readonly subject: string;
  /** Who wrote it, by name. */
  readonly author: string;
  readonly place: Place | null;
  readonly diff: Uint8Array;
}

/** More are no series. */
const mostMails = 1000;

/**
 * The mails of an mbox, in the order in which they stand, as git takes them apart.
 *
 * @param name what it is called in messages
 */
export function mailsOf(box: string, name: string, work: string): Mail[] {
  const folder = join(work, 'split');
  mkdirSync(folder);
  const { ok, said } = gitIn(work, ['mailsplit', '-b', `-o${folder}`, '--', box]);
  if (!ok) throw unreadable(name, said);
  const names = namesIn(folder);
  if (names.length > mostMails)
    throw new UsageError('cli/no-patch', `${name} holds ${names.length} mails, which is no series`);
  return names.map((mail) => mailIn(join(folder, mail), name, work));
}

function mailIn(path: string, name: string, work: string): Mail {
  const bytes = readFileSync(path);
  const [message, diff] = [join(work, 'message'), join(work, 'diff')];
  const options = ['--encoding=UTF-8', '--quoted-cr=strip', '--no-scissors', '-k'];
  const { ok, stdout, said } = gitIn(work, ['mailinfo', ...options, message, diff], bytes);
  if (!ok) throw unreadable(name, said);
  const info = headersOf(stdout.toString('utf8'));
  const headers = headersOf(bytes.toString('utf8').replace(/^From .*\n/, ''));
  const subject = (info.get('subject') ?? '').replace(/\s+/g, ' ');
  return {
    headers,
    subject,
    author: info.get('author') ?? '',
    place: placeOf(subject),
    diff: readFileSync(diff),
  };
}

function unreadable(name: string, said: readonly string[]): UsageError {
  const why = (said[0] ?? 'git does not say why').replace(/^(?:error|fatal): /, '');
  return new UsageError('cli/bad-mail', `cannot read the mails of ${name}: ${why}`);
}
