import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A program of its own: asks for files as phones do that come now and then, and not as fast as they are answered.
 * Prints the 99th percentile of the times until the whole answer was there, in milliseconds.
 *
 *     node asker.js PORT SECONDS CONNECTIONS '[{"path":…,"userAgent":…,"ip":…}, …]'
 */
const [port = '', seconds = '', connections = '', phones = '[]'] = process.argv.slice(2);
const requests = JSON.parse(phones) as { readonly path: string; readonly userAgent: string; readonly ip: string }[];
const pauseMs = 5;

const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });
const times: number[] = [];
const end = performance.now() + Number(seconds) * 1_000;
let next = 0;

function ask(): Promise<void> {
  const { path = '', userAgent = '', ip = '' } = requests[next++ % requests.length] ?? {};
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { 'user-agent': userAgent, 'x-forwarded-for': ip };
    get({ host: '127.0.0.1', port, path, agent, headers }, (answer) => {
      if (answer.statusCode !== 200) return reject(new Error(`${path} is answered with ${answer.statusCode}`));
      answer.resume().on('end', () => {
        times.push(performance.now() - begun);
        resolve();
      });
    }).on('error', reject);
  });
}

async function come(): Promise<void> {
  while (performance.now() < end) {
    await ask();
    await sleep(pauseMs);
  }
}

await Promise.all(Array.from({ length: Number(connections) }, come));
agent.destroy();
times.sort((one, other) => one - other);
process.stdout.write(`${times[Math.floor(times.length * 0.99)]}\n`);
