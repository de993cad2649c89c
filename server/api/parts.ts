import type { RepeatDao } from '../access/dao.ts';
import type { AccessService } from '../access/service.ts';
import type { UserService } from '../access/users.ts';
import type { WazoAuth } from '../access/wazo-auth.ts';
import type { Renderer } from '../artefacts/renderer.ts';
import type { ConfigService } from '../configs/service.ts';
import type { DeviceService } from '../devices/service.ts';
import type { FirmwareService } from '../firmware/service.ts';
import type { HistoryService } from '../history/service.ts';
import type { Recogniser } from '../identify/identify.ts';
import type { LeaseService } from '../leases/service.ts';
import type { Ip } from '../lib/ip.ts';
import type { Log, LogLevel } from '../lib/log.ts';
import type { SecurityLog } from '../lib/security-log.ts';
import type { Operation } from '../operations/model.ts';
import type { OperationNotifier } from '../operations/notifier.ts';
import type { OperationService } from '../operations/service.ts';
import type { OverrideService } from '../overrides/service.ts';
import type { ParameterService } from '../parameters/service.ts';
import type { Claimed, ClaimOrder, ReleaseOrder, Settled } from '../pipeline/claim/claim.ts';
import type { Desired } from '../pipeline/desired.ts';
import type { Explanation, Question } from '../pipeline/explain/explain.ts';
import type { Circumstances } from '../pipeline/explain/verdict.ts';
import type { MoveOrder } from '../pipeline/move/move.ts';
import type { LeaseNews, Noted } from '../pipeline/note-lease.ts';
import type { RecentMessages } from '../pipeline/recent-messages.ts';
import type { RecentRequest } from '../pipeline/recent-requests.ts';
import type { PhoneRequest } from '../pipeline/request.ts';
import type { ResyncMany } from '../pipeline/resync/waves.ts';
import type { PackageService } from '../plugins/packages.ts';
import type { Catalogue } from '../plugins/service.ts';
import type { RepositoryService } from '../repositories/service.ts';
import type { Settings } from '../settings.ts';
import type { TenantService } from '../tenants/service.ts';
import type { Tokens } from './authenticate.ts';

