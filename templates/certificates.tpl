{#- The certificates that a phone shall trust, the root first, as one PEM file. -#}
{% for certificate in sip.trustedCertificates -%}
{{ certificate | trim }}
{% else -%}
No certificates are configured.
{% endfor %}
