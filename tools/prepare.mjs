// What has to be there before anything can run: the packages of the lock file, and a build of the
// sources as they are. Used by `npm start` and `npm test`, so that a fresh clone needs nothing else.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Run a program in the repository; its standard output goes to our standard error. */
export function run(program, args, { quiet = false } = {}) {
  const stdio = quiet ? ['inherit', 2, 'inherit'] : 'inherit';
  const { status, signal, error } = spawnSync(program, args, { cwd: root, stdio });
  if (error) throw error;
  return signal ? 128 : (status ?? 1);
}

/** Install what the lock file says, when it is not what is installed, and build. */
export function prepare() {
  const installed = `${root}node_modules/.package-lock.json`;
  if (!existsSync(installed) || !sameVersions(installed, `${root}package-lock.json`)) {
    // The `prepare` script of package.json builds, too.
    must(run('npm', ['ci', '--no-audit', '--no-fund'], { quiet: true }), 'npm ci');
    return;
  }
  must(run('npm', ['run', '--silent', 'build'], { quiet: true }), 'the build');
}

function sameVersions(installed, wanted) {
  const versions = (file) => {
    const { packages } = JSON.parse(readFileSync(file, 'utf8'));
    return new Map(Object.entries(packages).map(([path, { version }]) => [path, version]));
  };
  const there = versions(installed);
  const asked = [...versions(wanted)].filter(([path]) => path !== '');
  // Packages for other platforms are in the lock file only.
  return asked.every(([path, version]) => !there.has(path) || there.get(path) === version);
}

function must(status, what) {
  if (status === 0) return;
  process.stderr.write(`${what} failed with exit code ${status}\n`);
  process.exit(status);
}
