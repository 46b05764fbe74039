import { describeRows } from './describe-rows.js';
import { FAULT_ROWS } from './rows.js';

describeRows(FAULT_ROWS);
