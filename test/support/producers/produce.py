"""Writes the lines of its input, «topic partition key value» between tabs: produce.py <brokers> <codec>."""

import sys

from confluent_kafka import Producer

failures = []
producer = Producer({"bootstrap.servers": sys.argv[1], "compression.type": sys.argv[2], "linger.ms": 50})
for line in sys.stdin:
    topic, partition, key, value = line.rstrip("\n").split("\t", 3)
    producer.produce(
        topic,
        value,
        key,
        int(partition),
        on_delivery=lambda error, _: failures.append(error) if error else None,
    )
producer.flush(60)
sys.exit(str(failures[0]) if failures else 0)
