// A server of some files to this machine only, below a folder whose name nobody can guess: others who are
// logged in here may connect as well, and what is shown may be theirs to see or not.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { UsageError } from '../../util/index.ts';
import { hasCode, reason } from '../system/io.ts';
import type { Served, Site } from './site.ts';

const host = '127.0.0.1';

/** What the page may do. It says so itself, too, for other servers. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A server that answers, and where. */
export interface Serving {
  readonly url: string;
  readonly close: () => void;
}

/**
 * @param folder the name of the folder that it is in
 * @param port 0 for any that is free
 * @throws UsageError where the port cannot be had
 */
export async function serve(site: Site, folder: string, port: number): Promise<Serving> {
  const server = createServer((request, response) => answer(request, response, site, folder));
  const at = await listening(server, port);
  return {
    url: `http://${host}:${at}/${folder}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const why = hasCode(error, 'EADDRINUSE') ? 'something else has it' : reason(error);
      reject(new UsageError('cli/port', `cannot serve on port ${port}: ${why}`));
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  site: Site,
  folder: string,
): void {
  response.setHeader('Content-Security-Policy', policy);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  const { method } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    end(response, 405, 'only GET and HEAD');
    return;
  }
  const served = servedFor(request, site, folder);
  if (served === null) {
    end(response, 404, 'there is nothing');
    return;
  }
  const packs =
    /\bgzip\b/.test(request.headers['accept-encoding'] ?? '') && served.content.length > 1024;
  const content = packs ? gzipSync(served.content) : served.content;
  if (packs) response.setHeader('Content-Encoding', 'gzip');
  // What it was given may be another machine when it runs the next time.
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Type', served.type);
  response.setHeader('Content-Length', content.length);
  response.end(method === 'HEAD' ? undefined : content);
}

/** Only who asks for this host is answered: a name that leads here is somebody else's page. */
function servedFor(
  { url = '', headers }: IncomingMessage,
  site: Site,
  folder: string,
): Served | null {
  const asked = headers.host?.replace(/:\d+$/, '');
  if (asked !== host && asked !== 'localhost') return null;
  const [path = ''] = url.split(/[?#]/);
  const start = `/${folder}/`;
  return path.startsWith(start) ? (site.get(path.slice(start.length)) ?? null) : null;
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain' });
  response.end(`${text}\n`);
}
