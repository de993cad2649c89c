import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

/** What node:http can do at all: `bare.js FOLDER PORT` sends the folder's files from memory, and does nothing else. */
const [folder = '.', port = '0'] = process.argv.slice(2);
const files = new Map<string, Buffer>();
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const file = join(entry.parentPath, entry.name);
  files.set(file.slice(folder.length), readFileSync(file));
}
createServer((request, response) => {
  const bytes = files.get(request.url ?? '');
  response.writeHead(bytes ? 200 : 404, ['Content-Type', 'text/plain', 'Content-Length', bytes?.length ?? 0]);
  response.end(bytes);
}).listen(Number(port), '127.0.0.1');
