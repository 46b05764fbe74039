import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_ROOT } from '@callbus/local-stack';

export interface PodMemory {
  /** Mebibytes that the container may have in all. */
  readonly limitMib: number;
  /** Mebibytes that V8's old generation may have. */
  readonly heapMib: number;
}

/** The memory that Kubernetes gives a pod. @param file the pod's manifest; by default the dispatcher's */
export async function podMemory(file = 'call-dispatcher-memory.yaml'): Promise<PodMemory> {
  const manifest = await readFile(join(PROJECT_ROOT, 'k8s', 'base', file), 'utf8');
  const number = (pattern: RegExp): number => Number(pattern.exec(manifest)?.[1]);
  return { limitMib: number(/limits:\s+memory: (\d+)Mi/), heapMib: number(/--max-old-space-size=(\d+)/) };
}
