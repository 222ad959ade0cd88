// The last step of the build: what the compiler wrote to dist/modules is bundled, one file for each row
// of src/ and some for the command line, as 400 files take longer to load than most commands to run. The
// entries share these files, so that the program, its threads, a patch and a user of the library meet the
// same classes. What needs another package is bundled with it: nothing has to be installed beside fwspec.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { codeDigest, modelDigest } from './model-digest.mjs';
import { root } from './prepare.mjs';

const dist = `${root}dist`;
const modules = `${dist}/modules`;

/** Each file that somebody imports or runs, and the module that it is. */
const entries = {
  index: 'index',
  'explore/index': 'explore/index',
  'firmware/index': 'firmware/index',
  'llvm/index': 'llvm/index',
  'linux/index': 'linux/index',
  'cli/main': 'cli/main',
  'cli/piece-thread': 'cli/pieces/thread',
  'cli/command-thread': 'cli/apart/command-thread',
  'cli/mcp-answer': 'cli/apart/mcp-answer',
  'cli/patch-probe': 'cli/kernel/patch-probe',
  'vendor/patch-hooks': 'cli/kernel/patch-hooks',
};

/** What is one file, lowest first. The command line is cut by what its commands have in common. */
const rows = [
  'util',
  'explore',
  'llvm',
  'firmware',
  'linux-c',
  'linux',
  'series',
  'machine',
  'input',
  'scenarios',
  'report',
];

/** What every command line needs before it is known what it asks for. */
const atStart = [
  'arguments/commands',
  'arguments/options/compiler',
  'arguments/entries',
  'arguments/options/judge',
  'arguments/options/kernel',
  'arguments/line',
  'arguments/options/lint',
  'arguments/options/linux',
  'arguments/one-of',
  'arguments/options/options',
  'arguments/options/queue',
  'arguments/options/page',
  'arguments/options/time',
  'commands/index',
  'system/confined',
  'system/engine',
  'system/io',
  'system/package',
  'system/version',
];

/** What only searches need of the explorer, beside what a boot runs in. */
const searches = /^\/explore\/(?!program\/|execution\/)/;

const digest = join(dist, 'model-digest');
const code = join(dist, 'code-digest');

if (isStale()) {
  removeOrphans();
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: Object.fromEntries(
      Object.entries(entries).map(([name, module]) => [name, `${modules}/${module}.js`]),
    ),
    platform: 'node',
    // Who asks for the server of a protocol has it installed.
    external: /^@modelcontextprotocol\/sdk\//,
    preserveEntrySignatures: 'allow-extension',
    // No module does anything by being there: who imports a row need not load all of it.
    treeshake: { moduleSideEffects: (id) => !id.startsWith(modules) },
  });
  const { output } = await bundle.generate({
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'parts/[name].js',
    // The model's functions are told by their names.
    keepNames: true,
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        {
          name: 'explore-search',
          test: (id) => id.startsWith(modules) && searches.test(id.slice(modules.length)),
          priority: rows.length + 1,
        },
        ...rows.map((name, i) => ({
          name,
          test: (id) => id.startsWith(`${modules}/${name}/`),
          priority: rows.length - i,
        })),
        {
          name: 'start',
          test: (id) => atStart.some((module) => id === `${modules}/cli/${module}.js`),
        },
      ],
    },
  });
  const files = new Map(output.map(({ fileName, code }) => [fileName, code]));
  files.set('vendor/LICENSES', licences(output.flatMap(({ moduleIds }) => moduleIds)));
  removeOthers(files);
  for (const [name, content] of files) replace(join(dist, name), content);
  chmodSync(join(dist, 'cli/main.js'), 0o755);
  replace(code, `${codeDigest(modules)}\n`);
  replace(digest, `${modelDigest(modules)}\n`);
}

/** Whether anything that is bundled, or says how, is newer than the last file that is written. */
function isStale() {
  if (!existsSync(digest) || !existsSync(code)) return true;
  const built = readdirSync(modules, { recursive: true })
    .filter((path) => path.endsWith('.tsbuildinfo'))
    .map((path) => join(modules, path));
  const made = [import.meta.filename, `${root}package.json`, `${root}package-lock.json`, ...built];
  const written = statSync(digest).mtimeMs;
  return made.some((path) => statSync(path).mtimeMs > written);
}

/** What was compiled of a source that is not there any more could still be imported. */
function removeOrphans() {
  for (const path of readdirSync(modules, { recursive: true })) {
    const [, source] = /^(.*)\.(?:js|d\.ts)$/.exec(path) ?? [];
    if (source !== undefined && !existsSync(`${root}src/${source}.ts`)) rmSync(join(modules, path));
  }
}

/** What is left of another layout would be packed. */
function removeOthers(files) {
  const kept = [
    digest,
    code,
    modules,
    join(dist, 'bench'),
    join(dist, 'page'),
    ...[...files.keys()].map((name) => join(dist, name)),
  ];
  for (const path of readdirSync(dist, { recursive: true }).map((name) => join(dist, name))) {
    const isKept = kept.some((one) => one === path || within(one, path) || within(path, one));
    if (!isKept) rmSync(path, { recursive: true, force: true });
  }
}

/** Whether a path is inside a folder. */
function within(folder, path) {
  return path.startsWith(`${folder}/`);
}

/** Whoever runs the program meanwhile has the old file or the new one. */
function replace(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  const fresh = join(modules, `.fresh-${process.pid}`);
  writeFileSync(fresh, content);
  renameSync(fresh, path);
}

/** The licences of the packages that these modules are from. */
function licences(paths) {
  const inside = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+\//;
  const folders = new Set(paths.flatMap((path) => inside.exec(path) ?? []));
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8'));
      return `${name} ${version}\n\n${licenceIn(folder)}`;
    })
    .join('\n');
}

function licenceIn(folder) {
  for (const name of ['LICENSE', 'LICENSE.md', 'LICENSE.txt'])
    if (existsSync(folder + name)) return readFileSync(folder + name, 'utf8');
  throw new Error(`${folder} has no licence`);
}
