// Another kernel, another command line, and what changes by it.
import { escapeText } from '../../src/util/index.ts';
import type { App } from '../app/app.ts';
import { h } from '../app/dom.ts';
import type { Change } from '../app/route.ts';
import type { Compared } from '../worker/machine.ts';
import { besideIn, type Part, type Shown } from './part.ts';

/** Changes that are in the page at once; of more, how many there are is said. */
const mostChanges = 500;

export function whatIf(app: App): Part {
  const kernel = kernelSelect('Kernel', (name) => app.go({ params: { kernel: name } }));
  const cmdline = commandLine('Command line', (text) => app.go({ params: { cmdline: text } }));
  const beside = kernelSelect('What if: another kernel', (name) =>
    app.go({ params: { beside: name } }),
  );
  const besideLine = commandLine('What if: another command line', (text) =>
    app.go({ params: { 'beside-cmdline': text } }),
  );
  const assume = h(
    'select',
    {
      on: {
        change: () => app.go({ params: { assume: assume.value === '' ? null : assume.value } }),
      },
    },
    h('option', { value: '' }, 'told by its devices'),
    ...['intel', 'amd', 'arm'].map((value) => h('option', { value }, value)),
  );
  const assumed = h('label', {}, 'Whose IOMMU is assumed', assume);
  const tree = h('select', { on: { change: () => app.go(otherTree(tree.value)) } });
  const trees = h('label', {}, 'Devicetree', tree);
  const kconfig = textField('Kernel options', 'ARM_SMMU_V3=m', (text) =>
    app.go({ params: { kconfig: text } }),
  );
  const result = h('div', { class: 'changes', 'aria-live': 'polite' });
  const element = h(
    'section',
    { class: 'what-if', 'aria-label': 'Kernel, and what if' },
    h(
      'div',
      { class: 'row fields' },
      trees,
      kernel.element,
      cmdline.element,
      kconfig.element,
      assumed,
    ),
    h('div', { class: 'row fields' }, beside.element, besideLine.element),
    result,
  );
  let listed = false;

  async function show(shown: Shown): Promise<void> {
    const { open, route } = shown;
    if (!listed) {
      listed = true;
      const names = await app.machines.ask.kernels();
      kernel.list(names, 'of the machine');
      beside.list(names, 'none');
    }
    kernel.set(route.params.kernel, 'the newest');
    cmdline.set(route.params.cmdline);
    kconfig.set(route.params.kconfig);
    trees.hidden = open.trees.length < 2;
    tree.replaceChildren(...open.trees.map((title, i) => treeOption(title, i + 1)));
    tree.value = route.params.tree ?? '1';
    beside.set(route.params.beside, 'the same kernel');
    besideLine.set(route.params['beside-cmdline']);
    assumed.hidden = !open.assumable;
    assume.value = route.params.assume ?? '';
    const { beside: answer } = shown;
    result.hidden = answer === null;
    if (answer === null) return;
    result.replaceChildren(
      'error' in answer
        ? h('p', { class: 'error', role: 'alert' }, answer.error)
        : changesTable(app, shown, answer.ok),
    );
  }

  return { element, show };
}

function changesTable(app: App, shown: Shown, { document, changes }: Compared): HTMLElement {
  const devices = new Set([...shown.document.devices, ...document.devices].map(({ path }) => path));
  const same = devices.size - changes.length;
  const [was, is] = [
    shown,
    { asked: besideIn(shown.route, shown.asked) ?? shown.asked, document },
  ].map(nameOf);
  const verdict =
    changes.length === 0
      ? `Nothing changes: ${same} devices come out the same.`
      : `${changes.length} ${changes.length === 1 ? 'device changes' : 'devices change'}, ${same} do not.`;
  const rows = changes.slice(0, mostChanges).flatMap(({ device, fields }) =>
    fields.map(({ field, before, after }, i) =>
      h(
        'tr',
        {},
        i > 0
          ? null
          : h(
              'th',
              { scope: 'rowgroup', rowspan: fields.length },
              h(
                'button',
                {
                  type: 'button',
                  class: 'link',
                  on: { click: () => app.go({ params: { device } }) },
                },
                escapeText(device),
              ),
            ),
        h('td', {}, field),
        h('td', {}, escapeText(before)),
        h('td', {}, escapeText(after)),
      ),
    ),
  );
  const head = ['Device', 'What', was ?? '', is ?? ''].map((text) =>
    h('th', { scope: 'col' }, text),
  );
  return h(
    'div',
    {},
    h('p', { class: 'verdict' }, verdict),
    changes.length === 0
      ? null
      : h(
          'div',
          { class: 'wide', tabindex: 0, role: 'group', 'aria-label': 'What changes' },
          h('table', {}, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...rows)),
        ),
    changes.length > mostChanges
      ? h('p', { class: 'note' }, `and ${changes.length - mostChanges} devices more`)
      : null,
  );
}

function nameOf({
  document: { kernel },
  asked: { cmdline },
}: Pick<Shown, 'document' | 'asked'>): string {
  return cmdline === null ? kernel : `${kernel}, ${escapeText(cmdline)}`;
}

interface Field<T> {
  readonly element: HTMLElement;
  readonly set: (value: string | undefined, otherwise?: string) => void;
  readonly list: T;
}

function kernelSelect(
  label: string,
  choose: (name: string | null) => void,
): Field<(names: readonly string[], usual: string) => void> {
  const usual = h('option', { value: '' });
  const select = h(
    'select',
    { on: { change: () => choose(select.value === '' ? null : select.value) } },
    usual,
  );
  return {
    element: h('label', {}, label, select),
    list: (names) => select.append(...names.map((value) => h('option', { value }, value))),
    set: (value = '', otherwise = '') => {
      usual.textContent = otherwise;
      // A name that is on no list, such as one with patches put on: fwspec-v2+p05.
      if (![...select.options].some((option) => option.value === value))
        select.append(h('option', { value }, escapeText(value)));
      select.value = value;
    },
  };
}

/** Another machine: nothing that was chosen in this one stays. */
function otherTree(number: string): Change {
  return { params: { tree: number, device: null, at: null } };
}

function treeOption(title: string, number: number): HTMLElement {
  return h('option', { value: number }, `${number}: ${escapeText(title)}`);
}

function commandLine(label: string, choose: (text: string | null) => void): Field<null> {
  return textField(label, 'iommu.passthrough=1', choose);
}

function textField(
  label: string,
  placeholder: string,
  choose: (text: string | null) => void,
): Field<null> {
  const input = h('input', {
    type: 'text',
    placeholder,
    spellcheck: 'false',
    autocomplete: 'off',
    on: { change: () => choose(input.value.trim() === '' ? null : input.value.trim()) },
  });
  return {
    element: h('label', {}, label, input),
    list: null,
    set: (value = '') => {
      if (document.activeElement !== input) input.value = value;
    },
  };
}
