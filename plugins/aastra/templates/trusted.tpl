{% for certificate in sip.trustedCertificates -%}
{{ certificate | trim }}
{% else -%}
No certificates are configured.
{% endfor %}
