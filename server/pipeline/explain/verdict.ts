import type { Device } from '../../devices/model.ts';
import type { Plugin } from '../../plugins/model.ts';
import type { Catalogue } from '../../plugins/service.ts';
import type { Tenant } from '../../tenants/model.ts';
import { answerVerdict, troubleOf } from './dhcp-verdict.ts';
import type { Explanation } from './explain.ts';
import { factsIn, nameOf, quoted, sizeOf } from './words.ts';

/** What the sentences need to know besides the explanation. */
export interface Circumstances {
  readonly catalogue: Catalogue;
  readonly tenants: { get(id: string): Tenant | undefined };
  /** What becomes of unknown phones. */
  readonly unknown: 'create' | 'hold' | 'refuse';
  readonly images: string;
  /** Keys of the firmware packages that would install what a phone of a plugin asks for, without a leading slash. */
  providers(plugin: Plugin, path: string): readonly string[];
  /** How long an address counts as its device's, in seconds. */
  readonly addressHold: number;
}

/** Something to do, and the command that does it, if there is one. */
export interface Advice {
  readonly text: string;
  readonly command?: string;
}

export interface Verdict {
  readonly verdict: string;
  readonly advice: readonly Advice[];
}

/** What the phone gets, or why it gets nothing, and what to do then. */
export function verdictOf(explanation: Explanation, circumstances: Circumstances): Verdict {
  const trouble = troubleOf(explanation);
  const { verdict, advice } = answerOf(explanation, circumstances);
  if (!trouble) return { verdict, advice };
  const about = explanation.question.recorded === undefined ? 'When it asks for its file,' : 'As for its last request:';
  return { verdict: `${trouble.verdict} ${about} ${verdict.replace(/^It /, 'it ')}`, advice: [...trouble.advice, ...advice] };
}

function answerOf(explanation: Explanation, circumstances: Circumstances): Verdict {
  const { heard, outcome, caller, dhcp } = explanation;
  // Where nothing is looked for, DHCP is not either.
  if (heard.wrongKey || !dhcp) return wrongKey(explanation, circumstances);
  if (!outcome) return answerVerdict(explanation, dhcp);
  switch (outcome.kind) {
    case 'file': {
      const { name } = outcome.file;
      const verdict = `It gets ${name}, ${sizeOf(outcome.rendered.bytes.length)}${sinceDelivery(explanation, name)}.`;
      return { verdict, advice: [] };
    }
    case 'image':
      return { verdict: `It gets the firmware image ${heard.request.path}, ${sizeOf(outcome.bytes)}.`, advice: [] };
    case 'refused':
      return {
        verdict: `It gets nothing: ${outcome.file.name} is refused (${outcome.why}). It is told that there is no such file.`,
        advice: explanation.obstacles.map(({ kind }) => remedyOf(kind, explanation, circumstances)),
      };
    case 'no-config':
      return {
        verdict: `It gets nothing: ${outcome.file.name} cannot be made. ${outcome.cause.message}.`,
        advice: noConfig(explanation),
      };
    case 'failed':
      return {
        verdict: `It gets an error and will ask again: ${outcome.cause.message}.`,
        advice: failed(explanation, outcome.file.name, outcome.cause.code),
      };
    case 'no-plugin':
      return noPlugin(explanation, circumstances);
    case 'no-file':
      return caller?.device ? noFile(caller.device, explanation, circumstances) : noDevice(explanation, circumstances);
  }
}

function wrongKey({ behindKey }: Explanation, { tenants }: Circumstances): Verdict {
  const verdict =
    'It gets nothing: the first part of the path looks like a provisioning key, and no tenant has this key. It is told that there is no such file.';
  const correct: Advice = {
    text: 'Correct the URL in the phone, or what DHCP tells it: the key stands between the server and the rest of the path.',
  };
  const device = behindKey?.device;
  const owner = device && tenants.get(device.tenant);
  if (!device || !owner) return { verdict, advice: [correct] };
  const whose = `The rest of the path is that of the device ${nameOf(device)}, of the tenant ${owner.name}`;
  if (!owner.provisioningKey) {
    return { verdict, advice: [correct, { text: `${whose}, which has no key: the URL of its phones has none either.` }] };
  }
  const renew = `offhook tenant set ${quoted(owner.name)} --generate-key`;
  return {
    verdict,
    advice: [
      correct,
      { text: `${whose}. Its key is never shown; a new one, for all phones of the tenant, is made by`, command: renew },
    ],
  };
}

