import { dateTimeMs } from './date-time.js';

it.each([
  '2026-12-01T12:00:00Z',
  '2026-12-01t12:00:00z',
  '2026-12-01 12:00:00Z',
  '2026-12-01T12:00:00.000000000Z',
  '2026-12-01T14:00:00+02:00',
  '2026-12-01T12:00:00-00:00',
  '2026-12-01T12:00Z',
  '2026-12-01T13:00:00+0100',
  '2026-12-01T13:00:00.000000+0100',
  '2026-12-01 07:00-0500',
  '2026-12-01T11:59:60Z',
])('reads the instant of %s', (text) => {
  expect(dateTimeMs(text)).toBe(Date.UTC(2026, 11, 1, 12));
});

it.each([
  ['has no offset', '2026-12-01T12:00:00'],
  ['is a bare date', '2026-12-01'],
  ['is a week date', '2026-W49-2'],
  ['has an offset without minutes', '2026-12-01T12:00:00+02'],
  ['has neither seconds nor an offset', '2026-12-01T12:00'],
  ['names the 60th minute', '2026-12-01T12:60Z'],
  ['is in the basic format', '20261201T120000Z'],
  ['names a day that February lacks', '2027-02-29T12:00:00Z'],
  ['names the 24th hour', '2026-12-01T24:00:00Z'],
  ['has a blank before it', ' 2026-12-01T12:00:00Z'],
  ['is of another form', 'Tue, 01 Dec 2026 12:00:00 GMT'],
  ['is empty', ''],
])('refuses a text that %s', (_what, text) => {
  expect(dateTimeMs(text)).toBeNull();
});
