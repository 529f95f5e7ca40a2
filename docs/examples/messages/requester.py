#!/usr/bin/env python3
"""Asks a Caravel service something over RabbitMQ and prints the answer.

    requester.py product.list '{"limit": 3}'

Needs pika (Debian: python3-pika). The broker is taken from CARAVEL_AMQP_URL, the prefix from CARAVEL_PREFIX.
Exits with 0 when the request was granted, with 1 when it was refused, with 2 when there was no answer.
"""

import json
import os
import secrets
import sys
import time
from datetime import datetime, timedelta, timezone

import pika

URL = os.environ.get("CARAVEL_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672/")
PREFIX = os.environ.get("CARAVEL_PREFIX", "caravel") + ".v1"
PATIENCE = 10  # seconds


def new_id(prefix):
    """A TypeID: the prefix and a UUIDv7 in 26 characters of Crockford's base 32."""
    bits = int(time.time() * 1000) << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    bits |= 0b10 << 62 | secrets.randbits(62)
    letters = "0123456789abcdefghjkmnpqrstvwxyz"
    return prefix + "_" + "".join(letters[bits >> shift & 31] for shift in range(125, -1, -5))


def ask(channel, name, body):
    """Sends one request and returns its entry of the reply: {"to", "answer"} or {"to", "fault"}."""
    reply_queue = channel.queue_declare("", exclusive=True).method.queue
    deadline = datetime.now(timezone.utc) + timedelta(seconds=PATIENCE)
    request = {
        "id": new_id("msg"),
        "name": name,
        "headers": {"correlation": new_id("req"), "deadline": deadline.isoformat()},
        "body": body,
    }
    channel.basic_publish(
        exchange=f"{PREFIX}.requests",
        routing_key=name,
        body=json.dumps([request]),
        properties=pika.BasicProperties(
            content_type="application/json",
            reply_to=reply_queue,
            expiration=str(PATIENCE * 1000),
        ),
        mandatory=True,  # with confirms: an unroutable request is an error, at once
    )
    for _, _, packet in channel.consume(reply_queue, auto_ack=True, inactivity_timeout=PATIENCE):
        if packet is None:
            return {"to": request["id"], "fault": {"kind": "timeout", "detail": "no answer came in time"}}
        for reply in json.loads(packet):
            if reply["to"] == request["id"]:
                return reply


def main():
    name, body = sys.argv[1], json.loads(sys.argv[2])
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.confirm_delivery()
    try:
        reply = ask(channel, name, body)
    except pika.exceptions.UnroutableError:
        reply = {"fault": {"kind": "no_route", "detail": f"no service answers {name}"}}
    finally:
        connection.close()
    print(json.dumps(reply.get("answer") or reply["fault"], indent=2, ensure_ascii=False))
    if "fault" in reply:
        sys.exit(2)
    sys.exit(0 if "Ok" in reply["answer"] else 1)


if __name__ == "__main__":
    main()
