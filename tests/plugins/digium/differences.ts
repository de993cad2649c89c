import type { Difference } from '../comparison.ts';

/** What our files say otherwise than those that provd's plugins made of the same raw config, and why. */
export const differences: readonly Difference[] = [
  // Accounts and servers
  {
    keys: /^account\[\d\]\.host_(?:primary|alternate)\.transport$/,
    theirs: /^udp$/,
    ours: /^(?:tcp|tls)$/,
    why: 'accounts speak what sip_transport says; provd has them speak UDP whatever it says',
  },
  {
    keys: /^account\[2\]\.host_alternate\.(?:server|port|transport|reregister|retry|num_retries)$/,
    theirs: undefined,
    ours: /^(?:192\.0\.2\.21|5063|tls|3600|25|5)$/,
    why: 'a line without a backup of its own has sip_backup_proxy_ip and its port, which provd forgets',
  },
  {
    keys: /^account\[\d\]\.outbound_(?:proxy|port)$/,
    theirs: undefined,
    ours: /^(?:192\.0\.2\.24|5069)$/,
    why: 'sip_outbound_proxy_ip and a line’s own are told; provd does not know them',
  },
  {
    keys: /^account\[\d\]\.voicemail$/,
    theirs: /^sip:\*98@192\.0\.2\.20$/,
    ours: /^sip:\*9(?:<8>|81003)@192\.0\.2\.20$/,
    why: 'a line’s own number counts more than exten_voicemail, which provd writes for all',
  },
  {
    keys: /^account\[1\]\.(?:account_id|username|authname)$/,
    theirs: /^tab semi;$/,
    ours: /^tab\tsemi;$/,
    why: 'a tab in a name reaches the phone; in provd’s file it is read as a space (XML 1.0, 3.3.3)',
  },
  // Language and contacts
  {
    keys: /^locale$/,
    theirs: /^None$/,
    ours: undefined,
    why: 'where no locale is configured the phone keeps its own; provd writes a word that is none',
  },
  {
    keys: /^contact\[4\]\.first_name$/,
    theirs: /^$/,
    ours: /^1011$/,
    why: 'a key without a label is shown by its number, and not without a name',
  },
];
