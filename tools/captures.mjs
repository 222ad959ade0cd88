// Captures in the compact form of test/fixtures/captures, and back.
//
//   node tools/captures.mjs pack DIRECTORY...       each a capture, into test/fixtures/captures
//   node tools/captures.mjs unpack FOLDER NAME...   as directories that `fwspec verify` reads
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

const packed = fileURLToPath(new URL('../test/fixtures/captures/', import.meta.url));

const [command, ...operands] = process.argv.slice(2);
if (command === 'pack') pack(operands);
else if (command === 'unpack') unpack(...operands);
else throw new Error('usage: captures.mjs pack DIRECTORY... | unpack FOLDER NAME...');

function pack(directories) {
  const blobs = new Map();
  for (const name of readdirSync(packed)) if (name.endsWith('.json')) rmSync(join(packed, name));
  for (const directory of directories) {
    const files = {};
    for (const path of pathsIn(directory)) {
      const bytes = readFileSync(join(directory, path));
      const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
      blobs.set(hash, deflateRawSync(bytes, { level: 9 }).toString('base64'));
      files[path] = hash;
    }
    const answers = JSON.parse(readFileSync(join(directory, 'expected.json'), 'utf8'));
    const capture = { files, expected: reduced(answers) };
    writeFileSync(join(packed, `${basename(directory)}.json`), print(capture));
  }
  const sorted = [...blobs].sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(join(packed, 'blobs.json'), print(Object.fromEntries(sorted)));
}

function unpack(folder, ...names) {
  const blobs = JSON.parse(readFileSync(join(packed, 'blobs.json'), 'utf8'));
  for (const name of names) {
    const { files, expected } = JSON.parse(readFileSync(join(packed, `${name}.json`), 'utf8'));
    const write = (path, content) => {
      mkdirSync(join(folder, name, dirname(path)), { recursive: true });
      writeFileSync(join(folder, name, path), content);
    };
    for (const [path, hash] of Object.entries(files)) {
      write(path, inflateRawSync(Buffer.from(blobs[hash], 'base64')));
    }
    write('expected.json', print(expected));
  }
}

/** The firmware's files, in order. */
function pathsIn(directory) {
  const files = (folder) =>
    readdirSync(join(directory, folder)).filter((name) =>
      statSync(join(directory, folder, name)).isFile(),
    );
  const folders = readdirSync(directory).filter((name) => ['acpi', 'pci'].includes(name));
  const inside = folders.flatMap((folder) => files(folder).map((name) => `${folder}/${name}`));
  return [...files('').filter((name) => name === 'machine.dtb'), ...inside].sort();
}

/** The answers without what no test looks at. */
function reduced({ devices, groups, iommu_dmesg, ...answers }) {
  const { acpi_devices: _, device_links: __, complete: ___, ...rest } = answers;
  for (const group of Object.values(groups)) delete group.reserved_regions;
  for (const snapshot of Object.values(rest.snapshots ?? {})) {
    for (const group of Object.values(snapshot.groups)) delete group.reserved_regions;
  }
  return {
    ...rest,
    groups,
    devices: devices.filter(isOfFirmware).map(identity),
    // Which group a device has is told above.
    iommu_dmesg: iommu_dmesg.filter((line) => !/ Adding to iommu group /.test(line)),
  };
}

/** IORT has no names for its SMMUs; other platform devices without a node are made by drivers. */
function isOfFirmware({ name, bus, of_node, acpi_path, group }) {
  if (bus === 'pci' || bus === 'amba' || group !== undefined) return true;
  return (
    bus === 'platform' && ((of_node ?? acpi_path) !== undefined || name.startsWith('arm-smmu'))
  );
}

function identity({ name, bus, path, of_node, acpi_path, driver, iommu, group }) {
  return { name, bus, path, of_node, acpi_path, driver, iommu, group };
}

/** One line for each thing that would be looked for, so that changes can be read. */
function print(value, depth = 0) {
  const line = JSON.stringify(value);
  if (depth === 3 || value === null || typeof value !== 'object' || line.length < 90) return line;
  const indent = '  '.repeat(depth + 1);
  const lines = Array.isArray(value)
    ? value.map((item) => `${indent}${print(item, depth + 1)}`)
    : Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => `${indent}${JSON.stringify(key)}: ${print(item, depth + 1)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${lines.join(',\n')}\n${indent.slice(2)}${close}${depth === 0 ? '\n' : ''}`;
}
