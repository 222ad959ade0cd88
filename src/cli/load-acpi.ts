import { join } from 'node:path';
import { type Acpi, readAcpi } from '../firmware/index.ts';
import { FormatError } from '../util/index.ts';
import { kindOf, namesIn, readBytes } from './io.ts';

/** The ACPI tables in a folder, in any form; folders in it are not looked into. */
export function readAcpiFolder(folder: string): Acpi {
  const names = namesIn(folder).filter((name) => kindOf(join(folder, name)) === 'file');
  try {
    return readAcpi(names.map((name) => ({ name, bytes: readBytes(join(folder, name)) })));
  } catch (error) {
    if (error instanceof FormatError) {
      error.file = error.file === null ? folder : join(folder, error.file);
    }
    throw error;
  }
}
