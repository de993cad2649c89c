{#- The settings that are made into the phone's file: quirks.ts has its form. -#}
{%- macro p(code, value) %}
P{{ code }}={{ value }}
{%- endmacro -%}
{{ p(212, 0 if extra.home.protocol == 'tftp' else 1) }}
{{- p(237, extra.home.path) }}
{{- p(192, extra.home.path) }}
{{- p(194, 1) }}
{%- if admin.password %}
{{- p(2, admin.password) }}
{%- endif %}
{%- if user.password %}
{{- p(196, user.password) }}
{%- endif %}
{{- p(51, vlan.id if vlan else 0) }}
{{- p(87, (vlan.priority or 0) if vlan else 0) }}
{%- for part in extra.dns %}
{{- p(91 + loop.index, part) }}
{%- endfor %}
{{- p(207, syslog.host if syslog else '') }}
{{- p(208, words.syslogLevel[syslog.level] if syslog else 0) }}
{{- p(30, ntp.host if ntp else 'pool.ntp.org') }}
{{- p(144, 0 if ntp else 1) }}
{%- if extra.oldClock %}
{{- p(64, extra.oldClock.minutes) }}
{{- p(75, 1 if extra.oldClock.rule else 0) }}
{%- if extra.oldClock.rule %}
{{- p(246, extra.oldClock.rule) }}
{%- endif %}
{%- endif %}
{{- p(143, 0 if timeZone else 1) }}
{{- p(91, 1 if options.get('switchboard') else 0) }}

{%- for place in linePlaces if extra.accounts[place.number] is defined %}
{%- set code = extra.accounts[place.number] %}
{%- set line = place.line %}
{%- if line %}
{%- set servers = extra.servers[line.number] %}
{{- p(code.active[0], 1) }}
{{- p(code.name[0], line.displayName) }}
{{- p(code.server[0], servers.first) }}
{{- p(code.outboundProxy[0], servers.outboundProxy) }}
{{- p(code.transport[0], words.oldTransport[sip.transport]) }}
{{- p(code.userId[0], line.username) }}
{{- p(code.authId[0], line.authUsername) }}
{{- p(code.password[0], line.password) }}
{{- p(code.displayName[0], line.displayName) }}
{{- p(code.voicemail[0], line.voicemail or '') }}
{{- p(code.subscribeMwi[0], 1 if sip.subscribeMwi else 0) }}
{{- p(code.unregisterOnReboot[0], 1) }}
{{- p(code.pickupPrefix[0], codes.pickupCall or '**') }}
{{- p(code.srtp[0], words.srtp[line.srtp]) }}
{{- p(code.oldDtmf[0], words.oldDtmf[line.dtmf or 'SIP-INFO']) }}
{{- p(code.autoAnswer[0], 1) }}
{{- p(code.callFeatures[0], 0) }}
{%- else %}
{{- p(code.active[0], 0) }}
{%- for setting in ['name', 'server', 'outboundProxy', 'userId', 'authId', 'password', 'displayName', 'voicemail'] %}
{{- p(code[setting][0], '') }}
{%- endfor %}
{%- endif %}
{%- endfor %}

{%- for place in keyPlaces %}
{%- set key = place.key %}
{%- set code = extra.keyCodes[place.position] %}
{{- p(code.mode, words.oldKey[key.type] if key else 0) }}
{{- p(code.account, (key.line or 1) - 1 if key else 0) }}
{{- p(code.label, (key.label or '') if key else '') }}
{{- p(code.value, (key.value or '') if key else '') }}
{%- endfor %}
