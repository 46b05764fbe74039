import { render } from './report.js';

const HOSTILE = '\u001b[31mMSG\nline2\u009b\u202e\ud83d';

it('shows each line as one, and nothing that a terminal would obey', () => {
  const lines = ['Call a has ended.', `200/0 ${HOSTILE}`];
  expect(render({ data: null, lines, isWell: true }, false)).toBe(
    'Call a has ended.\n200/0 \\u001b[31mMSG\\u000aline2\\u009b\\u202e\\ud83d\n',
  );
});

it('gives programs the exact data, in JSON that no terminal obeys', () => {
  const text = render({ data: { message: HOSTILE }, lines: [], isWell: true }, true);
  expect(JSON.parse(text)).toEqual({ message: HOSTILE });
  expect(text).toMatch(/^[\n\x20-\x7e]*$/);
});
