import { MemoryLog } from '../apps/call-dispatcher/src/testing/memory-log.js';
import { describeFollower, describeSender } from '../libs/kafka/src/port/kafka-client.contract.js';

let log: MemoryLog;

const subject = {
  client: () => ({
    sender: () => Promise.resolve(log.sender),
    follow: log.follow.bind(log),
  }),
  // A log has one topic, whatever its name is.
  topic: () => {
    log = new MemoryLog(Date.now);
    return Promise.resolve('topic');
  },
};

describeSender('a log in memory', subject);
describeFollower('a log in memory', subject);
