import { planPorts, portOwners } from './port-plan.js';
import { serviceNames } from './service-names.js';

const documented = (port: number): Promise<number> => Promise.resolve(port);

describe('planPorts', () => {
  it('gives every process its documented port', async () => {
    const plan = await planPorts(serviceNames({ dispatchers: 1, receivers: 1, sequencers: 1 }, true), documented);
    expect(plan.kafka.nodes).toEqual([{ broker: 19092, controller: 19093 }]);
    expect(Object.fromEntries(plan.services)).toEqual({
      'call-dispatcher-1': { management: 9101 },
      'notification-receiver-1': { management: 9102, http: 3443 },
      'notification-sequencer-1': { management: 9103 },
      'gateway-1': { management: 9104, http: 3000 },
      'graph-simulator-1': { management: 9105, http: 4443 },
    });
  });

  it('gives no port twice, however many processes there are', async () => {
    const plan = await planPorts(serviceNames({ dispatchers: 8, receivers: 8, sequencers: 8 }, true), documented, 3);
    expect(plan.kafka.nodes).toHaveLength(3);
    const ports = portOwners(plan).map(({ port }) => port);
    expect(new Set(ports).size).toBe(ports.length);
    expect(plan.services.get('notification-receiver-2')?.http).toBe(3444);
  });
});
