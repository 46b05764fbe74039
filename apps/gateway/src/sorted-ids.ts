/** Ids in the order of their text. They are sorted when they are first read; whatever comes later is put into its place. */
export class SortedIds {
  private readonly ids: string[] = [];
  private isSorted = false;

  /** @param id one that is not there yet */
  add(id: string): void {
    if (this.isSorted) this.ids.splice(this.placeAfter(id), 0, id);
    else this.ids.push(id);
  }

  /** Those that come after the id, which need not be there itself. */
  *after(id: string): Generator<string> {
    if (!this.isSorted) {
      this.ids.sort();
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
