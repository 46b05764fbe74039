import { KafkaSettings, Setting, SettingsGroup } from '@callbus/chassis';
import { IsInt, IsString, Min } from 'class-validator';

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
