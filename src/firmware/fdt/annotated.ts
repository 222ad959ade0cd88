// What `dtc -O dts --annotate --annotate` prints: the tree as it was compiled, each node and property with the
// line of the source that it is from. The compiler stays the one who reads the source.

/** A line of a source. Names of files are raw: to be escaped before printing. */
export interface SourceLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1; of a property only, where it begins. */
  readonly column?: number;
}

/** Where the parts of a devicetree are written. */
export interface SourceLines {
  /** By the path of a node; a node that is written in several places, where it is first. */
  readonly nodes: ReadonlyMap<string, SourceLine>;
  /** By the path of a node and the name of a property: {@link propertyKey}. */
  readonly properties: ReadonlyMap<string, SourceLine>;
  /** The sources themselves, by their names, as far as they are at hand; in UTF-8. */
  readonly texts?: ReadonlyMap<string, string>;
  /** The paths of nodes by their labels. */
  readonly labels: ReadonlyMap<string, string>;
}

const opening = /^\s*((?:[\w]+: )*)([^\s"=;]+) \{(?: \/\* (.*) \*\/)?$/;
const property = /^\s*(?:[\w]+: )*([^\s=;{}]+)(?: = .*)?;(?: \/\* (.*) \*\/)?$/;
const closing = /^\s*\};/;

/** Read it; of what has no place in a source, the compiler made it, nothing is known. */
export function parseAnnotated(text: string): SourceLines {
  const nodes = new Map<string, SourceLine>();
  const properties = new Map<string, SourceLine>();
  const labels = new Map<string, string>();
  const path: string[] = [];
  for (const line of text.split('\n')) {
    const [, labelled, name, places] = opening.exec(line) ?? [];
    if (name !== undefined) {
      path.push(name === '/' ? '' : name);
      const at = path.join('/') || '/';
      for (const label of labelled?.match(/\w+/g) ?? []) labels.set(label, at);
      setFirst(nodes, at, lineOnly(placeIn(places)));
    } else if (closing.test(line)) path.pop();
    else {
      const [, what, where] = property.exec(line) ?? [];
      if (what !== undefined && path.length > 0)
        setFirst(properties, propertyKey(path.join('/') || '/', what), placeIn(where));
    }
  }
  return { nodes, properties, labels };
}

export function propertyKey(path: string, name: string): string {
  return `${path}\0${name}`;
}

/** Where a node is said to begin is its brace. */
function lineOnly(place: SourceLine | null): SourceLine | null {
  return place === null ? null : { file: place.file, line: place.line };
}

/** The line of a property, else that of its node. */
export function lineOf(
  { nodes, properties }: SourceLines,
  path: string,
  name: string | null,
): SourceLine | null {
  const own = name === null ? undefined : properties.get(propertyKey(path, name));
  return own ?? nodes.get(path) ?? null;
}

function setFirst(map: Map<string, SourceLine>, key: string, place: SourceLine | null): void {
  if (place !== null && !map.has(key)) map.set(key, place);
}

/** Of `board.dts:8, soc.dtsi:16`, or `board.dts:8:2-8:24, soc.dtsi:16:3-17:9`, the first. */
function placeIn(places: string | undefined): SourceLine | null {
  const found = /^([^,]*?):(\d+)(?::(\d+)-\d+:\d+)?(?:,|$)/.exec(places ?? '');
  const [, file, line, column] = found ?? [];
  if (file === undefined || line === undefined) return null;
  const place = { file, line: Number(line) };
  return column === undefined ? place : { ...place, column: Number(column) };
}
