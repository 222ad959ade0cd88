import type { OptionEntry } from '../entries.ts';

/** Where work is given to others, and how it is taken. */
export const queueOptions: readonly OptionEntry[] = [
  {
    name: 'queue',
    value: 'URL',
    about:
      'have it done by the workers at this queue, redis://HOST:PORT or rediss:// for TLS; the password may be in FWSPEC_QUEUE_PASSWORD. Redis and whoever can reach it are trusted with what is sent: firmware, and no code',
    words: ['redis://localhost:6379'],
    of: ['check', 'lint', 'compare', 'verify'],
  },
  {
    name: 'queue',
    value: 'URL',
    about:
      'the queue to take from, redis://HOST:PORT or rediss:// for TLS; the password may be in FWSPEC_QUEUE_PASSWORD',
    words: ['redis://localhost:6379'],
    of: ['worker'],
  },
  {
    name: 'patch',
    value: 'FILE',
    about:
      'the patch that pieces may ask for. The file is a program and runs with your rights: use none that you have not read',
    words: 'file',
    of: ['worker'],
  },
  {
    name: 'jobs',
    value: 'N',
    about: 'how many pieces at once',
    words: 'any',
    otherwise: 'as many as there are cores',
    of: ['worker'],
  },
  {
    name: 'max-seconds',
    value: 'N',
    about: 'be done after so many seconds: what was not looked at is told, and the exit code is 3',
    words: 'any',
    of: ['lint', 'verify'],
  },
  {
    name: 'lock',
    value: 'N',
    about: 'after so many seconds without a sign of life another worker takes a piece',
    words: 'any',
    otherwise: '30',
    of: ['worker'],
  },
];
