/** Ids in the order of their text. Sorted only when they are read after some were added. */
export class SortedIds {
  private readonly ids: string[] = [];
  private isSorted = true;

  /** @param id one that is not there yet */
  add(id: string): void {
    this.isSorted = this.isSorted && id > (this.ids.at(-1) ?? '');
    this.ids.push(id);
  }

  /** Those that come after the id, which need not be there itself. */
  *after(id: string): Generator<string> {
    if (!this.isSorted) {
      this.ids.sort((a, b) => (a < b ? -1 : 1));
      this.isSorted = true;
    }
    for (let at = this.placeAfter(id); at < this.ids.length; at += 1) yield this.ids[at] as string;
  }

  private placeAfter(id: string): number {
    let low = 0;
    let high = this.ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.ids[middle] as string) > id) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
