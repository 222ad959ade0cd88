import type { Scenario } from '../scenario.ts';
import { coverLetter } from './cover-letter.ts';

/** The cover letter's race where the virtio-iommu is found through VIOT. */
export const bindViot: Scenario = {
  ...coverLetter,
  name: 'bind-viot',
  about: 'a client driver binds while the virtio-iommu that VIOT names for its device registers',
  firmware: 'viot',
  unfit: ({ firmware }) => (firmware === 'viot' ? null : 'VIOT does not describe the device'),
};
