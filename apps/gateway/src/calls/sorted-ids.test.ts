import fc from 'fast-check';
import { SortedIds } from './sorted-ids.js';

it('gives the ids after any other in their order, whenever they came and others went', () => {
  const ids = fc.uniqueArray(fc.string({ maxLength: 3 }), { maxLength: 20 });
  fc.assert(
    fc.property(ids, ids, fc.string({ maxLength: 3 }), fc.nat(20), fc.boolean(), (first, then, after, count, isReadBetween) => {
      const sorted = new SortedIds();
      const expected = new Set(first);
      for (const id of first) sorted.add(id);
      const read = (): void => {
        expect(sorted.after(after, count)).toEqual(
          [...expected]
            .toSorted()
            .filter((id) => id > after)
            .slice(0, count),
        );
      };
      if (isReadBetween) read();
      for (const id of then) {
        if (expected.delete(id)) sorted.delete(id);
        else {
          expected.add(id);
          sorted.add(id);
        }
      }
      read();
    }),
  );
});
