import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { IsInt, IsNotEmpty, validateSync } from 'class-validator';
import fc from 'fast-check';
import { COMMAND_CLASSES, OPERATOR_COMMAND_CLASSES } from '../commands/commands.js';
import { EVENT_CLASSES } from '../events/event-data.js';
import { LEDGER_CLASSES } from '../ledger/ledger-records.js';
import { NEWER_OBSERVATION_CLASSES, OBSERVATION_CLASSES } from '../observations/observations.js';
import { passesRules } from './passes-rules.js';
import { Snapshot } from '../snapshots/snapshots.js';

type MessageClass = new () => object;

const FIXTURES = join(import.meta.dirname, '../../fixtures');

function samples(kind: string, classOf: (name: string) => MessageClass): [string, MessageClass, object][] {
  return readdirSync(join(FIXTURES, kind)).map((file) => {
    const message = JSON.parse(readFileSync(join(FIXTURES, kind, file), 'utf8')) as { data?: object };
    return [`${kind}/${file}`, classOf(file.replace(/\.json$/, '')), message.data ?? message];
  });
}

const named =
  (classes: object) =>
  (name: string): MessageClass =>
    Reflect.get(classes, name) as MessageClass;
/** With a rule for each item of a list, which is left to class-validator. */
const LEFT = new Set(['ledger/Invalid.json']);
const RUN = [
  ...samples('commands', named(COMMAND_CLASSES)),
  ...samples('operatorCommands', named(OPERATOR_COMMAND_CLASSES)),
  ...samples('ledger', named(LEDGER_CLASSES)),
  ...samples('observations', named({ ...OBSERVATION_CLASSES, 'notification-2': NEWER_OBSERVATION_CLASSES.notification.holder })),
  ...samples('snapshots', () => Snapshot),
].filter(([name]) => !LEFT.has(name));

const instanceOf = (type: MessageClass, data: object): object => Object.assign(new type(), data);
const isFaultless = (instance: object): boolean => validateSync(instance, { forbidUnknownValues: false }).length === 0;

const anyValue = fc.oneof(
  fc.jsonValue(),
  fc.uuid(),
  fc.integer({ min: -2, max: 3 }),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom(undefined, null, '', '2026-02-30T00:00:00Z', 'park', 'created', 'gone', 'response', [], {}),
);

it.each(RUN)('passes %s', (_name, type, data) => {
  expect(passesRules(type, instanceOf(type, data))).toBe(true);
});

it.each(RUN)('says of whatever resembles %s what class-validator says', (_name, type, data) => {
  const changes = fc.dictionary(fc.constantFrom(...Object.keys({ ...new type(), ...data })), anyValue, { maxKeys: 2 });
  fc.assert(
    fc.property(changes, fc.subarray(Object.keys(data), { maxLength: 1 }), (changed, left) => {
      const message = Object.fromEntries(Object.entries({ ...data, ...changed }).filter(([name]) => !left.includes(name)));
      const instance = instanceOf(type, message);
      expect(passesRules(type, instance)).toBe(isFaultless(instance));
    }),
  );
});

it('passes no event that class-validator refuses', () => {
  fc.assert(
    fc.property(fc.constantFrom(...samples('events', named(EVENT_CLASSES))), anyValue, fc.nat(), ([, type, data], value, nth) => {
      const names = Object.keys(data);
      const instance = instanceOf(type, { ...data, [names[nth % names.length] ?? '']: value });
      if (passesRules(type, instance)) expect(isFaultless(instance)).toBe(true);
    }),
  );
});

class Strings {
  @IsNotEmpty({ each: true })
  list!: string[];
}

class Conditional {
  @IsInt({ validateIf: () => false })
  count!: number;
}

it.each([
  [Strings, { list: [''] }],
  [Conditional, { count: 1 }],
])('leaves rules of other kinds to class-validator: %p', (type, data) => {
  expect(passesRules(type, instanceOf(type, data))).toBe(false);
});
