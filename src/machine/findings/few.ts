/** Names in a row; of many the first, and how many more there are. */
export function few(names: readonly string[]): string {
  const first = names.slice(0, 4).join(', ');
  return names.length > 4 ? `${first} and ${names.length - 4} more` : first;
}
