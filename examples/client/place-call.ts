import { connectCallbus } from '@callbus/client';

const { KAFKA_BROKERS = '127.0.0.1:19092', KAFKA_TOPIC_PREFIX: topicPrefix = 'calls.', TENANT_ID: tenantId = '' } = process.env;
const [userId] = process.argv.slice(2);

const callbus = await connectCallbus({ brokers: KAFKA_BROKERS.split(','), source: '/examples/client', topicPrefix });
const user = { '@odata.type': '#microsoft.graph.identity', id: userId };
const callId = await callbus.placeCall({
  tenantId,
  call: {
    '@odata.type': '#microsoft.graph.call',
    targets: [
      {
        '@odata.type': '#microsoft.graph.invitationParticipantInfo',
        identity: { '@odata.type': '#microsoft.graph.identitySet', user },
      },
    ],
    requestedModalities: ['audio'],
    mediaConfig: { '@odata.type': '#microsoft.graph.serviceHostedMediaConfig' },
  },
});
console.log(callId);
await callbus.close();
