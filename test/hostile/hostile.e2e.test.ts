import { describeHostile } from './describe-hostile.js';

describeHostile(1);
