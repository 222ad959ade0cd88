import type { Bug } from '../../explore/index.ts';
import { bugHtml } from './html.ts';
import { bugMail } from './mail.ts';
import { bugDiagram, type DiagramOptions } from './mermaid.ts';
import { bugTrace } from './perfetto.ts';
import { bugSvg } from './svg.ts';

/** What a witness can be shown as, besides the JSON documents of the commands. */
export const formats = ['text', 'html', 'svg', 'perfetto', 'mermaid', 'mail'] as const;
export type Format = (typeof formats)[number];

/** What a table of verdicts can be shown as. */
export const tableFormats = ['text', 'markdown', 'json'] as const;

/** One bug as a document of its own. */
export function bugDocument(
  format: Exclude<Format, 'text'>,
  bug: Bug,
  options: DiagramOptions,
): string {
  switch (format) {
    case 'html':
      return bugHtml(bug, options);
    case 'svg':
      return bugSvg(bug, options);
    case 'perfetto':
      return JSON.stringify(bugTrace(bug, options));
    case 'mermaid':
      return bugDiagram(bug, options).join('\n');
    case 'mail':
      return bugMail(bug, options).join('\n');
  }
}
