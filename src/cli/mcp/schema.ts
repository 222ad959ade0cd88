import { readFileSync } from 'node:fs';
import { mostOfAnything } from '../../machine/index.ts';
import { present } from '../../util/index.ts';
import { commands } from '../arguments/commands.ts';
import { aboutOf } from '../arguments/help/help.ts';
import { optionsOf } from '../arguments/options/options.ts';
import { inPackage } from '../system/package.ts';
import { bounds, type ToolName } from './asked.ts';

/** A JSON Schema, or a part of one. */
export type Schema = { readonly [key: string]: unknown };

/** Options that take a number, with the least and the most that make sense. */
const numbers: Readonly<Record<string, readonly [least: number, most: number]>> = {
  'max-executions': [1, 1e9],
  seed: [1, 1e9],
  iommus: [1, mostOfAnything],
  cells: [0, mostOfAnything],
  functions: [1, mostOfAnything],
};

/** Options whose words are examples of what they take. */
const free = ['ids'];

/** What an option of a command is called in a request. */
export function propertyOf(option: string): string {
  return option.replaceAll('-', '_');
}

/** The options of a command as properties of a request, by the table of the command line. */
export function optionProperties(
  command: ToolName,
  names: readonly string[],
): Record<string, Schema> {
  const entry = present(
    commands.find(({ name }) => name === command),
    command,
  );
  const entries = optionsOf(entry);
  return Object.fromEntries(
    names.map((name) => {
      const option = present(
        entries.find((one) => one.name === name),
        name,
      );
      const description = aboutOf(option, entry);
      const words = free.includes(name) || typeof option.words === 'string' ? null : option.words;
      const text =
        words === null || words === undefined
          ? { type: 'string', minLength: 1, maxLength: bounds.text }
          : { enum: words };
      if (option.value === undefined) return [propertyOf(name), { type: 'boolean', description }];
      const [minimum, maximum] = numbers[name] ?? [];
      if (maximum !== undefined)
        return [propertyOf(name), { type: 'integer', minimum, maximum, description }];
      if (option.repeats !== true) return [propertyOf(name), { ...text, description }];
      return [propertyOf(name), { type: 'array', maxItems: bounds.list, items: text, description }];
    }),
  );
}

/** The schema of the document of a command, with all that it refers to in itself. */
export function documentSchema(command: ToolName): Schema {
  const { $schema: _, $id: _own, $defs = {}, ...schema } = schemaFile(`${command}.schema.json`);
  const common = schemaFile('common.schema.json').$defs as Readonly<Record<string, Schema>>;
  const known = $defs as Readonly<Record<string, Schema>>;
  const definitions = new Map<string, unknown>();
  const whole = inItself(schema, '');
  return { ...(whole as Schema), $defs: Object.fromEntries(definitions) };

  /** @param from the file that it is of: its own definitions have another prefix than the common ones */
  function inItself(value: unknown, from: '' | 'common-'): unknown {
    if (Array.isArray(value)) return value.map((one) => inItself(one, from));
    if (typeof value !== 'object' || value === null) return value;
    const fields = Object.entries(value);
    return Object.fromEntries(
      fields.map(([key, field]) => [
        key,
        key === '$ref' ? reference(String(field), from) : inItself(field, from),
      ]),
    );
  }

  function reference(written: string, from: '' | 'common-'): string {
    // The document is the root here, too.
    if (from === '' && written.startsWith('#/properties/')) return written;
    const [, file = '', name = ''] =
      /^(common\.schema\.json)?#\/\$defs\/([\w-]+)$/.exec(written) ?? [];
    const prefix = file === '' ? from : 'common-';
    const called = prefix + name;
    const found = present((prefix === '' ? known : common)[name], written);
    if (!definitions.has(called)) {
      definitions.set(called, {});
      definitions.set(called, inItself(found, prefix));
    }
    return `#/$defs/${called}`;
  }
}

function schemaFile(name: string): Schema {
  const path = inPackage(`docs/reference/schemas/${name}`);
  return JSON.parse(readFileSync(path, 'utf8')) as Schema;
}
