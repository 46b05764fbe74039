#!/bin/sh
# Calls a user: place-call.sh <user id>. The key, the event's id and data.callId are one fresh UUID in lower case.
set -eu
callId=$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen | tr '[:upper:]' '[:lower:]')

# murmur2_random is how Kafka's Java clients choose the partition; librdkafka's own default is another.
printf '%s|{"specversion":"1.0","type":"CreateCall","source":"/examples/kcat","id":"%s","data":{"callId":"%s","tenantId":"%s","call":{"@odata.type":"#microsoft.graph.call","targets":[{"@odata.type":"#microsoft.graph.invitationParticipantInfo","identity":{"@odata.type":"#microsoft.graph.identitySet","user":{"@odata.type":"#microsoft.graph.identity","id":"%s"}}}],"requestedModalities":["audio"],"mediaConfig":{"@odata.type":"#microsoft.graph.serviceHostedMediaConfig"}}}}\n' \
  "$callId" "$callId" "$callId" "$TENANT_ID" "$1" |
  kcat -P -b "$KAFKA_BROKERS" -t "${KAFKA_TOPIC_PREFIX:-calls.}commands" -K '|' \
    -H content-type=application/cloudevents+json -X partitioner=murmur2_random -X acks=all
echo "$callId"
