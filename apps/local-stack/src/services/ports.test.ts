import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { acceptsConnections, freePort, isPortFree, requireFreePorts } from './ports.js';

describe('ports', () => {
  let server: Server;
  let taken: number;
  beforeAll(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    taken = (server.address() as AddressInfo).port;
  });
  afterAll(() => server.close());

  it('names every port in use, who wants it and what to do', async () => {
    const free = await freePort();
    const wanted = [
      { port: taken, owner: 'gateway-1' },
      { port: free, owner: 'kafka-1' },
    ];
    await expect(requireFreePorts(wanted)).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringMatching(new RegExp(`port ${taken}, which gateway-1 wants.*--ports auto`)) as string,
    });
    await expect(requireFreePorts(wanted)).rejects.not.toThrow(String(free));
    await expect(requireFreePorts([wanted[1]!])).resolves.toBeUndefined();
  });

  it('finds free ports below those of outgoing connections, never one twice', async () => {
    const chosen = new Set<number>();
    for (let i = 0; i < 20; i += 1) await freePort(chosen);
    expect(chosen.size).toBe(20);
    expect(Math.max(...chosen)).toBeLessThan(32_768);
  });

  it('sees who accepts connections and who does not', async () => {
    expect(await isPortFree(taken)).toBe(false);
    expect(await acceptsConnections(taken)).toBe(true);
    expect(await acceptsConnections(await freePort())).toBe(false);
  });
});
