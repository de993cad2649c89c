<?xml version="1.0" encoding="ISO-8859-1"?>
{%- from 'items.tpl' import number, text, bytes, port, netdir, network, clock %}
{%- set mac = device.mac | replace(':', '') | upper if device.mac else '' %}
{%- set book = phoneBook if phoneBook and phoneBook.userUuid else none %}
{%- set data = 'BS_IP_Data1' %}
<ProviderFrame xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="N510.xsd">
  <Provider>
    <MAC_ADDRESS value="{{ mac }}"/>
    <PROFILE_NAME class="string" value="N510"/>
{%- if model and model.images %}
    <S_SPECIAL_DATA_SRV class="string" value='"{{ server.url }}/{{ model.images[0] }}?mac={{ mac }}&amp;{{ model.images[0].split('/')[-1] }}"'/>
{{- text(data ~ '.aucS_USER_FIRMWARE_URL', extra.home ~ '/' ~ model.images[0]) }}
{%- endif %}
    <S_CONFIGFILE_URL class="string" value='"{{ extra.home }}/{{ mac }}.xml"'/>
{{- text(data ~ '.aucS_DATA_SERVER[0]', extra.home) }}
{{- number('BS_IP_Data.ucB_AUTO_UPDATE_PROFILE', 1) }}
{{- number('BS_IP_Data3.ucI_ONESHOT_PROVISIONING_MODE_1', 1) }}
{{- number(data ~ '.ucB_ACCEPT_FOREIGN_SUBNET', 1) }}
{{- network(data, extra, vlan) }}
{%- if extra.pin %}
{{- bytes('BS_CUSTOM.aucKdsPin[0]', '0x%s,0x%s' % (extra.pin[0], extra.pin[1])) }}
{%- endif %}

{%- for place in linePlaces %}
{%- set line = place.line %}
{%- set index = place.number - 1 %}
{#- Settings of the first account have no number; three of them have. #}
{%- set suffix = '' if index == 0 else '_%s' % place.number %}
{{- number('BS_IP_Data1.ucB_SIP_ACCOUNT_IS_ACTIVE_%s' % place.number, 1 if line else 0) }}
{%- if line %}
{%- set label = line.displayName ~ (' ' ~ line.extension if line.extension else '') %}
{{- text('BS_Accounts.astAccounts[%s].aucAccountName[0]' % index, label) }}
{#- Calls of an account ring its own handset, and go out from it. #}
{{- number('BS_Accounts.astAccounts[%s].uiSendMask' % index, 2 ** index) }}
{{- number('BS_Accounts.astAccounts[%s].uiReceiveMask' % index, 2 ** index) }}
{{- text('BS_AE_Subscriber.stMtDat[%s].aucTlnName' % index, line.extension or line.displayName) }}
{{- text(data ~ '.aucS_SIP_ACCOUNT_NAME_%s' % place.number, label) }}
{{- text(data ~ '.aucS_SIP_DISPLAYNAME' ~ suffix, label) }}
{{- text('BS_IP_Data3.aucS_SIP_LOGIN_ID' ~ suffix, line.authUsername) }}
{{- text(data ~ '.aucS_SIP_PASSWORD' ~ suffix, line.password) }}
{{- text(data ~ '.aucS_SIP_USER_ID' ~ suffix, line.username) }}
{{- text(data ~ '.aucS_SIP_PROVIDER_NAME' ~ suffix, 'WazoPBX') }}
{{- text(data ~ '.aucS_SIP_DOMAIN' ~ suffix, line.proxy.host if line.proxy) }}
{{- text(data ~ '.aucS_SIP_SERVER' ~ suffix, line.proxy.host if line.proxy) }}
{{- number(data ~ '.uiI_SIP_SERVER_PORT' ~ suffix, port(line.proxy) | int) }}
{%- set registrar = line.registrar or line.proxy %}
{{- text(data ~ '.aucS_SIP_REGISTRAR' ~ suffix, registrar.host if registrar) }}
{{- number(data ~ '.uiI_SIP_REGISTRAR_PORT' ~ suffix, port(registrar) | int) }}
{{- number(data ~ '.uiI_RE_REGISTRATION_TIMER' ~ suffix, 180) }}
{#- 0 always, 1 when the base finds that it needs one. #}
{{- number(data ~ '.ucI_OUTBOUND_PROXY_MODE' ~ suffix, 0 if line.outboundProxy else 1) }}
{{- text(data ~ '.aucS_OUTBOUND_PROXY' ~ suffix, line.outboundProxy.host if line.outboundProxy) }}
{{- number(data ~ '.uiI_OUTBOUND_PROXY_PORT' ~ suffix, port(line.outboundProxy) | int) }}
{{- number(data ~ '.ucB_SIP_USE_STUN' ~ suffix, 0) }}
{{- text(data ~ '.aucS_STUN_SERVER' ~ suffix, '') }}
{{- number(data ~ '.uiI_STUN_SERVER_PORT' ~ suffix, 3478) }}
{{- number(data ~ '.uiI_RE_STUN_TIMER' ~ suffix, 240) }}
{#- G.722, G.711 A-law and µ-law, G.726, G.729. #}
{{- bytes(data ~ '.ucI_SIP_PREFERRED_VOCODER' ~ suffix, '0x05,0x01,0x00,0x02,0x03') }}
{{- number(data ~ '.ucB_VOIP_NET_AM_ENABLED_%s' % place.number, 1 if line.voicemail else 0) }}
{{- text(data ~ '.aucS_VOIP_NET_AM_NUMBER_%s' % place.number, line.voicemail) }}
{%- endif %}
{%- endfor %}

{{- netdir(book, '', {'login': 4, 'lookup': true, 'mac': 0}) }}
{{- number(data ~ '.ucI_CODEC_PREFERENCES', 0) }}
{{- number(data ~ '.ucB_DTMF_TX_MODE_AUTO', 0) }}
{{- number(data ~ '.ucI_DTMF_TX_MODE_BITS', words.dtmf[sip.dtmf or (lines[0].dtmf if lines) or 'RTP-out-of-band']) }}
{{- number('BS_VOIP_Data.astVoipProviders[0].ulSessionRefresh_MIN_SE', 90) }}
{{- number('BS_LM_AppCfg.bit.bHasIdleTextInternalName', 1) }}
{{- number(data ~ '.ucB_CT_AFTER_ON_HOOK', 1) }}
{{- number('BS_CUSTOM_ORG.bit.bEct', 1) }}
{{- number(data ~ '.ucB_USE_R_KEY_FOR_CALL_TRANSFER', 1) }}
{{- number('BS_AE_SwConfig.ucCountryCodeTone', (locale.words.tones if locale) or 0) }}
{{- number(data ~ '.ucI_HTTPLANGUAGE', (locale.words.web if locale) or 1) }}
{{- number(data ~ '.uiI_TIME_COUNTRY', (locale.words.country if locale) or 0x30) }}
{#- No prefix of any country is added to numbers. #}
{{- number(data ~ '.ucI_DIALING_PLAN_COUNTRY_ID', 0xff) }}
{{- clock(data, '', extra, timeZone, ntp) }}
  </Provider>
</ProviderFrame>
