// A client of the TypeScript SDK that calls tools and says what came of each: the sentence, or what the SDK threw.
//
// Standard input: {"folder", "client": "v1" | "v2" | "v2-modern", "url" or "command", "key", "calls": [{name, arguments}]}

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const given = JSON.parse(readFileSync(0, "utf8"));
const require = createRequire(`${given.folder}/`);

function parts() {
  if (given.client === "v1") {
    return {
      ...require("@modelcontextprotocol/sdk/client/index.js"),
      ...require("@modelcontextprotocol/sdk/client/streamableHttp.js"),
      ...require("@modelcontextprotocol/sdk/client/stdio.js"),
    };
  }
  return { ...require("@modelcontextprotocol/client"), ...require("@modelcontextprotocol/client/stdio") };
}

const { Client, StreamableHTTPClientTransport, StdioClientTransport } = parts();
const transport = given.command
  ? new StdioClientTransport({ command: given.command[0], args: given.command.slice(1), env: given.environment })
  : new StreamableHTTPClientTransport(new URL(given.url), {
      requestInit: { headers: { Authorization: `Bearer ${given.key}` } },
    });
const options = given.client === "v2-modern" ? { versionNegotiation: { mode: { pin: "2026-07-28" } } } : {};
const client = new Client({ name: "strict", version: "1" }, options);
await client.connect(transport);

const { tools } = await client.listTools(); // the SDK keeps the output schemas from here
const outcomes = [];
for (const call of given.calls) {
  try {
    const result = await client.callTool(call);
    const text = result.content.map((block) => block.text ?? "").join("\n");
    outcomes.push({ name: call.name, isError: result.isError ?? false, text, meta: result._meta ?? {} });
  } catch (error) {
    outcomes.push({ name: call.name, thrown: String(error) });
  }
}
await client.close();
process.stdout.write(JSON.stringify({ tools: tools.map((tool) => tool.name), outcomes }));
