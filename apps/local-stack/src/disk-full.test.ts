import { diskFullAdvice } from './disk-full.js';
import { StackError } from './errors.js';

const places = { home: '/project/.callbus', cache: '/project/.cache' };

it.each<[string, unknown]>([
  ['Node', Object.assign(new Error("ENOSPC: no space left on device, open '/project/.callbus/pids'"), { code: 'ENOSPC' })],
  ['Maven or Java', new StackError('KAFKA_JARS', 'Maven could not fetch it: maven ended:\n  No space left on device')],
  [
    'a cause',
    new StackError('PROCESS_DIED', 'Kafka ended.', { cause: new Error('java.io.IOException: No space left on device') }),
  ],
])('says where to make room, and how to go elsewhere, when %s finds the disk full', (_who, error) => {
  const advice = diskFullAdvice(error, places);
  expect(advice).toContain('Free some space');
  expect(advice).toMatch(/\/project\/\.callbus and \/project\/\.cache.*CALLBUS_HOME=<folder> CALLBUS_CACHE=<folder>/);
});

it.each<[unknown]>([[new Error('EACCES: permission denied')], [new StackError('PORT_TAKEN', 'port 3000')], ['text']])(
  'says nothing about %s',
  (error) => {
    expect(diskFullAdvice(error, places)).toBeNull();
  },
);
