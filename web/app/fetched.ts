// Machines that lie beside the page: the examples, and what `fwspec page` was given.
import type { Given, Said } from '../worker/machine.ts';

/** Requests. */
const atOnce = 16;

/** Says which files a machine has. */
interface Listing {
  readonly name: string;
  /** The name of each in the machine, and where it is, from the folder of the listing. */
  readonly files: readonly (readonly [name: string, path: string])[];
}

/** The folder of a machine, seen from the page. */
function folderOf(from: string): string | null {
  if (from === 'given') return 'given/';
  const [, name] = /^example\/([a-z0-9][a-z0-9.-]*)$/.exec(from) ?? [];
  return name === undefined ? null : `examples/${name}/`;
}

export async function fetched(from: string): Promise<Said<readonly Given[]>> {
  const folder = folderOf(from);
  if (folder === null) return { error: `There is no machine called "${from}" here.` };
  const base = new URL(folder, document.baseURI);
  try {
    const { files } = (await (await answered(new URL('index.json', base))).json()) as Listing;
    const given: Given[] = [];
    const left = files.entries();
    // A browser refuses some thousands of requests at once.
    const some = Array.from({ length: atOnce }, async () => {
      for (const [i, [name, path]] of left) {
        const bytes = await (await answered(new URL(path, base))).arrayBuffer();
        given[i] = [name, new Uint8Array(bytes)];
      }
    });
    await Promise.all(some);
    return { ok: given };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { error: `"${from}" cannot be fetched: ${why}` };
  }
}

async function answered(url: URL): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname} is not there (${response.status})`);
  return response;
}
