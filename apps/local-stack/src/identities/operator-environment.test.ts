import { parseEnv } from 'node:util';
import { envFileOf } from './operator-environment.js';

describe('envFileOf', () => {
  it('keeps every value as it is, however odd', () => {
    const variables = {
      KAFKA_BROKERS: '127.0.0.1:1,127.0.0.1:2',
      EMPTY: '',
      PATH_WITH_SPACES: '/home/an na/#1/ca.pem',
      QUOTES: `it's "so"`,
      BACKTICK: "`it's`",
      PEM: '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----',
      BACKSLASH: 'a\\nb',
    };
    expect(parseEnv(envFileOf(variables))).toEqual(variables);
  });

  it('refuses what it cannot keep', () => {
    expect(() => envFileOf({ ODD: '\'"`' })).toThrow('ODD');
  });
});
