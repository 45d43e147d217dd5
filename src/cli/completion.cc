#include "cli/completion.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <vector>

#include "base/check.h"
#include "cli/commands.h"

namespace laminar::cli {

namespace {

struct OptionInfo {
  std::vector<std::string> names;  // with their dashes
  std::string help, text;          // text: what its value is called
  std::vector<std::string> choices;
  bool takes_value = false;
};

struct CommandInfo {
  std::string name, help;
  std::vector<OptionInfo> options;
  bool takes_file = false;
  std::vector<std::string> words;  // that its argument may be
  std::vector<CommandInfo> commands;
};

std::vector<std::string> Split(const std::string& text, char at) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (true) {
    const size_t end = text.find(at, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

CommandInfo Describe(const CLI::App& app) {
  CommandInfo info;
  info.name = app.get_name();
  info.help = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    // Values that can be listed are written a|b|c in the help.
    const std::string text = option->get_option_text();
    std::vector<std::string> choices;
    if (text.find('|') != std::string::npos) choices = Split(text, '|');
    if (option->get_positional()) {
      const std::string name = option->get_name();
      info.takes_file = info.takes_file || name == "FILE" || name.ends_with("|FILE");
      info.words.insert(info.words.end(), choices.begin(), choices.end());
      continue;
    }
    OptionInfo entry;
    for (const std::string& name : option->get_snames()) entry.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) entry.names.push_back("--" + name);
    entry.help = option->get_description();
    entry.text = text;
    entry.choices = std::move(choices);
    entry.takes_value = option->get_items_expected_max() > 0 && option->get_type_size() > 0;
    info.options.push_back(std::move(entry));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    info.commands.push_back(Describe(*command));
  return info;
}

std::vector<std::string> NamesOf(const std::vector<CommandInfo>& commands) {
  std::vector<std::string> names;
  for (const CommandInfo& command : commands) names.push_back(command.name);
  return names;
}

std::vector<std::string> OptionNames(const std::vector<OptionInfo>& options, bool with_values_only) {
  std::vector<std::string> names;
  for (const OptionInfo& option : options) {
    if (!with_values_only || option.takes_value) names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

// Every command with the commands within it, by the names that lead there: "pipelines list".
using Visit = std::function<void(const std::string& path, const CommandInfo& command)>;
void ForEachCommand(const std::vector<CommandInfo>& commands, const std::string& before, const Visit& visit) {
  for (const CommandInfo& command : commands) {
    const std::string path = before.empty() ? command.name : before + " " + command.name;
    visit(path, command);
    ForEachCommand(command.commands, path, visit);
  }
}

template <class Strings>
std::string Join(const Strings& strings) {
  std::string out;
  for (const auto& string : strings) out += (out.empty() ? "" : " ") + string;
  return out;
}

// Inside single quotes of any of the three shells.
std::string Quoted(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return "'" + out + "'";
}

// The words of the command line without options and their values lead to a command; its options and arguments are
// offered.
std::string Bash(const CommandInfo& whole) {
  const auto either = [](const std::vector<std::string>& names) {
    std::string patterns;
    for (const std::string& name : names) patterns += (patterns.empty() ? "" : "|") + name;
    return patterns;
  };
  std::string groups;
  for (const CommandInfo& command : whole.commands) {
    if (!command.commands.empty()) groups += (groups.empty() ? "" : "|") + command.name;
  }
  const auto complete = [](const std::vector<std::string>& words) {
    return "COMPREPLY=($(compgen -W " + Quoted(Join(words)) + " -- \"$current\"))";
  };
  // What a command has, at that indentation.
  const auto cases = [&](const CommandInfo& command, const std::string& indent) {
    std::vector<std::string> words = OptionNames(command.options, false);
    std::string out;
    for (const OptionInfo& option : command.options) {
      if (!option.takes_value) continue;
      const bool is_file = option.text == "FILE";
      out += indent + "    " + either(option.names) + ") " +
             (is_file ? "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$current\"))" : complete(option.choices)) +
             "; return ;;\n";
    }
    if (!out.empty()) out = indent + "  case $previous in\n" + out + indent + "  esac\n";
    if (command.takes_file)
      out += indent +
             "  [[ $current != -* ]] && { compopt -o filenames; COMPREPLY=($(compgen -f -- \"$current\")); return; }\n";
    words.insert(words.end(), command.words.begin(), command.words.end());
    const std::vector<std::string> within = NamesOf(command.commands);
    words.insert(words.begin(), within.begin(), within.end());
    return out + indent + "  " + complete(words) + "\n" + indent + "  ;;\n";
  };
  std::string out =
      "# bash completion for laminar: source <(laminar completion bash)\n"
      "_laminar() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= i\n"
      "  COMPREPLY=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in\n"
      "      " +
      either(OptionNames(whole.options, true)) +
      ") ((i++)) ;;\n"
      "      -*) ;;\n"
      "      *) if [[ -z $command ]]; then command=${COMP_WORDS[i]}\n"
      "         else case $command in " +
      groups +
      ") command=\"$command ${COMP_WORDS[i]}\" ;; esac\n"
      "         fi ;;\n"
      "    esac\n"
      "  done\n"
      "  case $command in\n"
      "    '')\n" +
      cases(whole, "    ");
  ForEachCommand(whole.commands, "", [&](const std::string& path, const CommandInfo& command) {
    out += "    " + (path == command.name ? path : Quoted(path)) + ")\n" + cases(command, "    ");
  });
  return out + "  esac\n}\ncomplete -F _laminar laminar\n";
}

std::string Zsh(const CommandInfo& whole) {
  // A specification of _arguments: '(-q --quiet)'{-q,--quiet}'[help]:value:(a b)'
  const auto spec = [](const OptionInfo& option) {
    std::string help;
    for (const char c : option.help)
      help += c == '[' || c == ']' || c == ':' ? std::string("\\") + c : std::string(1, c);
    std::string tail = "[" + help + "]";
    if (option.takes_value)
      tail += option.text == "FILE" ? ":file:_files"
                                    : ":value:" + (option.choices.empty() ? " " : "(" + Join(option.choices) + ")");
    if (option.names.size() == 1) return Quoted(option.names[0] + tail);
    std::string alternatives;
    for (const std::string& name : option.names) alternatives += (alternatives.empty() ? "" : ",") + name;
    return Quoted("(" + Join(option.names) + ")") + "{" + alternatives + "}" + Quoted(tail);
  };
  // What a command has: its options, then its argument or the commands within it.
  const std::function<std::string(const CommandInfo&, const std::string&)> body = [&](const CommandInfo& command,
                                                                                      const std::string& indent) {
    std::string out = indent + "_arguments" + (command.commands.empty() ? "" : " -C");
    for (const OptionInfo& option : command.options) out += " \\\n" + indent + "    " + spec(option);
    if (command.takes_file) out += " \\\n" + indent + "    '*:script:_files'";
    if (!command.words.empty()) out += " \\\n" + indent + "    " + Quoted("1:argument:(" + Join(command.words) + ")");
    if (command.commands.empty()) return out + "\n";
    out += " \\\n" + indent + "    '1: :->command' '*:: :->rest'\n" + indent + "case $state in\n" + indent +
           "  command)\n" + indent + "    commands=(\n";
    for (const CommandInfo& each : command.commands)
      out += indent + "      " + Quoted(each.name + ":" + each.help) + "\n";
    out += indent + "    )\n" + indent + "    _describe command commands\n" + indent + "    ;;\n" + indent +
           "  rest)\n" + indent + "    case $words[1] in\n";
    for (const CommandInfo& each : command.commands)
      out += indent + "      " + each.name + ")\n" + body(each, indent + "        ") + indent + "        ;;\n";
    return out + indent + "    esac\n" + indent + "    ;;\n" + indent + "esac\n";
  };
  return "#compdef laminar\n"
         "# zsh completion for laminar: laminar completion zsh > \"${fpath[1]}/_laminar\"\n"
         "_laminar() {\n"
         "  local -a commands\n"
         "  local state\n" +
         body(whole, "  ") + "}\ncompdef _laminar laminar\n";
}

std::string Fish(const CommandInfo& whole) {
  std::string out =
      "# fish completion for laminar: laminar completion fish > ~/.config/fish/completions/laminar.fish\ncomplete -c "
      "laminar -f\n";
  const auto add = [&out](const std::string& condition, const OptionInfo& option) {
    out += "complete -c laminar -n " + Quoted(condition);
    for (const std::string& name : option.names)
      out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (option.takes_value) out += option.text == "FILE" ? " -r -F" : " -x";
    if (!option.choices.empty()) out += " -a " + Quoted(Join(option.choices));
    out += " -d " + Quoted(option.help) + "\n";
  };
  const auto add_commands = [&out](const std::string& condition, const std::vector<CommandInfo>& commands) {
    for (const CommandInfo& command : commands)
      out +=
          "complete -c laminar -n " + Quoted(condition) + " -a " + command.name + " -d " + Quoted(command.help) + "\n";
  };
  for (const OptionInfo& option : whole.options) add("__fish_use_subcommand", option);
  add_commands("__fish_use_subcommand", whole.commands);
  ForEachCommand(whole.commands, "", [&](const std::string& path, const CommandInfo& command) {
    std::string condition;
    for (const std::string& name : Split(path, ' '))
      condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + name);
    if (!command.commands.empty())
      add_commands(condition + "; and not __fish_seen_subcommand_from " + Join(NamesOf(command.commands)),
                   command.commands);
    for (const OptionInfo& option : command.options) add(condition, option);
    if (command.takes_file) out += "complete -c laminar -n " + Quoted(condition) + " -F\n";
    if (!command.words.empty())
      out += "complete -c laminar -n " + Quoted(condition) + " -a " + Quoted(Join(command.words)) + "\n";
  });
  return out;
}

}  // namespace

std::string CompletionScript(const CLI::App& app, const std::string& shell) {
  const CommandInfo whole = Describe(app);
  if (shell == "bash") return Bash(whole);
  if (shell == "zsh") return Zsh(whole);
  CHECK(shell == "fish");
  return Fish(whole);
}

void AddCompletion(CLI::App* app, Action* action) {
  auto shell = std::make_shared<std::string>();  // shared: with the callback, which lives in the app
  CLI::App* command =
      app->add_subcommand("completion", "Print a script that completes laminar's commands and options in your shell");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->option_text("bash|zsh|fish")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "Examples:\n"
      "  source <(laminar completion bash)\n"
      "  laminar completion fish > ~/.config/fish/completions/laminar.fish");
  command->callback([app, shell, action] {
    *action = [app, shell] {
      std::fputs(CompletionScript(*app, *shell).c_str(), stdout);
      return kDone;
    };
  });
}

}  // namespace laminar::cli
