#include "cli/stream_pipe.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "cli/record_format.h"

namespace laminar::cli {

namespace {

Result<sql::BoundTable> Bind(const Registry& registry, const PipeEnd& end, const Schema& schema, OptionUse use) {
  sql::BoundTable table;
  table.connector = registry.FindConnector(end.connector);
  CHECK_MSG(table.connector != nullptr, end.connector.c_str());
  std::vector<WrittenOption> written = {{"connector", end.connector, {}}};
  for (const auto& [name, value] : end.options) written.push_back({name, value, {}});
  std::vector<Status> problems;
  table.spec.name = use == OptionUse::kSource ? "input" : "output";
  table.spec.schema = schema;
  table.spec.format = end.format;
  table.spec.options = ParseOptions(registry.AllOptions(*table.connector, ""), written, use,
                                    "connector '" + end.connector + "'", &problems, registry.secrets());
  if (problems.empty() && table.spec.options.StringOr("bad_data", "fail") == "drop")
    table.spec.bad_data = BadDataPolicy::kDrop;
  if (problems.empty()) table.connector->Check(table.spec, use, &problems);
  if (problems.empty()) return table;
  // The user has not written a table.
  std::string message = problems.front().message();
  if (const std::string context = "table " + table.spec.name + ": "; message.starts_with(context))
    message.erase(0, context.size());
  return Status::User(std::move(message), problems.front().hint());
}

}  // namespace

void StreamArguments::AddTo(CLI::App* command) {
  command->add_option("STREAM", stream, "The stream's name or ARN")->required()->option_text("");
  AddConnectionTo(command);
}

void StreamArguments::AddConnectionTo(CLI::App* command) {
  command->add_option("--region", region, "The stream's region (default: from the environment or the profile)")
      ->option_text("REGION");
  command
      ->add_option("--endpoint", endpoint,
                   "URL of the service, for a local server (default: from the environment, else AWS)")
      ->option_text("URL");
  command->add_option("--role-arn", role_arn, "A role to assume")->option_text("ARN");
  command->add_option("--external-id", external_id, "The external id for that role")->option_text("ID");
}

std::vector<std::pair<std::string, std::string>> StreamArguments::Options() const {
  std::vector<std::pair<std::string, std::string>> options;
  options.emplace_back(stream.starts_with("arn:") ? "stream_arn" : "stream_name", stream);
  if (!region.empty()) options.emplace_back("aws_region", region);
  if (!endpoint.empty()) options.emplace_back("endpoint", endpoint);
  if (!role_arn.empty()) options.emplace_back("aws_role_arn", role_arn);
  if (!external_id.empty()) options.emplace_back("aws_external_id", external_id);
  return options;
}

bool NamesFile(const std::string& name) {
  std::error_code error;
  if (name.starts_with("arn:")) return false;
  return name == "-" || name.find('/') != std::string::npos || std::filesystem::is_regular_file(name, error);
}

void HintAtFile(const std::string& name) {
  if (NamesFile(name) || name.starts_with("arn:") || name.find('.') == std::string::npos) return;
  std::fprintf(stderr, "hint: %s was taken for a stream, as there is no file of that name here\n", name.c_str());
}

Result<std::unique_ptr<sql::CompiledScript>> MakePipe(const Registry& registry, const PipeEnd& from, const PipeEnd& to,
                                                      const Schema& schema) {
  auto script = std::make_unique<sql::CompiledScript>();
  ASSIGN_OR_RETURN(script->sources["input"], Bind(registry, from, schema, OptionUse::kSource));
  ASSIGN_OR_RETURN(script->sinks["output"], Bind(registry, to, schema, OptionUse::kSink));
  script->plan.nodes.push_back({SourceNode{.table = "input"}, {}, schema, {}});
  script->plan.nodes.push_back({SinkNode{"output"}, {0}, schema, {}});
  script->plan.sources = {"input"};
  script->plan.sinks = {"output"};
  return script;
}

}  // namespace laminar::cli
