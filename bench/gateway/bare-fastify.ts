// Routes of Fastify's that do nothing but read and write JSON: what no gateway on Node can do without.
import { fastify } from 'fastify';

const call: unknown = JSON.parse(process.env['ANSWERED_CALL'] ?? 'null');
const app = fastify();
app.post('/v1.0/communications/calls', (_request, reply) => {
  void reply.status(202).send({ '@odata.type': '#microsoft.graph.call', id: '', state: null });
});
app.get('/v1.0/communications/calls/:callId', (_request, reply) => {
  void reply.send(call);
});
await app.listen({ host: process.env['HTTP_HOST'] ?? '', port: Number(process.env['HTTP_PORT']) });
