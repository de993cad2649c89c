import type { Mac } from '../../lib/mac.ts';
import type { NoAnswer, RecentMessage } from '../recent-messages.ts';
import type { ExplainedDhcp } from './dhcp.ts';
import type { Explanation } from './explain.ts';
import type { Advice, Verdict } from './verdict.ts';

/** What a client gets that asks over DHCP. */
export function answerVerdict(explanation: Explanation, { mode, answer, lease }: ExplainedDhcp): Verdict {
  const why = untold(explanation);
  const tellsFiles = answer?.tellsFiles === true;
  const room = answer && answer.leftOut.length > 0 ? ` The answer has no room for option ${answer.leftOut.join(', ')}.` : '';
  switch (answer?.kind) {
    case 'offered': {
      const again = lease?.state === 'bound' && lease.address === answer.address ? ', which it has already' : '';
      const files = tellsFiles ? 'and is told where its files are.' : `but is not told where its files are: ${why}.`;
      const verdict = `It is offered ${answer.address}, of ${answer.subnet}${again}, ${files}${room}`;
      return { verdict, advice: tellsFiles ? [] : toRecognise(explanation) };
    }
    case 'told': {
      const files = tellsFiles ? 'where its files are' : `nothing of where its files are: ${why}`;
      const verdict = `It gets no address here (dhcp.mode: proxy). When it asks for the rest alone (DHCPINFORM), it is told ${files}.${room}`;
      return { verdict, advice: tellsFiles ? [] : toRecognise(explanation) };
    }
    case 'none':
      return { verdict: `It gets no answer: ${answer.why}.`, advice: remedies(answer.reason, explanation) };
    default: {
      const here = mode === 'listen' ? 'only listens to DHCP (dhcp.mode: listen)' : 'answers no DHCP (dhcp.mode: off)';
      if (!tellsFiles)
        return {
          verdict: `This server ${here}, and has nothing to say to this phone: ${why}.`,
          advice: toRecognise(explanation),
        };
      const verdict = `This server ${here}. The DHCP server of the phone’s network should tell it where its files are.`;
      return { verdict, advice: [otherServer] };
    }
  }
}

/**
 * Where DHCP is why a phone did not come up: it got no address since it asked last for a file, or it got one and never asked. Only of a
 * question of a device and nothing besides.
 */
export function troubleOf(explanation: Explanation): Verdict | undefined {
  const { question, dhcp } = explanation;
  if (!dhcp || question.ofDevice !== true) return undefined;
  const { recorded = 0 } = question;
  const { last } = dhcp;
  const never = recorded === 0 && explanation.files.every(({ delivered }) => delivered === undefined);
  if (!last) return never && dhcp.mode === 'serve' && dhcp.forgotten === 0 ? silence : undefined;
  if (last.at > recorded) {
    const refused = withoutAddress(last, explanation);
    if (refused) return refused;
  }
  return never ? neverAsked(last, explanation) : undefined;
}

const silence: Verdict = {
  verdict: 'Nothing was heard of it since this server started: neither DHCP nor a request for a file.',
  advice: [
    {
      text:
        'Has the phone power and a link, and is it in the VLAN that is served? Behind a router the router has to pass DHCP on to this server ' +
        '(ip helper-address). What comes at all is shown by',
      command: 'offhook dhcp watch',
    },
  ],
};

const asks: ReadonlySet<string> = new Set(['DISCOVER', 'REQUEST', 'INFORM']);
/** What is no reason to look any further. */
const harmless: ReadonlySet<NoAnswer | undefined> = new Set<NoAnswer | undefined>(['proxy', 'meaningless', 'nothing-to-tell']);

function withoutAddress(last: RecentMessage, explanation: Explanation): Verdict | undefined {
  const { type, how, outcome, ip, why, reason } = last;
  if (type === 'DECLINE' && outcome === 'noted') {
    const text = `Find out who else has ${ip}: a host with an address of its own belongs outside of the pools. The server offers the address to nobody for a day. Which there are:`;
    return {
      verdict: `It has no address: it found that somebody else uses ${ip}, which it was given.`,
      advice: [{ text, command: 'offhook dhcp leases --state declined' }],
    };
  }
  if (!asks.has(type) || harmless.has(reason)) return undefined;
  if (how === 'heard' && type === 'DISCOVER') {
    const text =
      'Look into the log of the DHCP server of its network: does it hear the phone, and has it addresses left? Behind a router: does that pass DHCP on to it? What the phone sends:';
    return {
      verdict: 'It looks for an address, and was not heard to take one: it seems that no DHCP server answers it.',
      advice: [{ text, command: watch(explanation) }],
    };
  }
  if (outcome === 'offered') {
    const text =
      'The offer does not reach the phone, or it does not like it. Behind a relay: does the route back lead to the relay, and does a firewall let UDP port 67 through? What it is offered:';
    return {
      verdict: `It was offered ${ip} over DHCP, and did not request it.`,
      advice: [{ text, command: lookAt(explanation) }],
    };
  }
  if (outcome === 'refused')
    return {
      verdict: `It has no address: its request for ${ip} was refused, because ${why}.`,
      advice: remedies(reason, explanation),
    };
  if (outcome !== 'ignored') return undefined;
  const verdict =
    reason === 'other-server'
      ? `It takes its address from another DHCP server: ${why}.`
      : `It has no address from this server: its last DHCP message was not answered, because ${why}.`;
  return { verdict, advice: remedies(reason, explanation) };
}

