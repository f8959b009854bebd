"""A server of Python's asyncio, which removes what is in the way, and its socket
when it ends. Argument: PATH."""
import asyncio
import os
import signal
import sys


async def answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    body = str(os.getpid())
    writer.write(f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    await writer.drain()
    writer.close()


async def main():
    path = sys.argv[1]
    server = await asyncio.start_unix_server(answer, path)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    server.close()
    await server.wait_closed()
    if os.path.exists(path):
        os.unlink(path)


asyncio.run(main())
