import { loadSettings } from '@callbus/chassis';
import { furnishFolder, FurnishSettings, furnishTopics } from './furnish.js';

const settings = loadSettings(FurnishSettings);
await furnishFolder(settings);
await furnishTopics(settings.kafka);
