<?xml version="1.0" encoding="UTF-8"?>
<gs_provision version="1">
  <config version="1">
{%- macro p(code, value) %}
    <P{{ code }}>{{ value }}</P{{ code }}>
{%- endmacro %}
{#- What an account has, under each number that it has it under. #}
{%- macro each(codes, value) %}
{%- for code in codes %}
{{- p(code, value) }}
{%- endfor %}
{%- endmacro %}
{%- set facts = model or {} %}
{%- set adapter = facts.adapter | default(false) %}
{%- set android = facts.android | default(false) %}

{#- Where to go from now on, and when to ask again: every night, whoever is at home. #}
{{- p(212, words.protocol[extra.home.protocol]) }}
{{- p(237, extra.home.path) }}
{{- p(6767, words.protocol[extra.home.protocol]) }}
{{- p(192, extra.home.path) }}
{#- Every day: adapters count the ways to ask again otherwise. #}
{{- p(194, 1 if adapter else 2) }}
{{- p(8458, 1) }}
{{- p(285, 23) }}
{{- p(8459, 1) }}
{{- p(8375, 0) }}

{%- if admin.password %}
{{- p(2, admin.password) }}
{%- endif %}
{%- if user.password %}
{{- p(196, user.password) }}
{%- endif %}
{%- if sip.localCertificate %}
{{- p(280, ([sip.localCertificate] + sip.localChain) | join('\n')) }}
{%- endif %}
{%- if sip.localKey %}
{{- p(279, sip.localKey) }}
{%- endif %}

{{- p(51, vlan.id if vlan else 0) }}
{{- p(87, (vlan.priority or 0) if vlan else 0) }}
{%- if not adapter %}
{{- p(229, (vlan.pcPortId or 0) if vlan else 0) }}
{%- endif %}
{%- for part in extra.dns %}
{{- p(91 + loop.index, part) }}
{%- endfor %}
{{- p(207, (syslog.host ~ (':' ~ syslog.port if syslog.port != 514 else '')) if syslog else '') }}
{{- p(208, words.syslogLevel[syslog.level] if syslog else 0) }}

{#- What is told here counts more than what a DHCP server says. #}
{{- p(30, ntp.host if ntp else 'pool.ntp.org') }}
{{- p(144, 0 if ntp else 1) }}
{%- if extra.clock %}
{{- p(64, extra.clock.zone) }}
{%- if extra.clock.custom %}
{{- p(246, extra.clock.custom) }}
{%- endif %}
{%- endif %}
{{- p(143, 0 if timeZone else 1) }}
{%- set language = ((locale.words.android if android) or locale.words.screen) if locale else none %}
{%- if language %}
{{- p(1362, language) }}
{%- elif not adapter and not android %}
{{- p(1362, 'auto') }}
{%- endif %}
{%- if not adapter %}
{{- p(91, 1 if options.get('switchboard') else 0) }}
{%- endif %}

{%- for place in linePlaces if extra.accounts[place.number] is defined %}
{%- set code = extra.accounts[place.number] %}
{%- set line = place.line %}
{%- if line %}
{%- set servers = extra.servers[line.number] %}
{%- set dtmf = line.dtmf or 'SIP-INFO' %}

    {{- each(code.active, 1) }}
    {{- each(code.name, line.displayName) }}
    {{- each(code.server, servers.first) }}
    {{- each(code.backupServer, servers.second) }}
    {{- each(code.outboundProxy, servers.outboundProxy) }}
    {{- each(code.transport, words.transport[sip.transport]) }}
    {{- each(code.userId, line.username) }}
    {{- each(code.authId, line.authUsername) }}
    {{- each(code.password, line.password) }}
    {{- each(code.displayName, line.displayName) }}
    {{- each(code.voicemail, line.voicemail or '') }}
    {{- each(code.subscribeMwi, 1 if sip.subscribeMwi else 0) }}
    {{- each(code.unregisterOnReboot, 1) }}
    {{- each(code.pickupPrefix, codes.pickupCall or '**') }}
    {{- each(code.srtp, words.srtp[line.srtp]) }}
    {{- each(code.dtmfInAudio, words.dtmfInAudio[dtmf]) }}
    {{- each(code.dtmfInRtp, words.dtmfInRtp[dtmf]) }}
    {{- each(code.dtmfInSip, words.dtmfInSip[dtmf]) }}
    {{- each(code.dialPlan, '{ [*x]+ }') }}
    {{- each(code.autoAnswer, 1) }}
    {{- each(code.callFeatures, 0) }}
    {{- each(code.dtmfFirst, words.dtmfFirst[dtmf]) }}
    {{- each(code.dtmfSecond, words.dtmfSecond[dtmf]) }}
    {{- each(code.dtmfThird, words.dtmfThird[dtmf]) }}
    {{- each(code.trustedCertificates, sip.trustedCertificates | join('\n')) }}
{%- else %}

    {{- each(code.active, 0) }}
    {%- for setting in ['name', 'server', 'backupServer', 'outboundProxy', 'userId', 'authId', 'password', 'displayName', 'voicemail'] %}
    {{- each(code[setting], '') }}
    {%- endfor %}
{%- endif %}
{%- endfor %}

{#- What is plugged into an adapter: a telephone of the American kind, or a fax that speaks T.38. #}
{%- if adapter %}
{%- for place in linePlaces %}
{%- set code = extra.accounts[place.number] %}

    {{- each(code.callerIdScheme, 0) }}
    {{- each(code.impedance, 3) }}
    {{- each(code.faxMode, 0) }}
    {{- each(code.reinviteAfterFaxTone, 1) }}
{%- endfor %}
{%- endif %}

{%- for place in keyPlaces %}
{%- set key = place.key %}
{%- set code = extra.keyCodes[place.position] %}

    {{- p(code.mode, (words.ownKey.dtmf if key.inCall else words.key[key.type]) if key else 0) }}
    {{- p(code.account, (key.line or 1) - 1 if key else 0) }}
    {{- p(code.label, (key.label or '') if key else '') }}
    {{- p(code.value, (key.value or '') if key else '') }}
{%- endfor %}
  </config>
</gs_provision>
