import { HttpException } from '@nestjs/common';
import { Refusal, refusalOf } from './refusals.js';

it('keeps a refusal as it is', () => {
  const refusal = new Refusal('LARGE_BODY', 'too many bytes');
  expect(refusalOf(refusal)).toBe(refusal);
  expect(refusal).toMatchObject({ status: 413, message: 'LARGE_BODY: too many bytes' });
});

it.each([
  [new HttpException('Unsupported URL', 400), 'MALFORMED_REQUEST'],
  [new HttpException('ours', 500), 'UNFORESEEN'],
  [new TypeError('a slip'), 'UNFORESEEN'],
  ['a string', 'UNFORESEEN'],
])('takes %j for %s', (error, code) => {
  expect(refusalOf(error)).toMatchObject({ code });
});
