import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { type Compiled, compile } from '../../support/compile.ts';
import { type Host, makeNetwork, type Network, type Running } from '../../support/netns.ts';

/** A network for each test of a file, and `tests/support/dhcp-child.ts` for its hosts. */
export function dhcpStage() {
  let child: Compiled;
  let network: Network;
  beforeAll(() => {
    child = compile('tests/support/dhcp-child.ts');
  });
  afterAll(() => child.remove());
  beforeEach(async () => {
    network = await makeNetwork();
  });
  afterEach(() => network.remove());

  const start = (host: Host, ...words: readonly string[]): Running => host.spawn(process.execPath, [child.program, ...words]);
  return {
    network: () => network,
    program: () => child.program,
    start,
    /** Resolves when the child has ended. */
    async run(host: Host, ...words: readonly string[]): Promise<Running> {
      const running = start(host, ...words);
      await new Promise((ended) => running.process.once('close', ended));
      return running;
    },
  };
}