function remedyOf(
  kind: Explanation['obstacles'][number]['kind'],
  { caller, heard }: Explanation,
  { tenants, addressHold }: Circumstances,
): Advice {
  const device = caller?.device;
  switch (kind) {
    case 'held':
      return { text: 'Approve it:', command: `offhook device set ${device ? nameOf(device) : 'DEVICE'} approved=true` };
    case 'contradiction':
      return {
        text: 'The request speaks of more than one phone. If a phone was replaced or its address mistyped, remove or correct the wrong device:',
        command: 'offhook device list',
      };
    case 'address-taken':
      return {
        text:
          `An address counts as its device’s for ${addressHold} seconds after its last request (phones.address_hold_seconds): wait, if the ` +
          `phones exchanged their addresses. If several phones share ${heard.request.ip}, set phones.nat. The other device:`,
        command: `offhook device show ${caller?.addressOwner ?? heard.request.ip}`,
      };
    case 'address-only':
      return {
        text: 'Let the phone ask by a name with its MAC address in it: an address alone may be anybody’s, behind NAT or after a while.',
      };
    case 'untrusted': {
      const tenant = device && tenants.get(device.tenant);
      const hasKey = tenant?.provisioningKey !== undefined;
      const how = hasKey
        ? 'Put the tenant’s provisioning key into the URL in the phone'
        : 'Make a key, and put it into the URL in the phone';
      return {
        text: `${how}; or name the network of ${heard.request.ip} in phones.secrets_without_key, if only phones are in it.`,
        ...(!hasKey && { command: `offhook tenant set ${quoted(tenant?.name ?? 'main')} --generate-key` }),
      };
    }
  }
}

function noConfig({ caller, config }: Explanation): Advice[] {
  const device = caller?.device;
  const give: Advice = {
    text: 'Give it a config:',
    command: `offhook device set ${device ? nameOf(device) : 'DEVICE'} config=NAME`,
  };
  if (device?.config !== undefined) {
    return [
      {
        text: 'Make the config that it names, or give it another:',
        command: `offhook config set ${config?.id ?? 'NAME'} KEY=VALUE`,
      },
      give,
    ];
  }
  const all =
    'offhook config set autoprov --role autocreate sip_lines.1.username=… sip_lines.1.display_name=… sip_lines.1.password@=FILE';
  return [give, { text: 'For all phones that nobody knows, a config to copy, with a line 1:', command: all }];
}

function failed({ config, files }: Explanation, name: string, code: string): Advice[] {
  if (code === 'config-invalid' && config?.id !== undefined) {
    return [
      {
        text: 'See what the config lacks, and where each value comes from:',
        command: `offhook config show ${config.id} --resolved`,
      },
    ];
  }
  const stack = files.find(({ file }) => file.name === name)?.templates ?? [];
  const [used, hidden] = stack.flatMap(({ layers }) => layers);
  if (!used?.startsWith('templates/'))
    return [{ text: 'The template is the vendor package’s: report it to whoever made the package.' }];
  const instead = hidden === undefined ? '' : `, or remove it, and ${hidden} is used again`;
  return [
    {
      text: `Mend ${used} in the data directory${instead}. Then let the server read it:`,
      command: 'systemctl reload offhook',
    },
  ];
}

function noPlugin({ caller, candidates, heard }: Explanation, { catalogue }: Circumstances): Verdict {
  const device = caller?.device;
  const broken = catalogue.broken.map(
    ({ id, problem }): Advice => ({ text: `The vendor package ${id} is installed but broken: ${problem}.` }),
  );
  if (device?.plugin !== undefined) {
    const chosen = device.pinned ? 'an operator chose it' : 'it had it before';
    const [best] = candidates;
    const free = best ? `leave the choice to the server, which takes ${best.plugin.id} then:` : 'leave the choice to the server:';
    return {
      verdict: `It gets nothing: its plugin ${device.plugin} is not installed (${chosen}).`,
      advice: [
        {
          text: `Install the vendor package that holds ${device.plugin} (offhook plugin search ${device.plugin} looks for it), or ${free}`,
          command: `offhook device set ${nameOf(device)} plugin=`,
        },
        ...broken,
      ],
    };
  }
  const { vendor } = device ?? heard.identification.info;
  const installed = [...new Set(catalogue.packages.map(({ definition }) => definition.vendor))].join(', ');
  if (vendor !== undefined) {
    return {
      verdict: `It gets nothing: no installed plugin supports a phone of ${vendor}.`,
      advice: [
        {
          text: `Install a vendor package for it; there is ${installed || 'none'}.`,
          command: `offhook plugin search ${quoted(vendor)}`,
        },
        ...broken,
      ],
    };
  }
  return {
    verdict: 'It gets nothing: no pattern of an installed vendor package recognises this request.',
    advice: [
      {
        text: `Is it a phone of an installed vendor (${installed || 'there is none'})? Then look whether the path and the User-Agent are what it sends.`,
      },
      ...(device ? [{ text: 'If you know what it is:', command: `offhook device set ${nameOf(device)} vendor=… model=…` }] : []),
      {
        text: 'What phones asked lately without being recognised, as rows of a recognition test:',
        command: 'offhook requests --as-test',
      },
      { text: 'If no package of its vendor is installed, repositories may have one:', command: 'offhook plugin search' },
      ...broken,
    ],
  };
}

