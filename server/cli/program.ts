import { Command, CommanderError } from 'commander';
import { ProvisioningError } from '../lib/errors.ts';
import { version } from '../version.ts';
import { addAudit } from './audit.ts';
import { addClaim } from './claim.ts';
import { addCompletion } from './completion.ts';
import { addConfig } from './config.ts';
import { addDevice } from './device.ts';
import { addDhcp } from './dhcp.ts';
import { addDhcpConfig } from './dhcp-config.ts';
import { addExplain } from './explain.ts';
import { addFirmware } from './firmware.ts';
import { exit, Failure, type Io } from './io.ts';
import { addLogLevel } from './log-level.ts';
import { addLogin } from './login.ts';
import { addOperation } from './operation.ts';
import { addPlugin } from './plugin.ts';
import { addProvd } from './provd.ts';
import { addReload } from './reload.ts';
import { addRender } from './render.ts';
import { addRepository } from './repository.ts';
import { addRequests } from './requests.ts';
import { addServe, type Host } from './serve.ts';
import { addSimulate } from './simulate.ts';
import { addStatus } from './status.ts';
import { addTemplate } from './template.ts';
import { addTenant } from './tenant.ts';
import { addToken } from './token.ts';
import { addUser } from './user.ts';

/** All commands, in the order in which the help names them. */
export function offhookProgram(io: Io, host: Host): Command {
  const program = new Command('offhook')
    .description('Zero-touch provisioning server for IP phones')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
    .showHelpAfterError('Add --help for what there is.');
  addServe(program, io, host);
  addStatus(program, io);
  addDevice(program, io, host);
  addClaim(program, io, host);
  addRender(program, io);
  addExplain(program, io);
  addRequests(program, io);
  addDhcp(program, io, host);
  addDhcpConfig(program, io);
  addConfig(program, io);
  addTenant(program, io);
  addToken(program, io);
  addUser(program, io);
  addLogin(program, io);
  addAudit(program, io);
  addPlugin(program, io, host);
  addFirmware(program, io, host);
  addTemplate(program, io);
  addRepository(program, io, host);
  addProvd(program, io);
  addReload(program, io, host);
  addOperation(program, io, host);
  addLogLevel(program, io);
  addSimulate(program, io, host);
  addCompletion(program, io);
  return program;
}

/** Runs one command. @returns its exit code; what went wrong was said on standard error */
export async function run(words: readonly string[], io: Io, host: Host): Promise<number> {
  try {
    await offhookProgram(io, host).parseAsync([...words], { from: 'user' });
    return exit.done;
  } catch (thrown) {
    // It said so itself; help that was asked for is no error.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exit.done : exit.usage;
    if (!(thrown instanceof Failure || thrown instanceof ProvisioningError)) throw thrown;
    io.err(`offhook: ${thrown.message}\n`);
    if (thrown instanceof Failure) return thrown.exitCode;
    return thrown.code === 'settings-invalid' ? exit.settings : exit.failed;
  }
}
