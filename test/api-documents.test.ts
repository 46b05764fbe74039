import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiagnosticSeverity, Parser } from '@asyncapi/parser';
import { topicName, TOPICS } from '@callbus/contracts';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { documentedRequests, without } from '../libs/graph/src/testing/fixtures.js';

const SEVERE: readonly number[] = [DiagnosticSeverity.Error, DiagnosticSeverity.Warning];
const text = (name: string): string => readFileSync(join(PROJECT_ROOT, 'docs', name), 'utf8');

interface OpenApi {
  readonly paths: Readonly<
    Record<
      string,
      Record<string, { readonly requestBody?: { readonly content: { readonly 'application/json': { schema: object } } } }>
    >
  >;
  readonly components: object;
}

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

  describe('by its schema of a create’s body', () => {
    const { paths, components } = parse(text('openapi.yaml')) as OpenApi;
    const body = paths['/v1.0/communications/calls']?.['post']?.requestBody?.content['application/json'].schema;
    const ajv = new Ajv2020({ strict: false, formats: { uuid: true, 'web-address': true, e164: true } });
    const validate = ajv.compile({ ...body, components });

    it.each(documentedRequests())('$name is a call, and without its media none', ({ call }) => {
      validate(call);
      expect(validate.errors).toBeNull();
      expect(validate(without(call, 'mediaConfig'))).toBe(false);
    });

    it('a target is none that names nobody, nor media of another type', () => {
      const [{ call } = { call: {} }] = documentedRequests();
      expect(validate({ ...call, targets: [{ identity: {} }] })).toBe(false);
      expect(validate({ ...call, mediaConfig: { '@odata.type': '#microsoft.graph.mediaConfig' } })).toBe(false);
    });
  });
});
