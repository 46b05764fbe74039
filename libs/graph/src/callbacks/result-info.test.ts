import { explainResult, withExplainedResult } from './result-info.js';

describe('explainResult', () => {
  it.each([
    [
      { code: 200, subcode: 4521 },
      { code: 200, subcode: 4521, meaning: 'the other side ended the call' },
    ],
    [
      { code: '200', subcode: '5001' },
      { code: 200, subcode: 5001, meaning: 'the conversation has ended' },
    ],
    [
      { code: 500, subCode: 7000 },
      { code: 500, subcode: 7000, meaning: 'the transfer failed' },
    ],
    [
      { code: 200, subcode: 7000 },
      { code: 200, subcode: 7000, meaning: 'the bot ended the call' },
    ],
    [
      { code: 0, subcode: 7015 },
      { code: 0, subcode: 7015, meaning: 'the transfer is completed' },
    ],
    [
      { code: 408, subcode: 13025 },
      { code: 408, subcode: 13025, meaning: null },
    ],
    [
      { code: '200', subCode: 'transferAccepted' },
      { code: 200, subcode: 'transferAccepted', meaning: null },
    ],
    [{}, { code: null, subcode: null, meaning: null }],
    [
      { code: { odd: true }, subcode: [] },
      { code: { odd: true }, subcode: [], meaning: null },
    ],
    [
      { code: '1e3', subcode: ' 7' },
      { code: '1e3', subcode: ' 7', meaning: null },
    ],
  ])('reads and explains %j', (resultInfo, explained) => {
    expect(explainResult(resultInfo)).toEqual(explained);
  });

  it('keeps what else there is', () => {
    expect(explainResult({ code: 1, subcode: 2, subCode: 3, message: 'x', '@odata.type': 'y' })).toEqual({
      code: 1,
      subcode: 2,
      subCode: 3,
      message: 'x',
      '@odata.type': 'y',
      meaning: null,
    });
  });

  it('explains the result of a resource, if it has one', () => {
    expect(withExplainedResult({ id: 'o', resultInfo: { code: 200, subcode: 0 } })).toMatchObject({
      resultInfo: { meaning: 'done' },
    });
    expect(withExplainedResult({ id: 'o', resultInfo: null })).toEqual({ id: 'o', resultInfo: null });
  });
});
