import { ConfidentialClientApplication } from '@azure/msal-node';
import { Injectable } from '@nestjs/common';
import { settings } from './settings.js';

/** Tokens of the app, which msal keeps until shortly before they expire. */
@Injectable()
export class GraphTokens {
  private readonly applications = new Map<string, ConfidentialClientApplication>();

  async get(tenantId: string): Promise<string> {
    const result = await this.application(tenantId).acquireTokenByClientCredential({
      scopes: [`${settings.graphBaseUrl}/.default`],
    });
    if (!result) throw new Error('no token');
    return result.accessToken;
  }

  private application(tenantId: string): ConfidentialClientApplication {
    const known = this.applications.get(tenantId);
    if (known) return known;
    const application = new ConfidentialClientApplication({
      auth: {
        clientId: settings.graphAppId,
        clientSecret: settings.graphClientSecret,
        authority: `${settings.graphAuthority}/${tenantId}`,
        knownAuthorities: [new URL(settings.graphAuthority).host],
      },
    });
    this.applications.set(tenantId, application);
    return application;
  }
}
