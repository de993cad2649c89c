import type { Difference } from '../comparison.ts';

/** What our files say otherwise than those that provd's plugins made of the same raw config, and why. */
export const differences: readonly Difference[] = [
  // Accounts and servers
  {
    keys: /^(?:BS_IP_Data1\.aucS_SIP_USER_ID|SipAccount\.00001\.UserName)$/,
    theirs: /^auth1001$/,
    ours: /^u1001$/,
    why: 'the name that is called is not the one that logs in; provd writes the latter for both',
  },
  {
    keys: /^BS_IP_Data1\.aucS_SIP_REGISTRAR(?:_3)?$/,
    theirs: /^192\.0\.2\.20$/,
    ours: /^192\.0\.2\.(?:22|30)$/,
    why: 'the registrar that is configured; provd writes the proxy',
  },
  {
    keys: /^BS_IP_Data1\.uiI_SIP_(?:REGISTRAR|SERVER)_PORT(?:_[23])?$/,
    theirs: /^506[01]$/,
    ours: /^(?:5065|5080|5060)$/,
    why: 'the port that goes with the server; provd writes that of the first line’s proxy',
  },
  {
    keys: /^BS_IP_Data1\.(?:ucI_OUTBOUND_PROXY_MODE|aucS_OUTBOUND_PROXY|uiI_OUTBOUND_PROXY_PORT)(?:_[23])?$/,
    theirs: /^(?:1|5060|)$/,
    ours: /^(?:0|5069|192\.0\.2\.24)$/,
    why: 'sip_outbound_proxy_ip is told; provd leaves it to the base to find one',
  },
  {
    keys: /^BS_IP_Data1\.ucB_SIP_ACCOUNT_IS_ACTIVE_[2-6]$/,
    theirs: undefined,
    ours: /^0$/,
    why: 'accounts that nobody has are switched off; provd leaves the base with what it had',
  },
  {
    keys: /^SipProvider\.0\.RegServer(?:Address|Port)$/,
    theirs: undefined,
    ours: /^(?:192\.0\.2\.[12]0|5060)$/,
    why: 'a line’s own registrar is told; provd tells only that of all lines',
  },
  {
    keys: /^SipProvider\.[12]\.\w+$/,
    theirs: undefined,
    ours: /./,
    why: 'lines with another registrar or outbound proxy have a provider of their own; to provd it is the same one if the proxy is',
  },
  {
    keys: /^SipAccount\.0000[23]\.ProviderId$/,
    theirs: /^0$/,
    ours: /^[12]$/,
    why: 'lines with another registrar or outbound proxy have a provider of their own; to provd it is the same one if the proxy is',
  },
  {
    keys: /^SipProvider\.0\.(?:FailoverServer|OutboundProxy)(?:Address|Port)$/,
    theirs: undefined,
    ours: /^(?:5060|)$/,
    why: 'a server that is not used any more is taken back',
  },
  {
    keys: /^SipProvider\.0\.AcceptNonSRTPCalls$/,
    theirs: /^0$/,
    ours: /^1$/,
    why: 'the line prefers SRTP, and does not require it',
  },
  {
    keys: /^SipProvider\.0\.DTMFTransmission$/,
    theirs: /^None$/,
    ours: undefined,
    why: 'where no way is configured the base keeps its own; provd writes a word that is none',
  },
  {
    keys: /^BS_IP_Data1\.ucI_DTMF_TX_MODE_BITS$/,
    theirs: /^2$/,
    ours: /^[14]$/,
    why: 'digits are sent as sip_dtmf_mode says; provd writes RFC 2833 whatever is configured',
  },
  // Voicemail
  {
    keys: /^SipAccount\.0000[12]\.VoiceMail(?:Mailbox|Active)$/,
    theirs: undefined,
    ours: /^(?:\*98|1)$/,
    why: 'a line without a number of its own has exten_voicemail',
  },
  {
    keys: /^BS_IP_Data1\.aucS_VOIP_NET_AM_NUMBER_3$/,
    theirs: /^\*98$/,
    ours: /^\*981003$/,
    why: 'a line’s own number counts more than exten_voicemail',
  },
  {
    keys: /^(?:SipAccount\.00001\.VoiceMail(?:Mailbox|Active)|BS_IP_Data1\.(?:aucS_VOIP_NET_AM_NUMBER|ucB_VOIP_NET_AM_ENABLED)_1)$/,
    theirs: undefined,
    ours: /^0?$/,
    why: 'a mailbox that is not there any more is taken back',
  },
  // The directory
  {
    keys: /^BS_XML_Netdirs\./,
    theirs: undefined,
    ours: /^[04]?$/,
    why: 'a directory that is not there any more is taken back',
  },
  {
    keys: /^(?:Netdir\.1\.Activated|XMLDir\.1\.(?:ProviderName|WhitePagesDirName))$/,
    theirs: /^(?:1|Wazo|Directory)$/,
    ours: /^0?$/,
    why: 'without a user there is no directory to ask; provd shows one that has no URL',
  },
  // Time, language, network
  {
    keys: /^DmGlobal\.0\.TimeZone$/,
    theirs: /^America\/Chicago$/,
    ours: /^America\/New_York$/,
    why: 'Montreal has the clocks of New York; provd’s table of offsets counts those of summer',
  },
  {
    keys: /^BS_IP_Data1\.(?:uiI_TIME_TIMEZONE|ucB_TIME_USE_AUTOMATIC_DST)$/,
    theirs: /^(?:26|1)$/,
    ours: undefined,
    why: 'where no zone is configured the base keeps its own',
  },
  {
    keys: /^BS_IP_Data1\.ucB_TIME_USE_AUTOMATIC_DST$/,
    theirs: /^1$/,
    ours: /^0$/,
    why: 'India has no summer time',
  },
  {
    keys: /^(?:BS_AE_SwConfig\.ucCountryCodeTone|BS_IP_Data1\.(?:ucI_HTTPLANGUAGE|uiI_TIME_COUNTRY))$/,
    theirs: /^(?:0|1|48)$/,
    ours: /^(?:1|4|6|7|9|24)$/,
    why: 'tones, pages and country are those of the locale; provd has the same for all',
  },
  {
    keys: /^BS_IP_Data1\.ulI_DNS_SERVER_1$/,
    theirs: /^12583477$/,
    ours: /^3221226037$/,
    why: '192.0.2.53 is 0xc0000235; provd writes numbers below 16 with one digit, which is another address',
  },
  {
    keys: /^BS_IP_Data1\.(?:ucB_VLAN_ENABLED|ucI_VLAN_PRIORITY|uiI_VLAN_ID)$/,
    theirs: undefined,
    ours: /^0$/,
    why: 'a VLAN that is not there any more is taken back',
  },
  {
    keys: /^BS_IP_Data1\.ucI_VLAN_PRIORITY$/,
    theirs: /^$/,
    ours: /^0$/,
    why: 'a VLAN without a priority has the lowest; provd writes no number',
  },
  // PINs and handsets
  {
    keys: /^BS_CUSTOM\.aucKdsPin\[0\]$/,
    theirs: /^0x00,0x00$/,
    ours: undefined,
    why: 'where the configured password is no PIN of four digits, the base keeps its own; provd sets that of the factory',
  },
  {
    keys: /^(?:update_dm local|RegStart|RegDuration|DMPpasswd)$/,
    theirs: /^(?:1781524800|900|Gigaset|)$/,
    ours: undefined,
    why: 'provd lets everybody in the house register handsets for a quarter of an hour after each change, which makes another file each time',
  },
];
