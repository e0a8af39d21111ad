"""An SMTP server for tests: takes every mail and writes it into a directory.

    python3 smtp_sink.py --port 0 --dir DIR [--refuse 550 | --refuse 451] [--tarpit SECONDS]
                         [--login USER:PASSWORD] [--close-after MAILS] [--endless-greeting]

Prints the port as its first line. Each mail becomes DIR/0001.eml, …, with the
envelope in front as X-Envelope-From and X-Envelope-To. --refuse answers every
recipient with that code, --tarpit waits before every answer, --login wants
AUTH PLAIN, --close-after hangs up after that many mails of one connection,
--endless-greeting says one more line of its greeting twice a second.
"""

import argparse
import asyncio
import base64
import itertools
import os
import re

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--dir", required=True)
parser.add_argument("--refuse", type=int)
parser.add_argument("--tarpit", type=float, default=0)
parser.add_argument("--login")
parser.add_argument("--close-after", type=int, default=0)
parser.add_argument("--endless-greeting", action="store_true")
options = parser.parse_args()
numbers = itertools.count(1)


def store(sender, recipients, body):
    path = os.path.join(options.dir, f"{next(numbers):04}.eml")
    envelope = [f"X-Envelope-From: {sender}"] + [f"X-Envelope-To: {to}" for to in recipients]
    with open(path + ".draft", "wb") as file:
        file.write(("\r\n".join(envelope) + "\r\n").encode() + body)
    os.rename(path + ".draft", path)  # a reader of the directory sees whole mails only


async def body_of(reader):
    lines = []
    while (line := await reader.readline()) not in (b".\r\n", b""):
        lines.append(line[1:] if line.startswith(b".") else line)
    return b"".join(lines)


async def serve(reader, writer):
    async def say(*lines):
        await asyncio.sleep(options.tarpit)
        writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await writer.drain()

    sender, recipients, taken = None, [], 0
    known = options.login is None
    while options.endless_greeting:
        await say("220-sink will be ready")
        await asyncio.sleep(0.5)
    await say("220 sink ready")
    while line := await reader.readline():
        text = line.decode(errors="replace").strip()
        verb = text.split(" ")[0].upper()
        address = re.search(r"<(.*?)>", text)
        if verb in ("EHLO", "HELO"):
            auth = [] if options.login is None else ["250-AUTH PLAIN"]
            await say("250-sink", *auth, "250-8BITMIME", "250 SMTPUTF8")
        elif verb == "AUTH":
            given = base64.b64decode(text.split(" ")[2]).decode().split("\0")
            known = ":".join(given[1:]) == options.login
            await say("235 welcome" if known else "535 wrong user or password")
        elif verb == "MAIL" and not known:
            await say("530 sign in first")
        elif verb == "MAIL" and address:
            sender, recipients = address[1], []
            await say("250 ok")
        elif verb == "RCPT" and address and options.refuse:
            await say(f"{options.refuse} refused")
        elif verb == "RCPT" and address:
            recipients.append(address[1])
            await say("250 ok")
        elif verb == "DATA" and recipients:
            await say("354 go on")
            store(sender, recipients, await body_of(reader))
            taken += 1
            await say("250 taken")
            if taken == options.close_after:
                break
        elif verb in ("RSET", "NOOP"):
            await say("250 ok")
        elif verb == "QUIT":
            await say("221 bye")
            break
        else:
            await say("503 not now")
    writer.close()


async def guarded(reader, writer):
    try:
        await serve(reader, writer)
    except ConnectionError:
        writer.close()


async def main():
    os.makedirs(options.dir, exist_ok=True)
    server = await asyncio.start_server(guarded, "127.0.0.1", options.port, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