function noFile(device: Device, { files, heard, plugin }: Explanation, { images, providers }: Circumstances): Verdict {
  const firmware = plugin ? providers(plugin, heard.request.path.replace(/^\/+/, '')) : [];
  if (firmware.length > 0) {
    const [first, ...others] = firmware;
    const more = others.length > 0 ? ` (${others.join(', ')} would do as well)` : '';
    return {
      verdict: `It gets nothing: ${heard.request.path} is a firmware image that is not installed.`,
      advice: [{ text: `Install its firmware${more}:`, command: `offhook firmware install ${first}` }],
    };
  }
  const own = files.map(({ file }) => file.name);
  const common = plugin?.artefacts.filter((artefact) => !artefact.own).map(({ name }) => name) ?? [];
  return {
    verdict: `It gets nothing: there is no file ${heard.request.path} for the device ${nameOf(device)}, nor a firmware image of that name.`,
    advice: [
      {
        text:
          own.length === 0
            ? 'It has no files: it lacks what their names are made of, a MAC address, say.'
            : `Its own files are ${[...own, ...common].join(', ')}.`,
      },
      { text: `Firmware images lie in ${images}/${plugin?.id}, under the path that the phone asks for.` },
    ],
  };
}

function noDevice(explanation: Explanation, circumstances: Circumstances): Verdict {
  const { heard, recalled } = explanation;
  const { info } = heard.identification;
  const { unknown } = circumstances;
  const { contradictions = [], undecided } = recalled?.finding ?? {};
  const identity = info.mac ?? info.serial ?? info.uuid;
  const add = `offhook device add ${info.mac ? `mac=${info.mac}` : info.serial ? `serial=${info.serial}` : 'mac=MAC'} config=NAME`;
  if (contradictions.length > 0) {
    return {
      verdict: `It gets nothing of its own: ${contradictions.join('; ')}.`,
      advice: [{ text: 'The key in the URL decides about the tenant; give the phone the key of its own tenant.' }],
    };
  }
  if (undecided) {
    return {
      verdict: `It gets nothing of its own: ${undecided.length} devices are at ${heard.request.ip}, and nothing in the request says which of them asks.`,
      advice: [
        {
          text: 'Let the phone ask by a name with its MAC address in it, or send its MAC address or serial number in the User-Agent: most phones can be told to.',
        },
        {
          text: 'If one of the devices is gone, remove it, and the address belongs to the other:',
          command: `offhook device remove ${undecided[0]}`,
        },
      ],
    };
  }
  if (identity === undefined) {
    return {
      verdict:
        'It gets nothing of its own: nothing in the request says which phone it is, and no device is known at its address.',
      advice: [
        {
          text: 'If its next request holds a MAC address, all is well: some phones ask for common files first. Otherwise make the device, with its address:',
          command: `offhook device add mac=MAC ip=${heard.request.ip} config=NAME`,
        },
      ],
    };
  }
  if (unknown === 'refuse') {
    return {
      verdict: `It gets nothing: no device has the ${factsIn(info)}, and the setting phones.unknown is refuse.`,
      advice: [{ text: 'To take it in:', command: add }],
    };
  }
  return { verdict: `It gets nothing: no device has the ${factsIn(info)}.`, advice: [{ text: 'To take it in:', command: add }] };
}

function sinceDelivery({ files }: Explanation, name: string): string {
  const file = files.find((each) => each.file.name === name);
  if (!file) return '';
  if (file.delivered === undefined) return ', for the first time';
  return file.delivered === file.digest ? ', the same that it fetched last' : ', other than what it fetched last';
}
