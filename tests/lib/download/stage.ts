import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { type DownloadOptions, download } from '../../../server/lib/download/download.ts';
import type { Sums } from '../../../server/lib/sums.ts';
import { type Behaviour, type RudeServer, startRudeServer } from '../../support/rude-server.ts';
import { pattern } from '../../support/tftp-server.ts';

/** The file that should be downloaded. */
export const body = pattern(100_000);
export const sums: Sums = new Map([['sha1', createHash('sha1').update(body).digest('hex')]]);

/** A server for the tests of a file, and a folder for each of them. @param query of every path */
export function downloadStage(defaults: Partial<DownloadOptions> & Pick<DownloadOptions, 'network'>, query = '') {
  let server: RudeServer;
  let folder: string;
  let name = 0;
  beforeAll(async () => {
    server = await startRudeServer();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'offhook-download-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const path = () => `/${name}/fw.zip`;
  const target = () => join(folder, 'fw.zip');
  return {
    server: () => server,
    folder: () => folder,
    target,
    /** The last that was served, without the query. */
    path,
    /** Under a path of its own. @returns the URL */
    serve(...behaviours: Behaviour[]) {
      name++;
      return server.serve(path() + query, ...behaviours);
    },
    /** The requests for the last path. */
    asked: () => server.requests.filter((request) => request.path.split('?')[0] === path()),
    fetched: (url: string, options: Partial<DownloadOptions> = {}) =>
      download(url, { to: target(), size: body.length, sums, patience: { firstMs: 1 }, ...defaults, ...options }),
    isWhole() {
      expect(readFileSync(target()).equals(body)).toBe(true);
      expect(readdirSync(folder)).toEqual(['fw.zip']);
    },
  };
}
