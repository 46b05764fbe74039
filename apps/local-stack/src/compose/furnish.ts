import { chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger, KafkaSettings, Setting, SettingsGroup } from '@callbus/chassis';
import { createKafkaClient } from '@callbus/kafka';
import { IsInt, IsString, Min } from 'class-validator';
import { developmentCertificates } from '../identities/development-ca.js';
import { developmentSecrets } from '../identities/development-secrets.js';
import { registeredApps } from '../services/service-plan.js';
import { createTopics } from '../kafka/topics.js';

/** What the service `furnish` of docker-compose.yml is told. */
export class FurnishSettings {
  @Setting('FURNISH_FOLDER', { describe: 'Folder for certificates and secrets, which the services read' })
  @IsString()
  folder!: string;

  @Setting('FURNISH_HOSTS', { kind: 'list', describe: 'Names of the https servers, for their certificate' })
  @IsString({ each: true })
  hosts: string[] = [];

  @Setting('FURNISH_OWNER', { kind: 'integer', describe: 'Number of the user as whom the services read that folder' })
  @IsInt()
  @Min(1)
  owner!: number;

  @SettingsGroup(KafkaSettings)
  kafka!: KafkaSettings;
}

/** Certificates and secrets of a development stack as files, one for each NAME_FILE. What is there is kept. */
export async function furnishFolder({
  folder,
  hosts,
  owner,
}: Pick<FurnishSettings, 'folder' | 'hosts' | 'owner'>): Promise<void> {
  await mkdir(folder, { recursive: true });
  await developmentCertificates(folder, Date.now(), hosts);
  const secrets = await developmentSecrets(join(folder, 'secrets.json'));
  const files = {
    'callback-mac-key': secrets.callbackMacKey,
    'graph-client-secret': secrets.graphClientSecret,
    'caller-client-secret': secrets.callerClientSecret,
    'simulator-apps.json': registeredApps(secrets),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
  // Only root can give away what it has made; whoever else furnishes is the owner itself.
  if (process.getuid?.() === 0) for (const name of await readdir(folder)) await chown(join(folder, name), owner, owner);
}

export async function furnishTopics(kafka: FurnishSettings['kafka']): Promise<void> {
  const client = createKafkaClient({ brokers: kafka.brokers, clientId: 'furnish', logger: createLogger('furnish', 'warn') });
  try {
    await createTopics(client, kafka);
  } finally {
    await client.close();
  }
}
