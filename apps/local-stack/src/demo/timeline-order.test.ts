import { TimelineOrder } from './timeline-order.js';

const record = (topic: string, timestampMs: number) => ({ topic, timestampMs, type: topic, data: {} });
const shown = (order: TimelineOrder, nowMs: number, isLast = false) =>
  order.take(nowMs, isLast).map(({ topic, timestampMs }) => `${topic} ${timestampMs}`);

describe('TimelineOrder', () => {
  it('puts records that were read out of order into order, causes before effects of the same instant', () => {
    const order = new TimelineOrder();
    order.add(record('events', 20), 0);
    order.add(record('observations', 20), 100);
    order.add(record('commands', 10), 200);
    expect(shown(order, 399)).toEqual([]);
    expect(shown(order, 400)).toEqual(['commands 10', 'observations 20', 'events 20']);
    expect(shown(order, 9_999)).toEqual([]);
  });

  it('goes on holding what is newer', () => {
    const order = new TimelineOrder();
    order.add(record('commands', 10), 0);
    order.add(record('events', 30), 300);
    expect(shown(order, 450)).toEqual(['commands 10']);
    expect(shown(order, 700)).toEqual(['events 30']);
  });

  it('gives everything at the end', () => {
    const order = new TimelineOrder();
    order.add(record('events', 30), 0);
    order.add(record('commands', 10), 0);
    expect(shown(order, 0, true)).toEqual(['commands 10', 'events 30']);
  });
});
