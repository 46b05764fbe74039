import { MAX_OPTION_LENGTH, readListQuery } from './list-query.js';

describe('a list’s query', () => {
  it('is of the first calls in any state where it says nothing', () => {
    expect(readListQuery({})).toEqual({ top: 50, after: '', states: null });
    expect(readListQuery({ other: '1' })).toEqual({ top: 50, after: '', states: null });
  });

  it.each([
    [{ $top: '7' }, { top: 7 }],
    [{ $top: '100000' }, { top: 200 }],
    [{ $skiptoken: 'x' }, { after: 'x' }],
    [{ $filter: "state eq 'established'" }, { states: new Set(['established']) }],
    [{ $filter: ' state eq null ' }, { states: new Set([null]) }],
    [{ $filter: "(state eq 'established') or state eq 'established'" }, { states: new Set(['established']) }],
    [{ $filter: "STATE  eq 'transferAccepted' or (state eq null)" }, { states: new Set(['transferaccepted', null]) }],
  ])('is read from %j', (query, read) => {
    expect(readListQuery(query)).toMatchObject(read);
  });

  it.each([
    [{ $top: '0' }, '$top'],
    [{ $top: '-1' }, '$top'],
    [{ $top: 'all' }, '$top'],
    [{ $top: ['1', '2'] }, '$top'],
    [{ $filter: ['state eq null', 'state eq null'] }, '$filter'],
    [{ $filter: "subject eq 'x'" }, '$filter'],
    [{ $filter: "state eq 'established' and true" }, '$filter'],
    [{ $filter: "state ne 'established'" }, '$filter'],
    [{ $filter: '' }, '$filter'],
    [{ $filter: 'state eq null or' }, '$filter'],
    [{ $filter: 'or state eq null' }, '$filter'],
    [{ $filter: 'state eq null state eq null' }, '$filter'],
    [{ $filter: '(state eq null' }, '$filter'],
    [{ $filter: 'state eq null)' }, '$filter'],
    [{ $filter: "state eq 'established" }, '$filter'],
    [{ $filter: "state eq 'a-b'" }, '$filter'],
    [{ $filter: `state eq '${'a'.repeat(41)}'` }, '$filter'],
    [{ $filter: ' '.repeat(MAX_OPTION_LENGTH + 1) }, '$filter'],
    [{ $skiptoken: 'x'.repeat(MAX_OPTION_LENGTH + 1) }, '$skiptoken'],
    [{ $orderby: 'state' }, '$orderby'],
  ])('%j is refused, and what is wrong is named', (query, target) => {
    expect(() => readListQuery(query)).toThrow(
      expect.objectContaining({
        status: 400,
        options: { details: [{ target, message: expect.any(String) as string }] },
      }) as Error,
    );
  });
});
