import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

const SWAGGER_UI_PATH = '/swagger-ui';

/** Shows an OpenAPI document to people, with files of its own only: no content delivery network is asked. */
export async function registerSwaggerUi(app: NestFastifyApplication, documentPath: string): Promise<void> {
  await app.register(swagger, { mode: 'static', specification: { path: documentPath, baseDir: '' } });
  await app.register(swaggerUi, { routePrefix: SWAGGER_UI_PATH });
}

/** It needs no token, which its readers' browsers have not. It is the route that tells, so where there is no Swagger UI, nothing is of it. */
export function isOfSwaggerUi({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url?.startsWith(SWAGGER_UI_PATH) === true;
}
