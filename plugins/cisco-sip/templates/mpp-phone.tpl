{%- extends 'flat-profile.tpl' -%}
{#- `access` says what a user may do with it: na, nothing; ro, read; rw, change. -#}
{%- macro fixed(name, value, access) %}
<{{ name }} ua="{{ access }}">{{ value }}</{{ name }}>
{%- endmacro %}
{%- block own %}
{%- set web = 'No' if model and not model.web else 'Yes' %}
{%- for name, value in [
  ('Restricted_Access_Domains', ''), ('Enable_Web_Server', web), ('Enable_Protocol', 'Http'), ('Device_Administration', web),
  ('Phone-UI-readonly', 'No'), ('Phone-UI-User-Mode', 'Yes'), ('IP_Mode', ''), ('Network_Configuration', ''), ('Connection_Type', 'DHCP'),
  ('Static_IP', ''), ('NetMask', ''), ('Gateway', ''), ('Secondary_DNS', ''), ('IPv6_Connection_Type', 'DHCP'), ('IPv6_Static_IP', ''),
  ('Prefix_Length', 1), ('IPv6_Gateway', ''), ('IPv6_Primary_DNS', ''), ('IPv6_Secondary_DNS', ''), ('Broadcast_Echo', 'Disabled'),
  ('Auto_Config', 'Enabled'), ('Enable_802.1X_Authentication', 'No'), ('Host_Name', ''), ('Domain', ''), ('Secondary_NTP_Server', ''),
  ('Protect_IVR_FactoryReset', 'Yes'),
] %}
{{- fixed(name, value, 'na') }}
{%- endfor %}
{%- for name, value in [
  ('Screen_Saver_Enable', 'Yes'), ('Screen_Saver_Type', 'Clock'), ('Screen_Saver_Wait', 300), ('Screen_Saver_Refresh_Period', 10),
  ('Back_Light_Timer', '5m'),
] %}
{{- fixed(name, value, 'rw') }}
{%- endfor %}
{#- Expansion modules that are in use are powered through the phone. #}
{{- fixed('PoE_Power_Required', 'Maximum' if keyPlaces | selectattr('module') | selectattr('key') | list else 'Normal', 'na') }}
{%- endblock %}
