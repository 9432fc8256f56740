#include "demo_commands.h"

#include <CLI/CLI.hpp>

#include "demo/demo.h"

namespace kizashi {
namespace {

using Action = std::function<int()>;

void AddControl(CLI::App* command, const std::shared_ptr<DemoControl>& control) {
  command->add_option("--dir", control->directory, "The demo's directory")->capture_default_str();
  command->add_option("--control", control->control, "The supervisor's address instead");
}

void AddHidden(CLI::App& app, Action* action) {
  auto* server = app.add_subcommand("demo-server")->group("");
  auto server_options = std::make_shared<DemoServerOptions>();
  server->add_option("--name", server_options->name)->required();
  server->add_option("--port", server_options->port)->required();
  server->add_option("--log", server_options->log_file);
  server->callback([=] { *action = [=] { return RunDemoServer(*server_options); }; });

  auto* balancer = app.add_subcommand("demo-balancer")->group("");
  auto balancer_options = std::make_shared<DemoBalancerOptions>();
  balancer->add_option("--port", balancer_options->port)->required();
  balancer->add_option("--backend", balancer_options->backends)->required();
  balancer->add_option("--log", balancer_options->log_file);
  balancer->callback([=] { *action = [=] { return RunDemoBalancer(*balancer_options); }; });

  auto* load = app.add_subcommand("demo-load")->group("");
  auto load_options = std::make_shared<DemoLoadOptions>();
  load->add_option("--port", load_options->port)->required();
  load->add_option("--target", load_options->target)->required();
  load->callback([=] { *action = [=] { return RunDemoLoad(*load_options); }; });
}

}  // namespace

void AddDemoCommands(CLI::App& app, std::vector<std::string> serve_args, Action* action) {
  auto* demo = app.add_subcommand(
      "demo", "Run the five-server shop with Kizashi watching it; break it and mend it");
  auto options = std::make_shared<DemoOptions>();
  options->serve_args = std::move(serve_args);
  demo->add_option("--dir", options->directory, "Where the demo keeps its files")
      ->capture_default_str();
  demo->add_option("--listen", options->listen, "Address of the page")->capture_default_str();
  demo->footer("Options after -- go to `kizashi serve`.");

  auto control = std::make_shared<DemoControl>();
  auto* status = demo->add_subcommand("status", "Which servers are alive, which faults run");
  AddControl(status, control);
  auto* restore = demo->add_subcommand("restore", "End every fault");
  AddControl(restore, control);
  struct FaultOptions {
    std::string name, server, duration = "60s";
  };
  auto* fault = demo->add_subcommand("fault", "Break something for a while");
  auto fault_options = std::make_shared<FaultOptions>();
  fault
      ->add_option("name", fault_options->name,
                   "down, slow, errors, cpu, new_line, log_flood or traffic")
      ->required();
  fault->add_option("--server", fault_options->server, "a to e; not for traffic");
  fault->add_option("--for", fault_options->duration, "How long")->capture_default_str();
  AddControl(fault, control);

  status->callback([=] { *action = [=] { return DemoStatusCommand(*control, stdout); }; });
  restore->callback([=] { *action = [=] { return DemoRestoreCommand(*control, stdout); }; });
  fault->callback([=] {
    *action = [=] {
      return DemoFaultCommand(*control, fault_options->name, fault_options->server,
                              fault_options->duration, stdout);
    };
  });
  demo->callback([=] {
    if (!demo->get_subcommands().empty()) return;
    *action = [=] { return RunDemo(*options); };
  });
  AddHidden(app, action);
}

}  // namespace kizashi
