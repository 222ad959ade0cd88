import { escapeText } from '../../util/index.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text from anywhere, for between tags or within a quoted attribute: what it says, and no more. */
export function html(text: string): string {
  return escapeText(text).replace(/[&<>"']/g, (char) => entities[char] ?? '');
}
