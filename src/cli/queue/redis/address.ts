import { UsageError } from '../../../util/index.ts';

/** Where a queue is, and how one gets in. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly username: string | null;
  readonly password: string | null;
  /** The number of the database. */
  readonly db: number;
  readonly tls: boolean;
}

/** The variable that has the password, which a command line shows to every user of the machine. */
const passwordVariable = 'FWSPEC_QUEUE_PASSWORD';

/**
 * What a URL says. It is never repeated: a password may be in it, wherever its mistake is.
 *
 * @throws UsageError for one that is none
 */
export function addressOf(url: string, env: Readonly<Partial<Record<string, string>>>): Address {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const { protocol = '', hostname = '', pathname = '', search = '', hash = '' } = parsed ?? {};
  const isKnown = protocol === 'redis:' || protocol === 'rediss:';
  const [, db] = /^\/?(\d{0,3})$/.exec(pathname) ?? [];
  if (parsed === null || !isKnown || hostname === '' || db === undefined || search + hash !== '')
    throw notAnAddress();
  const own = percentDecoded(parsed.password);
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(parsed.port || 6379),
    username: percentDecoded(parsed.username) || null,
    password: own || env[passwordVariable] || null,
    db: Number(db || 0),
    tls: protocol === 'rediss:',
  };
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw notAnAddress();
  }
}

function notAnAddress(): UsageError {
  const hint = `a user and a password may stand before the host, or the password in ${passwordVariable}`;
  const problem = '--queue takes redis://HOST:PORT/DATABASE, or rediss:// for TLS';
  return new UsageError('cli/bad-option', problem, hint);
}

/** The address, for everybody to see. */
export function shownAddress({ host, port, db, tls }: Address): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'rediss' : 'redis'}://${name}:${port}${db === 0 ? '' : `/${db}`}`;
}

/** Somebody else's text without the password, however it is written. */
export function withoutPassword(text: string, { password }: Pick<Address, 'password'>): string {
  if (password === null) return text;
  const forms = [password, encodeURIComponent(password), encodeURI(password)];
  const inside = JSON.stringify(password).slice(1, -1);
  return [...new Set([...forms, inside])]
    .sort((a, b) => b.length - a.length)
    .reduce((shown, form) => shown.replaceAll(form, '***'), text);
}
