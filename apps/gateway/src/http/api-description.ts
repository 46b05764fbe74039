import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiHeader,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiQuery,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import { graphSchemaPath } from './graph-schemas.js';

type Model = new (...args: never[]) => object;

/** One thing that is wrong with a request. */
class ErrorDetail {
  @ApiProperty()
  code!: string;

  /** The path of what is wrong. */
  @ApiProperty()
  target!: string;

  @ApiProperty()
  message!: string;
}

class InnerError {
  @ApiProperty({ format: 'date-time' })
  date!: string;

  @ApiProperty()
  'request-id'!: string;

  /** As the request had it. */
  @ApiPropertyOptional()
  'client-request-id'?: string;
}

class ErrorMembers {
  @ApiProperty()
  code!: string;

  /** What is wrong, and what to do. */
  @ApiProperty()
  message!: string;

  /** Every fault of the request. */
  @ApiPropertyOptional({ type: [ErrorDetail] })
  details?: ErrorDetail[];

  @ApiProperty({ type: InnerError })
  innerError!: InnerError;
}

/** Graph's error envelope: https://learn.microsoft.com/graph/errors */
export class ErrorEnvelope {
  @ApiProperty({ type: ErrorMembers })
  error!: ErrorMembers;
}

const REQUEST_IDS = {
  'request-id': { description: 'Of this request.', schema: { type: 'string' } },
  'client-request-id': { description: 'As the request had it.', schema: { type: 'string' } },
} as const;
const RETRY_AFTER = { 'Retry-After': { description: 'Seconds.', schema: { type: 'string' } } } as const;
const JSON_ONLY = 'application/json';

export interface AnswerOptions {
  /** Beside those of every answer. */
  readonly headers?: readonly string[];
  /** What it can be besides JSON, as text. */
  readonly alsoAs?: readonly string[];
}

/** An answer with a body of this class. */
export function Answers(
  status: number,
  description: string,
  type: Model,
  { headers = [], alsoAs = [] }: AnswerOptions = {},
): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(type),
    ApiResponse({
      status,
      description,
      headers: { ...REQUEST_IDS, ...asText(headers) },
      content: { [JSON_ONLY]: { schema: { $ref: getSchemaPath(type) } }, ...asText(alsoAs) },
    }),
  );
}

const REFUSALS = {
  400: 'The request is not valid; `details` has every fault.',
  401: 'There is no token, or it is not for this.',
  403: 'The token lacks a role, or the tenant is not one that this caller may call.',
  404: 'There is no such call, or it is not this caller’s to see.',
  409: 'The Idempotency-Key was used for another call.',
  413: 'The body is too large.',
  415: 'The body is not JSON, or is packed.',
  429: 'Too many requests of this caller.',
  503: 'Kafka, or what is read from it, is away. The same request may be repeated; a create without any key may be at Location.',
} as const;

/** What every route may answer, and these. */
export function Refuses(...statuses: (keyof typeof REFUSALS)[]): MethodDecorator {
  const content = { [JSON_ONLY]: { schema: { $ref: getSchemaPath(ErrorEnvelope) } } };
  const refusal = (status: keyof typeof REFUSALS): MethodDecorator => {
    const headers = { ...REQUEST_IDS, ...(status === 429 || status === 503 ? RETRY_AFTER : {}) };
    return ApiResponse({ status, description: REFUSALS[status], headers, content });
  };
  return applyDecorators(
    ApiExtraModels(ErrorEnvelope),
    ApiHeader({ name: 'client-request-id', required: false, description: 'Comes back with the answer.' }),
    ...([400, 401, 403, ...statuses, 429, 503] as const).map(refusal),
    ApiResponse({ status: 500, description: 'It failed, and was logged.', headers: REQUEST_IDS, content }),
  );
}

/** Of an outcome that was waited for. */
export function GraphRefuses(): MethodDecorator {
  const content = { [JSON_ONLY]: { schema: { $ref: getSchemaPath(ErrorEnvelope) } } };
  return ApiResponse({
    status: 'default',
    description: 'With Prefer: what Graph refused it with.',
    headers: REQUEST_IDS,
    content,
  });
}

/** The id of a call in the path. */
export function TakesCallId(): MethodDecorator {
  return ApiParam({ name: 'callId', description: 'Ours or Graph’s.', schema: { type: 'string' } });
}

export function TakesHeader(name: string, description: string): MethodDecorator {
  return ApiHeader({ name, required: false, description });
}

/** The page that is asked for. */
export function TakesPage({ byDefault, max }: { readonly byDefault: number; readonly max: number }): MethodDecorator {
  return applyDecorators(
    ApiQuery({
      name: '$top',
      required: false,
      description: `How many at most; more than ${String(max)} are never given.`,
      schema: { type: 'integer', minimum: 1, maximum: 999_999_999, default: byDefault },
    }),
    ApiQuery({ name: '$skiptoken', required: false, description: 'As `@odata.nextLink` has it.', schema: { type: 'string' } }),
  );
}

/** The call resource of Graph, in the body. */
export function TakesCall(): MethodDecorator {
  return ApiBody({
    description:
      'The call resource as Graph documents it: https://learn.microsoft.com/graph/api/application-post-calls. Which members go together, docs/calls.md says.',
    required: true,
    schema: { $ref: graphSchemaPath('call') },
  });
}

/** Each of these headers, or types of content, is text. */
function asText(names: readonly string[]): Record<string, { schema: { type: 'string' } }> {
  return Object.fromEntries(names.map((name) => [name, { schema: { type: 'string' } }]));
}
