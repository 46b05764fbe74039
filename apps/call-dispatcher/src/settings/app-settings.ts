import { Setting } from '@callbus/chassis';
import { readAppCertificate, readCredential, readGraphApps, requireOneCredential, type ConfiguredApp } from '@callbus/graph';
import { IsOptional, IsString, IsUUID, ValidateBy, type ValidationArguments } from 'class-validator';

/** Valid is what can be read so; what is thrown says why not. */
function ReadBy(read: (value: unknown, settings: Partial<AppSettings>) => void): PropertyDecorator {
  const faultOf = (value: unknown, settings: object): string | null => {
    try {
      read(value, settings);
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  };
  const validate = (value: unknown, args?: ValidationArguments): boolean => faultOf(value, args?.object ?? {}) === null;
  const defaultMessage = (args?: ValidationArguments): string => faultOf(args?.value, args?.object ?? {}) ?? '';
  return ValidateBy({ name: 'readBy', validator: { validate, defaultMessage } });
}

/** Whom this installation places calls as, and in which tenants. */
export class AppSettings {
  @Setting('GRAPH_APP_ID', {
    describe: 'Application (client) id of the app registration that calls, unless a command names another',
  })
  @IsUUID('all')
  @ReadBy((_appId, { graphClientSecret, graphClientCertificate, azureFederatedTokenFile }) => {
    requireOneCredential({
      GRAPH_CLIENT_SECRET: graphClientSecret,
      GRAPH_CLIENT_CERTIFICATE: graphClientCertificate,
      AZURE_FEDERATED_TOKEN_FILE: azureFederatedTokenFile,
    });
  })
  graphAppId!: string;

  @Setting('GRAPH_CLIENT_SECRET', { describe: 'Its credential: a client secret', secret: true })
  @IsOptional()
  @IsString()
  graphClientSecret?: string;

  @Setting('GRAPH_CLIENT_CERTIFICATE', {
    describe: 'Or instead: PEM of a certificate that was uploaded to it, with the RSA private key',
    secret: true,
  })
  @IsOptional()
  @ReadBy((pem) => {
    readAppCertificate(String(pem));
  })
  graphClientCertificate?: string;

  @Setting('AZURE_FEDERATED_TOKEN_FILE', {
    describe: 'Or instead: path of a file with a token of whoever it trusts (workload identity), read for every request',
  })
  @IsOptional()
  @IsString()
  azureFederatedTokenFile?: string;

  @Setting('GRAPH_APPS', {
    kind: 'json',
    secret: true,
    describe:
      'Further app registrations, best in a file (GRAPH_APPS_FILE): [{appId, tenants?, and one of clientSecret, clientSecretFile, certificate, certificateFile, federatedTokenFile}]',
  })
  @IsOptional()
  @ReadBy((value, { graphAppId }) => {
    const appIds = [graphAppId?.toLowerCase(), ...readGraphApps(value).map(({ appId }) => appId)];
    const twice = appIds.find((appId, index) => appIds.indexOf(appId) !== index);
    if (twice !== undefined) throw new Error(`has ${twice} twice, or it is GRAPH_APP_ID: leave it once`);
  })
  graphApps?: unknown;

  @Setting('GRAPH_TENANTS', { kind: 'list', describe: 'Tenants that may be called; any when not set' })
  @IsUUID('all', { each: true })
  graphTenants: string[] = [];

  /** All app registrations, the one of commands that name none first. The settings were validated, so this reads them without fault. */
  apps(): readonly ConfiguredApp[] {
    const credential = readCredential({
      clientSecret: this.graphClientSecret,
      certificate: this.graphClientCertificate,
      federatedTokenFile: this.azureFederatedTokenFile,
    });
    return [{ appId: this.graphAppId.toLowerCase(), credential, tenants: [] }, ...readGraphApps(this.graphApps ?? [])];
  }
}
