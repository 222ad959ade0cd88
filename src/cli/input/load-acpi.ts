import { join } from 'node:path';
import { type Acpi, readAcpi } from '../../firmware/index.ts';
import { FormatError } from '../../util/index.ts';
import { kindOf, namesIn, readBytes } from '../system/io.ts';

/** The ACPI tables in a folder, or in these files of it, in any form. */
export function readAcpiFolder(folder: string, files: readonly string[] = filesIn(folder)): Acpi {
  try {
    return readAcpi(files.map((name) => ({ name, bytes: readBytes(join(folder, name)) })));
  } catch (error) {
    if (error instanceof FormatError) {
      error.file = error.file === null ? folder : join(folder, error.file);
    }
    throw error;
  }
}

/** Where Linux shows its tables there are folders among them, `data` and `dynamic`. */
function filesIn(folder: string): string[] {
  return namesIn(folder).filter(
    (name) => name.endsWith('.bin') || kindOf(join(folder, name)) !== 'directory',
  );
}
