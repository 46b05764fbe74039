"""Calls a user: place_call.py <user id>."""

import json
import os
import sys
import uuid

from confluent_kafka import Producer

topic = os.environ.get("KAFKA_TOPIC_PREFIX", "calls.") + "commands"
producer = Producer(
    {
        "bootstrap.servers": os.environ["KAFKA_BROKERS"],
        "acks": "all",
        # As Kafka's Java clients choose the partition; librdkafka's own default is another.
        "partitioner": "murmur2_random",
    }
)

call_id = str(uuid.uuid4())
user = {"@odata.type": "#microsoft.graph.identity", "id": sys.argv[1]}
identity = {"@odata.type": "#microsoft.graph.identitySet", "user": user}
command = {
    "specversion": "1.0",
    "type": "CreateCall",
    "source": "/examples/python",
    # The event's id is the callId: sent again, it is the same command.
    "id": call_id,
    "data": {
        "callId": call_id,
        "tenantId": os.environ["TENANT_ID"],
        "call": {
            "@odata.type": "#microsoft.graph.call",
            "targets": [{"@odata.type": "#microsoft.graph.invitationParticipantInfo", "identity": identity}],
            "requestedModalities": ["audio"],
            "mediaConfig": {"@odata.type": "#microsoft.graph.serviceHostedMediaConfig"},
        },
    },
}


def on_delivery(error, _message):
    if error is not None:
        sys.exit(f"the command was not written: {error}")
    print(call_id)


producer.produce(
    topic,
    key=call_id,
    value=json.dumps(command),
    headers={"content-type": "application/cloudevents+json"},
    on_delivery=on_delivery,
)
if producer.flush(30) > 0:
    sys.exit("Kafka did not acknowledge the command in time")
