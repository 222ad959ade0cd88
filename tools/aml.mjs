// The AML reader against ACPICA (Debian package acpica-tools), and against test cases from outside.
//
//   node tools/aml.mjs compare PATH...    directories with acpi/, or files of tables: the namespace, and
//                                         what names of devices give, against acpiexec
//   node tools/aml.mjs cases DIRECTORY    .asl files with "// Expect: TYPE => VALUE" in their head
//   node tools/aml.mjs devices PATH...    how many devices are found, and what is not known of them
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootAml } from '../dist/modules/firmware/acpi/aml/boot.js';
import { amlValue } from '../dist/modules/firmware/acpi/aml/run/data.js';
import { Failure } from '../dist/modules/firmware/acpi/aml/tree/value.js';
import { hardwareId, readAcpi, readNamespace } from '../dist/modules/firmware/index.js';

function tablesOf(path) {
  if (!statSync(path).isDirectory()) return readAcpi(readFileSync(path)).tables;
  const folder = existsSync(join(path, 'acpi')) ? join(path, 'acpi') : path;
  const files = readdirSync(folder)
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
  return readAcpi(files).tables;
}

/** Each path with its tables, the same ones only once; what is no table is said. */
function* machines(paths) {
  const seen = new Set();
  for (const path of paths) {
    try {
      const tables = tablesOf(path);
      const hash = createHash('sha256');
      for (const { header, bytes } of tables) {
        if (['DSDT', 'SSDT'].includes(header.signature)) hash.update(bytes);
      }
      const digest = hash.digest('hex');
      if (seen.has(digest)) continue;
      seen.add(digest);
      if (tables.some(({ header }) => header.signature === 'DSDT')) yield { path, tables };
      else console.log(`${path}: no DSDT`);
    } catch (error) {
      console.log(`${path}: ${error.message}`);
    }
  }
}

/** By path: what acpiexec calls the type of each of our objects, and whether it may not exist. */
function ourObjects({ root }) {
  const found = new Map();
  const visit = (node, doubt) => {
    for (const child of node.children.values()) {
      const unsure = doubt || child.born !== null;
      found.set(child.path, { node: child, type: typeOf(child), unsure });
      visit(child, unsure);
    }
  };
  visit(root, false);
  return found;
}

const types = {
  method: 'Method',
  region: 'Region',
  'buffer-field': 'BufferField',
  scope: 'Scope',
  device: 'Device',
  processor: 'Processor',
  power: 'Power',
  thermal: 'Thermal',
  mutex: 'Mutex',
  event: 'Event',
};

function typeOf({ content }) {
  if (content.kind === 'field') return `${content.of}Field`;
  if (content.kind === 'alias') return 'Alias';
  if (content.kind !== 'data') return types[content.kind] ?? content.kind;
  const { value } = content;
  if (typeof value === 'bigint') return 'Integer';
  const names = {
    AmlText: 'String',
    AmlBuffer: 'Buffer',
    AmlPackage: 'Package',
    Reference: 'Reference',
  };
  return names[value?.constructor.name] ?? 'unknown';
}

