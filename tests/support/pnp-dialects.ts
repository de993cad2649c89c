/** What a phone is, and how its vendor writes it into a request for a profile. */
export interface PnpPhone {
  readonly mac: string;
  readonly vendor: string;
  readonly model: string;
  readonly version: string;
  readonly userAgent?: string;
  /** Before the MAC address, in the user part. */
  readonly prefix: string;
  readonly port: number;
  readonly branch: boolean;
}

/**
 * One phone of each vendor. Snom (7.1.19 of its wiki, without a branch and a User-Agent), Yealink and Grandstream (a GRP2612W asks from 5080) are in
 * the shape of messages that were published; of Fanvil and Htek none was found, they are taken to write what all others do.
 */
export const pnpPhones = {
  snom: {
    mac: '0004132e08b4',
    vendor: 'snom',
    model: 'snom370',
    version: '8.7.5.48',
    prefix: 'MAC%3a',
    port: 5060,
    branch: false,
  },
  yealink: {
    mac: '80:5e:0c:4d:79:6d',
    vendor: 'Yealink',
    model: 'SIP-T53W',
    version: '96.87.0.15',
    userAgent: 'Yealink SIP-T53W 96.87.0.15 80:5e:0c:4d:79:6d',
    prefix: 'MAC%3a',
    port: 5060,
    branch: true,
  },
  grandstream: {
    mac: 'c074ad112233',
    vendor: 'Grandstream',
    model: 'GRP2612W',
    version: '1.0.5.67',
    userAgent: 'Grandstream GRP2612W 1.0.5.67',
    prefix: 'MAC%3A',
    port: 5080,
    branch: true,
  },
  fanvil: {
    mac: '0c383e112233',
    vendor: 'Fanvil',
    model: 'X4',
    version: '2.10.2.6887',
    userAgent: 'Fanvil X4 2.10.2.6887 0c383e112233',
    prefix: 'MAC%3a',
    port: 5060,
    branch: true,
  },
  htek: {
    mac: '001fc1112233',
    vendor: 'Htek',
    model: 'UC926',
    version: '2.0.4.5.32',
    userAgent: 'Htek UC926 V2.0.4.5.32 001fc1112233',
    prefix: 'MAC%3A',
    port: 5060,
    branch: true,
  },
} satisfies Record<string, PnpPhone>;

/** @param call a number of the call: another for each request that is new */
export function subscribe(phone: PnpPhone, address: string, call = 1): Buffer {
  const self = `<sip:${phone.prefix}${phone.mac.replaceAll(':', '')}@224.0.1.75>`;
  const lines = [
    `SUBSCRIBE ${self.slice(1, -1)} SIP/2.0`,
    `Via: SIP/2.0/UDP ${address}:${phone.port};${phone.branch ? `branch=z9hG4bK16111337${call};` : ''}rport`,
    `From: ${self};tag=${39_540_019 + call}`,
    `To: ${self}`,
    `Call-ID: ${49_043_157 + call}@${address}`,
    'CSeq: 1 SUBSCRIBE',
    `Contact: <sip:${address}:${phone.port}>`,
    'Max-Forwards: 70',
    ...(phone.userAgent === undefined ? [] : [`User-Agent: ${phone.userAgent}`]),
    'Expires: 0',
    `Event: ua-profile;profile-type="device";vendor="${phone.vendor}";model="${phone.model}";version="${phone.version}"`,
    'Accept: application/url',
    'Content-Length: 0',
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}
