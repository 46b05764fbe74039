// A route of Fastify's that does nothing: what of HTTP no receiver on Node can do without.
import { fastify } from 'fastify';

const app = fastify();
app.post('/v1/callbacks/:appId/:tenantId/:callId/:attempt/:mac', (_request, reply) => {
  void reply.status(202).send();
});
await app.listen({ host: process.env['HTTP_HOST'] ?? '', port: Number(process.env['HTTP_PORT']) });
