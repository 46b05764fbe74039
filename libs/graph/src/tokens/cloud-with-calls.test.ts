import { validateSync } from 'class-validator';
import { IsInCloudWithCalls } from './cloud-with-calls.js';

class Settings {
  @IsInCloudWithCalls()
  readonly address: unknown;

  constructor(address: unknown) {
    this.address = address;
  }
}

const faultsOf = (address: unknown) =>
  validateSync(new Settings(address)).flatMap((error) => Object.values(error.constraints ?? {}));

describe('IsInCloudWithCalls', () => {
  it.each([
    'https://microsoftgraph.chinacloudapi.cn',
    'https://MicrosoftGraph.ChinaCloudApi.cn:443/v1.0',
    'https://microsoftgraph.chinacloudapi.cn.',
    'https://login.chinacloudapi.cn',
    'https://login.partner.microsoftonline.cn/common',
    'https://login.botframework.azure.cn/v1/.well-known/openidconfiguration',
    ['https://graph.microsoft.com', 'https://login.chinacloudapi.cn/'],
  ])('refuses %j with the reason', (address) => {
    expect(faultsOf(address)).toEqual([expect.stringContaining('where Graph offers no calls')]);
  });

  it.each([
    'https://graph.microsoft.com',
    'https://graph.microsoft.us',
    'https://dod-graph.microsoft.us',
    'https://login.microsoftonline.us',
    'https://localhost:4443',
    'https://chinacloudapi.cn.example',
    'https://notchinacloudapi.cn',
    ['https://graph.microsoft.com', 'https://api.botframework.com'],
    'what another rule refuses',
    undefined,
  ])('has nothing against %j', (address) => {
    expect(faultsOf(address)).toEqual([]);
  });
});
