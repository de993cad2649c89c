{%- set port = 2 -%}
{%- include 'ata190.tpl' %}
