"""Run the example agent on standard input and output."""

import asyncio

from .agent import run

if __name__ == "__main__":
    asyncio.run(run())
