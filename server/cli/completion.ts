import { Argument, type Command, type Option } from 'commander';
import { examples } from './device.ts';
import type { Io } from './io.ts';

/** What could stand where somebody types, and what it is. */
interface Candidate {
  readonly word: string;
  readonly about: string;
}

const SCRIPTS = {
  // Without a candidate bash goes on with names of files.
  bash: `_offhook() {
  local IFS=$'\\n'
  COMPREPLY=($(offhook complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f 1))
}
complete -o default -F _offhook offhook
`,
  zsh: `#compdef offhook
_offhook() {
  local -a lines found
  lines=("\${(@f)$(offhook complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("\${(@)\${(@)lines:#}/$'\\t'/:}")
  if (( $#found )); then _describe offhook found; else _files; fi
}
compdef _offhook offhook
`,
} as const;

/** `offhook completion`, and the command that its scripts ask. */
export function addCompletion(program: Command, io: Io): void {
  program
    .command('completion')
    .description('print what makes a shell complete commands and options')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', examples(['source <(offhook completion bash)', 'offhook completion zsh > ~/.zfunc/_offhook']))
    .action((shell: keyof typeof SCRIPTS) => io.out(SCRIPTS[shell]));

  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action((words: string[]) => {
      io.out(
        candidates(program, words)
          .map(({ word, about }) => `${word}\t${about}\n`)
          .join(''),
      );
    });
}

/**
 * @param words after the program's name; the last is what stands before the cursor, and may be empty
 * @returns nothing where a value is to come that only whoever types knows
 */
function candidates(program: Command, words: readonly string[]): Candidate[] {
  const typed = words.at(-1) ?? '';
  let command = program;
  let given = 0;
  let taking: Option | undefined;
  for (const word of words.slice(0, -1)) {
    if (taking) {
      taking = undefined;
      continue;
    }
    const option = word.startsWith('-') ? optionOf(command, word) : undefined;
    const below = command.commands.find((each) => each.name() === word);
    if (option) taking = (option.required || option.optional) && !word.includes('=') ? option : undefined;
    else if (below && given === 0) command = below;
    else if (!word.startsWith('-')) given += 1;
  }
  return possible(command, typed, given, taking).filter(({ word }) => word.startsWith(typed));
}

function possible(command: Command, typed: string, given: number, taking: Option | undefined): Candidate[] {
  if (taking) return (taking.argChoices ?? []).map((word) => ({ word, about: taking.description }));
  if (typed.startsWith('-')) {
    const options = command.createHelp().visibleOptions(command);
    return options.flatMap(({ long, description }) => (long ? [{ word: long, about: description }] : []));
  }
  if (command.commands.length > 0) {
    const below = command.createHelp().visibleCommands(command);
    return below.map((each) => ({ word: each.name(), about: each.description() }));
  }
  const argument = command.registeredArguments[given];
  return (argument?.argChoices ?? []).map((word) => ({ word, about: argument?.description ?? '' }));
}

function optionOf({ options }: Command, word: string): Option | undefined {
  const [name] = word.split('=');
  return options.find(({ long, short }) => long === name || short === name);
}
