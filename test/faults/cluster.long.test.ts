import { CLUSTER_ROWS } from './broker-rows.js';
import { describeRows } from './describe-rows.js';

describeRows(CLUSTER_ROWS, { brokers: 3 });
