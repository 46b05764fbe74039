import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { InFlight } from './in-flight.js';
import { readBody } from './read-body.js';

const newPlace = (announced = 0) => {
  const inFlight = new InFlight({ maxInFlight: 10, maxInFlightBytes: 100 });
  inFlight.enter(50);
  const place = inFlight.enter(announced);
  if (place === null) throw new Error('no room');
  return place;
};

it('puts the chunks of a body together', async () => {
  const bytes = ['{"va', 'lue":', '[]}'].map((part) => Buffer.from(part));
  expect(String(await readBody(Readable.from(bytes), 100, newPlace()))).toBe('{"value":[]}');
});

it.each([
  ['LARGE_BODY', 25],
  ['OVERLOADED', 1_000],
])('stops with %s at what is too much, and leaves the stream open for an answer', async (code, maxBytes) => {
  const stream = new PassThrough();
  const reading = readBody(stream, maxBytes, newPlace());
  for (let sent = 0; sent < 10; sent += 1) stream.write(Buffer.alloc(10));
  await expect(reading).rejects.toMatchObject({ code });
  expect(stream.destroyed).toBe(false);
});

it('takes what was announced, though nothing else fits', async () => {
  expect(await readBody(Readable.from([Buffer.alloc(50)]), 100, newPlace(50))).toHaveLength(50);
});

it('says that a body broke off', async () => {
  const stream = new PassThrough();
  const reading = readBody(stream, 100, newPlace());
  stream.write('{');
  stream.destroy(new Error('aborted'));
  await expect(reading).rejects.toMatchObject({ code: 'MALFORMED_REQUEST' });
});

it('says so too when it had broken off before it was read', async () => {
  const stream = new PassThrough();
  stream.destroy();
  await once(stream, 'close');
  await expect(readBody(stream, 100, newPlace())).rejects.toMatchObject({ code: 'MALFORMED_REQUEST' });
});
