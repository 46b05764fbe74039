import { runService } from '@callbus/chassis';
import { DispatcherSettings } from './settings/dispatcher-settings.js';
import { startDispatcher } from './start-dispatcher.js';

await runService('call-dispatcher', DispatcherSettings, startDispatcher);
