import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiParts } from '../../server/api/parts.ts';
import { openStage, type Stage, TOKEN } from '../api/stage.ts';

/** An API, and a data directory with its token, as the command line finds them. */
export interface Place {
  readonly stage: Stage;
  readonly data: string;
  /** The words that lead there. */
  readonly words: readonly string[];
  close(): Promise<void>;
}

/** @param change other parts of the API than the usual ones */
export async function openPlace(change: Partial<ApiParts> = {}): Promise<Place> {
  const stage = await openStage(change);
  const data = mkdtempSync(join(tmpdir(), 'offhook-cli-'));
  writeFileSync(join(data, 'admin.token'), `${TOKEN}\n`, { mode: 0o600 });
  return {
    stage,
    data,
    words: ['--server', stage.url, '--data', data],
    async close() {
      await stage.close();
      rmSync(data, { recursive: true });
    },
  };
}
