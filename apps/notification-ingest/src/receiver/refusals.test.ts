import { HttpException } from '@nestjs/common';
import { Refusal, refusalOf } from './refusals.js';

it('keeps a refusal as it is', () => {
  const refusal = new Refusal('EMPTY_BODY', 'no byte came');
  expect(refusalOf(refusal)).toBe(refusal);
  expect(refusal).toMatchObject({ status: 400, message: 'EMPTY_BODY: no byte came' });
});

it.each([
  [new HttpException('Unsupported URL', 400), 'MALFORMED_REQUEST'],
  [new HttpException('ours', 500), 'UNFORESEEN'],
  [new TypeError('a slip'), 'UNFORESEEN'],
  ['a string', 'UNFORESEEN'],
])('takes %j for %s', (error, code) => {
  expect(refusalOf(error)).toMatchObject({ code });
});
