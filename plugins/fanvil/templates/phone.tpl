{%- if model and model.dialect == 'old' -%}
{% include 'phone-old.tpl' %}
{%- else -%}
<?xml version="1.0" encoding="UTF-8"?>
{%- from 'phone-book.tpl' import lookup, service %}
{%- set book = phoneBook if phoneBook and phoneBook.userUuid else none %}
{%- set directory = (locale.words.directory if locale) or 'Directory' %}
{#- The series X has languages by letters, dates by locale, and looks people up with a soft key. -#}
{%- set x = plugin.id == 'fanvil-serie-x' %}
{#- Phones with several lines show the number before the name; door phones, hotel phones and handsets the name alone. -#}
{%- set numbered = plugin.id in ['fanvil-serie-v', 'fanvil-serie-x'] %}

{#- Settings that are next to each other in the file, as pairs. -#}
{%- macro settings(pairs) %}
{%- for name, value in pairs %}
<{{ name }}>{{ value }}</{{ name }}>
{%- endfor %}
{%- endmacro %}

{#- Without a port the phone takes 5060, also over TLS. -#}
{%- macro port(endpoint, fallback) -%}
{{ (endpoint.port or (5061 if sip.transport == 'tls' else fallback)) if endpoint else '' }}
{%- endmacro %}

{%- macro change(side, at) %}
{{- settings([('DST' ~ side ~ 'Mon', at.month), ('DST' ~ side ~ 'Hour', at.hour), ('DST' ~ side ~ 'Wday', at.weekday),
              ('DST' ~ side ~ 'Week', at.week), ('DST' ~ side ~ 'Min', at.minute)]) }}
{%- endmacro %}

{#- 0 nothing, 1 dials or watches (2002@1/ba*82002: number, line, use, what picks up), 2 a line, 4 digits within the call. -#}
{%- macro pages(element, all) %}
{%- for page in all %}
<{{ element }} index="{{ page.number }}">
{%- for slot in page.slots %}
{%- set key = slot.key %}
<Fkey index="{{ slot.index }}">
{%- if key and key.value %}
{%- if key.inCall %}
<Type>4</Type>
<Value>{{ key.value }}</Value>
{%- else %}
<Type>1</Type>
<Value>{{ key.value }}@{{ key.line or 1 }}/{{ words.key[key.type] }}{{ codes.pickupCall ~ key.value if key.type == 'blf' and codes.pickupCall }}</Value>
{%- endif %}
<Title>{{ key.label or '' }}</Title>
{%- elif slot.line %}
{{- settings([('Type', 2), ('Value', 'SIP' ~ slot.line.number), ('Title', '')]) }}
{%- else %}
{{- settings([('Type', 0), ('Value', ''), ('Title', '')]) }}
{%- endif %}
</Fkey>
{%- endfor %}
</{{ element }}>
{%- endfor %}
{%- endmacro %}
<sysConf>
<Version>{{ '2.0002' if x else '2.0000000000' }}</Version>
{%- if model and model.images %}
{%- if x %}
<AUTOUPDATE_CONFIG_MODULE>
{{- settings([('Download_Mode', 1), ('Auto_Image_URL', server.url ~ '/' ~ model.images[0]), ('Save_Provision_Info', 1)]) }}
</AUTOUPDATE_CONFIG_MODULE>
{%- endif %}
<fwCheck>
{{- settings([('EnableAutoUpgrade', 1), ('UpgradeServer1', server.url ~ '/Fanvil'), ('UpgradeServer2', ''), ('AutoUpgradeInterval', 24)]) }}
</fwCheck>
{%- endif %}
<ap>
{{- settings([('DownloadCommonConf', 0), ('DownloadDeviceConf', 1), ('SaveProvisionInfo', 1), ('FlashServerIP', server.url),
              ('FlashFileName', 'Fanvil/$mac.cfg'), ('FlashProtocol', 5 if server.url.startswith('https:') else 4),
              ('FlashMode', 1), ('FlashInterval', 1)]) }}
<pnp>
<PNPEnable>0</PNPEnable>
</pnp>
<opt>
<DHCPOption>66</DHCPOption>
</opt>
</ap>
<net>
<DHCPAutoDNS>{{ 0 if dns else 1 }}</DHCPAutoDNS>
{%- if dns %}
<PrimaryDNS>{{ dns.host }}</PrimaryDNS>
{%- endif %}
</net>
<sip>
<SIPPort>5060</SIPPort>
{%- for place in extra.accounts %}
<line index="{{ place.number }}">
{%- set line = place.line %}
{%- if line %}
{%- set proxy = line.outboundProxy or line.proxy %}
{%- set backup = line.backupRegistrar or line.backupProxy %}
{{- settings([
  ('PhoneNumber', line.username),
  ('DisplayName', (line.extension ~ ' ' if numbered and line.extension else '') ~ line.displayName),
  ('RegisterAddr', line.registrar.host if line.registrar else ''),
  ('RegisterPort', port(line.registrar, '')),
  ('RegisterUser', line.authUsername),
  ('RegisterPswd', line.password),
  ('RegisterTTL', 60),
  ('EnableReg', 1),
  ('Transport', words.transport[sip.transport]),
  ('DTMFMode', words.dtmf[line.dtmf or 'SIP-INFO']),
  ('MediaCrypto', words.srtp[line.srtp]),
  ('Subscribe', 1 if sip.subscribeMwi else 0),
  ('MWINum', line.voicemail or ''),
  ('PickupNum', codes.pickupCall or ''),
  ('CallParkNum', codes.park or ''),
  ('ProxyAddr', proxy.host if proxy else ''),
  ('ProxyPort', port(proxy, 5060)),
  ('ProxyUser', line.authUsername),
  ('ProxyPswd', line.password),
  ('BackupAddr', backup.host if backup else ''),
  ('BackupPort', port(backup, '')),
  ('BackupTransport', words.transport[sip.transport] if backup else 0),
  ('BackupTTL', 60 if backup else 3600),
  ('BackupMode', 0),
  ('BakProxyAddr', line.backupProxy.host if line.backupProxy else ''),
  ('BakProxyPort', port(line.backupProxy, '')),
]) }}
{%- else %}
{%- for name in ['PhoneNumber', 'DisplayName', 'RegisterAddr', 'RegisterUser', 'RegisterPswd', 'ProxyAddr', 'ProxyUser', 'ProxyPswd', 'BackupAddr', 'BakProxyAddr', 'MWINum'] %}
<{{ name }}></{{ name }}>
{%- endfor %}
<EnableReg>0</EnableReg>
{%- endif %}
</line>
{%- endfor %}
</sip>
<call>
<port index="1">
{{- settings([('AutoOnhook', 1), ('AutoOnhookTime', 0), ('RingPriority', 0), ('CallWaiting', 0 if options.get('switchboard') else 1)]) }}
</port>
</call>
<phone>
{%- if admin.password %}
<MenuPassword>{{ admin.password }}</MenuPassword>
{%- endif %}
{%- if not x %}
{{- settings([('EnableKeyLock', 0), ('KeyLockTimeout', 0), ('KeyLockStatus', 0), ('SIPNumberPlan', 0), ('EmergencyCall', 112), ('PushXMLIP', ''), ('LDAPSearch', 0), ('SearchPath', 0), ('CallerDisplayType', 5), ('CallLogDisplayType', 0), ('EnableRecvSMS', 1),
              ('EnableCallHistory', 1), ('LineDisplayFormat', '$name@$protocol$instance'), ('EnableMWITone', 0),
              ('SIPNotifyXML', 1), ('BlockXMLWhenCall', 1), ('XMLUpdateInterval', 30), ('EnablePushXMLAuth', 0),
              ('PickupVisualAlert', 0), ('PickupAudioAlert', 0), ('DisplayBusinessCardTimeout', 0),
              ('DisplayCallDuration', 1)]) }}
{%- endif %}
<display>
<DefaultLanguage>{{ (locale.words.letters or '' if x else ('' if locale.words.screen is none else locale.words.screen)) if locale }}</DefaultLanguage>
<LCDTitle>{{ (lines[0].displayName ~ (' ' ~ lines[0].extension if lines[0].extension else '')) if lines }}</LCDTitle>
</display>
<date>
{%- if ntp %}
{{- settings([('SNTPServer', ntp.host), ('EnableSNTP', 1), ('SNTPTimeout', 60)]) }}
{%- else %}
<EnableSNTP>0</EnableSNTP>
{%- endif %}
{%- if extra.zone %}
{{- settings([('TimeZone', extra.zone.quarters), ('TimeZoneName', extra.zone.name)]) }}
{%- if extra.changes %}
{{- settings([('EnableDST', 2), ('DSTFixedType', 2), ('DSTMinOffset', timeZone.daylight.saving // 60)]) }}
{{- change('Start', extra.changes.start) }}
{{- change('End', extra.changes.end) }}
{%- else %}
<EnableDST>0</EnableDST>
{%- endif %}
{%- endif %}
</date>
<timeDisplay>
<TimeDisplayStyle>0</TimeDisplayStyle>
{%- if not x %}
{{- settings([('EnableTimeDisplay', 0), ('DateDisplayStyle', 2 if numbered else 9), ('DateSeparator', 0 if numbered else 3)]) }}
{%- elif locale %}
<DateDisplayStyle>{{ locale.words.date or 10 }}</DateDisplayStyle>
{%- endif %}
</timeDisplay>
<softkey>
{%- if x %}
<DesktopSoftkey>history;dss1;;menu;</DesktopSoftkey>
{%- else %}
{{- settings([('DesktopClick', 'history;status;xml;none;menu;'), ('DesktopSoftkey', 'history;;;menu;')]) }}
{%- endif %}
</softkey>
<xmlContact index="1">
{{- settings([('Name', ('Wazo' if x else directory) if book else ''), ('Addr', lookup(book, 'fanvil-v2', 'term=') if book else ''),
              ('UserName', ''), ('PassWd', ''), ('Sipline', -1), ('BindLine', -1), ('PhonebookType', 0)]) }}
</xmlContact>
</phone>
<cti>
<DNDOnUrl>{{ service(book, 'fanvil', 'dnd', 'enable') if book }}</DNDOnUrl>
<DNDOffUrl>{{ service(book, 'fanvil', 'dnd', 'disable') if book }}</DNDOffUrl>
</cti>
<dsskey>
{#- A phone with keys beside its screen and no others counts their pages as those of function keys. #}
<SideKeyPageNum>{{ extra.pages.side | length or 1 }}</SideKeyPageNum>
<FuncKeyPageNum>{{ (extra.pages.main or extra.pages.side) | length or 1 }}</FuncKeyPageNum>
{{- pages('dssSide', extra.pages.side) }}
{{- pages('internal', extra.pages.main) }}
{%- if x %}
<dssSoft index="1">
{{- settings([('Type', 21), ('Value', lookup(book, 'fanvil', 'term=')), ('Title', directory)] if book else [('Type', 0), ('Value', ''), ('Title', '')]) }}
</dssSoft>
{%- endif %}
</dsskey>
<web>
{{- settings([('WebServerType', 0), ('WebPort', 80), ('HttpsWebPort', 443), ('RemoteControl', 1), ('EnableMMIFilter', 0),
              ('WebAuthentication', 0), ('EnableTelnet', 0), ('TelnetPort', 23), ('TelnetPrompt', ''), ('LogonTimeout', 15)]) }}
{%- for account, name, level in [(admin, 'admin', 10), (user, 'guest', 5)] if account.password %}
<account index="{{ 1 if level == 10 else 2 }}">
{{- settings([('Name', account.username or name), ('Password', account.password), ('Level', level)]) }}
</account>
{%- endfor %}
</web>
<qos>
{%- set tagged = vlan if vlan and vlan.id else none %}
{{- settings([('EnableVLAN', 1 if tagged else 0), ('VLANID', tagged.id if tagged else 256),
              ('SignallingPriority', tagged.priority or 0 if tagged else 0), ('VoicePriority', tagged.priority or 0 if tagged else 0),
              ('EnablePVID', 2 if vlan and vlan.pcPortId else 0), ('PVIDValue', vlan.pcPortId if vlan and vlan.pcPortId else 254)]) }}
</qos>
<mm>
<SelectYourTone>{{ (11 if locale.words.tones is none else locale.words.tones) if locale }}</SelectYourTone>
<capability>
<AudioCodecSets>PCMU,PCMA,G722</AudioCodecSets>
</capability>
</mm>
<log>
{{- settings([('OutputDevice', 'stdout,syslog' if syslog else 'stdout'), ('FileName', 'platform.log'), ('FileSize', '512KB'),
              ('SyslogTag', 'platform'), ('Level', words.syslogLevel[syslog.level] if syslog else 'ERROR'), ('Style', 'level,tag'),
              ('SyslogServer', syslog.host if syslog else '0.0.0.0'), ('SyslogServerPort', syslog.port if syslog else 514)]) }}
</log>
</sysConf>
{%- endif %}
