import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { planOf } from '../../server/firmware/plan.ts';
import { readFirmware } from '../../server/firmware/read.ts';
import { unpack } from '../../server/firmware/unpack.ts';
import { findTools } from '../../server/lib/tools.ts';
import { filesIn, generous, newFolder, rar4Of, removeFolders, sevenZip, tar, write, zip } from '../support/archives.ts';

afterEach(removeFolders);

/** A locale of Cisco: a signed gzip of a tar of tars. */
const signedLocale = (files: Record<string, string>) =>
  Buffer.concat([
    Buffer.from(`CISCO SIGNATURE ${'\x01\x02'.repeat(150)}`),
    tar({ 'locale.tar': tar(files), 'locale.cfg': 'x' }, '-z'),
  ]);

const rom = (name: string) => ({ name, content: `image ${name}` });

/** Packages of provd, one for each of its filters: an archive of the shape that theirs has, and what is installed of it. */
test.each([
  {
    db: 'wazo-polycom-3.1.6',
    id: 'sipapp',
    download: () => zip({ 'sip.ld': 'S', '2345.sip.ld': 'T', 'SoundPointIPLocalization/French/words.xml': 'W', 'sip.cfg': 'C' }),
    installed: { 'sip.ld': 'S', '2345.sip.ld': 'T', 'SoundPointIPLocalization/French/words.xml': 'W' },
  },
  {
    db: 'wazo-polycom-3.1.6',
    id: 'bootrom',
    download: () => zip({ 'bootrom.ld': 'B', '2345.bootrom.ld': 'C' }),
    installed: { '2345.bootrom.ld': 'C' },
  },
  {
    db: 'wazo-digium-1.4.0.0',
    id: 'firmware',
    download: () => tar({ 'firmware_1_4/D40.eff': '40', 'firmware_1_4/D70.eff': '70', 'firmware_1_4/README': 'R' }, '-z'),
    installed: { 'Digium/firmware/D40.eff': '40', 'Digium/firmware/D70.eff': '70' },
  },
  {
    db: 'wazo-yealink-v81',
    id: 'T46S-fw',
    download: () => rar4Of([rom('T46S-66.81.0.110.rom')]),
    installed: { 'firmware/T46S-66.81.0.110.rom': 'image T46S-66.81.0.110.rom' },
  },
  {
    db: 'wazo-alcatel-2.01.10',
    id: '4008-4018-fw',
    download: () => sevenZip({ 'A-V2.01.10/datsip4018': 'D', 'A-V2.01.10/noesip4018': 'N' }),
    installed: { datsip4008: 'D', datsip4018: 'D', noesip4008: 'N', noesip4018: 'N' },
  },
  {
    db: 'wazo-cisco-sccp-9.4',
    id: 'networklocale',
    download: () =>
      signedLocale({
        'usr/local/cm/tftp/france/g3-tones.xml': 'F',
        'usr/local/cm/tftp/canada/g3-tones.xml': 'C',
        'usr/local/cm/tftp/germany/g3-tones.xml': 'G',
        'usr/local/cm/tftp/spain/g3-tones.xml': 'S',
        'usr/local/cm/tftp/peru/g3-tones.xml': 'P',
      }),
    installed: {
      'i18n/canada/g3-tones.xml': 'C',
      'i18n/france/g3-tones.xml': 'F',
      'i18n/germany/g3-tones.xml': 'G',
      'i18n/spain/g3-tones.xml': 'S',
    },
  },
  {
    db: 'wazo-cisco-sccp-9.4',
    id: 'userlocale_fr_FR',
    download: () =>
      signedLocale({ 'usr/local/cm/tftp/french_france/mk-sccp.jar': 'J', 'usr/local/cm/tftp/french_france/tags_file.xml': 'T' }),
    installed: { 'i18n/french_france/mk-sccp.jar': 'J', 'i18n/french_france/tags_file.xml': 'T' },
  },
  {
    db: 'test-plugin-legacy-import',
    id: 'testpkg',
    download: () => Buffer.from('text'),
    installed: { 'test-file.txt': 'text' },
  },
])('$id of $db is installed', async ({ db, id, download, installed }) => {
  const name = `${db}.db`;
  const plan = planOf(readFirmware([{ name, text: readFileSync(join(import.meta.dirname, 'provd', name), 'utf8') }]), id);
  const cache = write(newFolder(), Object.fromEntries(plan.files.map((file) => [file.id, download()])));
  const downloads = new Map(plan.files.map((file) => [file.name, join(cache, file.id)]));
  const result = await unpack(plan, { downloads, folder: newFolder(), limits: generous, tools: await findTools() });
  expect(filesIn(result)).toEqual(installed);
});
