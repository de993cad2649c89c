<?xml version="1.0" encoding="UTF-8"?>
{%- from 'items.tpl' import directory, port %}
{%- macro param(name, value) %}
    <param name="{{ name }}" value="{{ '' if value is none else value }}"/>
{%- endmacro %}
{%- set book = phoneBook if phoneBook and phoneBook.userUuid else none %}
{%- set tls = sip.transport == 'tls' %}
<provisioning version="1.1" productID="e2">
{%- if model and model.images %}
  <firmware>
    <file version="{{ model.version.split('V')[-1] }}" url="{{ server.url }}/{{ model.images[0] }}"/>
  </firmware>
{%- endif %}
  <nvm>
    <oper name="DeleteNotProvisionedHS"/>
{{- param('Provisioning.global.ProvisioningServer', server.url) }}
{%- if admin.password %}
{{- param('WebUIAccounts.1.Password', admin.password) }}
{%- endif %}
{{- param('Telephony.0.ToneScheme', (locale.words.toneScheme if locale) or 'Retail') }}
{{- param('Telephony.0.CT_ViaRKey', 1) }}
{{- param('Telephony.0.CT_ByOnHook', 1) }}
{{- param('DmGlobal.0.SuotaEnable', 1) }}
{{- param('DmGlobal.0.HSIdleDisplay', 1) }}
{{- param('DmGlobal.0.SystemRegDomain', 'EUR') }}
{#- How often a firmware update that would end a call is put off. #}
{{- param('dm.local.FwUpdateCallBlockAttempts', 288) }}
{%- if ntp %}
{{- param('DmGlobal.0.NtpServer', ntp.host) }}
{%- endif %}
{%- if timeZone %}
{{- param('DmGlobal.0.TimeZone', extra.zoneName) }}
{%- endif %}

{%- for provider in extra.providers %}
{%- set name = 'SipProvider.%s' % (provider.number - 1) %}
{{- param(name ~ '.Name', 'Wazo%s' % (provider.number - 1)) }}
{{- param(name ~ '.Domain', provider.proxy.host if provider.proxy) }}
{{- param(name ~ '.ProxyServerAddress', provider.proxy.host if provider.proxy) }}
{{- param(name ~ '.ProxyServerPort', port(provider.proxy, tls)) }}
{{- param(name ~ '.RegServerAddress', provider.registrar.host if provider.registrar) }}
{{- param(name ~ '.RegServerPort', port(provider.registrar, tls)) }}
{{- param(name ~ '.RegServerRefreshTimer', 180) }}
{{- param(name ~ '.TransportProtocol', words.transport[sip.transport]) }}
{{- param(name ~ '.UseSIPS', 0) }}
{{- param(name ~ '.SRTP_Enabled', 0 if provider.srtp == 'disabled' else 1) }}
{{- param(name ~ '.AcceptNonSRTPCalls', 1 if provider.srtp == 'preferred' else 0) }}
{%- if provider.dtmf %}
{{- param(name ~ '.DTMFTransmission', words.dtmf[provider.dtmf]) }}
{%- endif %}
{{- param(name ~ '.MWISubscription', 1 if sip.subscribeMwi else 0) }}
{{- param(name ~ '.WithDeregOnHsNotReachable', 1) }}
{{- param(name ~ '.RenewConnectionAfterTimeout', 1) }}
{{- param(name ~ '.ConnectionTimeoutAction', 1) }}
{{- param(name ~ '.DnsQuery', 0) }}
{{- param(name ~ '.FailoverServerEnabled', 1 if provider.backupProxy else 0) }}
{{- param(name ~ '.FailoverServerAddress', provider.backupProxy.host if provider.backupProxy) }}
{{- param(name ~ '.FailoverServerPort', port(provider.backupProxy, tls)) }}
{#- 0 always, 2 never. #}
{{- param(name ~ '.OutboundProxyMode', 0 if provider.outboundProxy else 2) }}
{{- param(name ~ '.OutboundProxyAddress', provider.outboundProxy.host if provider.outboundProxy) }}
{{- param(name ~ '.OutboundProxyPort', port(provider.outboundProxy, tls)) }}
{%- endfor %}

{%- for line in lines %}
{%- set handset = '%05d' % line.number %}
{%- set account = 'SipAccount.' ~ handset %}
    <oper value="{{ handset }}" name="add_hs">
      <param name="hs.RegStatus" value="ToReg"/>
    </oper>
{{- param('hs.%s.DECT_AC' % handset, extra.pins[line.number]) }}
{{- param(account ~ '.AuthName', line.authUsername) }}
{{- param(account ~ '.AuthPassword', line.password) }}
{{- param(account ~ '.ProviderId', line.serverSet - 1) }}
{{- param(account ~ '.UserName', line.username) }}
{{- param(account ~ '.DisplayName', (line.extension ~ ' ' if line.extension else '') ~ line.displayName) }}
{{- param(account ~ '.VoiceMailMailbox', line.voicemail) }}
{{- param(account ~ '.VoiceMailActive', 1 if line.voicemail else 0) }}
{{- param('hs.%s.DirectAccessDir' % handset, 0) }}
{{- param('hs.%s.IntKeyDir' % handset, 20) }}
{%- endfor %}

{{- param('Netdir.1.Activated', 1 if book else 0) }}
{{- param('XMLDir.1.ProviderName', 'Wazo' if book else '') }}
{{- param('XMLDir.1.ServerURL', directory(book) if book else '') }}
{{- param('XMLDir.1.WhitePagesDirName', 'Directory' if book else '') }}
{{- param('XMLDir.1.StartWithListWP', 1) }}
  </nvm>
</provisioning>
