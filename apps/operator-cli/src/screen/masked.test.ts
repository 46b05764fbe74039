import { masked } from './masked.js';

const person = { user: { id: 'u-1', displayName: 'Bob' }, phone: { id: '+491701234567' } };

it('masks names and numbers of people, and secrets, wherever they are', () => {
  expect(
    masked({
      call: { targets: [{ identity: person }], meetingInfo: { joinMeetingId: '123', passcode: 'p' } },
      toneInfo: { sequenceId: 1, tone: 'tone5' },
      why: 'the token eyJhbGciOi.eyJhdWQi.x of +491701234567 was refused',
    }),
  ).toEqual({
    call: {
      targets: [{ identity: { user: { id: 'u-1', displayName: '[masked]' }, phone: { id: '[phone]' } } }],
      meetingInfo: { joinMeetingId: '123', passcode: '[masked]' },
    },
    toneInfo: { sequenceId: 1, tone: '[masked]' },
    why: 'the token [token] of [phone] was refused',
  });
});

it('masks what is JSON inside of text', () => {
  expect(JSON.parse(masked(JSON.stringify([person])) as string)).toEqual([
    { user: { id: 'u-1', displayName: '[masked]' }, phone: { id: '[phone]' } },
  ]);
  expect(masked('{ "displayName": +491701234567 ')).toBe('{ "displayName": [phone] ');
});

it('leaves everything else as it is', () => {
  const plain = { number: 7, truth: true, nothing: null, passcode: null, list: ['a', 1] };
  expect(masked(plain)).toEqual(plain);
});
