import { rename, writeFile } from 'node:fs/promises';

/** `.callbus/stack.json`: how to reach a running stack, for tests, tools and people (design §9). */
export interface StackFile {
  readonly kafka: {
    readonly brokers: readonly string[];
    /** The brokers that are processes of the stack and run. */
    readonly processes: readonly { readonly name: string; readonly pid: number }[];
  };
  readonly topicPrefix: string;
  readonly gateway: { readonly url: string };
  readonly ingest: { readonly url: string };
  /** Absent with a real Graph. */
  readonly simulator?: { readonly url: string };
  /** PEM file of the authority that signed the certificates of the https addresses here. */
  readonly ca: string;
  /** An app that may use the gateway, for the OAuth2 client credentials grant. */
  readonly caller: {
    readonly tokenUrl: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly scope: string;
    /** The tenant that it calls. */
    readonly tenantId: string;
  };
  /** The services that are ready now; one that died is absent until it is back. */
  readonly processes: readonly ServiceEntry[];
}

export interface ServiceEntry {
  readonly name: string;
  readonly pid: number;
  readonly managementUrl: string;
}

/** Replaces the file as a whole: a reader sees the old or the new content. It holds a secret, so only its owner may read it. */
export async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

export async function writeStackFile(file: string, content: StackFile): Promise<void> {
  await replaceFile(file, `${JSON.stringify(content, null, 2)}\n`);
}
