import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { afterAll } from 'vitest';
import type { Allowed } from '../../../src/cli/mcp/asked.ts';
import { loadSdk } from '../../../src/cli/mcp/sdk.ts';
import { serve } from '../../../src/cli/mcp/server.ts';

/** What a tool said. */
export interface Answer {
  readonly isError: boolean;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: documents are looked into by their schemas' names
  readonly document: any;
}

type Following = Parameters<Client['callTool']>[2];

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A client of a server in this process. */
export async function clientOf(allowed: Partial<Allowed>, atOnce?: number) {
  const [here, there] = InMemoryTransport.createLinkedPair();
  const whole = { folders: [], linux: null, maxSeconds: 60, ...allowed };
  const serving = await serve(there, whole, await loadSdk(), atOnce);
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(here);
  closing.push(async () => {
    await client.close();
    await serving.close();
  });
  const { tools } = await client.listTools();
  const ask = async (name: string, args: object, following?: Following): Promise<Answer> => {
    const answer = await client.callTool({ name, arguments: { ...args } }, undefined, following);
    const content = answer.content as { text: string }[];
    return {
      isError: answer.isError === true,
      text: content.map(({ text }) => text).join('\n'),
      document: answer.structuredContent,
    };
  };
  return { tools, ask, serving };
}
