"""Shows the events of all calls as they come."""

import json
import os
import signal

from confluent_kafka import Consumer, KafkaException

consumer = Consumer(
    {
        "bootstrap.servers": os.environ["KAFKA_BROKERS"],
        "group.id": "example-python",
        "auto.offset.reset": "earliest",
        # Committed below, after an event was handled, never before.
        "enable.auto.commit": False,
    }
)
consumer.subscribe([os.environ.get("KAFKA_TOPIC_PREFIX", "calls.") + "events"])

running = True


def stop(_signal, _frame):
    global running
    running = False


signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)

last_sequence = {}
states = {}
while running:
    message = consumer.poll(0.2)
    if message is None:
        continue
    if message.error():
        raise KafkaException(message.error())
    event = json.loads(message.value())
    data = event["data"]
    call_id, sequence = data["callId"], event["sequence"]
    # Sequences have ten digits, so they compare as text.
    if sequence > last_sequence.get(call_id, ""):
        late = data.get("late", False)
        if event["type"] == "CallStateChanged" and not late:
            states[call_id] = data["state"]
        print(call_id, sequence, event["type"], states.get(call_id, "-"), "late" if late else "in time", flush=True)
        last_sequence[call_id] = sequence
    consumer.commit(message)
consumer.close()
