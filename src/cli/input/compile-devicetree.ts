import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { parseAnnotated, type SourceLines } from '../../firmware/index.ts';
import type { Compiled } from '../../input/index.ts';
import { UsageError } from '../../util/index.ts';
import { isConfined } from '../system/confined.ts';
import { hasCode, kindOf, readBytes } from '../system/io.ts';

/**
 * A devicetree source compiled by `dtc`, if that is installed, through the C preprocessor where it has
 * lines for that.
 *
 * @param path null where it is in no file
 * @param name what it is called in messages
 */
export function compile(path: string | null, name: string, source: Uint8Array): Compiled {
  const called = path ?? name;
  const text = Buffer.from(source).toString('latin1');
  const forCpp = /^[ \t]*#[ \t]*(?:include|define|if|ifdef|ifndef)\b/m.test(text);
  if (isConfined()) checkAlone(text, forCpp, called);
  const folders = isConfined() ? [] : searched(path);
  const input = forCpp ? preprocess(source, called, folders) : source;
  const options = ['-q', '-I', 'dts', ...folders.flatMap((folder) => ['-i', folder]), '-'];
  const run = runTool('dtc', ['-O', 'dtb', ...options], input);
  check(run, 'dtc', called, 'install the devicetree compiler, or give the compiled .dtb');
  const annotated = runTool('dtc', ['-O', 'dts', '--annotate', '--annotate', ...options], input);
  // A compiler that is too old cannot tell the lines.
  const lines =
    annotated.status !== 0
      ? null
      : parseAnnotated(annotated.stdout.toString('utf8').replaceAll('<stdin>', called));
  const named = lines === null ? null : withNames(lines, called);
  return { blob: run.stdout, lines: named === null ? null : withTexts(named, path, source) };
}

/** What is included is called as the source is: from the current folder, unless that one is not. */
function withNames({ nodes, properties, ...lines }: SourceLines, called: string): SourceLines {
  const nameOf = (file: string): string => {
    if (file === called) return file;
    const whole = resolve(file);
    const near = relative('.', whole);
    return isAbsolute(called) || near.startsWith('..') || isAbsolute(near) ? whole : near;
  };
  const renamed = (places: SourceLines['nodes']): SourceLines['nodes'] =>
    new Map([...places].map(([key, place]) => [key, { ...place, file: nameOf(place.file) }]));
  return { ...lines, nodes: renamed(nodes), properties: renamed(properties) };
}

/**
 * What the compilers read, nobody can keep in a folder: a source that has others read is not compiled where
 * that matters.
 */
function checkAlone(text: string, forCpp: boolean, called: string): void {
  const [found] = /\/(?:include|incbin)\//.exec(text) ?? [];
  if (found === undefined && !forCpp) return;
  throw new UsageError(
    'cli/not-alone',
    `${called} is not compiled here: ${found ?? 'a line for the C preprocessor'} can have any file read`,
    'give the compiled .dtb',
  );
}

/** With the sources that they are in; what is in no file, or not in UTF-8, is not at hand. */
function withTexts(lines: SourceLines, path: string | null, source: Uint8Array): SourceLines {
  const places = [...lines.nodes.values(), ...lines.properties.values()];
  const texts = new Map<string, string>();
  for (const file of new Set(places.map((place) => place.file))) {
    const isOwn = file === path;
    try {
      if (!isOwn && (path === null || kindOf(file) === 'nothing')) continue;
      texts.set(file, utf8.decode(isOwn ? source : readBytes(file)));
    } catch {
      // Nobody can point into it.
    }
  }
  return { ...lines, texts };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** As Linux has its sources preprocessed. */
function preprocess(source: Uint8Array, called: string, folders: readonly string[]): Uint8Array {
  const places = folders.flatMap((folder) => ['-I', folder]);
  const options = ['-nostdinc', '-undef', '-D__DTS__', '-x', 'assembler-with-cpp', ...places, '-'];
  const run = runTool('cpp', options, source);
  check(run, 'cpp', called, 'it has #include lines: install the C preprocessor, or give the .dtb');
  return run.stdout;
}

/**
 * Where a source finds what it includes: beside it, and in the tree of Linux or U-Boot that it is in, of
 * every architecture.
 */
function searched(path: string | null): string[] {
  if (path === null) return [];
  const beside = dirname(resolve(path));
  for (let top = beside; top !== dirname(top); top = dirname(top)) {
    if (!existsSync(join(top, 'include/dt-bindings'))) continue;
    const architectures = existsSync(join(top, 'arch'))
      ? readdirSync(join(top, 'arch')).sort()
      : [];
    const inside = [
      'include',
      'scripts/dtc/include-prefixes',
      ...architectures.flatMap((arch) => [`arch/${arch}/boot/dts`, `arch/${arch}/dts`]),
    ];
    return [beside, ...inside.map((folder) => join(top, folder)).filter(existsSync)];
  }
  return [beside];
}

/** Run a program on bytes. */
function runTool(tool: string, args: readonly string[], input: Uint8Array) {
  return spawnSync(tool, args, { maxBuffer: 64 * 1024 * 1024, input });
}

function check(run: ReturnType<typeof runTool>, tool: string, called: string, hint: string): void {
  // A compiler that gives up does not read on.
  if (run.error !== undefined && !hasCode(run.error, 'EPIPE')) {
    const missing = hasCode(run.error, 'ENOENT');
    throw new UsageError(
      `cli/no-${tool}`,
      `cannot compile ${called}: ${missing ? `${tool} is not installed` : run.error.message}`,
      hint,
    );
  }
  if (run.status === 0) return;
  const [first = 'no message'] = run.stderr.toString('latin1').split('\n');
  const why = first.replaceAll('<stdin>', called);
  throw new UsageError(`cli/${tool}-failed`, `${tool} cannot compile ${called}: ${why}`);
}
