/** The TFTP listener by itself, with the files of a folder in memory: `node tftp-listener.js PORT FOLDER`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesContent } from '../../server/lib/content.ts';
import { startTftp } from '../../server/listeners/tftp/listener.ts';

const [port, folder = ''] = process.argv.slice(2);
const files = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));

await startTftp({
  addresses: [{ host: '127.0.0.1', port: Number(port) }],
  maxTransfers: 1_000,
  answer: async ({ filename }) => {
    const bytes = files.get(filename);
    return bytes ? { kind: 'file', content: bytesContent(bytes) } : { kind: 'not-found' };
  },
});
