// The bytes of one source, those that are read marked, and for those that are chosen what reads them.
import type { PartAt, Reading } from '../../../src/machine/index.ts';
import { escapeText, hex } from '../../../src/util/index.ts';
import type { App } from '../../app/app.ts';
import { h } from '../../app/dom.ts';
import type { Part, Shown } from '../part.ts';
import { hexView } from './hex.ts';
import { overlapping, type Place, parsePlace, placeIn } from './place.ts';

/** Devices that are named for one reading; of more, how many there are is said. */
const mostNames = 12;

export function bytesPane(app: App): Part {
  const title = h('h2', { id: 'bytes' });
  const sources = h('select', { 'aria-label': 'Source of the bytes' });
  const said = h('div', { class: 'readings', 'aria-live': 'polite' });
  const view = hexView((offset, size, replace) =>
    app.go({ params: { at: placeIn(sources.value, offset, size) }, replace }),
  );
  const closed = h('div', { class: 'row' }, title);
  const element = h(
    'section',
    { class: 'bytes', 'aria-labelledby': 'bytes' },
    closed,
    view.element,
    said,
  );
  sources.addEventListener('change', () =>
    app.go({ params: { at: placeIn(sources.value, 0, 1) } }),
  );
  title.textContent = 'Bytes of the firmware';
  closed.append(sources);
  let machine: unknown = null;
  let loaded = '';
  let readings: readonly Reading[] = [];

  async function listSources(shown: Shown): Promise<void> {
    if (machine === shown.open) return;
    machine = shown.open;
    loaded = '';
    const answer = await app.machines.ask.sources();
    const entries = 'ok' in answer ? answer.ok : [];
    sources.replaceChildren(
      h('option', { value: '' }, 'choose a source'),
      ...entries.map(({ source, file, size }) =>
        h(
          'option',
          { value: source },
          escapeText(
            `${source}${file === null || file === source ? '' : `, ${file}`}, ${size} bytes`,
          ),
        ),
      ),
    );
    element.hidden = entries.length === 0;
  }

  async function load(shown: Shown, source: string): Promise<boolean> {
    const key = JSON.stringify([source, shown.asked]);
    if (loaded === key) return true;
    const [bytes, found] = await Promise.all([
      app.machines.ask.bytes(source),
      app.machines.ask.readings(shown.asked, source),
    ]);
    if ('error' in bytes) {
      said.replaceChildren(h('p', { class: 'error' }, bytes.error));
      return false;
    }
    readings = 'ok' in found ? found.ok : [];
    view.load(bytes.ok, readings);
    loaded = key;
    return true;
  }

  async function show(shown: Shown): Promise<void> {
    await listSources(shown);
    const place = parsePlace(shown.route.params.at);
    view.element.hidden = place === null;
    said.hidden = place === null;
    sources.value = place?.source ?? '';
    if (place === null || !(await load(shown, place.source))) return;
    view.mark(place.offset, place.size);
    const part = await app.machines.ask.part(place.source, place.offset);
    said.replaceChildren(...told(place, 'ok' in part ? part.ok : null));
  }

  function told(place: Place, part: PartAt | null): HTMLElement[] {
    const { offset, size } = place;
    const readers = overlapping(readings, offset, size);
    const name = part === null ? '' : nameOf(part, size);
    const where = `${hex(offset)}, ${size} ${size === 1 ? 'byte' : 'bytes'}`;
    return [
      h('p', {}, h('b', {}, where), name === '' ? '' : `: ${escapeText(name)}`),
      readers.length === 0
        ? h('p', { class: 'note' }, 'Nothing that decides about a device reads these bytes.')
        : h('ul', {}, ...readers.map((reading) => readerOf(reading))),
    ];
  }

  function readerOf({ offset, size, what, property, devices }: Reading): HTMLElement {
    const few = devices.slice(0, mostNames);
    const links = few.map((device) => {
      const button = h('button', { type: 'button', class: 'link' }, escapeText(device));
      button.addEventListener('click', () => app.go({ params: { device } }));
      return button;
    });
    const more = devices.length - few.length;
    const what_ = property === null ? what : `${what}, ${property}`;
    return h(
      'li',
      {},
      `${escapeText(what_)} (${hex(offset)}, ${size}): `,
      ...links,
      more > 0 ? ` and ${more} more` : null,
    );
  }

  return { element, show };
}

/** Of more bytes than a field has, what the field is in. */
function nameOf({ of, field, size }: PartAt, chosen: number): string {
  return field === null || chosen > size ? of : `${field} of ${of}`;
}
