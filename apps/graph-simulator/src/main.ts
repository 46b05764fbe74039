import { runService } from '@callbus/chassis';
import { SimulatorSettings } from './simulator-settings.js';
import { startSimulator } from './start-simulator.js';

await runService('graph-simulator', SimulatorSettings, async ({ settings, logger, onShutdown }) => {
  const simulator = await startSimulator(settings, logger);
  onShutdown('simulator', () => simulator.close());
  logger.info({ url: settings.publicUrl, port: simulator.port }, 'simulating Graph');
});
