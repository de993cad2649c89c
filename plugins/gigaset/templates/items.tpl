{#- What N510 and N720 have alike: one setting each. Texts stand in quotes within the quotes of the attribute, numbers are hexadecimal. -#}
{%- macro number(id, value) %}
    <SYMB_ITEM ID="{{ id }}" class="symb_item" value="{{ '0x%x' % value }}"/>
{%- endmacro %}
{%- macro text(id, value) %}
    <SYMB_ITEM ID="{{ id }}" class="symb_item" value='"{{ value or '' }}"'/>
{%- endmacro %}
{%- macro bytes(id, value) %}
    <SYMB_ITEM ID="{{ id }}" class="symb_item" value="{{ value }}"/>
{%- endmacro %}

{#- A user of the directory has a URL of their own, to which the base adds what it asks for. #}
{%- macro directory(book) -%}
{{ book.url ~ '/0.1/directories/lookup/' ~ book.profile ~ '/gigaset/' ~ book.userUuid ~ '?' }}
{%- endmacro %}

{#- The port of a server, or what the base would take by itself. #}
{%- macro port(endpoint, tls=false) -%}
{{ (endpoint.port or (5061 if tls else 5060)) if endpoint else 5060 }}
{%- endmacro %}

{#- The base asks one directory of its own URL. `many` follows the names of what has several characters. #}
{%- macro netdir(book, many, capabilities) %}
{%- set base = 'BS_XML_Netdirs.' %}
{%- set provider = base ~ 'astNetdirProvider[0].' %}
{%- for name in ['aucAvailableNetdirs', 'aucActivatedNetdirs', 'aucNetdirSelForDirectAccess', 'aucNetdirSelForIntKey'] %}
{{- number(base ~ name ~ many, 0x2a if book else 0) }}
{%- endfor %}
{{- number(base ~ 'aucNetdirSelForAutoLookup' ~ many, 0x2a if book and capabilities.lookup else 0) }}
{{- text(provider ~ 'aucProviderName' ~ many, 'WazoPBX' if book else '') }}
{{- text(provider ~ 'aucWhitePagesDirName' ~ many, '') }}
{{- text(provider ~ 'aucYellowPagesDirName' ~ many, '') }}
{{- text(provider ~ 'aucPrivatePagesDirName' ~ many, 'Contacts' if book else '') }}
{{- text(provider ~ 'aucUsername' ~ many, '') }}
{{- text(provider ~ 'aucPassword' ~ many, '') }}
{{- text(provider ~ 'aucServerURL' ~ many, directory(book) if book else '') }}
{{- number(provider ~ 'ucAuthPossibilities', capabilities.login) }}
{{- text(provider ~ 'aucCountryCode[%]', '') }}
{%- for name in ['bSearchPeopleCap', 'bSearchBusinessCap', 'bReverseSearchCap'] %}
{{- number(provider ~ 'bitfldCap.' ~ name, 1 if book else 0) }}
{%- endfor %}
{{- number(provider ~ 'bitfldCap.bAutolookupCap', 1 if book and capabilities.lookup else 0) }}
{%- for name in ['bPrivateDirectoryCap', 'bPrivateDirectoryNicknameCap', 'bEncryptPosts'] %}
{{- number(provider ~ 'bitfldCap.' ~ name, 0) }}
{%- endfor %}
{{- number(provider ~ 'bitfldCap.bSndMacAddress', capabilities.mac) }}
{%- endmacro %}

{#- What both have under other names of their first part. #}
{%- macro network(data, extra, vlan) %}
{{- number(data ~ '.ucB_USE_DHCP', 1) }}
{{- number(data ~ '.ucB_VLAN_ENABLED', 1 if vlan else 0) }}
{{- number(data ~ '.ucI_VLAN_PRIORITY', (vlan.priority or 0) if vlan else 0) }}
{{- number(data ~ '.uiI_VLAN_ID', vlan.id if vlan else 0) }}
{%- if extra.dns %}
{{- number(data ~ '.ulI_DNS_SERVER_1', extra.dns) }}
{{- number(data ~ '.ulI_DNS_SERVER_2', 0) }}
{%- endif %}
{%- endmacro %}

{%- macro clock(data, many, extra, timeZone, ntp) %}
{%- if timeZone %}
{{- number(data ~ '.uiI_TIME_TIMEZONE', extra.zoneNumber) }}
{{- number(data ~ '.ucB_TIME_USE_AUTOMATIC_DST', 1 if timeZone.daylight else 0) }}
{%- endif %}
{%- if ntp %}
{{- text(data ~ '.aucS_TIME_NTP_SERVER' ~ many, ntp.host) }}
{%- endif %}
{%- endmacro %}
