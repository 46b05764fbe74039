import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiagnosticSeverity, Parser } from '@asyncapi/parser';
import { topicName, TOPICS } from '@callbus/contracts';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';

const SEVERE: readonly number[] = [DiagnosticSeverity.Error, DiagnosticSeverity.Warning];
const text = (name: string): string => readFileSync(join(PROJECT_ROOT, 'docs', name), 'utf8');

describe('docs/asyncapi.yaml', () => {
  it('is AsyncAPI 3 by its own parser, with every topic in it', async () => {
    const { document, diagnostics } = await new Parser().parse(text('asyncapi.yaml'));
    expect(diagnostics.filter(({ severity }) => SEVERE.includes(severity))).toEqual([]);
    const channels = document?.channels().all() ?? [];
    expect(channels.map((channel) => channel.address())).toEqual(
      Object.values(TOPICS).map((topic) => topicName('calls.', topic)),
    );
    expect(channels.filter((channel) => channel.messages().isEmpty())).toEqual([]);
  });
});
