import { bodyBytes, decodeObservation } from '@callbus/contracts';
import { Call, OBSERVATIONS_PER_CALL } from './call-life.js';

it('is observed 20 times, each time as something else', () => {
  const call = new Call();
  const ids = Array.from({ length: OBSERVATIONS_PER_CALL }, (_, step) => decodeObservation(call.observation(step).value).id);
  expect(new Set(ids).size).toBe(20);
});

it('is the call that every recorded body of it is about', () => {
  const call = new Call();
  for (let step = 0; step < OBSERVATIONS_PER_CALL; step += 1) {
    const observation = decodeObservation(call.observation(step).value);
    if (observation.kind === 'notification')
      expect(String(bodyBytes(observation))).toMatch(new RegExp(`/calls/${call.graphCallId}\\b`));
  }
});
