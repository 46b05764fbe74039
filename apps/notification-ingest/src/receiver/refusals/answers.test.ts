import { answerBody, rawAnswer } from './answers.js';
import { REFUSALS } from './refusals.js';

const statuses = [...new Set(Object.values(REFUSALS).map(({ status }) => status))];

it.each(statuses)('answers %i with a code and a sentence, and nothing that a sender could learn from', (status) => {
  expect(JSON.parse(answerBody(status))).toEqual({
    error: { code: expect.stringMatching(/^[A-Za-z]+$/), message: expect.stringMatching(/^[A-Z][^{}]+\.$/) },
  });
});

it('answers bytes that are no request with a whole answer', () => {
  const [head = '', body = ''] = rawAnswer(431).split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
  expect(head).toContain(`content-length: ${body.length}`);
  expect(head).toContain('connection: close');
  expect(body).toBe(answerBody(431));
});
