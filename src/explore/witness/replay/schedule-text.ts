import { UsageError } from '../../../util/index.ts';
import { type ChoiceMade, type Schedule, shorten } from './schedule.ts';

/**
 * A schedule in printable characters without spaces, quotes or slashes.
 *
 * @param tasks the names of the tasks, by number
 */
export function encodeSchedule(schedule: Schedule, tasks: readonly string[]): string {
  return shorten(schedule, tasks)
    .map(
      ({ task, until, nth, choices = [] }) =>
        `${task.slice(1)}:${eventText(until, nth)}${choices.map(choiceText).join('')}`,
    )
    .join('+');
}

function eventText(label: string, nth: number): string {
  return `${label.slice(1)}${nth === 1 ? '' : `.${nth}`}`;
}

/** An event on the way that did not go its first way: as a rule an allocation that fails. */
function choiceText({ at, nth, way }: ChoiceMade): string {
  return `-${eventText(at, nth)}${way === 1 ? '' : `=${way}`}`;
}

const event = /([0-9a-z]{5})(?:\.(\d{1,6}))?/.source;
const segmentForm = new RegExp(`^(\\d{1,2}):${event}((?:-${event}(?:=\\d{1,2})?)*)$`);
const choiceForm = new RegExp(`-${event}(?:=(\\d{1,2}))?`, 'g');

/**
 * What a text that {@link encodeSchedule} has made says.
 *
 * @throws UsageError when it is none
 */
export function decodeSchedule(text: string): Schedule {
  if (text === '') return [];
  return text.split('+').map((segment) => {
    const found = segmentForm.exec(segment);
    if (found === null) throw isNone(segment);
    const [, task, until, nth = '1', made = ''] = found;
    const choices = Array.from(made.matchAll(choiceForm), ([, at, nth = '1', way = '1']) => ({
      at: `#${at}`,
      nth: Number(nth),
      way: Number(way),
    }));
    return {
      task: `#${task}`,
      until: `#${until}`,
      nth: Number(nth),
      ...(choices.length === 0 ? {} : { choices }),
    };
  });
}

function isNone(segment: string): UsageError {
  return new UsageError(
    'cli/bad-token',
    `this is not a token: "${segment}" is no part of a schedule`,
    'copy the whole word after "fwspec replay"',
  );
}
