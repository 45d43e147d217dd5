#include "cli/completion.h"

#include <CLI/CLI.hpp>
#include <vector>

#include "base/check.h"
#include "cli/commands.h"

namespace laminar::cli {

namespace {

struct OptionInfo {
  std::vector<std::string> names;  // with their dashes
  std::string help;
  std::vector<std::string> choices;
  bool takes_value = false;
};

struct CommandInfo {
  std::string name, help;
  std::vector<OptionInfo> options;
  bool takes_file = false;
  std::vector<std::string> words;  // that its argument may be
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
    entry.choices = std::move(choices);
    entry.takes_value = option->get_items_expected_max() > 0 && option->get_type_size() > 0;
    info.options.push_back(std::move(entry));
  }
  return info;
}

std::vector<CommandInfo> Commands(const CLI::App& app) {
  std::vector<CommandInfo> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    commands.push_back(Describe(*command));
  return commands;
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

std::string Bash(const CommandInfo& whole, const std::vector<CommandInfo>& commands) {
  std::vector<std::string> names, globals;
  for (const CommandInfo& command : commands) names.push_back(command.name);
  for (const OptionInfo& option : whole.options)
    globals.insert(globals.end(), option.names.begin(), option.names.end());
  std::string out =
      "# bash completion for laminar: source <(laminar completion bash)\n"
      "_laminar() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}\n"
      "  COMPREPLY=()\n"
      "  if [[ $COMP_CWORD -eq 1 ]]; then\n"
      "    COMPREPLY=($(compgen -W " +
      Quoted(Join(names) + " " + Join(globals)) +
      " -- \"$current\"))\n"
      "    return\n"
      "  fi\n"
      "  case $command in\n";
  for (const CommandInfo& command : commands) {
    std::vector<std::string> words;
    out += "    " + command.name + ")\n      case $previous in\n";
    for (const OptionInfo& option : command.options) {
      words.insert(words.end(), option.names.begin(), option.names.end());
      if (!option.takes_value) continue;
      std::string patterns;
      for (const std::string& name : option.names) patterns += (patterns.empty() ? "" : "|") + name;
      out += "        " + patterns + ") COMPREPLY=($(compgen -W " + Quoted(Join(option.choices)) +
             " -- \"$current\")); return ;;\n";
    }
    out += "      esac\n";
    if (command.takes_file)
      out +=
          "      [[ $current != -* ]] && { compopt -o filenames; COMPREPLY=($(compgen -f -- \"$current\")); return; "
          "}\n";
    words.insert(words.end(), command.words.begin(), command.words.end());
    out += "      COMPREPLY=($(compgen -W " + Quoted(Join(words)) + " -- \"$current\"))\n      ;;\n";
  }
  return out + "  esac\n}\ncomplete -F _laminar laminar\n";
}

std::string Zsh(const CommandInfo& whole, const std::vector<CommandInfo>& commands) {
  // A specification of _arguments: '(-q --quiet)'{-q,--quiet}'[help]:value:(a b)'
  const auto spec = [](const OptionInfo& option) {
    std::string help;
    for (const char c : option.help)
      help += c == '[' || c == ']' || c == ':' ? std::string("\\") + c : std::string(1, c);
    std::string tail = "[" + help + "]";
    if (option.takes_value) tail += ":value:" + (option.choices.empty() ? " " : "(" + Join(option.choices) + ")");
    if (option.names.size() == 1) return Quoted(option.names[0] + tail);
    std::string alternatives;
    for (const std::string& name : option.names) alternatives += (alternatives.empty() ? "" : ",") + name;
    return Quoted("(" + Join(option.names) + ")") + "{" + alternatives + "}" + Quoted(tail);
  };
  std::string out =
      "#compdef laminar\n"
      "# zsh completion for laminar: laminar completion zsh > \"${fpath[1]}/_laminar\"\n"
      "_laminar() {\n"
      "  local -a commands\n"
      "  commands=(\n";
  for (const CommandInfo& command : commands) out += "    " + Quoted(command.name + ":" + command.help) + "\n";
  out += "  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    _arguments";
  for (const OptionInfo& option : whole.options) out += " " + spec(option);
  out += "\n    return\n  fi\n  local command=$words[2]\n  shift words\n  (( CURRENT-- ))\n  case $command in\n";
  for (const CommandInfo& command : commands) {
    out += "    " + command.name + ")\n      _arguments";
    for (const OptionInfo& option : command.options) out += " \\\n        " + spec(option);
    if (command.takes_file) out += " \\\n        '1:script:_files'";
    if (!command.words.empty()) out += " \\\n        " + Quoted("1:argument:(" + Join(command.words) + ")");
    out += "\n      ;;\n";
  }
  return out + "  esac\n}\ncompdef _laminar laminar\n";
}

std::string Fish(const CommandInfo& whole, const std::vector<CommandInfo>& commands) {
  std::string out =
      "# fish completion for laminar: laminar completion fish > ~/.config/fish/completions/laminar.fish\ncomplete -c "
      "laminar -f\n";
  const auto add = [&out](const std::string& condition, const OptionInfo& option) {
    out += "complete -c laminar -n " + Quoted(condition);
    for (const std::string& name : option.names)
      out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (option.takes_value) out += " -x";
    if (!option.choices.empty()) out += " -a " + Quoted(Join(option.choices));
    out += " -d " + Quoted(option.help) + "\n";
  };
  for (const OptionInfo& option : whole.options) add("__fish_use_subcommand", option);
  for (const CommandInfo& command : commands) {
    out += "complete -c laminar -n __fish_use_subcommand -a " + command.name + " -d " + Quoted(command.help) + "\n";
    const std::string condition = "__fish_seen_subcommand_from " + command.name;
    for (const OptionInfo& option : command.options) add(condition, option);
    if (command.takes_file) out += "complete -c laminar -n " + Quoted(condition) + " -F\n";
    if (!command.words.empty())
      out += "complete -c laminar -n " + Quoted(condition) + " -a " + Quoted(Join(command.words)) + "\n";
  }
  return out;
}

}  // namespace

std::string CompletionScript(const CLI::App& app, const std::string& shell) {
  const CommandInfo whole = Describe(app);
  const std::vector<CommandInfo> commands = Commands(app);
  if (shell == "bash") return Bash(whole, commands);
  if (shell == "zsh") return Zsh(whole, commands);
  CHECK(shell == "fish");
  return Fish(whole, commands);
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
