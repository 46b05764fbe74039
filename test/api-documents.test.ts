import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiagnosticSeverity, Parser } from '@asyncapi/parser';
import { topicName, TOPICS } from '@callbus/contracts';
import { createConfig, lintFromString } from '@redocly/openapi-core';
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

describe('docs/openapi.yaml', () => {
  it('is OpenAPI 3.1 without anything that a linter finds fault with', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const problems = await lintFromString({ source: text('openapi.yaml'), absoluteRef: 'openapi.yaml', config });
    expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([]);
  });
});
