{#- What is dialled is sent four seconds after the last digit. -#}
<DIALTEMPLATE>
  <TEMPLATE MATCH="*" TIMEOUT="4"/>
</DIALTEMPLATE>
