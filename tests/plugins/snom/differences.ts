import type { Difference } from '../comparison.ts';

/** What our files say otherwise than those that provd's plugins made of the same raw config, and why. */
export const differences: readonly Difference[] = [
  // Accounts
  {
    keys: /^phone-settings\/(?:user_\w+|codec_priority_list|mac_info_in_sip_register)\[5\](?:@perm)?$/,
    ours: undefined,
    why: 'the model has no such account',
  },
  {
    keys: /^phone-settings\/user_active\[\d+\](?:@perm)?$/,
    theirs: undefined,
    ours: /^(?:off|on|R)$/,
    why: 'accounts that nobody has are switched off, and backups have the numbers after the last one; provd does the former in a file for all phones, or not',
  },
  {
    keys: /^phone-settings\/user_p?(?:name|ass)\[\d+\](?:@perm)?$/,
    theirs: undefined,
    ours: /^(?:|R)$/,
    why: 'what an account had that nobody has any more is taken back',
  },
  {
    keys: /^phone-settings\/(?:user_\w+|hide_identity|codec_priority_list|mac_info_in_sip_register)\[[456]\](?:@perm)?$/,
    theirs: undefined,
    ours: /./,
    why: 'the backups of three accounts are the next three; provd’s backup of one account is written over by the next account',
  },
  {
    keys: /^phone-settings\/user_(?:realname|pname|pass|name|mailbox|idle_text|host|outbound|dtmf_info|savp)\[4\]$/,
    theirs: /./,
    ours: /^(?:Alice Martin(?: 1001)?|auth1001|pw1001|u1001|\*98|192\.0\.2\.23|192\.0\.2\.21:5063;transport=tls|sip_info_only|optional)$/,
    why: 'the backup of the first account; to provd it is that of the third, because those before were written over',
  },
  {
    keys: /^phone-settings\/user_failover_identity\[[123]\]$/,
    theirs: /^[234]$/,
    ours: /^[456]$/,
    why: 'backups have accounts that nobody else has; provd’s have those of the lines after',
  },
  {
    keys: /^phone-settings\/user_failover_identity\[\d\](?:@perm)?$/,
    theirs: undefined,
    ours: /^(?:|R)$/,
    why: 'a backup that is not configured is taken back',
  },
  {
    keys: /^phone-settings\/hide_identity\[[23]\]$/,
    theirs: /^true$/,
    ours: /^false$/,
    why: 'the line is shown; provd hides it, because it takes it for the backup of the one before',
  },
  {
    keys: /^phone-settings\/hide_identity\[\d\](?:@perm)?$/,
    theirs: undefined,
    ours: /^(?:false|R)$/,
    why: 'a line that may have been a backup is shown again',
  },
  {
    keys: /^phone-settings\/user_failover_identity\[[23]\]$/,
    theirs: /^[34]$/,
    ours: /^$/,
    why: 'the model has four accounts, and no other is left for these backups; provd’s backup of one account is written over by the next account',
  },
  {
    keys: /^phone-settings\/status_msgs_that_are_blocked$/,
    theirs: /^ Identity02IsNotRegistered Identity03IsNotRegistered Identity04IsNotRegistered$/,
    ours: /^ Identity04IsNotRegistered(?: Identity05IsNotRegistered Identity06IsNotRegistered)?$/,
    why: 'the messages of backups, which have other numbers',
  },

  // Servers
  {
    keys: /^phone-settings\/user_host\[[13]\]$/,
    theirs: /^192\.0\.2\.20$/,
    ours: /^192\.0\.2\.(?:22|30)$/,
    why: 'the registrar that is configured; provd writes the proxy',
  },
  {
    keys: /^phone-settings\/user_outbound\[[123]\]$/,
    theirs: /^192\.0\.2\.20:5061;transport=tls$/,
    ours: /^192\.0\.2\.24:5069;transport=tls$/,
    why: 'the outbound proxy that is configured; provd writes the proxy',
  },
  {
    keys: /^phone-settings\/user_outbound\[\d\]$/,
    theirs: /^[\w.]+:;transport=\w+$/,
    ours: /^[\w.]+(?::5060)?;transport=\w+$/,
    why: 'no colon stands there without a port, and the port of all lines is told; provd knows only that of the line',
  },
  {
    keys: /^phone-settings\/user_srtp\[\d\]$/,
    theirs: /^off$/,
    ours: /^on$/,
    why: 'sip_srtp_mode says that calls are secure; to provd they are over TLS only',
  },
  {
    keys: /^phone-settings\/user_savp\[\d\]$/,
    theirs: /^mandatory$/,
    ours: /^optional$/,
    why: 'sip_srtp_mode prefers secure calls and does not require them; provd requires them always',
  },

  // Time
  {
    keys: /^phone-settings\/timezone$/,
    theirs: /^(?:FRA-5|ESP\+5|USA\+1)$/,
    ours: /^$/,
    why: 'there is no such zone: provd makes it of the language and of whole hours; offset and rule are told instead',
  },
  {
    keys: /^phone-settings\/(?:utc_offset|dst)(?:@perm)?$/,
    theirs: undefined,
    ours: /^(?:-18000|\+3600|\+19800|3600 03\.02\.07 02:00:00 11\.01\.07 02:00:00|3600 03\.05\.07 02:00:00 10\.05\.07 03:00:00||R)$/,
    why: 'offset and rule of the zone, in place of a name',
  },

  // Keys
  {
    keys: /^functionKeys\/fkey\[(?:30|119)\]@context$/,
    theirs: /^active$/,
    ours: /^[23]$/,
    why: 'the key belongs to another line than the first; to provd all keys are of the line in use',
  },
  {
    keys: /^functionKeys\/fkey\[\d+\](?:@\w+)?$/,
    theirs: undefined,
    ours: /^(?:line||active|R)$/,
    why: 'a key that is none is a line’s; provd says so in a file for all phones',
  },
  {
    keys: /^functionKeys$/,
    theirs: /^$/,
    ours: undefined,
    why: 'where nobody has a key all are lines’; provd says so in a file for all phones',
  },
  {
    keys: /^phone-settings\/(?:gui_fkey1|dkey_directory)(?:@perm)?$/,
    theirs: undefined,
    ours: /^(?:keyevent F_(?:NONE|ADR_BOOK)|R)$/,
    why: 'a phone book that is not configured is taken back',
  },

  // The rest
  {
    keys: /^phone-settings\/(?:vlan_id|vlan_qos|vlan_pc_id|ntp_server|dns_server1|syslog_server)(?:@perm)?$/,
    theirs: undefined,
    ours: /^(?:192\.0\.2\.53|192\.0\.2\.51:5?514|192\.0\.2\.51||R)$/,
    why: 'what is not configured is taken back; DNS and syslog are told, for which provd has nothing',
  },
  {
    keys: /^phone-settings\/log_level(?:@perm)?$/,
    theirs: undefined,
    ours: /^(?:[456]|R)$/,
    why: 'syslog_level is told; provd has nothing for it',
  },
  {
    keys: /^phone-settings\/firmware_status(?:@perm)?$/,
    theirs: undefined,
    ours: /-firmware\.xml$|^R$/,
    why: 'where the firmware is; provd says so in a file for the model',
  },
  {
    keys: /^phone-settings\/(?:auto_reboot_on_setting_change|provisioning_order|retry_after_failed_register|date_us_format|time_24_format|dialnumber_us_format|always_show_active_call|transfer_\w+|quick_transfer|mute_is_dnd_in_idle|display_method|pnp_config|update_policy|subscription_delay|mwi_dialtone|cw_dialtone|network_id_port|answer_after_policy|call_completion|challenge_response|filter_registrar|user_phone|admin_mode)(?:@perm)?$/,
    theirs: undefined,
    ours: /./,
    why: 'provd says the same in a file for all phones',
  },

  // Bases
  {
    keys: /^phone-settings\/http_(?:user|engineer_user|basic_user|pass|engineer_pass|basic_pass)$/,
    theirs: /^(?:admin|Engineer|User|wazo!2025)$/,
    ours: undefined,
    why: 'a password that nobody has configured is not set to one that everybody can read in provd',
  },
  {
    keys: /^phone-settings\/user_mailbox\[\d\]$/,
    theirs: /^Messagerie$/,
    ours: /^Voicemail$/,
    why: 'the mailbox is called so in the language of the base; provd calls it French for all',
  },
  {
    keys: /^phone-settings\/user_host\[1\]$/,
    theirs: /^192\.0\.2\.20$/,
    ours: /^192\.0\.2\.22:5065$/,
    why: 'the registrar that is configured; provd writes the proxy',
  },
  {
    keys: /^phone-settings\/subscr_sip_ua_data_server_id\[[23]\]$/,
    theirs: /^1$/,
    ours: /^[23]$/,
    why: 'the lines have other registrars; provd writes the proxy for all',
  },
  {
    keys: /^phone-settings\/(?:srv_sip_server_alias|user_host|user_outbound|srv_sip_transport|user_srtp|srv_srtp_auth|user_dtmf_info)\[[23]\]$/,
    theirs: undefined,
    ours: /^(?:192\.0\.2\.(?:20|20:5061|24:5069|30)|tls|on|off)$/,
    why: 'servers of lines that have other registrars; provd writes the proxy for all',
  },
  {
    keys: /^phone-settings\/user_host\[[12]\]$/,
    theirs: /^[\w.]+$/,
    ours: /^[\w.]+:50(?:60|61|80)$/,
    why: 'the port that is configured stands with the server; provd tells none',
  },
  {
    keys: /^phone-settings\/srv_sip_server_alias\[[12]\]$/,
    theirs: /^(?:Wazo|XiVO)\b/,
    ours: /^[\w.]+$/,
    why: 'a server is called what it is',
  },
  {
    keys: /^phone-settings\/(?:user_outbound|user_srtp|srv_sip_transport)\[[12]\]$/,
    theirs: undefined,
    ours: /^(?:|192\.0\.2\.24:5069|off|optional|udp|tcp|tls)$/,
    why: 'outbound proxy, sip_srtp_mode and sip_transport are told; provd has nothing for them',
  },
  {
    keys: /^phone-settings\/(?:timezone|timezone_by_country_region|dst_\w+)$/,
    theirs: undefined,
    ours: /^(?:FRA\+1|CAN-5|on|off|auto|\d+)$/,
    why: 'the time zone is told; provd leaves bases with what they have',
  },
  {
    keys: /^phone-settings\/dns_server1$/,
    theirs: undefined,
    ours: /^0\.0\.0\.0$/,
    why: 'DNS is told, and taken back where none is configured',
  },
  {
    keys: /^phone-settings\/setting_server$/,
    theirs: undefined,
    ours: /^https?:/,
    why: 'a base that was set up by hand comes back here',
  },
];
