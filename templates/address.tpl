{#- How a server's name stands before a port: the address of IPv6 in brackets (RFC 3986, 3.2.2). -#}
{% macro host(server) -%}
{{ '[' ~ server.host ~ ']' if ':' in server.host else server.host }}
{%- endmacro %}
{#- With its port where one is configured. -#}
{% macro address(server) -%}
{{ host(server) }}{{ ':' ~ server.port if server.port }}
{%- endmacro %}
