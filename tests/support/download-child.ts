/** Downloads `argv[2]` to `argv[3]`, of size `argv[4]` and SHA-1 `argv[5]`, and says on stdout how far it is, a line each. */
import { download } from '../../server/lib/download/download.ts';

const [, , url = '', to = '', size = '', sum = ''] = process.argv;
// Should nobody kill it, it ends by itself.
setTimeout(() => process.exit(1), 20_000).unref();
await download(url, {
  to,
  size: Number(size),
  sums: new Map([['sha1', sum]]),
  network: { proxies: {} },
  progress: (current) => process.stdout.write(`${current}\n`),
});
