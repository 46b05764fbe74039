import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createLogger, loadSettings } from '@callbus/chassis';
import { AppTokens, CallbackTokens, GraphClient, type AppCredential } from '@callbus/graph';
import { SimulatorSettings } from '../simulator-settings.js';
import { startSimulator } from '../start-simulator.js';
import { LocalReceiver } from './local-receiver.js';
import { trustedLocalCertificate } from './local-tls.js';

export const BOT = { clientId: '2891555a-92ff-42e6-80fa-6e1300c6b5c6', clientSecret: 'the bot’s secret' };
export const CALLER = { clientId: '5f1c9b7e-0d2a-4e63-8b57-9c4e1a6d2f38', clientSecret: 'the caller’s secret' };
export const CALLBACK_ISSUER = 'https://graph.microsoft.com';

/** A simulator in this process on a free port, with everything that talks to it. */
export async function runningSimulator(environment: NodeJS.ProcessEnv = {}) {
  const certificate = await trustedLocalCertificate();
  const port = await freePort();
  const url = `https://localhost:${port}`;
  const settings = loadSettings(SimulatorSettings, {
    HTTP_PORT: String(port),
    TLS_CERT: certificate.cert,
    TLS_KEY: certificate.key,
    SIMULATOR_PUBLIC_URL: url,
    SIMULATOR_APPS: JSON.stringify([
      { ...BOT, kind: 'bot' },
      { ...CALLER, kind: 'caller' },
    ]),
    SIMULATOR_ESTABLISH_MS: '5',
    SIMULATOR_RING_MS: '10',
    SIMULATOR_TALK_MS: '20',
    SIMULATOR_HANGUP_MS: '5',
    ...environment,
  });
  const lines: string[] = [];
  const simulator = await startSimulator(
    settings,
    createLogger('test', 'debug', (line) => lines.push(line)),
  );
  const receiver = await LocalReceiver.listen(certificate);
  // So few at once that none of hundreds waits long for its handshake on a busy machine.
  const graph = new GraphClient({ baseUrl: url, headersTimeoutMs: 2_000, maxConcurrentPosts: 32 });
  const everyTokens: AppTokens[] = [];
  const tokensOf = (appId: string, credential: AppCredential, scope = `${url}/.default`): AppTokens => {
    const tokens = new AppTokens({ authority: url, apps: [{ appId, credential }], scope });
    everyTokens.push(tokens);
    return tokens;
  };
  const tokens = tokensOf(BOT.clientId, { kind: 'secret', clientSecret: BOT.clientSecret });
  const openIdUrl = `${url}/callbacks/v1/.well-known/OpenIdConfiguration`;
  const callbackTokens = new CallbackTokens({ openIdUrl, issuers: [CALLBACK_ISSUER], cooldownMs: 0 });
  return {
    ...{ url, lines, receiver, graph, tokens, tokensOf, callbackTokens },
    control: async (method: string, path: string, body?: unknown) => {
      const answer = await fetch(`${url}/simulator/${path}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const text = await answer.text();
      return { status: answer.status, body: (text === '' ? undefined : JSON.parse(text)) as never };
    },
    close: async () => {
      await Promise.all([graph, callbackTokens, simulator, ...everyTokens].map((one) => one.close()));
      await receiver.close();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}
