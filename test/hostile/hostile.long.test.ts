import { describeHostile } from './describe-hostile.js';

// `npm run test:hostile` sets FAULT_MINUTES and FAULT_ROGUES.
describeHostile(Number(process.env['FAULT_MINUTES'] ?? 10), process.env['FAULT_ROGUES']);
