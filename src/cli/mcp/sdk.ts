import { UsageError } from '../../util/index.ts';
import { hasCode } from '../system/io.ts';

type Servers = typeof import('@modelcontextprotocol/sdk/server/index.js');
type Stdio = typeof import('@modelcontextprotocol/sdk/server/stdio.js');
type Types = typeof import('@modelcontextprotocol/sdk/types.js');
type Validation = typeof import('@modelcontextprotocol/sdk/validation/ajv');

export type Sdk = Pick<Servers, 'Server'> &
  Pick<Stdio, 'StdioServerTransport'> &
  Pick<Validation, 'AjvJsonSchemaValidator'> &
  Pick<
    Types,
    | 'CallToolRequestSchema'
    | 'ErrorCode'
    | 'JSONRPCMessageSchema'
    | 'ListToolsRequestSchema'
    | 'McpError'
  >;

/** What we use of the official SDK of the protocol, which only who needs it installs. */
export async function loadSdk(): Promise<Sdk> {
  try {
    const [{ Server }, { StdioServerTransport }, types, { AjvJsonSchemaValidator }] =
      await Promise.all([
        import('@modelcontextprotocol/sdk/server/index.js'),
        import('@modelcontextprotocol/sdk/server/stdio.js'),
        import('@modelcontextprotocol/sdk/types.js'),
        import('@modelcontextprotocol/sdk/validation/ajv'),
      ]);
    return { Server, StdioServerTransport, AjvJsonSchemaValidator, ...types };
  } catch (error) {
    if (!hasCode(error, 'ERR_MODULE_NOT_FOUND')) throw error;
    throw new UsageError(
      'cli/no-sdk',
      'mcp needs the package @modelcontextprotocol/sdk, which is not installed',
      'npm install @modelcontextprotocol/sdk@1',
    );
  }
}
