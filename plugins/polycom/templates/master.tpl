<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
{#- The phone puts the number of its hardware before the name of the image, and its MAC for the sign. Of a setting in two files, the first counts. #}
<APPLICATION
  APP_FILE_PATH="sip.ld"
  CONFIG_FILES="[PHONE_MAC_ADDRESS]-user.cfg, common.cfg"
  MISC_FILES=""
  LOG_FILE_DIRECTORY=""
  OVERRIDES_DIRECTORY=""
  CONTACTS_DIRECTORY=""
/>
