/** How a report asks for emphasis; the caller decides whether there is any. */
export type Style = (kind: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string) => string;

/** No emphasis at all. */
export const plain: Style = (_kind, text) => text;
