import { notificationText } from './graph-words.js';

describe('notificationText', () => {
  it.each([
    [{ value: [{ resourceUrl: '/communications/calls/1', resourceData: { state: 'established' } }] }, 'established'],
    [{ value: [{ resourceUrl: '/communications/calls/1/participants', resourceData: [{}, {}] }] }, 'participants: 2'],
    [{ value: [{ resource: '/app/calls/1/operations/op-1', resourceData: {} }, {}] }, 'op-1; '],
    [{ value: 'odd' }, ''],
    [[], ''],
  ])('of %j is «%s»', (body, summary) => {
    expect(notificationText(JSON.stringify(body))).toBe(summary);
  });
});
