import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readGraphApps } from './graph-apps.js';

const APP_ID = '2891555a-92ff-42e6-80fa-6e1300c6b5c6';
const TENANT_ID = '8d6f3f0e-5b0c-4c8e-9a43-6f1d3c2b7a10';

const SECRET = { appId: APP_ID, clientSecret: 'secret' };

function faultOf(value: unknown): string {
  try {
    readGraphApps(value);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('readGraphApps', () => {
  it('reads every app with its own credential, ids in lower case', () => {
    const folder = mkdtempSync(join(tmpdir(), 'graph-apps-'));
    const clientSecretFile = join(folder, 'secret');
    writeFileSync(clientSecretFile, '\ufeffof a file\n');
    const apps = readGraphApps([
      { ...SECRET, appId: APP_ID.toUpperCase(), tenants: [TENANT_ID.toUpperCase()] },
      { appId: TENANT_ID, clientSecretFile },
      { appId: TENANT_ID, federatedTokenFile: '/var/run/token' },
    ]);
    rmSync(folder, { recursive: true });
    expect(apps).toEqual([
      { appId: APP_ID, credential: { kind: 'secret', clientSecret: 'secret' }, tenants: [TENANT_ID] },
      { appId: TENANT_ID, credential: { kind: 'secret', clientSecret: 'of a file' }, tenants: [] },
      { appId: TENANT_ID, credential: { kind: 'federated', tokenFile: '/var/run/token' }, tenants: [] },
    ]);
  });

  it.each<[string, unknown, RegExp]>([
    ['no list', {}, /must be a JSON list/],
    ['no object', ['x'], /\[0\] must be a JSON object/],
    ['a list in the list', [[SECRET]], /\[0\] must be a JSON object/],
    ['no appId', [{ clientSecret: 's' }], /\[0\] appId must be a UUID/],
    ['no credential', [{ appId: APP_ID }], /has no credential: set one of clientSecret, .*federatedTokenFile/],
    ['two credentials', [{ ...SECRET, certificate: 'x' }], /leave only one of clientSecret, certificate$/],
    ['a certificate that is none', [{ appId: APP_ID, certificate: 'x' }], /must be PEM/],
    [
      'a file that is not there',
      [{ appId: APP_ID, certificateFile: '/nowhere/x' }],
      /\[0\] certificateFile cannot be read: ENOENT.*\/nowhere\/x/,
    ],
    ['a tenant that is none', [{ ...SECRET, tenants: ['contoso'] }], /each value in tenants must be a UUID/],
    ['a member that it does not know', [{ ...SECRET, tenant: TENANT_ID }], /property tenant should not exist/],
    ['faults of several apps', [SECRET, { appId: 'x', clientSecret: 's' }, 7], /^\[1\] appId .*; \[2\] must be/],
  ])('says what is wrong with %s', (_, value, message) => {
    expect(faultOf(value)).toMatch(message);
    expect(faultOf(value)).not.toContain('secret');
  });
});