/** Devices and configs whose changes are stored together; all that is asked here sees those before it. */
export interface Changes {
  readonly devices: Pick<DeviceService, 'get' | 'list' | 'ids' | 'idsUsing' | 'create' | 'change' | 'remove'>;
  readonly configs: Pick<ConfigService, 'get' | 'list' | 'create' | 'replace' | 'remove' | 'autocreateSource'>;
  /** Runs a part of the work whose changes are undone when it throws. One at a time. */
  part<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** What the API is made of; the composition root hands it over. */
export interface ApiParts {
  /** Version of the server. */
  readonly version: string;
  /** When the server started, in milliseconds since 1970. */
  readonly started: number;
  readonly tokens: Tokens;
  readonly access: AccessService;
  readonly users: UserService;
  readonly repeats: RepeatDao;
  /** Whose tokens clients of provd may show, too. */
  readonly wazo?: { readonly auth: WazoAuth; readonly mainTenant: string } | undefined;
  readonly security: Pick<SecurityLog, 'loginRefused' | 'loginLimited'>;
  /** Names by which programs may reach the API, besides localhost and addresses: see `guardHost`. */
  readonly hostNames: readonly string[];
  /** How many reverse proxies of ours stand before the API. */
  readonly trustedProxies: number;
  /** Origins of web pages that may use it. */
  readonly corsOrigins: readonly string[];
  /** How many may listen to events at once. */
  readonly eventStreams: number;
  readonly devices: Pick<
    DeviceService,
    'get' | 'list' | 'count' | 'ids' | 'create' | 'change' | 'remove' | 'deliveries' | 'resync' | 'reconsider'
  >;
  readonly configs: Pick<ConfigService, 'get' | 'list' | 'create' | 'replace' | 'remove' | 'resolve' | 'origins' | 'autocreate'>;
  /** Runs work whose changes are stored when this resolves, or are undone when it says false or throws. */
  together(work: (changes: Changes) => Promise<boolean>): Promise<void>;
  readonly tenants: TenantService;
  readonly parameters: ParameterService;
  readonly history: Pick<HistoryService, 'list' | 'count' | 'after' | 'range' | 'versions' | 'version' | 'rollback'>;
  readonly operations: Pick<OperationService, 'start' | 'get' | 'list' | 'news' | 'wait' | 'cancel' | 'forget'>;
  readonly operationNews: Pick<OperationNotifier, 'subscribe'>;
  readonly plugins: { readonly catalogue: Catalogue };
  readonly packages: PackageService;
  readonly repositories: RepositoryService;
  readonly firmware: Omit<FirmwareService, 'describe' | 'served' | 'reload'>;
  readonly overrides: OverrideService;
  readonly desired: Desired;
  /** What devices would have if a template of a plugin were this text. */
  tryTemplate(plugin: string, name: string, text: string): Pick<Desired, 'file'>;
  readonly renderer: Pick<Renderer, 'templateOf'>;
  readonly sweep: { readonly waiting: number | Promise<number> };
  /** The URL under which a device last reached the server, or the one to expect. */
  readonly baseUrl: (device: string) => string;
  /** Under which phones that have not come yet will reach the server, and its address of IPv4 if it has one. */
  readonly bootServer: () => { readonly url: string; readonly address?: Ip };
  readonly recogniser: () => Recogniser;
  /** The last requests of a device, the latest last; of undefined those that no device was found for. */
  recent(device: string | undefined): Promise<readonly RecentRequest[]>;
  /** Where this server gives addresses. */
  readonly leases: Pick<LeaseService, 'list' | 'usage' | 'otherUsage' | 'forget'> | undefined;
  /** Interfaces on which DHCP is answered or heard, or should be. */
  readonly dhcp: () => readonly {
    readonly name?: string;
    readonly state: string;
    readonly problem?: { readonly code: string; readonly message: string };
  }[];
  /** Interfaces on which SIP PnP is answered, or should be. */
  readonly pnp: ApiParts['dhcp'];
  readonly messages: RecentMessages;
  /** Takes note of what DHCP told of a client. */
  noteLease(news: LeaseNews): Promise<Noted>;
  explain(question: Question): Promise<Explanation>;
  readonly circumstances: Circumstances;
  /** Starts to move devices from one plugin to another, or to say what would change. */
  move(order: MoveOrder): Promise<Operation>;
  /** Starts to tell a phone to read its configuration anew. */
  resync(device: string, restart?: boolean): Promise<Operation>;
  resyncMany(order: ResyncMany): Promise<Operation>;
  /** Gives a phone the config that has a code, and starts to tell it. */
  claim(order: ClaimOrder): Promise<Claimed>;
  /** Puts a phone back to autoprov, and starts to tell it. */
  release(order: ReleaseOrder): Promise<Settled>;
  /** The path and query of what a phone asks for, as the listener of the transport reads it; undefined: it refuses it. */
  readTarget(transport: PhoneRequest['transport'], text: string): { path: string; query: string } | undefined;
  readonly store: { ping(): Promise<void> };
  /** A registry of prom-client. */
  readonly metrics: { readonly contentType: string; metrics(): Promise<string> };
  readonly log: Pick<Log, 'info' | 'debug' | 'error'> & { readonly level: LogLevel };
  setLogLevel(level: LogLevel): Promise<void>;
  readonly settings: Settings;
  /** Where the server listens, by listener: `http`, `tftp`, `admin` … */
  readonly addresses: () => readonly ListenAddress[];
  /**
   * Reads anew what can be read anew while the server runs: template overrides among them. When that is done, the operation that
   * renders ahead what follows from it has begun.
   */
  reload(): Promise<Operation>;
}

export interface ListenAddress {
  readonly name: string;
  /** `http://127.0.0.1:8666`, `tftp://0.0.0.0:69` */
  readonly url: string;
}
