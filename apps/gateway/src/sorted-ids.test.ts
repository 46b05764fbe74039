import fc from 'fast-check';
import { SortedIds } from './sorted-ids.js';

it('gives the ids after any other in their order, whenever they were added', () => {
  const ids = fc.uniqueArray(fc.string({ maxLength: 3 }), { maxLength: 20 });
  fc.assert(
    fc.property(ids, ids, fc.string({ maxLength: 3 }), (first, then, after) => {
      const sorted = new SortedIds();
      for (const id of first) sorted.add(id);
      const isAfter = (id: string): boolean => id > after;
      expect([...sorted.after(after)]).toEqual(first.filter(isAfter).toSorted());
      const added = then.filter((id) => !first.includes(id));
      for (const id of added) sorted.add(id);
      expect([...sorted.after(after)]).toEqual([...first, ...added].filter(isAfter).toSorted());
    }),
  );
});
