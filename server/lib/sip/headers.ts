/** Compact forms, as IANA lists them (RFC 3261, section 7.3.3, and later). */
const COMPACT: ReadonlyMap<string, string> = new Map([
  ['a', 'accept-contact'],
  ['b', 'referred-by'],
  ['c', 'content-type'],
  ['d', 'request-disposition'],
  ['e', 'content-encoding'],
  ['f', 'from'],
  ['i', 'call-id'],
  ['j', 'reject-contact'],
  ['k', 'supported'],
  ['l', 'content-length'],
  ['m', 'contact'],
  ['n', 'identity-info'],
  ['o', 'event'],
  ['r', 'refer-to'],
  ['s', 'subject'],
  ['t', 'to'],
  ['u', 'allow-events'],
  ['v', 'via'],
  ['x', 'session-expires'],
  ['y', 'identity'],
]);

export type SipField = readonly [name: string, value: string];

function full(name: string): string {
  const lower = name.toLowerCase();
  return COMPACT.get(lower) ?? lower;
}

/** The header fields of a message, in their order; names are the same in any case and in their compact form. */
export class SipHeaders {
  readonly fields: readonly SipField[];

  constructor(fields: readonly SipField[]) {
    this.fields = fields;
  }

  /** The first of that name. */
  get(name: string): string | undefined {
    const wanted = full(name);
    return this.fields.find(([each]) => full(each) === wanted)?.[1];
  }

  /** All of that name, each as it came. */
  all(name: string): string[] {
    const wanted = full(name);
    return this.fields.flatMap(([each, value]) => (full(each) === wanted ? [value] : []));
  }

  and(name: string, value: string): SipHeaders {
    return new SipHeaders([...this.fields, [name, value]]);
  }

  without(name: string): SipHeaders {
    const unwanted = full(name);
    return new SipHeaders(this.fields.filter(([each]) => full(each) !== unwanted));
  }
}
