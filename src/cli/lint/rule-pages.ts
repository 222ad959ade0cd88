import { pageOf, ruleFamilies } from '../../machine/index.ts';
import { rulePage, rulesIndex } from '../../report/index.ts';
import { lintExample } from './lint-example.ts';

/** The pages about rules, by their paths from the top of the package; examples are looked at. */
export async function rulePages(): Promise<ReadonlyMap<string, string>> {
  const pages = new Map([['docs/reference/rules/README.md', rulesIndex(ruleFamilies)]]);
  for (const family of ruleFamilies)
    for (const rule of family.rules) {
      const said = await lintExample(rule.example, 'bad');
      pages.set(pageOf(rule.name), rulePage(rule, family, said));
    }
  return pages;
}
