import type { Property, Start, TaskSpec } from '../program.ts';

// What a program or its caller hands over is taken as it is then: a list that says something else each
// time it is asked, or that is emptied later on, changes nothing.

/** The elements of a list, whatever it says when it is gone through. */
function elementsOf<T>(list: readonly T[]): T[] {
  return Array.from({ length: list.length }, (_, i) => list[i] as T);
}

export function takenStart({ tasks, properties = [] }: Start): Start {
  return {
    tasks: elementsOf(tasks).map(takenTask),
    properties: elementsOf(properties).map(takenProperty),
  };
}

// By name: what is inherited counts, too.

function takenTask({ name, body, spared }: TaskSpec): TaskSpec {
  return { name, body, ...(spared === undefined ? {} : { spared }) };
}

function takenProperty(property: Property): Property {
  const { kind, name, holds, title } = property;
  const taken = { kind, name, holds, ...(title === undefined ? {} : { title }) };
  if (property.kind !== 'always') return taken as Property;
  return { ...taken, watched: elementsOf(property.watched as readonly never[]) } as Property;
}

export function takenOptions<T extends { readonly ignore?: readonly unknown[] | undefined }>(
  options: T,
): T {
  const { ignore } = options;
  return ignore === undefined ? { ...options } : { ...options, ignore: elementsOf(ignore) };
}
