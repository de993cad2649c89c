{% for certificate in sip.localChain -%}
{{ certificate | trim }}
{% else -%}
No certificates are configured.
{% endfor %}
