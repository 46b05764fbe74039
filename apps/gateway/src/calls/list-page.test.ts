import type { KnownCall } from './known-call.js';
import { listPage, MAX_PAGE_CHARACTERS } from './list-page.js';

const linkAfter = (callId: string): string => `https://gateway/calls?$skiptoken=${callId}`;

function callWith(callId: string, subjectLength: number): KnownCall {
  const call = {
    phase: 'created',
    call: { subject: 'x'.repeat(subjectLength) },
    participants: [],
  } as unknown as KnownCall['call'];
  return { callId, sequence: 1, call };
}

function pageOf(lengths: readonly number[], next: string | null): { value: { id: string }[]; '@odata.nextLink'?: string } {
  const calls = lengths.map((length, index) => callWith(`call-${index}`, length));
  return JSON.parse(listPage({ calls, next }, linkAfter)) as ReturnType<typeof pageOf>;
}

describe('a page of calls', () => {
  it('is all that was asked for, and links to the next one if there is more', () => {
    expect(pageOf([], null)).toEqual({ value: [] });
    expect(pageOf([1, 1], null).value.map(({ id }) => id)).toEqual(['call-0', 'call-1']);
    expect(pageOf([1, 1], null)).not.toHaveProperty('@odata.nextLink');
    expect(pageOf([1, 1], 'call-1')['@odata.nextLink']).toBe(linkAfter('call-1'));
  });

  it('ends early when its calls are huge, and links to those that are left', () => {
    const half = MAX_PAGE_CHARACTERS / 2;
    const page = pageOf([half, half, half], null);
    expect(page.value).toHaveLength(2);
    expect(page['@odata.nextLink']).toBe(linkAfter('call-1'));
  });
});
