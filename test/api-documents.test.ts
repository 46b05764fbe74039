import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { topicName, TOPICS } from '@callbus/contracts';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { documentedRequests, without } from '../libs/graph/src/testing/fixtures.js';

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

interface AsyncApi {
  readonly channels: Readonly<Record<string, { readonly address: string; readonly messages: object }>>;
}

/** @returns everything that the linter finds fault with */
async function faultsOf(name: string, source = text(name)): Promise<unknown[]> {
  // How clients prove who they are is a matter of each Kafka installation.
  const config = await createConfig({ extends: ['recommended'], async3Rules: { 'security-defined': 'off' } });
  const problems = await lintFromString({ source, absoluteRef: name, config });
  return problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer]);
}

describe('docs/asyncapi.yaml', () => {
  it('is AsyncAPI 3 without anything that a linter finds fault with, with every topic in it', async () => {
    expect(await faultsOf('asyncapi.yaml')).toEqual([]);
    const channels = Object.values((parse(text('asyncapi.yaml')) as AsyncApi).channels);
    expect(channels.map(({ address }) => address)).toEqual(Object.values(TOPICS).map((topic) => topicName('calls.', topic)));
    expect(channels.filter(({ messages }) => Object.keys(messages).length === 0)).toEqual([]);
  });

  it.each([
    ['a reference that leads nowhere', /#\/components\/messages\/CreateCall/, '#/components/messages/Nothing'],
    ['an operation without an action', /action: \w+/, 'deed: send'],
    ['a channel whose address is a number', /address: \S+/, 'address: 7'],
  ])('would not pass with %s', async (_what, pattern, wrong) => {
    expect(await faultsOf('asyncapi.yaml', text('asyncapi.yaml').replace(pattern, wrong))).not.toEqual([]);
  });
});

describe('docs/openapi.yaml', () => {
  it('is OpenAPI 3.1 without anything that a linter finds fault with', async () => {
    expect(await faultsOf('openapi.yaml')).toEqual([]);
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
