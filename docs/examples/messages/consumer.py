#!/usr/bin/env python3
"""A service of its own that reacts to Caravel's events: it prints each, once, as a line of JSON.

    consumer.py loyalty order.confirmed order.cancelled

Needs pika (Debian: python3-pika). The broker is taken from CARAVEL_AMQP_URL, the prefix from CARAVEL_PREFIX. What was
handled is remembered in the SQLite file CARAVEL_CONSUMER_DB (default: <service>.db).
"""

import json
import os
import sqlite3
import sys

import pika

URL = os.environ.get("CARAVEL_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672/")
PREFIX = os.environ.get("CARAVEL_PREFIX", "caravel") + ".v1"


def declare(channel, service, names):
    """Declares what this service needs; declaring what is there already changes nothing."""
    channel.exchange_declare(f"{PREFIX}.events", "topic", durable=True)
    channel.exchange_declare(f"{PREFIX}.dead", "direct", durable=True)
    channel.queue_declare(f"{PREFIX}.dead.{service}", durable=True, arguments={"x-queue-type": "quorum"})
    channel.queue_bind(f"{PREFIX}.dead.{service}", f"{PREFIX}.dead", routing_key=service)
    queue = f"{PREFIX}.events.{service}"
    channel.queue_declare(queue, durable=True, arguments={
        "x-queue-type": "quorum",
        "x-delivery-limit": 20,
        "x-dead-letter-exchange": f"{PREFIX}.dead",
        "x-dead-letter-routing-key": service,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    })
    for name in names:
        channel.queue_bind(queue, f"{PREFIX}.events", routing_key=name)
    return queue


def read(body):
    """The events of a packet, each with what every event has; an error if that is not what it holds."""
    packet = json.loads(body)
    events = packet if isinstance(packet, list) else [packet]
    return [(event["id"], event["aggregate"]["id"], event["aggregate"]["version"], event) for event in events]


def is_news(db, message, thing, version):
    """Notes the event; False when it came before, or when its thing has passed this version already."""
    if db.execute("INSERT OR IGNORE INTO handled VALUES (?)", [message]).rowcount == 0:
        return False
    # Two different events can be about one version, so only an older one is out of date.
    return db.execute(
        "INSERT INTO versions VALUES (?, ?)"
        " ON CONFLICT (id) DO UPDATE SET version = excluded.version WHERE version <= excluded.version",
        [thing, version],
    ).rowcount > 0


def main():
    service, names = sys.argv[1], sys.argv[2:]
    db = sqlite3.connect(os.environ.get("CARAVEL_CONSUMER_DB", f"{service}.db"))
    db.execute("CREATE TABLE IF NOT EXISTS handled (id TEXT PRIMARY KEY)")
    db.execute("CREATE TABLE IF NOT EXISTS versions (id TEXT PRIMARY KEY, version INTEGER NOT NULL)")
    db.commit()

    def receive(channel, delivery, _properties, body):
        try:
            events = read(body)
        except (ValueError, KeyError, TypeError):
            channel.basic_reject(delivery.delivery_tag, requeue=False)  # to the dead letters
            return
        with db:  # one transaction for the whole packet: the effects and the note of what was handled
            for message, thing, version, event in events:
                if is_news(db, message, thing, version):
                    print(json.dumps(event, ensure_ascii=False), flush=True)  # your effect, in `db`
        channel.basic_ack(delivery.delivery_tag)  # only now: a crash before it means once more, not lost

    channel = pika.BlockingConnection(pika.URLParameters(URL)).channel()
    queue = declare(channel, service, names)
    channel.basic_qos(prefetch_count=20)
    channel.basic_consume(queue, receive)
    channel.start_consuming()


if __name__ == "__main__":
    main()
