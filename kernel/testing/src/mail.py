"""A mail server for tests: says on standard output what it received, one JSON object per line, and misbehaves by the
recipient's name before the @: refuse, defer (once), defer-always, stall (once), drop (once), slow. Arguments:

    AUTH                        clients must log in as shop with the password s@cret
    STARTTLS certificate key    clients must begin to encrypt before they say anything that matters
    TLS certificate key         connections are encrypted from their beginning"""

import asyncio
import email
import email.policy
import json
import ssl
import sys
from collections import Counter

from aiosmtpd.smtp import SMTP, AuthResult

seen = Counter()


def report(**fact):
    print(json.dumps(fact), flush=True)


def first_time(address):
    seen[address] += 1
    return seen[address] == 1


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "refuse":
            report(refused=address)
            return "550 5.1.1 No such mailbox here"
        if name == "defer-always" or (name == "defer" and first_time(address)):
            report(deferred=address)
            return "451 4.7.1 Come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        name = address.split("@")[0]
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        if name == "slow":
            report(slow=address)
            await asyncio.sleep(0.7)
        if name == "stall" and first_time(address):
            report(stalled=address, message_id=message["message-id"])
            await asyncio.sleep(3600)
        if name == "drop" and first_time(address):
            report(dropped=address, message_id=message["message-id"])
            server.transport.abort()
            return "421 Gone"
        parts = list(message.iter_parts())
        report(
            recipients=envelope.rcpt_tos,
            sender=envelope.mail_from,
            headers={name.lower(): str(value) for name, value in message.items()},
            to=[[one.display_name, one.addr_spec] for one in message["to"].addresses],
            types=[message.get_content_type()] + [part.get_content_type() for part in parts],
            charsets=[part.get_content_charset() for part in parts],
            bodies=[part.get_content() for part in parts],
            longest_line=max(len(line) for line in envelope.content.split(b"\r\n")),
        )
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    right = data.login == b"shop" and data.password == b"s@cret"
    report(login=right)
    # Not handled: the server is to say no by itself.
    return AuthResult(success=right, handled=False)


async def main():
    mode = sys.argv[1] if len(sys.argv) > 1 else None
    context = None
    if mode in ("STARTTLS", "TLS"):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*sys.argv[2:4])

    def smtp():
        report(connected=True)
        return SMTP(
            Handler(),
            enable_SMTPUTF8=True,
            authenticator=authenticate,
            auth_required=mode == "AUTH",
            auth_require_tls=False,
            tls_context=context if mode == "STARTTLS" else None,
            require_starttls=mode == "STARTTLS",
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(smtp, "127.0.0.1", 0, ssl=context if mode == "TLS" else None)
    report(port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


asyncio.run(main())
