import { loadSettings } from '@callbus/chassis';
import { furnishFolder, furnishTopics } from './furnish.js';
import { FurnishSettings } from './furnish-settings.js';

const settings = loadSettings(FurnishSettings);
await furnishFolder(settings);
await furnishTopics(settings.kafka);
