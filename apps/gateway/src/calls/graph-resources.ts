import { ApiPropertyOptional } from '@nestjs/swagger';

// What a call's answer holds of Graph's: passed on as Graph told it, so any member may be missing, and others may be there.

type Json = Readonly<Record<string, unknown>>;

/** https://learn.microsoft.com/graph/api/resources/callmediastate */
export class MediaState {
  @ApiPropertyOptional({ type: 'string', nullable: true, example: 'active' })
  audio?: string | null;
}

/** https://learn.microsoft.com/graph/api/resources/resultinfo */
export class ResultInfo {
  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 200 })
  code?: number | null;

  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 4521 })
  subcode?: number | null;

  @ApiPropertyOptional({ type: 'string', nullable: true })
  message?: string | null;

  /** Ours: what the codes mean, in words; null where nobody knows it. */
  @ApiPropertyOptional({ type: 'string', nullable: true })
  meaning?: string | null;
}

/** https://learn.microsoft.com/graph/api/resources/participant */
export class Participant {
  @ApiPropertyOptional()
  id?: string;

  /** Who it is: https://learn.microsoft.com/graph/api/resources/participantinfo */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, nullable: true })
  info?: Json | null;

  @ApiPropertyOptional({ type: 'boolean', nullable: true })
  isInLobby?: boolean | null;

  @ApiPropertyOptional({ type: 'boolean', nullable: true })
  isMuted?: boolean | null;

  /** https://learn.microsoft.com/graph/api/resources/mediastream */
  @ApiPropertyOptional({ type: 'array', items: { type: 'object' }, nullable: true })
  mediaStreams?: readonly Json[] | null;

  @ApiPropertyOptional({ type: 'string', nullable: true })
  metadata?: string | null;

  /** https://learn.microsoft.com/graph/api/resources/recordinginfo */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, nullable: true })
  recordingInfo?: Json | null;

  @ApiPropertyOptional({ type: 'integer', nullable: true })
  rosterSequenceNumber?: number | null;
}
