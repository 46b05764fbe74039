import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { graphSchemas } from './graph-schemas.js';

/** The OpenAPI document of the controllers. */
export function openApiOf(app: INestApplication, release: string): OpenAPIObject {
  const about = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('callbus: the gateway')
    .setDescription(
      'Graph’s calling API, in front of Kafka: what is created here is a command, and its outcome is told by the call’s events.',
    )
    .setVersion(release)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An app token for the gateway.' })
    .addSecurityRequirements('bearer')
    .build();
  const document = SwaggerModule.createDocument(app, about, { operationIdFactory: (_controller, method) => method });
  const { components } = document;
  const schemas = { ...components?.schemas, ...graphSchemas() };
  return JSON.parse(JSON.stringify({ ...document, components: { ...components, schemas } }), withTypeNull) as OpenAPIObject;
}

/** @nestjs/swagger writes `nullable`, which OpenAPI 3.1 has no more: null is a type. */
function withTypeNull(_name: string, value: unknown): unknown {
  const { nullable, ...schema } = (value ?? {}) as { nullable?: unknown; type?: unknown };
  if (nullable !== true) return value;
  return schema.type === undefined ? { anyOf: [schema, { type: 'null' }] } : { ...schema, type: [schema.type, 'null'] };
}
