// Files that somebody drops, chooses or pastes. They are read here and go to the worker, nowhere else.
import type { App } from '../app/app.ts';
import { h } from '../app/dom.ts';
import type { Given } from '../worker/machine.ts';
import { filesOfDrop, filesOfInput, TooMuch } from './files.ts';

/** A place to drop a machine on. `opened` is told what was given, which is kept as `dropped` then. */
export function dropZone(app: App, opened: (name: string) => void): HTMLElement {
  const error = h('p', { class: 'error', role: 'alert', hidden: true });
  const take = async (files: Promise<readonly Given[]>): Promise<void> => {
    error.hidden = true;
    try {
      const given = await files;
      if (given.length === 0) throw new TooMuch('Nothing was in it.');
      app.machines.drop(given);
      opened(given.length === 1 ? (given[0]?.[0] ?? '') : `${given.length} files`);
    } catch (why) {
      error.textContent = why instanceof Error ? why.message : String(why);
      error.hidden = false;
      if (!zone.isConnected) app.say(error.textContent);
    }
  };
  const picker = (label: string, folder: boolean): HTMLElement => {
    const input = h('input', {
      type: 'file',
      multiple: true,
      webkitdirectory: folder,
      class: 'visually-hidden',
      'aria-label': label,
      on: {
        change: () => {
          if (input.files !== null && input.files.length > 0) void take(filesOfInput(input.files));
          input.value = '';
        },
      },
    });
    return h('label', { class: 'button' }, label, input);
  };
  const zone = h(
    'section',
    { class: 'drop', 'aria-label': 'Open a machine' },
    h('p', {}, h('strong', {}, 'Drop a machine here.')),
    h(
      'p',
      {},
      'A .dtb, ACPI tables, the text of lspci -xxxx or acpidump, a capture’s folder, or a tar, zip or gzip of one.',
    ),
    h('p', { class: 'row' }, picker('Choose files', false), picker('Choose a folder', true)),
    error,
  );
  // Whatever is dropped on the page is meant for it: the browser would leave the page and show it.
  addEventListener('dragover', (event) => {
    event.preventDefault();
    zone.classList.add('over');
  });
  addEventListener('dragleave', () => zone.classList.remove('over'));
  addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    if (event.dataTransfer !== null) void take(filesOfDrop(event.dataTransfer));
  });
  return zone;
}
