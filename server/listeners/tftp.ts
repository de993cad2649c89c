import type { PhoneRequest, Reply } from '../pipeline/request.ts';
import { cleanPath } from './path.ts';
import type { TftpListener, TftpOptions, TftpReply } from './tftp/contract.ts';
import { startTftp as start } from './tftp/listener.ts';

export type { TftpEvent, TftpListener, TftpStats } from './tftp/contract.ts';

/** A file name as `PhoneRequest` promises its path; undefined when no artefact can have it. */
export function tftpPath(filename: string): string | undefined {
  return cleanPath(`/${filename}`);
}

/** Serves phones over TFTP: file names become paths, and replies what the protocol can say of them. */
export function startTftp(
  options: Omit<TftpOptions, 'answer'> & { answer(request: PhoneRequest): Promise<Reply> },
): Promise<TftpListener> {
  return start({
    ...options,
    async answer({ ip, localAddress, filename }): Promise<TftpReply> {
      const path = tftpPath(filename);
      if (path === undefined) return { kind: 'not-found' };
      return options.answer({
        transport: 'tftp',
        ip,
        reached: { ip: localAddress, port: 0 },
        path,
        query: '',
        headers: {},
        options: new Map(),
      });
    },
  });
}
