// What a queue costs: two workers on this machine against two threads, in turns, and a piece that takes no time.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const program = join(root, 'dist/cli/main.js');
const rounds = 3;

/** How many small files there are. */
const files = 400;

const compared = [
  ...['compare', '--kernels', 'v6.7-rc1,v6.8,v6.12,v7.3'],
  ...['--scenarios', 'cover-letter,two-iommus,rebind', '--max-executions', '1500'],
];

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fwspec-bench-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const local = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', ''];
  const children = [await started('redis-server', local, /Ready to accept/)];
  try {
    const worker = [program, 'worker', '--queue', url, '--jobs', '1'];
    for (let i = 0; i < 2; i++) children.push(await started(process.execPath, worker, /at once/));
    console.log(`${cpus().length} x ${cpus()[0]?.model}, node ${process.version}`);
    console.log(`12 searches, seconds, ${rounds} times in turns:`);
    const ratios: number[] = [];
    for (let i = 0; i < rounds; i++) {
      const threads = timed([...compared, '--jobs', '2']);
      forget(port);
      const queued = timed([...compared, '--queue', url]);
      ratios.push(queued / threads);
      console.log(
        `  --jobs 2 ${threads.toFixed(2)}   two workers ${queued.toFixed(2)}   ${(queued / threads).toFixed(2)} times`,
      );
    }
    console.log(
      `  median: ${ratios.sort((a, b) => a - b)[rounds >> 1]?.toFixed(2)} times --jobs 2`,
    );
    const few = ['lint', ...copies(folder, 'few', 1)];
    const many = ['lint', ...copies(folder, 'many', files)];
    const each = (of: readonly string[]): number =>
      ((timed(many, of) - timed(few, of)) / files) * 1000;
    const here = each(['--jobs', '2']);
    forget(port);
    const there = each(['--queue', url]);
    const again = each(['--queue', url]);
    console.log(`${files} small files, milliseconds each:`);
    console.log(
      `  --jobs 2 ${here.toFixed(2)}   two workers ${there.toFixed(2)}   taken again ${again.toFixed(2)}`,
    );
    const memory = redisCli(port, 'info', 'memory');
    const [, used = ''] = /used_memory:(\d+)/.exec(memory) ?? [];
    console.log(
      `  Redis: ${(Number(used) / 1e6).toFixed(1)} MB with these ${files} results and files`,
    );
  } finally {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same tree so often, each with another byte behind its end. */
function copies(folder: string, name: string, count: number): string[] {
  const bytes = readFileSync(join(root, 'test/fixtures/dtb/dtb-plat-two.dtb'));
  return Array.from({ length: count }, (_, i) => {
    const path = join(folder, `${name}-${i}.dtb`);
    writeFileSync(path, Buffer.concat([bytes, Buffer.from(`${name} ${i}`)]));
    return path;
  });
}

function timed(args: readonly string[], more: readonly string[] = []): number {
  const begun = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [program, ...args, ...more], {
    maxBuffer: 1e9,
    encoding: 'utf8',
  });
  if (status === 2 || status === null) throw new Error(stderr);
  return (performance.now() - begun) / 1000;
}

function redisCli(port: number, ...args: readonly string[]): string {
  return spawnSync('redis-cli', ['-p', String(port), ...args], { encoding: 'utf8' }).stdout;
}

/** All results, so that there is something to do. */
function forget(port: number): void {
  const keys = redisCli(port, '--scan', '--pattern', 'fwspec:result:*').split('\n').filter(Boolean);
  if (keys.length > 0) redisCli(port, 'del', ...keys);
}

async function started(
  command: string,
  args: readonly string[],
  says: RegExp,
): Promise<ChildProcess> {
  const child = spawn(command, args);
  await new Promise<void>((resolve, reject) => {
    let text = '';
    const hear = (chunk: Buffer): void => {
      text += chunk.toString();
      if (says.test(text)) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', reject);
  });
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

await main();
