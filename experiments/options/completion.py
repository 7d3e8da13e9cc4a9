"""What a shell needs to complete `attiqa` commands: every command's flags and choices, read from its options."""

import importlib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from attiqa_core.errors import UsageError
from isp_env.parameters.table import KNOWN

OF_ALL = ("--help", "--config", "--debug")
PARAMETERS = tuple(f"{name}=" for name in KNOWN)
"""What follows `--set`."""


@dataclass(frozen=True)
class Flag:
    """One word that begins with `--`, and what may follow it: nothing, one of `values`, or, where there are none, anything."""

    word: str
    takes: bool = True
    values: tuple[str, ...] = ()


def print_completion(words: list[str], modules: Mapping[str, str]) -> int:
    """Print the script of the shell that is named and return 0; `modules` has the module of options of every command.

    Raises: UsageError if no shell is named that there is a script for.
    """
    scripts = {"bash": bash_script, "zsh": zsh_script, "fish": fish_script}
    if len(words) != 1 or words[0] not in scripts:
        raise UsageError('attiqa completion: name a shell: bash, zsh or fish, as in eval "$(attiqa completion bash)"')
    commands = {verb: flags_of(importlib.import_module(module).Config) for verb, module in modules.items()}
    print(scripts[words[0]](commands), end="")
    return 0


def flags_of(options: type) -> list[Flag]:
    """Return the flags of a class of options, those of its groups among them."""
    hints = typing.get_type_hints(options, include_extras=True)
    found = []
    for field in fields(options):
        hint = hints[field.name]
        if isinstance(hint, type) and is_dataclass(hint):
            found += flags_of(hint)
        elif not getattr(hint, "__metadata__", ()):  # only what stands without a flag has some
            found += _of_field(field.name.replace("_", "-"), hint)
    return found


def _of_field(name: str, hint: Any) -> list[Flag]:
    if hint is bool:
        return [Flag(f"--{name}", takes=False), Flag(f"--no-{name}", takes=False)]
    return [Flag(f"--{name}", values=PARAMETERS if name == "set" else _choices(hint))]


def _choices(hint: Any) -> tuple[str, ...]:
    """The words of a Literal, however deep it lies in tuples and unions."""
    if typing.get_origin(hint) is typing.Literal:
        return tuple(map(str, typing.get_args(hint)))
    inner = [each for each in typing.get_args(hint) if each not in (types.NoneType, Ellipsis)]
    return tuple(word for each in inner for word in _choices(each))


def bash_script(commands: Mapping[str, list[Flag]]) -> str:
    """Return a script for bash; file names are completed where no choices are known."""
    seconds: dict[str, list[str]] = {}
    for verb in commands:
        first, _, second = verb.partition(" ")
        seconds.setdefault(first, []).extend([second] if second else [])
    two_words = "|".join(first for first, each in seconds.items() if each)
    lines = [
        "_attiqa() {",
        '    local word="${COMP_WORDS[COMP_CWORD]}" verb="${COMP_WORDS[1]}" flag="" flags="" values="" index',
        '    if (( COMP_CWORD == 1 )) || [[ "$verb" == help ]]; then',
        f'        COMPREPLY=( $(compgen -W "{" ".join([*seconds, "help", "completion"])}" -- "$word") )',
        "        return",
        "    fi",
        '    case "$verb" in',
        '        completion) values="bash zsh fish" ;;',
        *(f'        {first}) values="{" ".join(each)}" ;;' for first, each in seconds.items() if each),
        "    esac",
        '    if [[ -n "$values" ]] && (( COMP_CWORD == 2 )); then',
        '        COMPREPLY=( $(compgen -W "$values" -- "$word") )',
        "        return",
        "    fi",
        '    values=""',
        f'    case "$verb" in {two_words}) verb="$verb ${{COMP_WORDS[2]}}" ;; esac',
        "    for (( index = COMP_CWORD - 1; index > 1; index-- )); do",
        '        if [[ "${COMP_WORDS[index]}" == --* ]]; then flag="${COMP_WORDS[index]}"; break; fi',
        "    done",
        '    case "$verb" in',
        *(line for verb, flags in commands.items() for line in _bash_case(verb, flags)),
        "    esac",
        '    if [[ "$word" == -* ]]; then values="$flags"; fi',
        '    if [[ "$values" == *= ]]; then compopt -o nospace 2>/dev/null; fi',
        '    COMPREPLY=( $(compgen -W "$values" -- "$word") )',
        "}",
        "complete -o default -o bashdefault -F _attiqa attiqa",
    ]
    return "\n".join(lines) + "\n"


def _bash_case(verb: str, flags: list[Flag]) -> list[str]:
    words = " ".join([*(flag.word for flag in flags), *OF_ALL])
    choices = [f'{flag.word}) values="{" ".join(flag.values)}" ;;' for flag in flags if flag.values]
    inner = f' case "$flag" in {" ".join(choices)} esac' if choices else ""
    return [f'        "{verb}") flags="{words}";{inner} ;;']


def zsh_script(commands: Mapping[str, list[Flag]]) -> str:
    """Return a script for zsh, which runs bash's."""
    return "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" + bash_script(commands)


def fish_script(commands: Mapping[str, list[Flag]]) -> str:
    """Return a script for fish."""
    firsts = dict.fromkeys([*(verb.partition(" ")[0] for verb in commands), "help", "completion"])
    lines = [f"complete -c attiqa -f -n __fish_use_subcommand -a '{' '.join(firsts)}'"]
    lines.append("complete -c attiqa -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'")
    seconds = [verb for verb in commands if " " in verb]
    for verb in seconds:
        first, _, second = verb.partition(" ")
        lines.append(f"complete -c attiqa -f -n '__fish_seen_subcommand_from {first}' -a {second}")
    for verb, flags in commands.items():
        seen = "; and ".join(f"__fish_seen_subcommand_from {word}" for word in verb.split())
        longer = {other.partition(" ")[0] for other in seconds if verb == other.partition(" ")[2]}
        seen += "".join(f"; and not __fish_seen_subcommand_from {first}" for first in sorted(longer))
        lines += [_fish_flag(seen, flag) for flag in flags]
    return "\n".join(lines) + "\n"


def _fish_flag(seen: str, flag: Flag) -> str:
    kind = f" -x -a '{' '.join(flag.values)}'" if flag.values else " -r" if flag.takes else ""
    return f"complete -c attiqa -n '{seen}' -l {flag.word.removeprefix('--')}{kind}"
