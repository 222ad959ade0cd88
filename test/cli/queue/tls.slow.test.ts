// A queue over TLS: a real server, with a certificate of an authority that only this test knows.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { fixture, fwspec, root, scratch } from '../fwspec.ts';
import { freePort, Running, redis } from './processes.ts';

const folder = scratch();
const file = (name: string): string => join(folder, name);
const authority = { NODE_EXTRA_CA_CERTS: file('ca.pem') };
const main = join(root, 'dist/cli/main.js');
const lint = ['lint', fixture('dtb-plat-two')];

/** A certificate for a host, and its key. */
function certify(name: string, host: string): void {
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', file(`${name}.key`)];
  openssl('req', ...key, '-out', file(`${name}.csr`), '-subj', `/CN=${name}`);
  writeFileSync(file('names'), `subjectAltName=${host}`);
  const by = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial'];
  const what = ['-in', file(`${name}.csr`), '-out', file(`${name}.pem`), '-extfile', file('names')];
  openssl('x509', '-req', ...what, ...by, '-days', '2');
}

/** A server that speaks TLS and nothing else. */
async function served(name: string): Promise<number> {
  const port = await freePort();
  const own = ['--tls-cert-file', file(`${name}.pem`), '--tls-key-file', file(`${name}.key`)];
  const more = ['--tls-ca-cert-file', file('ca.pem'), '--tls-auth-clients', 'no'];
  await redis(0, folder, '--tls-port', String(port), ...own, ...more);
  return port;
}

let port = 0;
let other = 0;
beforeAll(async () => {
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', file('ca.key'), '-subj', '/CN=ours'];
  execFileSync('openssl', ['req', '-x509', ...key, '-out', file('ca.pem'), '-days', '2'], {
    stdio: 'pipe',
  });
  certify('here', 'DNS:localhost,IP:127.0.0.1');
  certify('elsewhere', 'DNS:elsewhere.example');
  port = await served('here');
  other = await served('elsewhere');
});

test.each(['localhost', '127.0.0.1'])('the work is done by way of %s', async (host) => {
  const url = `rediss://${host}:${port}`;
  const args = ['worker', '--queue', url, '--jobs', '1'];
  const one = new Running(process.execPath, [main, ...args], authority);
  await one.says(/ at once, from rediss:/);
  const run = new Running(process.execPath, [main, ...lint, '--queue', url], authority);
  const alone = await fwspec(lint);
  expect(await run.ended).toBe(alone.code);
  expect(run.stdout).toBe(alone.stdout);
  await one.kill('SIGTERM');
  if (host === 'localhost') expect(one.done).toHaveLength(1);
  else expect(run.stderr).toContain('1 of 1 pieces were done before');
});

test.each<[string, () => string, Readonly<Record<string, string>>, RegExp]>([
  ['nobody vouches for', () => `rediss://localhost:${port}`, {}, /self-signed certificate/],
  [
    'is for another host',
    () => `rediss://localhost:${other}`,
    authority,
    /does not match certificate's altnames/,
  ],
  [
    'is not asked for',
    () => `redis://localhost:${port}`,
    authority,
    /ECONNRESET|EPIPE|Connection is closed/,
  ],
])('a certificate that %s is one line', async (_what, url, env, why) => {
  for (const args of [lint, ['worker']]) {
    const run = new Running(process.execPath, [main, ...args, '--queue', url()], env);
    expect(await run.ended).toBe(2);
    expect(run.stdout).toBe('');
    expect(run.stderr.split('\n')).toHaveLength(2);
    expect(run.stderr).toMatch(/^fwspec: no queue at rediss?:\/\/localhost:\d+: /);
    expect(run.stderr).toMatch(why);
  }
});
