import { generateKeyPair, randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CALLING_ROLES, readAppCertificate } from '@callbus/graph';
import { createRemoteJWKSet, decodeJwt, jwtVerify, SignJWT } from 'jose';
import { appCertificate } from '../testing/app-certificate.js';
import { drivenSimulator, owner, tenantId } from '../testing/driven-simulator.js';
import { BOT, CALLER } from '../testing/running-simulator.js';

const sim = await drivenSimulator();
const { register, asCaller } = sim;

afterEach(() => sim.reset());
afterAll(() => sim.close());

describe('as the token authority', () => {
  it('gives a bot what the client library of Microsoft asks for', async () => {
    const { value, roles } = await sim.tokens.refresh(owner);
    expect(roles).toEqual(CALLING_ROLES);
    expect(decodeJwt(value)).toMatchObject({
      aud: sim.url,
      iss: `${sim.url}/${tenantId}/v2.0`,
      tid: tenantId,
      appid: BOT.clientId,
    });
  });

  it('gives a caller a token that the gateway can check with the keys of any tenant', async () => {
    const { value } = await asCaller().get({ ...owner, appId: CALLER.clientId });
    for (const tenant of [tenantId, 'common']) {
      const document = (await (await fetch(`${sim.url}/${tenant}/v2.0/.well-known/openid-configuration`)).json()) as Record<
        string,
        string
      >;
      expect(document['issuer']).toBe(`${sim.url}/${tenant === 'common' ? '{tenantid}' : tenant}/v2.0`);
      const keys = createRemoteJWKSet(new URL(document['jwks_uri']!));
      const { payload } = await jwtVerify(value, keys, { audience: 'api://callbus', algorithms: ['RS256'] });
      expect(payload).toMatchObject({ tid: tenantId, azp: CALLER.clientId, roles: ['Calls.Create', 'Calls.Read', 'Calls.End'] });
    }
  });

  it('refuses a wrong secret in the words of Entra', async () => {
    const wrong = sim.tokensOf(BOT.clientId, { kind: 'secret', clientSecret: 'wrong' });
    await expect(wrong.get(owner)).rejects.toThrow(/invalid_client.*AADSTS7000215/s);
  });

  it('believes an app by the certificate that was registered for it, and by no other', async () => {
    const [own, other] = await Promise.all([appCertificate(), appCertificate()]);
    const appId = await register({ certificate: own.certificate });
    const by = ({ certificate, privateKey }: typeof own) =>
      sim.tokensOf(appId, { kind: 'certificate', certificate: readAppCertificate(certificate + privateKey) });
    expect(decodeJwt((await by(own).get({ appId, tenantId })).value)).toMatchObject({ appid: appId, azpacr: '2' });
    await expect(by(other).get({ appId, tenantId })).rejects.toThrow(/check the certificate.*AADSTS700027/s);
  });

  it('believes an app by the tokens of whom it trusts, while they are valid', async () => {
    const issuer = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
    const publicKey = issuer.publicKey.export({ type: 'spki', format: 'pem' });
    const federatedCredential = {
      issuer: 'https://cluster.example',
      subject: 'system:serviceaccount:callbus:dispatcher',
      publicKey,
    };
    const appId = await register({ federatedCredential });
    const tokenFile = join(tmpdir(), `simulator-federated-token-${process.pid}`);
    const write = async (subject: string, expiresIn: string) => {
      const token = new SignJWT()
        .setProtectedHeader({ alg: 'RS256' })
        .setIssuer(federatedCredential.issuer)
        .setSubject(subject)
        .setAudience('api://AzureADTokenExchange')
        .setExpirationTime(expiresIn);
      writeFileSync(tokenFile, await token.sign(issuer.privateKey));
    };
    const get = async () => sim.tokensOf(appId, { kind: 'federated', tokenFile }).get({ appId, tenantId });
    await write(federatedCredential.subject, '1h');
    expect(decodeJwt((await get()).value)).toMatchObject({ appid: appId });
    await write(federatedCredential.subject, '10 minutes ago');
    await expect(get()).rejects.toThrow(/AADSTS700024/);
    await write('system:serviceaccount:callbus:gateway', '1h');
    await expect(get()).rejects.toThrow(/check the federated credential.*AADSTS700213.*callbus:gateway/s);
    rmSync(tokenFile);
  });

  it.each<[string, object]>([
    ['no kind', { clientSecret: 's' }],
    ['no credential', { kind: 'bot' }],
    ['a certificate that is none', { kind: 'bot', certificate: 'x' }],
    ['half a federated credential', { kind: 'bot', federatedCredential: { issuer: 'i' } }],
  ])('registers no app with %s', async (_, app) => {
    expect(await sim.control('PUT', `apps/${randomUUID()}`, app)).toMatchObject({
      status: 400,
      body: { faults: [expect.any(String)] },
    });
  });

  it('refuses an unknown scope', async () => {
    const wrong = sim.tokensOf(BOT.clientId, { kind: 'secret', clientSecret: BOT.clientSecret }, 'api://other/.default');
    await expect(wrong.get(owner)).rejects.toThrow(/invalid_resource.*AADSTS500011/s);
  });
});
