import { checkCount, checkKeys } from '../program/checks/check.ts';

/** @throws ModelError when there is an option that is not known, or not what it must be */
export function checkAsyncOptions(who: string, options: unknown): void {
  const where = `the options of ${who}()`;
  const known = ['maxExecutions', 'maxTicks', 'maxSteps', 'patience'];
  checkKeys(where, options, known);
  for (const name of known)
    checkCount(`${name} in ${where}`, options[name], name === 'maxTicks' ? 0 : 1);
}
