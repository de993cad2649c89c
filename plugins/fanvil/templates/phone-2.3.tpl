{#- Without a port the phone takes 5060, also over TLS. -#}
{%- macro port(endpoint) -%}
{{ (endpoint.port or (5061 if sip.transport == 'tls' else 5060)) if endpoint else '' }}
{%- endmacro -%}
<<VOIP CONFIG FILE>>Version:2.0002

<GLOBAL CONFIG MODULE>
DHCP Dns           :{{ 0 if dns else 1 }}
{%- if dns %}
Primary DNS        :{{ dns.host }}
{%- endif %}
Default Protocol   :2
Language           :{{ (locale.words.letters if locale) or '' }}
Enable SNTP        :{{ 1 if ntp else 0 }}
{%- if ntp %}
SNTP Server        :{{ ntp.host }}
SNTP Time Out      :60
{%- endif %}
{%- if extra.zone %}
Time Zone          :{{ extra.zone.number }}
Time String Zone   :{{ extra.zone.listName }}
Enable Daylight    :{{ 1 if extra.changes else 0 }}
{%- if extra.changes %}
DayLight Shift Min :{{ timeZone.daylight.saving // 60 }}
{%- for side, at in [('Start', extra.changes.start), ('End', extra.changes.end)] %}
{{ ('DayLight ' ~ side ~ ' Mon').ljust(19) }}:{{ at.month }}
{{ ('DayLight ' ~ side ~ ' Week').ljust(19) }}:{{ at.week }}
{{ ('DayLight ' ~ side ~ ' Wday').ljust(19) }}:{{ at.weekday }}
{{ ('DayLight ' ~ side ~ ' Hour').ljust(19) }}:{{ at.hour }}
{{ ('DayLight ' ~ side ~ ' Min').ljust(19) }}:{{ at.minute }}
{%- endfor %}
{%- endif %}
{%- endif %}

<TELE CONFIG MODULE>
--Port Config--    :
P1 CallWaiting     :{{ 0 if options.get('switchboard') else 1 }}
P1 Auto Handdown   :1
P1 Auto Handdown ti:0

<SIP CONFIG MODULE>
SIP  Port          :5060
--SIP Line List--  :
{%- for place in extra.accounts %}
{%- set name = 'SIP' ~ place.number %}
{%- set line = place.line %}
{%- if line %}
{%- set proxy = line.outboundProxy or line.proxy %}
{%- set backup = line.backupProxy or line.backupRegistrar %}
{{ name }} Phone Number  :{{ line.username }}
{{ name }} Display Name  :{{ line.extension ~ ' ' if line.extension }}{{ line.displayName }}
{{ name }} Register Addr :{{ line.registrar.host if line.registrar }}
{{ name }} Register Port :{{ port(line.registrar) }}
{{ name }} Register User :{{ line.authUsername }}
{{ name }} Register Pswd :{{ line.password }}
{{ name }} Register TTL  :60
{{ name }} Enable Reg    :1
{{ name }} Proxy Addr    :{{ proxy.host if proxy }}
{{ name }} Proxy Port    :{{ port(proxy) }}
{{ name }} Proxy User    :{{ line.authUsername }}
{{ name }} Proxy Pswd    :{{ line.password }}
{{ name }} BakProxy Addr :{{ backup.host if backup }}
{{ name }} BakProxy Port :{{ port(backup) }}
{{ name }} Media Crypto  :{{ words.srtp[line.srtp] }}
{{ name }} DTMF Mode     :{{ words.dtmf[line.dtmf or 'SIP-INFO'] }}
{{ name }} Subscribe     :{{ 1 if sip.subscribeMwi else 0 }}
{{ name }} Transport     :{{ words.transport[sip.transport] }}
{{ name }} Pickup Num    :{{ codes.pickupCall or '' }}
{{ name }} MWI Num       :{{ line.voicemail or '' }}
{%- else %}
{%- for setting in ['Phone Number ', 'Display Name ', 'Register Addr', 'Register User', 'Register Pswd', 'Proxy Addr   ', 'Proxy User   ', 'Proxy Pswd   ', 'BakProxy Addr', 'MWI Num      '] %}
{{ name }} {{ setting }} :
{%- endfor %}
{{ name }} Enable Reg    :0
{%- endif %}
{%- endfor %}

<MMI CONFIG MODULE>
Web Port           :80
--MMI Account--    :
{%- for number, account, name, level in [(1, admin, 'admin', 10), (2, user, 'guest', 5)] if account.password %}
Account{{ number }} Name      :{{ account.username or name }}
Account{{ number }} Pass      :{{ account.password }}
Account{{ number }} Level     :{{ level }}
{%- endfor %}

<QOS CONFIG MODULE>
Enable VLAN        :{{ 1 if vlan and vlan.id else 0 }}
VLAN ID            :{{ vlan.id if vlan and vlan.id else 256 }}
802.1P Value       :{{ vlan.priority or 0 if vlan and vlan.id else 0 }}
Enable PVID        :{{ 2 if vlan and vlan.pcPortId else 0 }}
PVID Value         :{{ vlan.pcPortId if vlan and vlan.pcPortId else 0 }}

<DEBUG CONFIG MODULE>
MGR Trace Level    :{{ words.traceLevel[syslog.level] if syslog else 0 }}
SIP Trace Level    :{{ words.traceLevel[syslog.level] if syslog else 0 }}

<AAA CONFIG MODULE>
Enable Syslog      :{{ 1 if syslog else 0 }}
Syslog address     :{{ syslog.host if syslog else '0.0.0.0' }}
Syslog port        :{{ syslog.port if syslog else 514 }}

<PHONE CONFIG MODULE>
{%- if admin.password %}
Keypad Password    :{{ admin.password }}
{%- endif %}
LCD Logo           :{{ lines[0].displayName if lines }}
Time Display Style :0
--Function Key--   :
{#- 0 nothing, 1 dials or watches (2002@1/ba*82002: number, line, use, what picks up), 2 a line, 4 digits within the call. #}
{%- for page in extra.pages.main %}
{%- for slot in page.slots %}
{%- set key = slot.key %}
{%- if key and key.value and key.inCall %}
{%- set told = (4, key.value, key.label or '') %}
{%- elif key and key.value %}
{%- set pickup = codes.pickupCall ~ key.value if key.type == 'blf' and codes.pickupCall else '' %}
{%- set told = (1, key.value ~ '@' ~ (key.line or 1) ~ '/' ~ words.key[key.type] ~ pickup, key.label or '') %}
{%- else %}
{%- set told = (2, 'SIP' ~ slot.line.number, '') if slot.line else (0, '', '') %}
{%- endif %}
{%- for setting in ['Type', 'Value', 'Title'] %}
{{ ('Fkey' ~ slot.index ~ ' ' ~ setting).ljust(19) }}:{{ told[loop.index0] }}
{%- endfor %}
{%- endfor %}
{%- endfor %}

<AUTOUPDATE CONFIG MODULE>
Download Server IP :{{ server.url }}
Config File Name   :Fanvil/$mac.cfg
Download Protocol  :{{ 5 if server.url.startswith('https:') else 4 }}
Download Mode      :1
Download Interval  :1
{%- if model and model.images %}
Auto Image URL     :{{ server.url }}/{{ model.images[0] }}
{%- endif %}
<<END OF FILE>>
