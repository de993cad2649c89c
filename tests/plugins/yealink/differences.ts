import type { Difference } from '../comparison.ts';

/** What our files say otherwise than those that provd's plugins made of the same raw config, and why. */
export const differences: readonly Difference[] = [
  // Accounts and servers
  {
    keys: /^account\.\d+\.sip_server\.2\.(?:address|port)$/,
    theirs: /^%NULL%$/,
    ours: /^(?:192\.0\.2\.21|5063)$/,
    why: 'a line without a backup of its own has sip_backup_proxy_ip and its port, which provd forgets',
  },
  {
    keys: /^account\.\d+\.sip_server\.[12]\.transport_type$/,
    theirs: undefined,
    ours: /^(?:[012]|%NULL%)$/,
    why: 'bases speak TCP and TLS, too; provd leaves them with UDP whatever sip_transport says',
  },
  {
    keys: /^account\.\d+\.outbound_proxy(?:_enable|\.1\.(?:address|port))$/,
    theirs: undefined,
    ours: /./,
    why: 'sip_outbound_proxy_ip is told; provd does not know it',
  },
  {
    keys: /^account\.\d+\.srtp_encryption$/,
    theirs: undefined,
    ours: /^[012]$/,
    why: 'sip_srtp_mode and srtp_mode are told in all lines; provd tells SRTP from line 86 on',
  },
  {
    keys: /^account\.\d+\.srtp_encryption$/,
    theirs: /^[02]$/,
    ours: /^1$/,
    why: 'the raw config prefers SRTP; provd has it required over TLS and disabled otherwise, whatever is configured',
  },
  {
    keys: /^account\.\d+\.display_name$/,
    theirs: undefined,
    ours: /./,
    why: 'the name that the called see; provd stopped to set it in line 86, and still clears it in accounts that are not used',
  },
  {
    keys: /^account\.\d+\.(?:display_name|label)$/,
    theirs: /^line$/,
    ours: /^line break$/,
    why: 'a name with a line break stays on its line; in provd’s file the rest of it becomes a line of its own',
  },
  {
    keys: /^account\.\d+\.subscribe_mwi$/,
    theirs: undefined,
    ours: /^(?:0|%NULL%)$/,
    why: 'sip_subscribe_mwi false is told, and one that is unset takes back what was told before',
  },
  // Keys
  {
    keys: /^(?:linekey\.\d+|expansion_module\.\d+\.key\.\d+)\.label$/,
    theirs: /^$/,
    ours: /^%NULL%$/,
    why: 'an empty value leaves the phone with the label it had; %NULL% takes it back',
  },
  {
    keys: /^features\.pickup\.(?:direct|group)_pickup_(?:enable|code)$/,
    theirs: undefined,
    ours: /./,
    why: 'exten_pickup_call and exten_pickup_group for the phone’s own soft keys; provd tells the first to BLF keys only',
  },
  // Time
  {
    keys: /^local_time\.time_zone$/,
    theirs: /^(?:-4|\+5)$/,
    ours: /^(?:-3:30|\+5:30)$/,
    why: 'zones that are half an hour off; provd cuts to whole hours',
  },
  {
    keys: /^local_time\.end_time$/,
    theirs: /^10\/4\/7\/3$/,
    ours: /^10\/5\/7\/3$/,
    why: 'the last Sunday; provd computes the week of one year’s date and loses that it is the last',
  },
  {
    keys: /^local_time\.date_format$/,
    theirs: /^[016]$/,
    ours: /^2$/,
    why: 'provd takes the number of the handset’s language for the format of the date',
  },
  // Languages
  {
    keys: /^lang\.(?:gui|wui)$/,
    theirs: /^French$/,
    ours: /^French_CA$/,
    why: 'the phone has Canadian French',
  },
  {
    keys: /^gui_lang\.url$/,
    theirs: /French\.lang$/,
    ours: undefined,
    why: 'the languages are in the firmware; provd sends every phone for a French language pack, which need not be installed',
  },
  // Passwords, firmware, network, the rest
  {
    keys: /^static\.security\.user_password\[(?:user|admin)\]$/,
    theirs: /^(?:user:user|admin:admin)$/,
    ours: undefined,
    why: 'where no password is configured, the phone keeps its own; provd sets that of the factory',
  },
  {
    keys: /^static\.firmware\.url$/,
    theirs: /T58W-150\.86\.0\.11\.rom$/,
    ours: /T58W-150\.86\.0\.5\.rom$/,
    why: 'the image that the firmware package has; provd’s plugin names another than its package installs',
  },
  {
    keys: /^static\.network\.(?:static_dns_enable|primary_dns)$/,
    theirs: undefined,
    ours: /./,
    why: 'dns_ip is told; provd does not know it',
  },
  {
    keys: /^static\.syslog\.(?:server_port|level)$/,
    theirs: undefined,
    ours: /^(?:\d+|%NULL%)$/,
    why: 'syslog_port and syslog_level are told; provd does not know them',
  },
  {
    keys: /^action_url\.dnd_(?:on|off)$/,
    theirs: undefined,
    ours: /^%NULL%$/,
    why: 'a user’s URLs are taken back when the phone is nobody’s any more',
  },
  {
    keys: /^features\.action_uri_limit_ip$/,
    theirs: /^sip\.example\.com$/,
    ours: /^sip\.example\.com,sip2\.example\.com$/,
    why: 'all proxies in one value; provd writes the key once for each, of which the last counts',
  },
  {
    keys: /^features\.(?:action_uri_limit_ip|text_message(?:_popup)?\.enable|config_dsskey_length|dnd\.large_icon\.enable|show_action_uri_option|direct_ip_call_enable)$|^sip\.trust_ctrl$|^static\.usb\.power\.enable$/,
    theirs: undefined,
    ours: /./,
    why: 'one template for all lines: what provd sets from line 85 on is set in line 84, too',
  },
];