/** What acpiexec prints for lines that it is given. */
function acpiexec(tables, lines) {
  const folder = mkdtempSync(join(tmpdir(), 'aml-'));
  try {
    const aml = tables.filter(({ header }) => ['DSDT', 'SSDT'].includes(header.signature));
    const files = aml.sort(byKind).map(({ bytes }, index) => {
      const file = join(folder, `${index}.aml`);
      writeFileSync(file, bytes);
      return file;
    });
    const input = `${lines.join('\n')}\nquit\n`;
    const options = { input, encoding: 'latin1', timeout: 60_000, maxBuffer: 1 << 28 };
    return spawnSync('acpiexec', ['-dt', ...files], options).stdout ?? '';
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function byKind(a, b) {
  const rank = ({ header }) => (header.signature === 'DSDT' ? 0 : 1);
  return rank(a) - rank(b);
}

const builtIn = /^\\(_GPE|_PR_|_SB_|_SI_|_TZ_|_REV|_OS_|_GL_|_OSI|_TI_.*)$/;

/** By path: the type that acpiexec prints. */
function theirObjects(text) {
  const found = new Map();
  const at = [];
  for (const line of text.split('\n')) {
    const [, level, name, type] = /^ ?(\d+) +([A-Z_0-9]{4}) (\w+) /.exec(line) ?? [];
    if (name === undefined) continue;
    at.length = Number(level);
    at.push(name);
    found.set(`\\${at.join('.')}`, type);
  }
  return found;
}

const evaluated = ['_HID', '_CID', '_UID', '_ADR', '_STA', '_CCA', '_SEG', '_BBN'];

function compare(paths) {
  const total = { machines: 0, tables: 0, objects: 0, unsure: 0, values: 0, unknown: 0 };
  const differences = new Map();
  const differ = (kind, what) => {
    differences.set(kind, (differences.get(kind) ?? 0) + 1);
    console.log(`  ${kind}: ${what}`);
  };
  for (const { path, tables } of machines(paths)) {
    const machine = bootAml(tables.map(({ header, bytes }) => ({ ...header, bytes })));
    const ours = ourObjects(machine);
    const names = [...ours]
      .filter(([, { type }]) => type === 'Device')
      .flatMap(([device, { node, unsure }]) =>
        evaluated
          .filter((name) => !unsure && node.children.has(name))
          .map((name) => ({ path: `${device}.${name}`, node: node.children.get(name) })),
      );
    const known = [];
    for (const name of names) {
      total.values++;
      const value = machine.evaluate(name.node.target);
      const plain = value instanceof Failure ? { failed: value.message } : amlValue(value);
      if (plain.why) total.unknown++;
      else known.push({ ...name, plain });
    }
    const text = acpiexec(tables, ['namespace', ...known.map((name) => `evaluate ${name.path}`)]);
    const [listing, ...answers] = text.split(/^- evaluate /m);
    const theirs = theirObjects(listing);
    console.log(`${path}: ${theirs.size} objects, ${known.length} values`);
    for (const gap of machine.gaps)
      differ('given up', `${gap.table} ${gap.offset}: ${gap.message}`);
    total.machines++;
    total.tables += tables.filter(({ header }) =>
      ['DSDT', 'SSDT'].includes(header.signature),
    ).length;
    for (const [object, type] of theirs) {
      if (builtIn.test(object)) continue;
      total.objects++;
      const own = ours.get(object);
      if (own === undefined) differ('missing', `${object} ${type}`);
      else if (own.unsure) total.unsure++;
      else if (own.type !== type && own.type !== 'unknown' && own.type !== 'Alias') {
        differ('type', `${object} is ${own.type}, not ${type}`);
      }
    }
    for (const [object, { unsure, type }] of ours) {
      if (!unsure && !builtIn.test(object) && !theirs.has(object))
        differ('extra', `${object} ${type}`);
    }
    const byPath = new Map(answers.map((answer) => [answer.split('\n')[0].trim(), answer]));
    for (const { path: name, plain } of known) {
      const their = answerOf(byPath.get(name) ?? '');
      const own = plain.failed === undefined ? show(written(name, plain.value)) : 'fails';
      if (their !== own) differ('value', `${name} is ${own}, not ${their}`);
    }
  }
  console.log(JSON.stringify(total), JSON.stringify([...differences]));
}

/** IDs are made large by ACPICA, and have no asterisk. */
function written(name, value) {
  if (!/_[HC]ID$/.test(name)) return value;
  if (Array.isArray(value)) return value.map((one) => written(name, one));
  return typeof value === 'string' ? value.replace(/^\*/, '').toUpperCase() : value;
}

function show(value) {
  if (typeof value === 'bigint') return value.toString(16);
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Uint8Array) return `buffer ${value.length}`;
  if (Array.isArray(value)) return `[${value.map(show).join()}]`;
  return value === null ? 'null' : value.reference;
}

/** What acpiexec says that an object gives, spelled as {@link show} does. */
function answerOf(text) {
  if (/ failed with status /.test(text)) return 'fails';
  const values = [
    ...text.matchAll(/\[(Integer|String|Buffer|Package)\] (?:=|Length|Contains) ?(.*)/g),
  ];
  const spelled = values.map(([, type, rest]) => {
    if (type === 'Integer') return BigInt(`0x${rest.trim()}`).toString(16);
    if (type === 'String') return JSON.stringify(/= "(.*)"/.exec(rest)?.[1] ?? '');
    if (type === 'Buffer') return `buffer ${Number.parseInt(rest, 16)}`;
    return '[';
  });
  return spelled[0] === '[' ? `[${spelled.slice(1).join()}]` : (spelled[0] ?? 'nothing');
}

function devices(paths) {
  for (const { path, tables } of machines(paths)) {
    const start = performance.now();
    const { devices: found, notes } = readNamespace(tables);
    const time = performance.now() - start;
    const ids = found.filter((device) => hardwareId(device) !== null).length;
    const doubt = found.filter((device) => device.doubt !== undefined).length;
    const unknown = found.filter((device) => device.unknown !== undefined).length;
    console.log(
      `${found.length} devices, ${ids} with an ID, ${doubt} in doubt, ${unknown} with unknown values, ${notes.length} notes, ${time.toFixed(0)} ms  ${path}`,
    );
    if (process.env.NOTES)
      for (const note of notes) console.log(`   ${note.offset} ${note.message}`);
  }
}

function cases([directory]) {
  let good = 0;
  const names = readdirSync(directory).filter((name) => name.endsWith('.asl'));
  for (const name of names) {
    const result = caseIn(join(directory, name));
    if (result === null) good++;
    console.log(
      `${result === null ? 'ok  ' : 'FAIL'} ${name}${result === null ? '' : `: ${result}`}`,
    );
  }
  console.log(`${good} of ${names.length}`);
}

/** Null when it gives what its head says, else what is wrong. */
function caseIn(file) {
  const [, type, expected] = /^\/\/ Expect: (\w+) => (.*)$/m.exec(readFileSync(file, 'utf8')) ?? [];
  if (type === undefined) return 'no expectation';
  const folder = mkdtempSync(join(tmpdir(), 'aml-'));
  try {
    const out = join(folder, 'case');
    try {
      execFileSync('iasl', ['-oa', '-f', '-p', out, file], { stdio: 'pipe' });
    } catch {
      if (!existsSync(`${out}.aml`)) return 'iasl does not compile it';
    }
    const { tables } = readAcpi(readFileSync(`${out}.aml`));
    const machine = bootAml(tables.map(({ header, bytes }) => ({ ...header, bytes })));
    const main = machine.root.children.get('MAIN');
    if (main === undefined) return `no MAIN ${machine.gaps.map(({ message }) => message)}`;
    const value = machine.evaluate(main);
    if (value instanceof Failure) return `fails: ${value.message}`;
    const { value: plain, why } = amlValue(value);
    if (why !== null) return `not known: ${why}`;
    const want = type === 'int' ? BigInt(expected) : expected;
    return plain === want ? null : `${show(plain)} in place of ${show(want)}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const [command, ...operands] = process.argv.slice(2);
const commands = { compare, cases, devices };
if (commands[command] === undefined)
  throw new Error('usage: aml.mjs compare|cases|devices PATH...');
commands[command](operands);
