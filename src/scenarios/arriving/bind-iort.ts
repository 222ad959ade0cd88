import type { Scenario } from '../scenario.ts';
import { coverLetter } from './cover-letter.ts';

/** The cover letter's race where the SMMU is found through IORT. */
export const bindIort: Scenario = {
  ...coverLetter,
  name: 'bind-iort',
  about: 'a client driver binds while the SMMU that IORT names for its device registers',
  firmware: 'iort',
  unfit: ({ firmware }) =>
    firmware?.startsWith('iort') ? null : 'IORT does not describe the device',
};
