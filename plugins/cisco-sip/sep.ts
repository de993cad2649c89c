import type { Artefact, DeviceInfo, Line, Recognise, Support, Words } from '../../server/sdk.ts';

/**
 * The 8941 and 8945, whose firmware is made for Cisco's own telephone exchange: they come up like the phones of cisco-sccp, which knows their file
 * by its name, and speak SIP.
 */

const artefacts: readonly Artefact[] = [
  { name: 'SEP{MAC}.cnf.xml', template: 'sep-phone.tpl', format: 'xml', secret: true },
  { name: 'dialplan.xml', template: 'sep-dialplan.tpl', format: 'xml' },
];

/** Lines and keys share four buttons. */
const models = { '8941': { lines: 4, keys: 4 }, '8945': { lines: 4, keys: 4 } };

const notify = (action: string) => ({
  event: 'service-control',
  contentType: 'text/plain',
  // Of stamps of 0 none is what the phone has.
  body: [
    `action=${action}`,
    'RegisterCallId={}',
    'ConfigVersionStamp={0000000000000000}',
    'DialplanVersionStamp={0000000000000000}',
    'SoftkeyVersionStamp={0000000000000000}',
    '',
  ].join('\r\n'),
});

export const line: Line = {
  series: [{ version: '9.3.1-18', images: ['SIP8941_8945.9-3-1-18.loads'], models }],
  artefacts,
  // TFTP, and before that HTTP at port 6970.
  boot: {
    transports: ['tftp', 'http'],
    vendorClass: 'Cisco Systems, Inc. IP Phone CP-{model}',
    requests: [
      { path: 'CTLSEP{MAC}.tlv', optional: true },
      { path: ['ITLSEP{MAC}.tlv', 'ITLFile.tlv'], optional: true },
      { path: ['SEP{MAC}.cnf.xml', 'XMLDefault.cnf.xml'] },
      { images: true },
      { path: 'dialplan.xml' },
      { path: 'SoftKeys.xml', optional: true },
    ],
  },
  // "restart" registers anew and reads the files, "reset" boots.
  resync: { ...notify('restart'), restart: notify('reset') },
};

export const recognise: Required<Pick<Recognise, 'vendorClass' | 'path'>> = {
  vendorClass: [/^Cisco Systems, Inc\. IP Phone CP-(?<model>(?:89|99)\d\d)\b/],
  path: [/^\/SIP894\w+\.[\w.-]+\.loads$/],
};

/**
 * The 8961 and the 99xx speak SIP with files like these. Of a phone that tells no model, which most requests do not, cisco-sccp knows better what
 * it may be.
 */
export function support({ vendor, model = '' }: DeviceInfo): Support | undefined {
  if (vendor !== 'Cisco' || Object.hasOwn(models, model)) return undefined;
  return /^(?:89|99)\d\d$/.test(model) ? 300 : 100;
}

export const words: Words = {
  sepKey: { speeddial: 2, blf: 21, park: 2 },
};
