{%- extends 'flat-profile.tpl' -%}
{%- block own %}
{#- Some phones speak SCCP, too, and look for a call manager. -#}
{{- p('SPCP_Auto-detect', 'No') }}
{{- p('SPA525-auto-detect-sccp', 'No') }}
{{- p('SPA525-readonly', 'Yes') }}
{%- endblock %}
