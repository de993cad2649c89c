{%- from 'sep.tpl' import dialplan -%}
{{ dialplan() }}
