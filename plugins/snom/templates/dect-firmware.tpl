<?xml version="1.0" encoding="utf-8" ?>
{#- Images are found by model and number: M900/M900_v0740_b0104.fwu. #}
<firmware-settings>
{%- if model %}
  <firmware perm="">{{ server.url }}</firmware>
  <fp_fwu_sw_version>{{ model.release }}</fp_fwu_sw_version>
  <fp_fwu_branch_version>{{ model.branch }}</fp_fwu_branch_version>
{%- for handset in model.handsets %}
  <pp_fwu_sw_version type="{{ handset }}">{{ model.release }}</pp_fwu_sw_version>
  <pp_fwu_branch_version type="{{ handset }}">{{ model.branch }}</pp_fwu_branch_version>
{%- endfor %}
{%- endif %}
</firmware-settings>
