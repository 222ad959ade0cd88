// A machine: as a picture, as a table, and what is wrong with it. What is chosen in one is chosen in all.

import { escapeText } from '../../src/util/index.ts';
import type { MachineFacts } from './facts.ts';
import { findingsList } from './findings.ts';
import { html } from './html.ts';
import { legend } from './legend.ts';
import { Marks } from './marks.ts';
import { PictureView } from './picture/picture.ts';
import { SearchBox } from './search-box.ts';
import { DevicesView } from './table/devices.ts';

export interface MachineViewOptions {
  /** Somebody chose a device, or took the choice back. */
  readonly onSelect: (device: number | null) => void;
  /** The address at which a device is chosen. */
  readonly linkOf: (device: number) => string;
}

export interface MachineView {
  readonly element: HTMLElement;
  /** Mark a device everywhere, and show it. */
  select(device: number | null): void;
  destroy(): void;
}

export function machineView(facts: MachineFacts, options: MachineViewOptions): MachineView {
  const marks = new Marks(facts);
  const search = new SearchBox(facts, {
    onFound: (hits) => {
      picture.highlight(hits);
      devices.search(hits);
    },
    onGo: (device) => picture.show(device),
    onTake: (device) => options.onSelect(device),
  });
  const picture = new PictureView(facts, marks, {
    onSelect: options.onSelect,
    onLeave: () => search.focus(),
  });
  const devices = new DevicesView(facts, marks, options);
  const element = html(
    'section',
    { class: 'machine', 'aria-label': 'The machine' },
    summaryOf(facts),
    html('div', { class: 'machine-tools' }, search.element, zoomButtons(picture)),
    html(
      'div',
      { class: 'machine-panes' },
      html('figure', { class: 'picture-pane' }, picture.element, legend(facts)),
      devices.element,
    ),
    findingsList(facts, marks, options.linkOf),
  );
  element.addEventListener('keydown', (event) => {
    if (event.key !== '/' || isWriting(event.target)) return;
    event.preventDefault();
    search.focus();
  });
  return {
    element,
    select: (device) => {
      picture.select(device);
      devices.select(device);
    },
    destroy: () => {
      picture.destroy();
      devices.destroy();
    },
  };
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

function summaryOf({ document, devices }: MachineFacts): HTMLElement {
  const { machine, kernel, iommus, groups } = document;
  const model = machine.model === '' ? 'a machine without a model name' : escapeText(machine.model);
  const shared = groups.filter((group) => group.devices.length > 1).length;
  const direct = devices.filter(({ outcome }) => outcome === 'direct').length;
  const facts = [
    machine.firmware === 'none' ? 'firmware not known' : machine.firmware,
    `kernel ${kernel}`,
    counted(devices.length, 'device'),
    counted(iommus.length, 'IOMMU'),
    `${counted(groups.length, 'group')}, ${shared} shared`,
    `${direct} with no IOMMU in the way`,
  ];
  return html(
    'header',
    { class: 'machine-summary' },
    html('h2', {}, model),
    html('p', {}, facts.join(' \u00b7 ')),
  );
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function zoomButtons(picture: PictureView): HTMLElement {
  const button = (label: string, text: string, act: () => void): HTMLElement => {
    const element = html('button', { type: 'button', 'aria-label': label, title: label }, text);
    element.addEventListener('click', act);
    return element;
  };
  return html(
    'div',
    { class: 'zoom', role: 'group', 'aria-label': 'Zoom' },
    button('Farther away', '\u2212', () => picture.zoom(1 / 1.5)),
    button('Closer', '+', () => picture.zoom(1.5)),
    button('All of the machine', 'all', () => picture.fit()),
  );
}
