/** Ids in the order of their text. They are sorted when they are first read; whatever comes or goes later does so at its place. */
export class SortedIds {
  private unsorted: Set<string> | null = new Set();
  private sorted: string[] = [];

  get size(): number {
    return this.unsorted?.size ?? this.sorted.length;
  }

  /** @param id one that is not there yet */
  add(id: string): void {
    if (this.unsorted !== null) this.unsorted.add(id);
    else this.sorted.splice(this.placeAfter(id), 0, id);
  }

  /** @param id one that is there */
  delete(id: string): void {
    if (this.unsorted !== null) this.unsorted.delete(id);
    else this.sorted.splice(this.placeAfter(id) - 1, 1);
  }

  /** The first ones that come after the id, which need not be there itself. */
  after(id: string, count: number): readonly string[] {
    if (this.unsorted !== null) {
      this.sorted = [...this.unsorted].sort();
      this.unsorted = null;
    }
    const at = this.placeAfter(id);
    return this.sorted.slice(at, at + count);
  }

  private placeAfter(id: string): number {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.sorted[middle] as string) > id) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
