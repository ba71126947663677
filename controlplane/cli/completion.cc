#include "controlplane/cli/completion.h"

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "include/portico/quote.h"

namespace portico::cli {
namespace {

// Calls `visit` for the command and all below it, with their paths: "porticoctl get".
void walk(const CommandInfo& command, const std::string& path,
          const std::function<void(const CommandInfo&, const std::string&)>& visit) {
  visit(command, path);
  for (const CommandInfo& below : command.commands) {
    walk(below, absl::StrCat(path, " ", below.name), visit);
  }
}

std::vector<std::string> names(const OptionInfo& option) {
  return absl::StrSplit(option.names, ',');
}

bool is_global(const std::string& path) {
  return !absl::StrContains(path, ' ');
}

std::string command_names(const CommandInfo& command) {
  return absl::StrJoin(command.commands, " ", [](std::string* out, const CommandInfo& below) {
    absl::StrAppend(out, below.name);
  });
}

// A pattern of "PATH OPTION" for a shell's `case`: a global option stands behind any path.
std::string pattern(const std::string& path, const OptionInfo& option, absl::string_view between) {
  return absl::StrJoin(names(option), between, [&](std::string* out, const std::string& name) {
    absl::StrAppend(out, is_global(path) ? "*' " : absl::StrCat("'", path, " "), name, "'");
  });
}

// ---- bash

constexpr char kBash[] =
    R"(# bash completion for porticoctl, printed by `porticoctl completion bash`.

_porticoctl() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local path=porticoctl arguments=0 skip=0 word i
    COMPREPLY=()
    # "--output=json" is three words to bash.
    if [[ $current == = ]]; then
        current=
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi

    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == [=:] ]]; then
            skip=1
            continue
        elif ((skip)); then
            skip=0
            continue
        fi
        case "$path $word" in
%VALUED%                skip=1 ;;
%COMMANDS%                path="$path $word" ;;
            *' -'*) ;;
            *) ((++arguments)) ;;
        esac
    done

    case "$path $previous" in
%VALUES%    esac

    local options='%GLOBAL%' words=
    case $path in
%PATHS%    esac
    if [[ $current == -* ]]; then
        words=$options
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _porticoctl porticoctl
)";

std::string bash_path(const CommandInfo& command, const std::string& path) {
  std::string text = absl::StrCat("        '", path, "')\n");
  if (!is_global(path) && !command.options.empty()) {
    absl::StrAppend(&text, "            options+='");
    for (const OptionInfo& option : command.options) {
      absl::StrAppend(&text, " ", absl::StrJoin(names(option), " "));
    }
    absl::StrAppend(&text, "'\n");
  }
  if (!command.commands.empty()) {
    absl::StrAppend(&text, "            words='", command_names(command), "'\n");
  }
  if (!command.argument_choices.empty()) {
    absl::StrAppend(&text, "            ((arguments)) || words='",
                    absl::StrJoin(command.argument_choices, " "), "'\n");
  }
  return absl::StrCat(text, "            ;;\n");
}

std::string bash_script(const CommandInfo& root) {
  std::vector<std::string> valued, commands;
  std::string values, paths;
  walk(root, root.name, [&](const CommandInfo& command, const std::string& path) {
    if (!is_global(path)) commands.push_back(absl::StrCat("'", path, "'"));
    absl::StrAppend(&paths, bash_path(command, path));
    for (const OptionInfo& option : command.options) {
      if (option.value.empty()) continue;
      valued.push_back(pattern(path, option, " | "));
      absl::StrAppend(&values, "        ", pattern(path, option, " | "), ")\n");
      if (!option.choices.empty()) {
        absl::StrAppend(&values, "            mapfile -t COMPREPLY < <(compgen -W '",
                        absl::StrJoin(option.choices, " "), "' -- \"$current\")\n");
      }
      absl::StrAppend(&values, "            return ;;\n");
    }
  });
  std::vector<std::string> global;
  for (const OptionInfo& option : root.options) {
    global.push_back(absl::StrJoin(names(option), " "));
  }
  constexpr absl::string_view kNext = " | \\\n            ";
  return absl::StrReplaceAll(
      kBash, {{"%VALUED%", absl::StrCat("            ", absl::StrJoin(valued, kNext), ")\n")},
              {"%COMMANDS%", absl::StrCat("            ", absl::StrJoin(commands, kNext), ")\n")},
              {"%VALUES%", values},
              {"%GLOBAL%", absl::StrJoin(global, " ")},
              {"%PATHS%", paths}});
}

// ---- zsh

std::string zsh_quote(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"\\", "\\\\"}, {"'", "'\\''"}, {":", "\\:"}, {"[", "\\["}, {"]", "\\]"}});
}

// A specification for _arguments: '(-o --output)'{-o,--output}'[help]:FORMAT:(table json)'
std::string zsh_option(const OptionInfo& option) {
  const std::vector<std::string> all = names(option);
  std::string text = all.size() == 1 ? absl::StrCat("'", all[0])
                                     : absl::StrCat("'(", absl::StrJoin(all, " "), ")'{",
                                                    absl::StrJoin(all, ","), "}'");
  absl::StrAppend(&text, "[", zsh_quote(option.help), "]");
  if (!option.value.empty()) {
    absl::StrAppend(&text, ":", option.value, ":");
    if (!option.choices.empty()) {
      absl::StrAppend(&text, "(", absl::StrJoin(option.choices, " "), ")");
    }
  }
  return absl::StrCat(text, "'");
}

std::string zsh_function_name(const std::string& path) {
  return absl::StrCat("_", absl::StrReplaceAll(path, {{" ", "_"}}));
}

