// What holds of the repository as a whole, read from its files.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { anchorOf } from '../src/scenarios/index.ts';

const root = new URL('../', import.meta.url);

/** Files under version control, and those about to be. */
const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '-z'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\0')
  .filter((path) => path !== '' && existsSync(new URL(path, root)));

function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

function under(...folders: readonly string[]): string[] {
  return files.filter((path) => folders.some((folder) => path.startsWith(`${folder}/`)));
}

/** Lines of these files that match, as `path:line text`. */
function linesWith(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1} ${line.trim()}`] : [])),
  );
}

const sources = under('src').filter((path) => path.endsWith('.ts'));
const tests = under('test', 'bench').filter((path) => path.endsWith('.ts'));
const texts = files.filter((path) =>
  /\.(ts|mjs|json|md|grit|yml|sh)$|^\.ci\/|^LICENSE$/.test(path),
);

test('the repository has the files that these tests are about', () => {
  expect(sources.length).toBeGreaterThan(80);
  expect(tests.length).toBeGreaterThan(30);
  for (const path of ['package.json', 'package-lock.json', 'src/cli/main.ts', 'test/tidy.test.ts'])
    expect(texts).toContain(path);
});

describe('the same input gives the same output', () => {
  const folders = [
    'explore',
    'linux',
    'series',
    'scenarios',
    'machine',
    'input',
    'firmware',
    'report',
    'util',
  ];
  // Puts virtual timers and a virtual clock in the place of the real ones, which it does not use: a
  // test of `exploreAsync` watches that.
  const virtual = 'src/explore/async/platform.ts';
  const paths = under(...folders.map((name) => `src/${name}`)).filter((path) => path !== virtual);

  test.each([
    ['chance', /\bMath\.random\b|\bcrypto\b/],
    ['the clock', /\bDate\.now\b|\bnew Date\b|\bperformance\.now\b|\bhrtime\b/],
    ['timers', /\bset(Timeout|Interval|Immediate)\b/],
    ['the locale', /\btoLocale\w+\b|\bIntl\b|\blocaleCompare\b/],
    ['the environment', /\bprocess\./],
  ])('the program does not look at %s', (_what, pattern) => {
    expect(linesWith(paths, pattern)).toEqual([]);
  });
});

test('nothing but the command line uses Node', () => {
  const pure = sources.filter((path) => !path.startsWith('src/cli/'));
  expect(linesWith(pure, /from 'node:|import\('node:|\brequire\(/)).toEqual([]);
});

/** Parts of functions of Linux that have names like theirs all the same. */
const ours = [
  'src/linux/drivers/base/bus.ts busDevices',
  'src/linux/drivers/base/bus.ts driverAddDevice',
];

test('every model function says which function of Linux it is', () => {
  const models = under('src/linux', 'src/series').filter((path) => path.endsWith('.ts'));
  const declared = /^(?:export )?function\* (\w+_\w*)\(/gm;
  const untagged: string[] = [];
  let tagged = 0;
  for (const path of models) {
    const text = read(path);
    for (const { 1: name = '', index } of text.matchAll(declared)) {
      const comment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(text.slice(0, index))?.[1] ?? '';
      // The path of a C file or header, and a symbol.
      if (/@linux (?:[\w-]+\/)+[\w.-]+\.[ch] \w+/.test(comment)) tagged++;
      else if (exported(text, index) || isKernelName(name)) untagged.push(`${path} ${name}`);
    }
  }
  expect(untagged.filter((line) => !ours.includes(line))).toEqual([]);
  expect(tagged).toBeGreaterThan(80);
});

function exported(text: string, index: number): boolean {
  return text.startsWith('export', index);
}

/** Functions of Linux are written in lower case with underscores, ours in camel case. */
function isKernelName(name: string): boolean {
  return /^_*[a-z0-9]+(_[a-z0-9]+)+$/.test(name);
}

test('no source file has more than 400 lines', () => {
  const lengths = sources.map((path): [string, number] => [
    path,
    read(path).split('\n').length - 1,
  ]);
  expect(lengths.filter(([_path, lines]) => lines > 400)).toEqual([]);
});

// Each row may import the rows above it, and itself.
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
  'cli',
];
const rowOf = (path: string): string => path.split('/')[1] ?? '';

/** Relative imports of a file: the path from the root, and whether it is of types only. */
function importsOf(path: string): { readonly target: string; readonly types: boolean }[] {
  const text = read(path);
  const base = new URL(path, 'file:///');
  const named = /(?:import|export)\s+(type\s)?([^'";]*?)\sfrom '(\.[^']*)'/g;
  const unnamed = /\bimport\s*\(?\s*'(\.[^']*)'/g;
  return [
    ...[...text.matchAll(named)].map(([, type, names = '', target = '']) => ({
      target: new URL(target, base).pathname.slice(1),
      types: type !== undefined || (names.includes('{') && everyNameIsAType(names)),
    })),
    ...[...text.matchAll(unnamed)].map(([, target = '']) => ({
      target: new URL(target, base).pathname.slice(1),
      types: false,
    })),
  ];
}

function everyNameIsAType(names: string): boolean {
  const inner = names.slice(names.indexOf('{') + 1, names.lastIndexOf('}'));
  const all = inner
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return all.length > 0 && all.every((name) => name.startsWith('type '));
}

describe('imports go one way', () => {
  test('every folder of src has its row', () => {
    const folders = new Set(sources.filter((path) => path.split('/').length > 2).map(rowOf));
    expect([...folders].sort()).toEqual([...rows].sort());
  });

  test('a folder imports only folders above it', () => {
    const wrong = sources
      .filter((path) => rows.includes(rowOf(path)))
      .flatMap((path) =>
        importsOf(path)
          .filter(({ target }) => rows.indexOf(rowOf(target)) > rows.indexOf(rowOf(path)))
          .map(({ target }) => `${path} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  test.each([
    ['explore', ['explore', 'util']],
    ['firmware', ['firmware', 'util']],
    ['util', ['util']],
  ])('%s can be used alone', (row, allowed) => {
    const reached = new Set(
      under(`src/${row}`)
        .filter((path) => path.endsWith('.ts'))
        .flatMap((path) => importsOf(path).map(({ target }) => rowOf(target))),
    );
    expect([...reached].filter((name) => !allowed.includes(name))).toEqual([]);
  });

  test('reports know the others by their types only', () => {
    const wrong = under('src/report')
      .filter((path) => path.endsWith('.ts'))
      .flatMap((path) =>
        importsOf(path)
          .filter(({ target, types }) => !types && !['report', 'util'].includes(rowOf(target)))
          .map(({ target }) => `${path} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  test('other folders are imported by their index', () => {
    const wrong = sources.flatMap((path) =>
      importsOf(path)
        .filter(({ target }) => target.split('/').length > 2 && rowOf(target) !== rowOf(path))
        .filter(({ target }) => !target.endsWith('/index.ts'))
        .map(({ target }) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });
});

// Rooms of a folder, lowest first. Files beside the rooms are above them all, but for the ground and for
// those that have a place in the order.
const rooms: readonly {
  readonly folder: string;
  readonly ground: readonly string[];
  readonly order: readonly string[];
}[] = [
  {
    folder: 'src/explore',
    ground: [],
    order: ['program', 'execution', 'witness', 'search', 'async'],
  },
  {
    folder: 'src/llvm',
    ground: [],
    order: ['ir', 'layout', 'memory', 'run', 'c'],
  },
  {
    folder: 'src/llvm/run',
    ground: [],
    order: ['values', 'code', 'thread'],
  },
  {
    folder: 'src/linux-c',
    ground: ['structs.ts', 'by-hand.ts'],
    order: ['api', 'world', 'drivers', 'acpi', 'scenario'],
  },
  {
    folder: 'src/machine',
    ground: ['machine.ts', 'inspection.ts', 'assumptions.ts'],
    order: [
      'firmware',
      'naming',
      'boot',
      'findings',
      'inspect',
      'shape',
      'explain',
      'groups',
      'capture',
    ],
  },
  {
    folder: 'src/machine/findings',
    ground: ['boot.ts', 'judged.ts', 'grouped.ts', 'node-at.ts'],
    order: ['rules', 'acpi', 'devicetree', 'pci', 'fixes'],
  },
  {
    folder: 'src/firmware/acpi',
    ground: ['table.ts'],
    order: ['tables', 'dump', 'aml'],
  },
  {
    folder: 'src/firmware/acpi/aml',
    ground: [],
    order: ['grammar', 'tree', 'run'],
  },
  {
    folder: 'src/series',
    ground: [],
    order: ['fwspec-v2', 'changes', 'releases', 'designs', 'parts'],
  },
  {
    folder: 'src/scenarios',
    ground: [
      'said.ts',
      'setup.ts',
      'properties.ts',
      'unfit.ts',
      'scenario.ts',
      'asked.ts',
      'builtin.ts',
      'token.ts',
    ],
    order: ['leaving', 'failing', 'arriving', 'all.ts', 'known', 'fixes', 'patches', 'seen'],
  },
  {
    folder: 'src/scenarios/known',
    ground: ['finding.ts'],
    order: ['several-kernels', 'thread', 'releases'],
  },
  {
    folder: 'src/report',
    ground: [],
    order: ['text', 'lanes', 'explore', 'formats', 'machine', 'lint', 'compare', 'check', 'judge'],
  },
  {
    folder: 'src/input',
    ground: ['bytes.ts', 'files.ts', 'tools.ts', 'trees.ts'],
    order: ['archive', 'recognise'],
  },
  {
    folder: 'src/cli',
    ground: [],
    order: [
      'system',
      'arguments',
      'output',
      'kernel',
      'linux',
      'input',
      'search',
      'check',
      'lint',
      'verify',
      'judge',
      'pieces',
      'queue',
      'page',
      'mcp',
      'commands',
      'apart',
    ],
  },
  {
    folder: 'src/cli/arguments',
    ground: ['entries.ts', 'one-of.ts'],
    order: ['options', 'commands.ts', 'help'],
  },
  {
    folder: 'src/cli/queue',
    ground: [],
    order: ['travel', 'redis'],
  },
  {
    folder: 'src/cli/commands',
    ground: ['command.ts', 'hands.ts'],
    order: ['machine', 'search', 'self'],
  },
];

describe.each(rooms)('the rooms of $folder', ({ folder, ground, order }) => {
  const paths = under(folder).filter((path) => path.endsWith('.ts'));
  const floorOf = (path: string): number => {
    const [first = ''] = path.slice(folder.length + 1).split('/');
    if (order.includes(first)) return order.indexOf(first) + 1;
    return ground.includes(first) ? 0 : order.length + 1;
  };

  test('are all known', () => {
    const found = new Set(
      paths.map((path) => path.slice(folder.length + 1)).filter((path) => path.includes('/')),
    );
    expect([...new Set([...found].map((path) => path.split('/')[0]))].sort()).toEqual(
      order.filter((room) => !room.endsWith('.ts')).sort(),
    );
  });

  test('import only what is below them', () => {
    const wrong = paths.flatMap((path) =>
      importsOf(path)
        .filter(({ target }) => target.startsWith(`${folder}/`) && floorOf(target) > floorOf(path))
        .map(({ target }) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });
});

test('no file of the command line imports itself in a circle, not even for a type', () => {
  const paths = sources.filter((path) => rowOf(path) === 'cli');
  const below = new Map(paths.map((path) => [path, importsOf(path).map(({ target }) => target)]));
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, above: readonly string[]): void => {
    if (above.includes(path)) circles.push([...above.slice(above.indexOf(path)), path].join(' '));
    if (done.has(path) || above.includes(path)) return;
    for (const target of below.get(path) ?? []) visit(target, [...above, path]);
    done.add(path);
  };
  for (const path of paths) visit(path, []);
  expect(circles).toEqual([]);
});

test('what tools and benchmarks import of the build has a source', () => {
  const paths = under('tools', 'bench', 'test').filter((path) => /\.(ts|mjs)$/.test(path));
  const imported = paths.flatMap((path) =>
    [...read(path).matchAll(/from '[./]*\/dist\/modules\/([^']+)\.js'/g)].map(
      ([, module = '']) => ({ path, source: `src/${module}.ts` }),
    ),
  );
  expect(imported.length).toBeGreaterThan(3);
  expect(imported.filter(({ source }) => !files.includes(source))).toEqual([]);
});

describe('packages', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, unknown>;

  test('nothing is needed at run time', () => {
    for (const key of ['dependencies', 'optionalDependencies', 'bundleDependencies'])
      expect(manifest).not.toHaveProperty(key);
    const peers = Object.keys(manifest.peerDependencies as Record<string, string>);
    const meta = manifest.peerDependenciesMeta as Record<string, { optional?: boolean }>;
    expect(peers.filter((name) => meta[name]?.optional !== true)).toEqual([]);
  });

  test('versions are exact', () => {
    const versions = Object.values(manifest.devDependencies as Record<string, string>);
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  test('the lock file names no registry, and has a checksum for every package but some platform’s', () => {
    expect(linesWith(['package-lock.json'], /"resolved"/)).toEqual([]);
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { integrity?: string; optional?: boolean }>;
    };
    const names = Object.keys(packages).filter((name) => name !== '');
    expect(names.filter((name) => !packages[name]?.integrity && !packages[name]?.optional)).toEqual(
      [],
    );
  });
});

describe('tests', () => {
  test('none is skipped for good, and none is picked out', () => {
    const words = ['skip', 'only', 'todo', 'fails'].join('|');
    const pattern = new RegExp(`\\b(?:test|it|describe)(?:\\.\\w+)*\\.(?:${words})\\b`);
    expect(linesWith(tests, pattern)).toEqual([]);
    expect(linesWith(tests, /\b(?:xit|xdescribe|fit|fdescribe)\(/)).toEqual([]);
  });
});

describe('pages', () => {
  const markdown = files.filter((path) => path.endsWith('.md'));

  /** Where the links and pictures of a page lead: a path from the root, and perhaps a heading. */
  function linksOf(path: string): { readonly target: string; readonly anchor: string | null }[] {
    const text = read(path)
      .replaceAll(/^```[\s\S]*?^```/gm, '')
      .replaceAll(/`[^`\n]*`/g, '');
    return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
      .map((link) => {
        const [name = '', anchor = null] = link.split('#');
        const target =
          name === '' ? path : new URL(name, new URL(path, 'file:///')).pathname.slice(1);
        return { target, anchor };
      });
  }

  function anchorsOf(path: string): string[] {
    const text = read(path).replaceAll(/^```[\s\S]*?^```/gm, '');
    return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
  }

  test('no link is dead', () => {
    const dead = markdown.flatMap((path) =>
      linksOf(path)
        .filter(({ target, anchor }) => {
          if (!files.includes(target) && under(target.replace(/\/$/, '')).length === 0) return true;
          return anchor !== null && !anchorsOf(target).includes(anchor);
        })
        .map(({ target, anchor }) => `${path}: ${target}${anchor === null ? '' : `#${anchor}`}`),
    );
    expect(dead).toEqual([]);
  });

  test.each(['README.md', 'docs/README.md'])('every page is two clicks from %s', (start) => {
    let reached = new Set([start]);
    for (let click = 0; click < 2; click++)
      reached = new Set([
        ...reached,
        ...[...reached]
          .filter((path) => markdown.includes(path))
          .flatMap((path) => linksOf(path).map(({ target }) => target)),
      ]);
    const pages = markdown.filter((path) => path.startsWith('docs/'));
    expect(pages.length).toBeGreaterThan(15);
    expect(pages.filter((path) => !reached.has(path))).toEqual([]);
  });

  test('the README leads nowhere that its package does not have', () => {
    const { files: packed } = JSON.parse(read('package.json')) as { files: string[] };
    const outside = linksOf('README.md')
      .map(({ target }) => target)
      .filter((target) => !packed.some((of) => target === of || target.startsWith(`${of}/`)));
    expect(outside).toEqual([]);
  });

  test('the README has fewer than 130 lines', () => {
    expect(read('README.md').split('\n').length).toBeLessThan(130);
  });
});

test('no file speaks of the machine it was written on', () => {
  const folders = ['work', 'tmp', 'home', 'root', 'Users'].join('|');
  // A path that begins with such a folder; URLs and other paths may have one of these words inside.
  expect(linesWith(texts, new RegExp(`(?:^|[\\s'"\`(=])/(?:${folders})/\\w`))).toEqual([]);
});

test('no file ends without a line break, and no line ends in blanks', () => {
  const written = texts.filter((path) => !path.startsWith('test/fixtures/'));
  const broken = written.filter((path) => !read(path).endsWith('\n'));
  expect(broken).toEqual([]);
  expect(
    linesWith(
      written.filter((path) => !path.endsWith('.md')),
      /[ \t]$/,
    ),
  ).toEqual([]);
});
