{#- What SPA and multiplatform phones of a model read first: where their own files are. $MA is a phone's own MAC address, and $$ a dollar sign. -#}
<?xml version="1.0" standalone="yes"?>
<flat-profile>
<Resync_On_Reset>Yes</Resync_On_Reset>
<Profile_Rule_B></Profile_Rule_B>
<Profile_Rule_C>{{ server.url | replace('$', '$$') }}/$MA.xml</Profile_Rule_C>
</flat-profile>
