import { ValidateBy } from 'class-validator';

/** The cloud that 21Vianet operates in China, whose Graph has no call resource. @see https://learn.microsoft.com/graph/deployments */
const CLOUD_WITHOUT_CALLS = /(^|\.)(chinacloudapi\.cn|azure\.cn|partner\.microsoftonline\.cn)\.?$/;

/** For a setting that holds an address, or a list of them: refuses a national cloud in which Graph offers no calls. */
export function IsInCloudWithCalls(): PropertyDecorator {
  return ValidateBy({
    name: 'isInCloudWithCalls',
    validator: {
      validate: (value: unknown) => [value].flat().every(isInCloudWithCalls),
      defaultMessage: () =>
        'names Microsoft’s cloud in China (21Vianet), where Graph offers no calls; use the global or a US Government cloud',
    },
  });
}

function isInCloudWithCalls(address: unknown): boolean {
  const host = URL.parse(String(address))?.hostname;
  return host === undefined || !CLOUD_WITHOUT_CALLS.test(host);
}
