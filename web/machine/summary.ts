// The first lines: what machine it is, and how it comes out.
import { counted } from '../../src/report/index.ts';
import { escapeText } from '../../src/util/index.ts';
import type { App } from '../app/app.ts';
import { h } from '../app/dom.ts';
import { changed, routeText } from '../app/route.ts';
import type { Part } from './part.ts';

export function summary(app: App): Part {
  const element = h('section', { class: 'summary', 'aria-label': 'Summary' });
  return {
    element,
    show({ open, document: { machine, devices, iommus, groups, findings, kernel } }) {
      const firmware = { devicetree: 'Devicetree', acpi: 'ACPI', none: 'PCI functions alone' }[
        machine.firmware
      ];
      const title = machine.model === '' ? firmware : `${escapeText(machine.model)}, ${firmware}`;
      const count = (severity: string): number =>
        findings.filter((finding) => finding.severity === severity).length;
      const outcomes = new Map<string, number>();
      for (const { outcome } of devices) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      const errors = count('error');
      element.replaceChildren(
        h('h2', {}, title),
        h(
          'p',
          { class: errors > 0 ? 'verdict bad' : 'verdict good' },
          `Firmware: ${counted(errors, 'error')}, ${counted(count('warning'), 'warning')}, ${counted(count('note'), 'note')}. `,
          `Linux ${kernel}: ${counted(devices.length, 'device')}, ${counted(groups.length, 'group')}, ${counted(iommus.length, 'IOMMU')}.`,
        ),
        h(
          'ul',
          { class: 'counts' },
          ...[...outcomes].map(([outcome, n]) =>
            h('li', { 'data-outcome': outcome }, h('b', {}, String(n)), ` ${outcome}`),
          ),
        ),
        open.captured === null || open.captured.kernel === kernel
          ? ''
          : h(
              'p',
              { class: 'note' },
              `Captured under ${escapeText(open.captured.release)}, shown as ${kernel}: `,
              h(
                'a',
                { href: shownAs(app, open.captured.kernel) },
                `show it as ${open.captured.kernel}`,
              ),
            ),
        ...open.notes.map((note) => h('p', { class: 'note' }, escapeText(note))),
      );
    },
  };
}

function shownAs(app: App, kernel: string): string {
  return routeText(changed(app.route, { params: { kernel } }));
}