function neverAsked(last: RecentMessage, explanation: Explanation): Verdict | undefined {
  const { how, outcome, type, ip } = last;
  const got = outcome === 'acknowledged' || type === 'commit';
  const wants = how === 'heard' && type === 'REQUEST';
  if (ip === undefined || !(got || wants)) return undefined;
  const verdict = got
    ? `It got the address ${ip} over DHCP, and has asked for no file.`
    : `It asked another DHCP server for the address ${ip}, and has asked for no file.`;
  const way: Advice = {
    text:
      'Can the phone reach this server from its network: is there a route, and does a firewall let the ports of http and tftp through? And is no other ' +
      'provisioning server set in the phone, or at its vendor?',
  };
  if (how !== 'served') return { verdict, advice: [otherServer, way] };
  return { verdict, advice: [{ text: 'See what this server tells it over DHCP:', command: lookAt(explanation) }, way] };
}

/** For whoever has another DHCP server. */
const otherServer: Advice = {
  text: 'Does the site’s DHCP server tell phones where their files are? What it needs, for Kea (also: dnsmasq, isc, mikrotik, windows):',
  command: 'offhook dhcp-config kea',
};

/** Why a phone is not told where its files are. */
function untold({ plugin }: Explanation): string {
  return plugin ? `its vendor package ${plugin.package.id} says nothing of DHCP` : 'no installed vendor package recognises it';
}

function toRecognise({ plugin }: Explanation): Advice[] {
  if (plugin) return [];
  return [
    { text: 'Say what it sends as its vendor class: --dhcp-60 …; what phones send is shown by', command: 'offhook dhcp watch' },
  ];
}

function remedies(reason: NoAnswer | undefined, explanation: Explanation): Advice[] {
  const toKnow: Advice = {
    text: 'To have it known:',
    command: `offhook device add mac=${macIn(explanation) ?? 'MAC'} config=NAME`,
  };
  switch (reason) {
    case 'unwanted':
      return [
        {
          text: 'Only phones are answered (dhcp.known_only): install the vendor package that recognises it, or reserve an address for it in dhcp.subnets.',
        },
        toKnow,
      ];
    case 'no-subnet':
      return [
        {
          text: 'Describe its network in dhcp.subnets. Which it is says the relay by its own address there, or else the address of the interface.',
        },
      ];
    case 'no-pool':
      return [{ text: 'All pools of its network are for phones of other vendors: add one for it, or for all, in dhcp.subnets.' }];
    case 'limited':
      return explanation.recalled?.device
        ? [
            {
              text: 'Its circuit or the pool has as many new clients as it may (dhcp.new_clients_percent). A device that an operator made counts as known. Who has the addresses:',
              command: 'offhook dhcp leases',
            },
          ]
        : [{ ...toKnow, text: 'What is left is for phones that are known (dhcp.new_clients_percent). To have it known:' }];
    case 'exhausted':
      return [
        {
          text: 'Enlarge the pools of its network in dhcp.subnets, or shorten lease_seconds if clients come and go. Who has the addresses:',
          command: 'offhook dhcp leases',
        },
        { text: 'If one of them is gone for good, its address is made free by', command: 'offhook dhcp forget ADDRESS' },
      ];
    case 'in-use':
    case 'declined':
      return [
        {
          text: 'Hosts with addresses of their own are inside of the pools: take their addresses out of dhcp.subnets. Which they are:',
          command: 'offhook dhcp leases --state declined',
        },
      ];
    case 'other-server':
      return [
        { text: 'Two servers give addresses in its network. Switch one off, or have this one only listen (dhcp.mode: listen).' },
        otherServer,
      ];
    case 'unknown':
      return [
        {
          text: 'Its address is of another server, or of a lease that is forgotten here. It begins anew when that lease ends, or when it is restarted. If another server is in its network, switch it off.',
        },
      ];
    case 'reserved':
    case 'held':
    case 'offered':
      return [
        { text: 'It begins anew by itself, and is offered another address. Who has which:', command: 'offhook dhcp leases' },
      ];
    case 'outside-subnet':
    case 'reserved-elsewhere':
    case 'own-elsewhere':
    case 'not-in-pool':
      return [
        { text: 'It begins anew by itself, and is offered the address that is right for it. If it does not, restart the phone.' },
      ];
    default:
      return [];
  }
}

function lookAt(explanation: Explanation): string {
  return `offhook explain --mac ${macIn(explanation) ?? 'MAC'}`;
}

function watch(explanation: Explanation): string {
  const mac = macIn(explanation);
  return `offhook dhcp watch${mac === undefined ? '' : ` --mac ${mac}`}`;
}

function macIn({ caller, heard }: Explanation): Mac | undefined {
  return heard.identification.info.mac ?? caller?.device?.mac;
}
