"""A server of Python's asyncio. Arguments: HOST PORT."""
import asyncio
import os
import sys


async def answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    body = str(os.getpid())
    writer.write(f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(answer, sys.argv[1], int(sys.argv[2]))
    await server.serve_forever()


asyncio.run(main())