// How _arguments treats what is no option, and what follows it.
std::string zsh_group(const CommandInfo& command, const std::string& path) {
  std::string text =
      " \\\n        '1:command:->command' '*::argument:->argument'\n"
      "    case $state in\n        command)\n            local -a commands=(\n";
  for (const CommandInfo& below : command.commands) {
    absl::StrAppend(&text, "                '", below.name, ":", zsh_quote(below.summary), "'\n");
  }
  absl::StrAppend(&text, "            )\n            _describe command commands\n            ;;\n",
                  "        argument)\n            case $line[1] in\n");
  for (const CommandInfo& below : command.commands) {
    absl::StrAppend(&text, "                ", below.name, ") ",
                    zsh_function_name(absl::StrCat(path, " ", below.name)), " ;;\n");
  }
  return absl::StrCat(text, "            esac\n            ;;\n    esac\n");
}

std::string zsh_function(const CommandInfo& command, const std::string& path,
                         const CommandInfo& root) {
  std::string text = absl::StrCat(zsh_function_name(path), "() {\n",
                                  "    local context curcontext=\"$curcontext\" state line\n",
                                  "    local -A opt_args\n    _arguments -C");
  std::vector<OptionInfo> options = root.options;
  if (!is_global(path)) {
    options.insert(options.end(), command.options.begin(), command.options.end());
  }
  for (const OptionInfo& option : options) {
    absl::StrAppend(&text, " \\\n        ", zsh_option(option));
  }
  if (!command.commands.empty()) return absl::StrCat(text, zsh_group(command, path), "}\n\n");
  for (std::size_t i = 1; i <= command.max_arguments; ++i) {
    const bool choices = i == 1 && !command.argument_choices.empty();
    absl::StrAppend(
        &text, " \\\n        '", i, ":argument:",
        choices ? absl::StrCat("(", absl::StrJoin(command.argument_choices, " "), ")") : "", "'");
  }
  return absl::StrCat(text, "\n}\n\n");
}

std::string zsh_script(const CommandInfo& root) {
  std::string text =
      "#compdef porticoctl\n"
      "# zsh completion for porticoctl, printed by `porticoctl completion zsh`.\n\n";
  walk(root, root.name, [&](const CommandInfo& command, const std::string& path) {
    absl::StrAppend(&text, zsh_function(command, path, root));
  });
  // Read from $fpath it is the function's body; sourced, it declares it.
  return absl::StrCat(text,
                      "if [[ $funcstack[1] == _porticoctl ]]; then\n    _porticoctl \"$@\"\n"
                      "else\n    compdef _porticoctl porticoctl\nfi\n");
}

// ---- fish

constexpr char kFish[] =
    R"(# fish completion for porticoctl, printed by `porticoctl completion fish`.

# Whether the command line has come to just this command.
function __porticoctl_at
    set -l path porticoctl
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch "$path $word"
            case %VALUED%
                set skip 1
            case %COMMANDS%
                set path "$path $word"
        end
    end
    test "$path" = "$argv"
end

complete -c porticoctl -f
)";

std::string fish_quote(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}}), "'");
}

std::string fish_option(const OptionInfo& option, const std::string& beginning) {
  std::string text = beginning;
  for (const std::string& name : names(option)) {
    const absl::string_view bare = absl::StripPrefix(absl::StripPrefix(name, "-"), "-");
    absl::StrAppend(&text, absl::StartsWith(name, "--") ? " -l " : " -s ", bare);
  }
  if (!option.value.empty()) absl::StrAppend(&text, " -x");
  if (!option.choices.empty()) {
    absl::StrAppend(&text, " -a ", fish_quote(absl::StrJoin(option.choices, " ")));
  }
  return absl::StrCat(text, " -d ", fish_quote(option.help), "\n");
}

std::string fish_command(const CommandInfo& command, const std::string& path) {
  const std::string here =
      absl::StrCat("complete -c porticoctl -n ", fish_quote("__porticoctl_at " + path));
  std::string text;
  for (const CommandInfo& below : command.commands) {
    absl::StrAppend(&text, here, " -a ", below.name, " -d ", fish_quote(below.summary), "\n");
  }
  if (!command.argument_choices.empty()) {
    absl::StrAppend(&text, here, " -a ", fish_quote(absl::StrJoin(command.argument_choices, " ")),
                    "\n");
  }
  for (const OptionInfo& option : command.options) {
    absl::StrAppend(&text, fish_option(option, is_global(path) ? "complete -c porticoctl" : here));
  }
  return text;
}

std::string fish_script(const CommandInfo& root) {
  std::vector<std::string> valued, commands;
  std::string completions;
  walk(root, root.name, [&](const CommandInfo& command, const std::string& path) {
    if (!is_global(path)) commands.push_back(absl::StrCat("'", path, "'"));
    for (const OptionInfo& option : command.options) {
      if (!option.value.empty()) valued.push_back(pattern(path, option, " "));
    }
    absl::StrAppend(&completions, fish_command(command, path));
  });
  // In fish only a quoted * is a pattern of `case`.
  const std::string quoted = absl::StrReplaceAll(absl::StrJoin(valued, " "), {{"*' ", "'* "}});
  return absl::StrCat(absl::StrReplaceAll(kFish, {{"%VALUED%", quoted},
                                                  {"%COMMANDS%", absl::StrJoin(commands, " ")}}),
                      completions);
}

}  // namespace

absl::StatusOr<std::string> completion_script(absl::string_view shell, const CommandInfo& root) {
  if (shell == "bash") return bash_script(root);
  if (shell == "zsh") return zsh_script(root);
  if (shell == "fish") return fish_script(root);
  return absl::InvalidArgumentError(
      absl::StrCat(quote(shell), " is no shell that is known: write bash, zsh or fish"));
}

}  // namespace portico::cli
