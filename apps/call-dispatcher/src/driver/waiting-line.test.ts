import { WaitingLine } from './waiting-line.js';

const A = { appId: 'app', tenantId: 'a' };
const B = { appId: 'app', tenantId: 'b' };

it('lets calls go on in the order they came, and none past another that cannot', () => {
  const line = new WaitingLine();
  for (const callId of ['1', '2', '3']) line.add(callId, A, 'full');
  let room = 2;
  const gone: string[] = [];
  line.advance(
    () => room > 0,
    (callId) => {
      room -= 1;
      gone.push(callId);
    },
  );
  expect(gone).toEqual(['1', '2']);
  expect([line.reasonOf('1', A), line.reasonOf('3', A)]).toEqual([undefined, 'full']);
});

it('lets no tenant wait for another', () => {
  const line = new WaitingLine();
  line.add('1', A, 'throttled');
  line.add('2', B, 'full');
  const gone: string[] = [];
  line.advance(
    ({ tenantId }) => tenantId === 'b',
    (callId) => gone.push(callId),
  );
  expect(gone).toEqual(['2']);
});

it('ends a round although a call comes back to the line', () => {
  const line = new WaitingLine();
  line.add('1', A, 'full');
  let rounds = 0;
  line.advance(
    () => true,
    (callId) => {
      rounds += 1;
      line.add(callId, A, 'still full');
    },
  );
  expect([rounds, line.reasonOf('1', A)]).toEqual([1, 'still full']);
});
