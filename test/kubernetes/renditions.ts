import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { PROJECT_ROOT } from '../../apps/local-stack/src/places.js';
import type { KubernetesObject } from './objects.js';

export interface Rendition {
  readonly name: string;
  readonly text: string;
  readonly objects: readonly KubernetesObject[];
}

interface Kustomization {
  components: string[];
}

type Build = (folder: string) => string;

const MANIFESTS = join(PROJECT_ROOT, 'k8s');
const VALUES = '../../components/values';

/** Every overlay as it is, and the one for production with each component alone. */
export function renderAll(build: Build): readonly Rendition[] {
  const overlays = foldersIn('overlays').map((overlay) => renditionOf(overlay, build(join(MANIFESTS, 'overlays', overlay))));
  const components = foldersIn('components').map((component) => {
    const name = `production with ${component} alone`;
    return renditionOf(name, buildChanged(build, 'kustomization.yaml', withComponent(component)));
  });
  return [...overlays, ...components];
}

/** Production with other values. */
export function renderWith(build: Build, values: Readonly<Record<string, string>>): string {
  return buildChanged(build, 'values.yaml', (text) => stringify({ ...(parse(text) as object), data: values }));
}

export function productionValues(): Readonly<Record<string, string>> {
  const text = readFileSync(join(MANIFESTS, 'overlays', 'production', 'values.yaml'), 'utf8');
  return (parse(text) as { data: Record<string, string> }).data;
}

function withComponent(component: string): (text: string) => string {
  return (text) => {
    const kustomization = parse(text) as Kustomization;
    kustomization.components = [...new Set([VALUES, `../../components/${component}`])];
    return stringify(kustomization);
  };
}

/** What a user does who edits a file of the overlay: in a copy of all manifests. */
function buildChanged(build: Build, file: string, change: (text: string) => string): string {
  const copy = mkdtempSync(join(tmpdir(), 'callbus-k8s-'));
  try {
    cpSync(MANIFESTS, copy, { recursive: true });
    const overlay = join(copy, 'overlays', 'production');
    writeFileSync(join(overlay, file), change(readFileSync(join(overlay, file), 'utf8')));
    return build(overlay);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function foldersIn(folder: string): readonly string[] {
  return readdirSync(join(MANIFESTS, folder)).toSorted();
}

function renditionOf(name: string, text: string): Rendition {
  return { name, text, objects: parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject) };
}
