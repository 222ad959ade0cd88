import { describe, expect, test } from 'vitest';
import { failureOf } from '../../../src/cli/output/message.ts';
import { addressOf, shownAddress, withoutPassword } from '../../../src/cli/queue/redis/address.ts';
import { UsageError } from '../../../src/util/index.ts';

describe('the address of a queue', () => {
  test.each([
    ['redis://localhost', 'redis://localhost:6379'],
    ['redis://localhost:7000/3', 'redis://localhost:7000/3'],
    ['rediss://user:secret@10.0.0.1:7000', 'rediss://10.0.0.1:7000'],
    ['redis://:secret@[::1]:7000/', 'redis://[::1]:7000'],
  ])('%s is shown as %s', (url, shown) => {
    expect(shownAddress(addressOf(url, {}))).toBe(shown);
  });

  test.each([
    'localhost:6379',
    'http://secret@localhost',
    'redis://:secret@localhost/nothing',
    'redis://:secret@localhost?x=1',
    'redis://:secret%@localhost',
    'redis://secret@',
    '',
  ])('%j is none, and is not repeated', (url) => {
    const refused = expect(() => addressOf(url, {}));
    refused.toThrow(UsageError);
    refused.toThrow(/^(?!.*secret).*$/);
  });

  test('has the password of the URL, percent-encoded, or that of the environment', () => {
    const env = { FWSPEC_QUEUE_PASSWORD: 'other' };
    expect(addressOf('redis://u:a%40b@h', env)).toMatchObject({ username: 'u', password: 'a@b' });
    expect(addressOf('redis://u@h', env)).toMatchObject({ username: 'u', password: 'other' });
    expect(addressOf('redis://h', {})).toMatchObject({ username: null, password: null });
  });
});

describe('a password is in no text', () => {
  test.each(['plain', 'with space', 'a"b\\c', 'ü@/:%', '$&'])(
    '%j, however it is written',
    (password) => {
      const forms = [password, encodeURIComponent(password), JSON.stringify(password).slice(1, -1)];
      for (const form of forms) {
        const text = withoutPassword(`before ${form} behind`, { password });
        expect(text).toBe('before *** behind');
      }
    },
  );

  test('also where its URL stands where none belongs', () => {
    const problem = new UsageError('cli/extra-operand', 'does not take "redis://u:secret@h"');
    expect(failureOf(problem)).toBe('does not take "redis://***@h"');
    expect(failureOf(new Error('rediss://:secret@h and more'))).not.toContain('secret');
  });
});
