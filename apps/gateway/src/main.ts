import { runService } from '@callbus/chassis';
import { GatewaySettings } from './gateway-settings.js';
import { startGateway } from './start-gateway.js';

await runService('gateway', GatewaySettings, async (context) => {
  const port = await startGateway(context);
  context.logger.info({ port }, 'taking calls');
});
