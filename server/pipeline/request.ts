import type { IncomingHttpHeaders } from 'node:http';
import type { Content } from '../lib/content.ts';
import type { Ip } from '../lib/ip.ts';
import type { Mac } from '../lib/mac.ts';

/** What a phone asked, in one shape for all transports. A listener makes it, `servePhone` answers it. */
export interface PhoneRequest {
  readonly transport: 'http' | 'https' | 'tftp' | 'dhcp' | 'pnp';
  /** The phone's address; behind trusted proxies the one they tell. */
  readonly ip: Ip;
  /** The hardware address, where the transport itself tells it (DHCP, SIP PnP); it outranks what texts say. */
  readonly mac?: Mac;
  /** Where the phone reached us, for the URLs it is told when the settings name none. */
  readonly reached: { readonly ip: Ip; readonly port: number };
  /**
   * HTTP path or TFTP file name: percent-decoded once, one leading slash, no empty segments, neither `.` nor `..` nor control
   * characters (a listener answers those as unknown). Still with the provisioning key. Bytes beyond ASCII as Latin-1.
   */
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** DHCP options by code. */
  readonly options: ReadonlyMap<number, Buffer>;
  /** What the phone says of itself over SIP PnP. */
  readonly profile?: Profile;
}

/** Printable texts of 128 characters at most, in the phone's spelling. */
export interface Profile {
  readonly vendor?: string;
  readonly model?: string;
  readonly version?: string;
}

/** What is answered. Refused and unknown are one thing: nobody can tell them apart. */
export type Reply =
  | {
      readonly kind: 'file';
      readonly content: Content;
      readonly contentType: string;
      /** A strong validator without quotes (RFC 9110, 8.8.3). */
      readonly tag: string;
      readonly modified: Date;
      /** To be called once the phone surely has the content: all of it was taken (HTTP 200, the last ACK of TFTP), or it had it (304). */
      readonly delivered?: () => void;
    }
  | { readonly kind: 'not-found' }
  /** It is this phone's file, but it cannot be made now; the cause stands in the log. */
  | { readonly kind: 'failed' };
