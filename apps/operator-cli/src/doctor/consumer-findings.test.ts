import { GROUPS } from '@callbus/contracts';
import { consumerFinding } from './consumer-findings.js';

it('is content where somebody takes the records, however many wait', () => {
  expect(consumerFinding({ group: GROUPS.inbox, members: 2, waiting: 1_000n })).toEqual({
    check: 'consumers of commands',
    verdict: 'ok',
    found: '2 of call-dispatcher; 1000 records wait',
    advice: '',
  });
});

it('names the service whose processes are all gone', () => {
  expect(consumerFinding({ group: GROUPS.sequencer, members: 0, waiting: 0n })).toMatchObject({
    check: 'consumers of observations',
    verdict: 'failed',
    found: expect.stringContaining('no process of notification-sequencer') as string,
    advice: expect.stringContaining('Start notification-sequencer') as string,
  });
});
